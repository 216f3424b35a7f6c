-- The newest number of inhabitants beside each area.
SELECT o.*, b.befolkning, b.befolkning_ar
FROM lager.omrade o LEFT JOIN (
    SELECT omrade_id, max(ar) AS befolkning_ar, CAST(arg_max(varde, ar) AS INTEGER) AS befolkning
    FROM lager.matvarde WHERE nyckeltal_id = {folkmangd} AND kon = 'T' AND varde IS NOT NULL GROUP BY ALL
) b USING (omrade_id)
