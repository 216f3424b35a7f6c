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

WITH {celler}
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
