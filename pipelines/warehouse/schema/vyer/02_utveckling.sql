-- text: "Alla år: en rad per nyckeltal, kommun, region eller riket, kön och år. År utan värde är med: varde är NULL och
--   status säger varför. Jämförelser är egen bearbetning"
-- nyckel: [nyckeltal_id, omrade_id, ar, kon]
-- kolumner:
--   nyckeltal_id: {}
--   titel: {}
--   enhet: {}
--   riktning: {}
--   matt_id: {text: Måttet som nyckeltalet främst hör till; NULL = inget, far_saknas: ja}
--   matt: {far_saknas: ja}
--   ovriga_matt: {}
--   roll: {}
--   visas: {}
--   omrade_id: {}
--   namn: {}
--   typ: {}
--   lan: {}
--   lansdel: {}
--   skr_grupp: {}
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
--   lan_kolada: {}
--   lan_vagt: {}
--   liknande: {}
--   plats: {}
--   plats_till: {}
--   plats_nedre: {}
--   plats_ovre: {}
--   antal_med_varde: {}
--   band: {}
--   mot_riket: {}
--   mot_lan: {}
--   mot_liknande: {}
--   osakerhet: {}
--   nedre: {}
--   ovre: {}
--   osakerhet_grund: {}
--   trend: {}
--   trend_mot_riket: {}
--   ny_serie: {text: "Sant för första året efter ett seriebrott: dra ingen linje från åren före"}
--   antal_svarande: {}
--   befolkning: {text: "Områdets invånare den 31 december samma år: vikten i ett vägt medel av områden", far_saknas: ja}
--   kalla: {}

SELECT m.nyckeltal_id, n.titel, n.enhet, n.riktning, n.matt_id, n.matt, n.ovriga_matt, n.roll, {visas} AS visas,
    m.omrade_id, o.namn, o.typ, o.lan, o.lansdel, o.skr_grupp, o.i_malbild,
    m.ar, m.kon, m.varde, m.status, m.preliminart, m.originalvarde, m.korrigering,
    j.riket, j.lan_varde, j.lan_grund, j.lan_antal, j.lan_kolada, j.lan_vagt, j.liknande,
    p.plats, p.plats_till, p.nedre AS plats_nedre, p.ovre AS plats_ovre, p.antal_med_varde, p.band,
    j.mot_riket, j.mot_lan, j.mot_liknande, j.osakerhet, j.nedre, j.ovre, j.osakerhet_grund,
    t.trend, t.mot_riket AS trend_mot_riket,
    b.ar IS NOT NULL AS ny_serie, CAST(sv.varde AS INTEGER) AS antal_svarande,
    CAST(f.varde AS INTEGER) AS befolkning, m.kalla
FROM matvarde m
JOIN omrade o USING (omrade_id)
JOIN nyckeltal n USING (nyckeltal_id)
LEFT JOIN jamforelse j USING (nyckeltal_id, omrade_id, ar, kon)
LEFT JOIN placering p USING (nyckeltal_id, omrade_id, ar, kon)
LEFT JOIN trend t USING (nyckeltal_id, omrade_id, kon)
LEFT JOIN matvarde sv ON sv.nyckeltal_id = n.svarande_nyckeltal_id AND sv.omrade_id = m.omrade_id AND sv.ar = m.ar
    AND sv.kon = m.kon
LEFT JOIN nyckeltal_brott b USING (nyckeltal_id, ar)
LEFT JOIN (FROM matvarde WHERE nyckeltal_id = {folkmangd} AND kon = 'T') f USING (omrade_id, ar)
WHERE o.typ <> 'grupp'
