WITH nyckeltal_sedan AS (SELECT nyckeltal_id, min(observerad) AS tid FROM nyckeltal_version GROUP BY ALL),
omrade_sedan AS (SELECT omrade_id, min(observerad) AS tid FROM matvarde_revision GROUP BY ALL),
revision AS (
    SELECT r.nyckeltal_id, r.omrade_id, r.ar, r.kon, r.observerad, r.handelse,
        r.foregaende_varde AS fore, r.foregaende_status AS fore_status,
        r.varde AS efter, CASE WHEN r.handelse <> 'borttagen' THEN r.status END AS efter_status,
        r.korrigering, r.originalvarde, r.korning_id,
        -- Local figures have no version in Kolada's catalogue; greatest passes over the NULL.
        greatest(n.tid, o.tid) AS foljs_sedan
    FROM matvarde_revision r JOIN omrade_sedan o USING (omrade_id) LEFT JOIN nyckeltal_sedan n USING (nyckeltal_id)
    WHERE r.nyckeltal_id BETWEEN $forsta AND $sista
),
serie AS (
    SELECT nyckeltal_id, omrade_id, kon, observerad, max(max(ar) FILTER (efter IS NOT NULL)) OVER (
        PARTITION BY nyckeltal_id, omrade_id, kon ORDER BY observerad
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS serie_till
    FROM revision GROUP BY nyckeltal_id, omrade_id, kon, observerad
),
-- The few values of which an earlier revision must be known, beyond the value and status that each one repeats.
rorda AS (
    SELECT DISTINCT nyckeltal_id, omrade_id, ar, kon FROM revision
    WHERE korrigering IS NOT NULL OR (handelse <> 'ny' AND fore IS NULL)
),
tidigare AS (
    SELECT nyckeltal_id, omrade_id, ar, kon, observerad, lag(korrigering) OVER varde AS fore_korrigering,
        lag(originalvarde) OVER varde AS fore_originalvarde,
        bool_or(efter IS NOT NULL) OVER (varde ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS haft_varde
    FROM revision SEMI JOIN rorda USING (nyckeltal_id, omrade_id, ar, kon)
    WINDOW varde AS (PARTITION BY nyckeltal_id, omrade_id, ar, kon ORDER BY observerad)
)
{andringens_kolumner} FROM (
    SELECT * REPLACE (fore IS NOT NULL OR coalesce(haft_varde, false) AS haft_varde)
    FROM revision LEFT JOIN serie USING (nyckeltal_id, omrade_id, kon, observerad)
        LEFT JOIN tidigare USING (nyckeltal_id, omrade_id, ar, kon, observerad)
)
{andringens_omstandigheter}
WHERE observerad > foljs_sedan AND {andringen_skiljer}
