-- text: "Alla år: en rad per nyckeltal, kommun, region eller riket, kön och år. År utan värde är med: varde är NULL och
--   status säger varför. Jämförelser är egen bearbetning"
-- nyckel: [nyckeltal_id, omrade_id, ar, kon]
-- kolumner:
--   nyckeltal_id: {}
--   titel: {}
--   enhet: {}
--   riktning: {}
--   omrade_id: {}
--   namn: {}
--   typ: {}
--   lansdel: {}
--   i_malbild: {}
--   ar: {text: År}
--   kon: {}
--   varde: {text: "Värdet, orundat; NULL = saknas, aldrig noll", far_saknas: ja}
--   status: {text: "publicerad, ersatt, saknas, bortfall, sekretess, nyckeltal borttaget …; se matvarde"}
--   preliminart: {}
--   originalvarde: {}
--   korrigering: {}
--   riket: {}
--   lan_varde: {}
--   lan_grund: {}
--   lan_antal: {}
--   liknande: {}
--   osakerhet: {}
--   nedre: {}
--   ovre: {}
--   osakerhet_grund: {}
--   ny_serie: {text: "Sant för första året efter ett seriebrott: dra ingen linje från åren före"}
--   befolkning: {text: "Områdets invånare den 31 december samma år: vikten i ett vägt medel av områden", far_saknas: ja}
--   kalla: {}

SELECT m.nyckeltal_id, n.titel, n.enhet, n.riktning, m.omrade_id, o.namn, o.typ, o.lansdel, o.i_malbild,
    m.ar, m.kon, m.varde, m.status, m.preliminart, m.originalvarde, m.korrigering,
    j.riket, j.lan_varde, j.lan_grund, j.lan_antal, j.liknande, j.osakerhet, j.nedre, j.ovre, j.osakerhet_grund,
    b.ar IS NOT NULL AS ny_serie, CAST(f.varde AS INTEGER) AS befolkning, m.kalla
FROM matvarde m
JOIN omrade o USING (omrade_id)
JOIN nyckeltal n USING (nyckeltal_id)
LEFT JOIN jamforelse j USING (nyckeltal_id, omrade_id, ar, kon)
LEFT JOIN nyckeltal_brott b USING (nyckeltal_id, ar)
LEFT JOIN (FROM matvarde WHERE nyckeltal_id = {folkmangd} AND kon = 'T') f USING (omrade_id, ar)
WHERE o.typ <> 'grupp'
