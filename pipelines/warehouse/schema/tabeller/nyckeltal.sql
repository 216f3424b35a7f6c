-- Beside each nyckeltal the mått that it is read under: where it is shown, else where its role is strongest.
WITH hor_till AS (
    SELECT k.nyckeltal_id, k.matt_id, m.namn AS matt, k.roll, k.visas_for, m.ordning, row_number() OVER (
        PARTITION BY k.nyckeltal_id ORDER BY k.visas_for IS NULL,
            list_position(['primär', 'efterträdare', 'indirekt', 'komplement', 'närliggande'], k.roll), m.ordning
    ) AS nr
    FROM matt_nyckeltal k JOIN matt m USING (matt_id)
)
SELECT n.*, h.matt_id, h.matt, a.ovriga_matt, h.roll, h.visas_for, s.nyckeltal_id AS svarande_nyckeltal_id
FROM lager.nyckeltal n
LEFT JOIN (FROM hor_till WHERE nr = 1) h USING (nyckeltal_id)
LEFT JOIN (
    SELECT nyckeltal_id, string_agg(matt, '; ' ORDER BY ordning) AS ovriga_matt FROM hor_till WHERE nr > 1 GROUP BY ALL
) a USING (nyckeltal_id)
LEFT JOIN lager.nyckeltal s ON s.nyckeltal_id = n.vikt_nyckeltal_id AND s.enhet LIKE 'antal svar%'
