-- text: "När nyckeltalen som följs publiceras: en rad per nyckeltal, räknat från dagen för den senaste körningen. Datum
--   och period är Koladas, läget är egen bearbetning"
-- nyckel: [nyckeltal_id]
-- kolumner:
--   nyckeltal_id: {}
--   titel: {}
--   matt: {text: Måtten som nyckeltalet hör till; NULL när det inte hör till något, far_saknas: ja}
--   publiceras: {text: Planerad publicering enligt Kolada, far_saknas: ja}
--   preliminart_publiceras: {text: Planerad preliminär publicering enligt Kolada, far_saknas: ja}
--   period: {text: "Perioden som då publiceras, enligt Kolada", far_saknas: ja}
--   senaste_ar:
--     text: Senaste året med värde för målbildens områden eller riket; NULL = inget värde finns
--     far_saknas: ja
--   lage:
--     text: väntas; försenad = datumet har passerat utan att perioden finns; publicerad = perioden finns; passerad =
--       datumet har passerat men perioden är inget år och kan inte prövas; upphört; utan datum
--   per_dag: {text: "Dagen som läget gäller: den senaste körningens"}

WITH nu AS (SELECT max(startad)::DATE AS per_dag FROM korning WHERE utfall = 'klar' OR observerad IS NOT NULL),
ar_med_varde AS (
    SELECT v.nyckeltal_id, max(v.ar) AS senaste_ar, list(DISTINCT v.ar) AS ar
    FROM matvarde v JOIN omrade o USING (omrade_id)
    WHERE v.varde IS NOT NULL AND (o.i_malbild OR o.typ = 'riket') GROUP BY ALL
),
hor_till AS (
    SELECT k.nyckeltal_id, string_agg(m.namn, '; ' ORDER BY m.ordning) AS matt
    FROM matt_nyckeltal k JOIN matt m USING (matt_id) GROUP BY ALL
)
SELECT n.nyckeltal_id, n.titel, h.matt, n.publiceras, n.preliminart_publiceras, n.publicering_period AS period,
    a.senaste_ar,
    CASE
        WHEN n.upphort_ar IS NOT NULL OR n.i_katalogen IS NOT DISTINCT FROM false THEN 'upphört'
        WHEN n.publiceras IS NULL THEN 'utan datum'
        WHEN list_contains(a.ar, try_cast(n.publicering_period AS INTEGER)) THEN 'publicerad'
        WHEN n.publiceras >= nu.per_dag THEN 'väntas'
        WHEN try_cast(n.publicering_period AS INTEGER) IS NULL THEN 'passerad'
        ELSE 'försenad'
    END AS lage,
    nu.per_dag
FROM nyckeltal n CROSS JOIN nu
LEFT JOIN ar_med_varde a USING (nyckeltal_id)
LEFT JOIN hor_till h USING (nyckeltal_id)
WHERE n.foljs
