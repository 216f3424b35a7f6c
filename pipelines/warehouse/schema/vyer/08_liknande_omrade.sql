-- text: "Vilka områden varje huvudman jämförs med i dag: en rad per huvudman, ämne och liknande område, enligt Koladas
--   grupper. Vilket ämne ett nyckeltal jämförs i står i nyckeltal.jamforelsegrupp_kommun och _region"
-- nyckel: [huvudman_id, amne, omrade_id]
-- egen_bearbetning: nej
-- kolumner:
--   huvudman_id: {text: Huvudmannens id}
--   huvudman: {text: Huvudmannens namn}
--   amne: {text: "Ämnet, t.ex. äldreomsorg"}
--   omrade_id: {text: Det liknande områdets id}
--   namn: {text: Dess namn; NULL när området inte följs, far_saknas: ja}
--   lan: {far_saknas: ja}
--   skr_grupp: {}
--   befolkning: {text: "Dess invånare, se omrade.befolkning", far_saknas: ja}
--   grupp_id: {text: Koladas grupp}
--   grupp: {text: "Gruppens titel, med året då Kolada ritade den"}
--   fran: {text: När malbild först såg området i gruppen (UTC)}

SELECT h.omrade_id AS huvudman_id, m.namn AS huvudman, h.amne, g.omrade_id, o.namn, o.lan, o.skr_grupp, o.befolkning,
    h.grupp_id, g.titel AS grupp, g.fran
FROM huvudman_grupp h
JOIN omrade m USING (omrade_id)
JOIN grupp_medlem g ON g.grupp_id = h.grupp_id AND g.till IS NULL
LEFT JOIN omrade o ON o.omrade_id = g.omrade_id
