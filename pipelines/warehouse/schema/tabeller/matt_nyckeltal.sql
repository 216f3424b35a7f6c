-- One nyckeltal per mått is marked for kommuner, and one for regions: it may be the same.
WITH varden AS (
    SELECT DISTINCT v.nyckeltal_id, o.typ FROM lager.matvarde v JOIN lager.omrade o USING (omrade_id)
    WHERE o.i_malbild AND v.varde IS NOT NULL
),
kandidat AS (
    SELECT k.matt_id, k.nyckeltal_id, v.typ, row_number() OVER (
        PARTITION BY k.matt_id, v.typ
        ORDER BY k.roll = 'indirekt', n.upphort_ar IS NOT NULL, k.roll <> 'primär', k.ordning
    ) AS nr
    FROM lager.matt_nyckeltal k
    JOIN lager.matt m USING (matt_id)
    JOIN lager.nyckeltal n USING (nyckeltal_id)
    JOIN varden v USING (nyckeltal_id)
    WHERE k.roll IN ('primär', 'efterträdare')
        OR (k.roll = 'indirekt' AND m.tackning NOT IN ('utanför kolada', 'saknas'))
)
SELECT k.*, f.visas_for
FROM lager.matt_nyckeltal k LEFT JOIN (
    SELECT matt_id, nyckeltal_id, CASE count(*) WHEN 2 THEN 'båda' ELSE any_value(typ) END AS visas_for
    FROM kandidat WHERE nr = 1 GROUP BY matt_id, nyckeltal_id
) f USING (matt_id, nyckeltal_id)
