-- text: "Hela målbilden för en huvudman i målbildens ordning, totalt: en rad per indikator, mått och nyckeltal, även
--   där inget värde finns. Ett nyckeltal kan stå på flera rader, se forekomster"
-- nyckel: [omrade_id, indikator_id, matt_id, nyckeltal_id]
-- beredd: ja
-- kolumner:
--   omrade_id: {}
--   namn: {}
--   typ: {}
--   ordning: {text: "Radens ordning i målbilden, från 1 för varje huvudman"}
--   malomrade: {text: Målområdets namn}
--   indikator_id: {text: Indikatorns id}
--   indikator: {text: Indikatorns namn}
--   matt_id: {}
--   matt: {far_saknas: ja}
--   matt_huvudman: {text: "Vems verksamhet måttet gäller: kommun, region eller båda", far_saknas: ja}
--   tackning: {}
--   nyckeltal_id: {text: Nyckeltalets id; NULL när inget nyckeltal för måttet gäller huvudmannen, far_saknas: ja}
--   titel: {far_saknas: ja}
--   enhet: {far_saknas: ja}
--   riktning: {far_saknas: ja}
--   roll:
--     text: primär, efterträdare och komplement mäter måttet; närliggande och indirekt gör det inte
--     far_saknas: ja
--   beslut: {text: Om valet av nyckeltal är föreslaget eller beslutat av ägarna, far_saknas: ja}
--   visas:
--     text: "Sant för det enda nyckeltal som måttet främst visas med för huvudmannen; NULL utan nyckeltal"
--     far_saknas: ja
--   forekomster:
--     text: "Antal rader i vyn med samma nyckeltal för samma huvudman: det hör till flera mått eller indikatorer. Räkna
--       det en gång"
--     far_saknas: ja
--   ar: {far_saknas: ja}
--   varde: {text: "Värdet det året; NULL = inget värde finns, se orsak", far_saknas: ja}
--   preliminart: {far_saknas: ja}
--   riket: {}
--   lan_varde: {}
--   lan_grund: {}
--   plats: {}
--   plats_till: {}
--   antal_med_varde: {}
--   band: {}
--   mot_riket: {}
--   trend: {}
--   trend_mot_riket: {}
--   mal: {text: "Läget mot beslutat målvärde, t.ex. målvärde ej beslutat, målet är nått, i takt", far_saknas: ja}
--   orsak:
--     text: "Varför inget värde från de senaste {farska_ar} åren kan visas, t.ex. värde saknas: sekretess; NULL när det
--       kan det"
--     far_saknas: ja

WITH idag AS (SELECT year(max(startad)) AS ar FROM korning),
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
        i.namn AS indikator, i.malomrade_id, m.namn AS matt, m.huvudman AS matt_huvudman, m.tackning,
        n.titel, n.enhet, n.riktning, v.ar, v.varde, v.preliminart,
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
SELECT c.omrade_id, c.namn, c.typ, c.ordning, g.namn AS malomrade, c.indikator_id, c.indikator, c.matt_id, c.matt,
    c.matt_huvudman, c.tackning, c.nyckeltal_id, c.titel, c.enhet, c.riktning, c.roll, c.beslut, c.visas, c.forekomster,
    c.ar, c.varde, c.preliminart, j.riket, j.lan_varde, j.lan_grund,
    p.plats, p.plats_till, p.antal_med_varde, p.band, j.mot_riket, t.trend,
    t.mot_riket AS trend_mot_riket, mal.mal, c.orsak
FROM celler c
JOIN malomrade g USING (malomrade_id)
LEFT JOIN jamforelse j
    ON j.nyckeltal_id = c.nyckeltal_id AND j.omrade_id = c.omrade_id AND j.kon = 'T' AND j.ar = c.ar
LEFT JOIN placering p
    ON p.nyckeltal_id = c.nyckeltal_id AND p.omrade_id = c.omrade_id AND p.kon = 'T' AND p.ar = c.ar
LEFT JOIN trend t ON t.nyckeltal_id = c.nyckeltal_id AND t.omrade_id = c.omrade_id AND t.kon = 'T'
LEFT JOIN mal ON mal.nyckeltal_id = c.nyckeltal_id AND mal.omrade_id = c.omrade_id AND mal.kon = 'T'
