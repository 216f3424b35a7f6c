-- What several statements share: {name} in a .sql file becomes the part that follows the line "-- [name]" here.
-- A part may use those above it.

-- [farska_ar]
3

-- [folkmangd]
-- Inhabitants in all, 31 December.
'N01951'

-- [roller_som_mater]
('primär', 'efterträdare', 'komplement')

-- [visas]
coalesce(n.visas_for IN ('båda', o.typ) OR (o.typ = 'riket' AND n.visas_for IS NOT NULL), false)

-- [da]
-- The end of `tidpunkt`, which may be a date. Outside the time of the runs the answer is a reason, not 0 rows.
(SELECT CASE
    WHEN first_run IS NULL THEN error('Ingen körning har lagrat något än: inget är känt → malbild run')
    WHEN slut < first_run THEN error('Tidpunkten ' || slut || ' (UTC) är före den första körningen, ' || first_run
        || ': inget var känt då → välj en senare')
    WHEN borjan > last_run THEN error('Tidpunkten ' || borjan || ' (UTC) är efter den senaste körningen, ' || last_run
        || ': ingen vet än → välj en tidigare, eller fråga tabellen')
    ELSE slut END
FROM (
    SELECT borjan, CASE WHEN hel_dag THEN borjan + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND ELSE borjan END AS slut,
        (SELECT min(observerad) FROM korning) AS first_run, (SELECT max(avslutad) FROM korning) AS last_run
    -- By themselves, because `tidpunkt` may be a question of its own.
    FROM (SELECT CAST(tidpunkt AS TIMESTAMP) AS borjan, length(CAST(tidpunkt AS VARCHAR)) = 10 AS hel_dag)
))

-- [till_slut]
CASE WHEN length(CAST(till AS VARCHAR)) = 10 THEN CAST(till AS TIMESTAMP) + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND
    ELSE CAST(till AS TIMESTAMP) END

-- [status_nu]
CASE WHEN n.i_katalogen IS NOT DISTINCT FROM false THEN 'nyckeltal borttaget' ELSE m.status END

-- [preliminart]
-- Kolada marks no value as preliminary; its dates tell: the period to be published is preliminary from the preliminary
-- publication until the day before the final one. A period such as "2024/25" is no year and marks nothing.
coalesce(m.ar = try_cast(n.publicering_period AS INTEGER)
    AND n.preliminart_publiceras <= CAST(tidpunkt AS DATE) AND CAST(tidpunkt AS DATE) < n.publiceras, false)

-- [nyast]
-- One pass over each series, newest year first.
CASE WHEN varde IS NOT NULL THEN CAST(count(varde) OVER newest AS INTEGER)
    WHEN row_number() OVER newest = 1 THEN 0 END

-- [senaste_forst]
newest AS (PARTITION BY nyckeltal_id, omrade_id, kon ORDER BY ar DESC ROWS UNBOUNDED PRECEDING)

-- [celler]
-- Every cell of the målbild per huvudman, with its newest value and why there is none of late: kommunprofil shows them,
-- saknas sums them up. With any other role a nyckeltal lies near the mått, or stands for it, and does not measure it.
idag AS (SELECT year(max(startad)) AS ar FROM korning),
-- Counted over ids alone, by id and name: a filter on either is applied first, and the texts are joined last.
rader AS (
    SELECT h.omrade_id, h.namn, h.typ, i.indikator_id, m.matt_id, k.nyckeltal_id, k.roll, k.beslut,
        CASE WHEN k.nyckeltal_id IS NOT NULL THEN coalesce(k.visas_for IN ('båda', h.typ), false) END AS visas,
        row_number() OVER (
            PARTITION BY h.omrade_id, h.namn ORDER BY i.ordning, im.ordning NULLS FIRST, k.ordning NULLS FIRST
        ) AS ordning,
        count(*) OVER (PARTITION BY h.omrade_id, h.namn, k.nyckeltal_id) AS forekomster
    FROM omrade h
    CROSS JOIN indikator i
    LEFT JOIN indikator_matt im ON im.indikator_id = i.indikator_id
    LEFT JOIN matt m ON m.matt_id = im.matt_id
    LEFT JOIN (
        SELECT m.matt_id, m.nyckeltal_id, m.roll, m.beslut, m.visas_for, m.ordning, n.niva
        FROM matt_nyckeltal m JOIN nyckeltal n USING (nyckeltal_id)
    ) k ON k.matt_id = m.matt_id AND (k.niva = 'A' OR k.niva = CASE h.typ WHEN 'kommun' THEN 'K' ELSE 'L' END)
    WHERE h.i_malbild AND (m.matt_id IS NULL OR k.nyckeltal_id IS NOT NULL OR m.huvudman IN ('båda', h.typ))
),
celler AS (
    SELECT r.* EXCLUDE (forekomster),
        CASE WHEN r.nyckeltal_id IS NOT NULL THEN r.forekomster END AS forekomster,
        i.namn AS indikator, i.malomrade_id, i.lucka, m.namn AS matt, m.huvudman AS matt_huvudman, m.tackning,
        m.kalla_utanfor, n.titel, n.enhet, n.riktning, v.ar, v.varde, v.preliminart,
        CASE
            WHEN v.ar >= idag.ar - {farska_ar} THEN NULL
            WHEN r.matt_id IS NULL THEN 'mått saknas'
            WHEN r.nyckeltal_id IS NULL AND m.tackning = 'utanför kolada' THEN 'utanför Kolada'
            WHEN r.nyckeltal_id IS NULL THEN 'inget nyckeltal i Kolada'
            -- Local figures are never fetched; what was handed in says itself why a value is missing.
            WHEN n.i_katalogen IS NULL AND v.ar IS NULL AND u.ar IS NULL
                THEN 'utanför Kolada: lokal uppgift ej lämnad'
            WHEN NOT n.foljs AND n.i_katalogen IS NOT NULL THEN 'nyckeltalet följs inte'
            WHEN n.obekraftad_titel IS NOT NULL THEN 'titel ej bekräftad'
            WHEN n.i_katalogen = false THEN 'nyckeltal saknas i katalogen'
            WHEN n.upphort_ar IS NOT NULL AND (v.ar IS NOT NULL OR u.ar IS NULL) THEN 'nyckeltal upphört'
            -- Kolada's own word 'saknas' says no more than that there is none.
            WHEN u.status = 'saknas' THEN 'värde saknas'
            WHEN u.status IS NOT NULL THEN 'värde saknas: ' || u.status
            WHEN v.ar IS NOT NULL THEN 'senaste värde äldre än {farska_ar} år'
            ELSE 'värde saknas: källan har inga rader'
        END AS orsak
    FROM rader r
    CROSS JOIN idag
    JOIN indikator i USING (indikator_id)
    LEFT JOIN matt m ON m.matt_id = r.matt_id
    LEFT JOIN nyckeltal n ON n.nyckeltal_id = r.nyckeltal_id
    LEFT JOIN matvarde v
        ON v.nyckeltal_id = r.nyckeltal_id AND v.omrade_id = r.omrade_id AND v.kon = 'T' AND v.nyast = 1
    LEFT JOIN matvarde u
        ON u.nyckeltal_id = r.nyckeltal_id AND u.omrade_id = r.omrade_id AND u.kon = 'T' AND u.nyast = 0
)

-- [andringens_slag]
-- From what was there before, what is there now (a status that is NULL: no row) and what the series had before.
CASE
    WHEN efter_status IS NULL THEN 'borttaget'
    WHEN korrigering IS NULL AND fore_korrigering IS NOT NULL THEN 'egen korrigering upphävd'
    WHEN korrigering IS NOT NULL AND fore_status IS NOT NULL
        AND (korrigering IS DISTINCT FROM fore_korrigering
            OR (efter, efter_status) IS NOT DISTINCT FROM (fore, fore_status)) THEN 'egen korrigering'
    WHEN efter IS NULL AND fore IS NULL THEN 'utan värde'
    WHEN efter IS NULL THEN 'indraget'
    WHEN fore IS NOT NULL THEN 'reviderat'
    WHEN haft_varde THEN 'återkommet'
    WHEN serie_till IS NULL THEN 'ny serie'
    WHEN ar > serie_till THEN 'nytt år'
    ELSE 'ifyllt i efterhand' END

-- [andringens_kolumner]
SELECT nyckeltal_id, omrade_id, ar, kon, observerad, {andringens_slag} AS slag, fore, fore_status, efter, efter_status,
    fore_korrigering, korrigering, fore_originalvarde, originalvarde, serie_till, haft_varde, foljs_sedan, korning_id

-- [andringen_skiljer]
(fore, fore_status, fore_korrigering, fore_originalvarde)
    IS DISTINCT FROM (efter, efter_status, korrigering, originalvarde)
