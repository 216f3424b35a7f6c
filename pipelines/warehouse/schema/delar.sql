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
-- The end of `tidpunkt`, which may be a date. Before the first run, and after both the last run and now, the answer is a
-- reason, not 0 rows. Since the last run nothing new is known: today is a fair question before tonight's run too.
(SELECT CASE
    WHEN first_run IS NULL THEN error('Ingen körning har lagrat något än: inget är känt → malbild run')
    WHEN slut < first_run THEN error('Tidpunkten ' || slut || ' (UTC) är före den första körningen, ' || first_run
        || ': inget var känt då → välj en senare')
    WHEN borjan > last_run AND borjan > greatest(make_timestamp(epoch_us(now())), CAST(current_date AS TIMESTAMP))
        THEN error('Tidpunkten ' || borjan || ' (UTC) är efter den senaste körningen, ' || last_run
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

-- [andringens_forklaring]
-- What is known of why; Kolada never says why it revises.
CASE slag
    WHEN 'egen korrigering upphävd' THEN 'ägarnas korrigering ' || fore_korrigering || ' gäller inte längre'
    WHEN 'egen korrigering' THEN CASE WHEN korrigering IS DISTINCT FROM fore_korrigering
        THEN 'ägarnas korrigering ' || korrigering
        ELSE 'källan har ändrat sitt bakom ägarnas korrigering ' || korrigering END
    WHEN 'borttaget' THEN 'källan har tagit bort raden'
    WHEN 'indraget' THEN 'källan visar inte längre värdet: ' || efter_status
    WHEN 'utan värde' THEN 'källan har inget värde: ' || efter_status
    WHEN 'återkommet' THEN 'källan har värdet igen'
    WHEN 'nytt år' THEN 'källan har publicerat ett nytt år'
    WHEN 'ny serie' THEN 'källan har publicerat seriens första värde'
    WHEN 'ifyllt i efterhand' THEN 'källan har publicerat ett tidigare år'
    ELSE 'källan har reviderat värdet och anger inte varför' END
    || coalesce('; samtidigt i Koladas katalog: ' || i_katalogen, '')
    || CASE WHEN forsta_efter_brott THEN '; första året efter ett seriebrott' ELSE '' END

-- [andringens_omstandigheter]
-- Beside each change: what the same run saw in the catalogue, and whether a new series begins with that year.
LEFT JOIN (
    SELECT objekt_id AS nyckeltal_id, observerad, string_agg(DISTINCT handelse, ', ' ORDER BY handelse) AS i_katalogen
    FROM katalog_handelse WHERE objekt = 'nyckeltal' GROUP BY ALL
) USING (nyckeltal_id, observerad)
LEFT JOIN (SELECT nyckeltal_id, ar, true AS forsta_efter_brott FROM nyckeltal_brott) USING (nyckeltal_id, ar)

-- [andringens_kolumner]
SELECT nyckeltal_id, omrade_id, ar, kon, observerad, {andringens_slag} AS slag, {andringens_forklaring} AS forklaring, fore, fore_status, efter, efter_status,
    fore_korrigering, korrigering, fore_originalvarde, originalvarde, serie_till, haft_varde, foljs_sedan, korning_id

-- [andringen_skiljer]
(fore, fore_status, fore_korrigering, fore_originalvarde)
    IS DISTINCT FROM (efter, efter_status, korrigering, originalvarde)
