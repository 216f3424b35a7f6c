-- text: "Länen jämförda i ett nyckeltal: en rad per län och år, totalt. Regionens värde är Koladas för länet; kommunernas
--   medel är egen bearbetning"
-- nyckel: [lan_kod, ar]
-- parametrar: [nyckeltal]
-- exempel: "'U20462'"
-- kolumner:
--   lan_kod: {text: "Länets kod, t.ex. '04'"}
--   lan: {text: Länets namn}
--   ar: {text: "År: jämför bara län samma år"}
--   lan_i_malbild: {text: Sant för målbildens eget län}
--   liknande: {text: "Sant för län vars region är lik målbildens, i något ämne"}
--   region_varde: {text: Regionens värde enligt Kolada; NULL när nyckeltalet saknar värde för regionen, far_saknas: ja}
--   plats: {text: "Regionens plats bland regionerna det året, 1 = bäst", far_saknas: ja}
--   antal_regioner: {text: Antal regioner med värde det året}
--   kommuner_vagt: {text: Medel av länets kommuner vägt med invånare; NULL när någons antal saknas, far_saknas: ja}
--   kommuner_ovagt: {text: Medel där varje kommun räknas lika, far_saknas: ja}
--   antal_med_varde: {text: Antal av länets kommuner med värde det året}
--   antal_kommuner: {text: Antal kommuner i länet}
--   riket: {text: Koladas värde för riket samma år, far_saknas: ja}

WITH varden AS (
    SELECT o.lan_kod, o.lan, v.ar, o.typ, v.varde, f.varde AS invanare, n.riktning
    FROM matvarde v JOIN omrade o USING (omrade_id) JOIN nyckeltal n USING (nyckeltal_id)
    LEFT JOIN (FROM matvarde WHERE nyckeltal_id = {folkmangd} AND kon = 'T') f USING (omrade_id, ar)
    WHERE v.nyckeltal_id = nyckeltal AND v.kon = 'T' AND v.varde IS NOT NULL AND o.typ <> 'grupp'
),
per_lan AS (
    SELECT lan_kod, lan, ar, any_value(riktning) AS riktning, any_value(varde) FILTER (typ = 'region') AS region_varde,
        CASE WHEN bool_and(invanare IS NOT NULL) FILTER (typ = 'kommun') THEN
            sum(varde * invanare) FILTER (typ = 'kommun') / sum(invanare) FILTER (typ = 'kommun') END AS kommuner_vagt,
        avg(varde) FILTER (typ = 'kommun') AS kommuner_ovagt,
        CAST(count(*) FILTER (typ = 'kommun') AS INTEGER) AS antal_med_varde
    FROM varden WHERE lan_kod IS NOT NULL GROUP BY lan_kod, lan, ar
),
lanen AS (
    SELECT lan_kod, bool_or(i_malbild) AS lan_i_malbild, CAST(count(*) FILTER (typ = 'kommun') AS INTEGER) AS antal_kommuner
    FROM omrade WHERE lan_kod IS NOT NULL GROUP BY ALL
)
SELECT lan_kod, p.lan, p.ar, l.lan_i_malbild,
    lan_kod IN (SELECT o.lan_kod FROM liknande_omrade s JOIN omrade o USING (omrade_id) WHERE o.typ = 'region') AS liknande,
    p.region_varde,
    CASE WHEN p.region_varde IS NOT NULL THEN CASE p.riktning
        WHEN 'högre' THEN rank() OVER (PARTITION BY p.ar ORDER BY p.region_varde DESC NULLS LAST)
        WHEN 'lägre' THEN rank() OVER (PARTITION BY p.ar ORDER BY p.region_varde NULLS LAST) END END AS plats,
    CAST(count(p.region_varde) OVER (PARTITION BY p.ar) AS INTEGER) AS antal_regioner,
    p.kommuner_vagt, p.kommuner_ovagt, p.antal_med_varde, l.antal_kommuner, r.varde AS riket
FROM per_lan p JOIN lanen l USING (lan_kod) LEFT JOIN (FROM varden WHERE typ = 'riket') r USING (ar)
