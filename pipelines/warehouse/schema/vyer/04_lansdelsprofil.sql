-- text: "Länsdelarna, totalt: en rad per länsdel, mått och nyckeltal för kommuner, senaste året med värde i länsdelen.
--   Ovägda medel; egen bearbetning"
-- nyckel: [lansdel, matt_id, nyckeltal_id]
-- kolumner:
--   lansdel: {text: Länsdelens namn; indelningen är ej bekräftad förrän ägarna beslutat, far_saknas: nej}
--   matt_id: {text: Måttets id, far_saknas: nej}
--   matt: {}
--   nyckeltal_id: {}
--   titel: {}
--   enhet: {}
--   riktning: {}
--   roll: {text: "primär, efterträdare, komplement, närliggande eller indirekt"}
--   forekomster:
--     text: "Antal rader i vyn med samma nyckeltal för samma länsdel: det hör till flera mått eller indikatorer. Räkna
--       det en gång"
--   ar: {text: Senaste året med värde i någon av länsdelens kommuner, far_saknas: ja}
--   medel_ovagt: {text: Ovägt medel av länsdelens kommuner med värde det året, far_saknas: ja}
--   antal_med_varde: {text: "Antal av länsdelens kommuner i medlet: 0 när ingen har något värde"}
--   antal_kommuner: {text: Antal kommuner i länsdelen}
--   lagst: {text: Lägsta kommunens värde, far_saknas: ja}
--   lagst_kommun: {text: Kommunen som har det; vid lika den som kommer först i bokstavsordning, far_saknas: ja}
--   hogst: {text: Högsta kommunens värde, far_saknas: ja}
--   hogst_kommun: {text: Kommunen som har det; vid lika den som kommer först i bokstavsordning, far_saknas: ja}
--   lan_ovagt: {text: Ovägt medel av länets alla kommuner med värde samma år, far_saknas: ja}
--   lan_antal: {text: Antal av länets kommuner i det medlet}

WITH kommuner AS (FROM omrade WHERE i_malbild AND typ = 'kommun' AND lansdel IS NOT NULL),
lansdelar AS (SELECT lansdel, count(*) AS antal_kommuner FROM kommuner GROUP BY ALL),
nyast AS (
    FROM lansdel_varde WHERE kon = 'T'
    QUALIFY ar = max(ar) OVER (PARTITION BY nyckeltal_id, lansdel)
),
ytterst AS (
    SELECT y.nyckeltal_id, y.lansdel, min(v.varde) AS lagst, arg_min(o.namn, (v.varde, o.namn)) AS lagst_kommun,
        max(v.varde) AS hogst, arg_min(o.namn, (-v.varde, o.namn)) AS hogst_kommun
    FROM nyast y
    JOIN kommuner o USING (lansdel)
    JOIN matvarde v USING (nyckeltal_id, omrade_id, ar, kon)
    WHERE v.varde IS NOT NULL GROUP BY ALL
)
SELECT d.lansdel, m.matt_id, m.namn AS matt, k.nyckeltal_id, n.titel, n.enhet, n.riktning, k.roll,
    count(*) OVER (PARTITION BY d.lansdel, k.nyckeltal_id) AS forekomster,
    y.ar, y.medel_ovagt, coalesce(y.antal_med_varde, 0) AS antal_med_varde, d.antal_kommuner, x.lagst, x.lagst_kommun, x.hogst,
    x.hogst_kommun, s.medel AS lan_ovagt, s.antal_med_varde AS lan_antal
FROM lansdelar d
CROSS JOIN matt m
JOIN matt_nyckeltal k USING (matt_id)
JOIN nyckeltal n USING (nyckeltal_id)
LEFT JOIN nyast y ON y.nyckeltal_id = k.nyckeltal_id AND y.lansdel = d.lansdel
LEFT JOIN ytterst x ON x.nyckeltal_id = k.nyckeltal_id AND x.lansdel = d.lansdel
LEFT JOIN spridning s ON s.nyckeltal_id = k.nyckeltal_id AND s.ar = y.ar AND s.kon = 'T'
WHERE n.niva IN ('K', 'A')
