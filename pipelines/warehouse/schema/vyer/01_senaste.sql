-- text: "Senaste året med värde: en rad per nyckeltal, kommun, region eller riket, och kön. Jämförelser, riktning och
--   förändring är egen bearbetning"
-- nyckel: [nyckeltal_id, omrade_id, kon]
-- beredd: ja
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
--   kon: {}
--   ar: {}
--   varde: {text: "Värdet det året, orundat"}
--   status: {text: "publicerad, ersatt, nyckeltal borttaget …; se matvarde"}
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
--   basta_kvartil: {text: Gräns för bästa kvartilen; NULL utan riktning eller under 20 områden, far_saknas: ja}
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
--   osakerhet_grund: {}
--   nedre: {}
--   ovre: {}
--   trend: {}
--   trend_fran_ar: {text: Första året som trenden gäller, far_saknas: ja}
--   trend_till_ar: {text: Sista året som trenden gäller, far_saknas: ja}
--   trend_mot_riket: {}
--   senaste: {text: "Vad de senaste mätningarna gör när det är något annat än hela serien", far_saknas: ja}
--   haller: {text: "Sant när riktningen står sig trots att många serier prövas, se trend", far_saknas: ja}
--   trend_motivering: {text: Varför ordet blev det, far_saknas: ja}
--   lutning_per_ar:
--     text: Theil–Sens ändring per år i nyckeltalets enhet, efter det sista seriebrottet
--     far_saknas: ja
--   foregaende_ar: {text: Året med värde närmast före, far_saknas: ja}
--   foregaende_varde: {text: Värdet det året, far_saknas: ja}
--   seriebrott: {text: "Sant om serien bryts, eller undersökningen byts, mellan foregaende_ar och ar: åren kan inte jämföras"}
--   forandring: {text: varde minus foregaende_varde; NULL över ett seriebrott. Inte prövad mot slumpen, far_saknas: ja}
--   nyare_ar: {text: "Seriens allra senaste år hos källan, när det saknar värde; NULL annars", far_saknas: ja}
--   nyare_status: {text: "Varför det året saknar värde: saknas, bortfall, sekretess …", far_saknas: ja}
--   antal_svarande: {}
--   kalla: {}

SELECT m.nyckeltal_id, n.titel, n.enhet, n.riktning, n.matt_id, n.matt, n.ovriga_matt, n.roll, {visas} AS visas,
    m.omrade_id, o.namn, o.typ, o.lan, o.lansdel, o.skr_grupp, o.i_malbild, m.kon,
    m.ar, m.varde, m.status, m.preliminart, m.originalvarde, m.korrigering,
    j.riket, j.lan_varde, j.lan_grund, j.lan_antal, j.lan_kolada, j.lan_vagt, j.liknande, j.basta_kvartil,
    p.plats, p.plats_till, p.nedre AS plats_nedre, p.ovre AS plats_ovre, p.antal_med_varde, p.band,
    j.mot_riket, j.mot_lan, j.mot_liknande, j.osakerhet, j.osakerhet_grund, j.nedre, j.ovre,
    t.trend, t.fran_ar AS trend_fran_ar, t.till_ar AS trend_till_ar, t.mot_riket AS trend_mot_riket,
    t.senaste, t.haller, t.motivering AS trend_motivering, t.lutning_per_ar,
    f.ar AS foregaende_ar, f.varde AS foregaende_varde,
    -- A year that may belong to either side of a break belongs to none.
    coalesce(len(list_filter(b.brott, lambda x: f.ar < x.ar AND m.ar > x.sista_gamla_ar)) > 0, false)
        -- Nor are two surveys one series.
        OR o.i_malbild AND coalesce(list_contains(u.ar, f.ar) <> list_contains(u.ar, m.ar), false) AS seriebrott,
    CASE WHEN NOT seriebrott THEN m.varde - f.varde END AS forandring,
    s.ar AS nyare_ar, s.status AS nyare_status, CAST(sv.varde AS INTEGER) AS antal_svarande, m.kalla
FROM matvarde m
JOIN omrade o USING (omrade_id)
JOIN nyckeltal n USING (nyckeltal_id)
LEFT JOIN jamforelse j USING (nyckeltal_id, omrade_id, ar, kon)
LEFT JOIN placering p USING (nyckeltal_id, omrade_id, ar, kon)
LEFT JOIN trend t USING (nyckeltal_id, omrade_id, kon)
LEFT JOIN (FROM matvarde WHERE nyast = 2) f USING (nyckeltal_id, omrade_id, kon)
LEFT JOIN (FROM matvarde WHERE nyast = 0) s USING (nyckeltal_id, omrade_id, kon)
LEFT JOIN (
    SELECT nyckeltal_id, list({'ar': ar, 'sista_gamla_ar': sista_gamla_ar}) AS brott
    FROM nyckeltal_brott GROUP BY ALL
) b USING (nyckeltal_id)
LEFT JOIN (
    SELECT nyckeltal_id, list(ar) AS ar FROM nyckeltal_undersokning GROUP BY ALL
) u USING (nyckeltal_id)
LEFT JOIN matvarde sv ON sv.nyckeltal_id = n.svarande_nyckeltal_id AND sv.omrade_id = m.omrade_id AND sv.ar = m.ar
    AND sv.kon = m.kon
WHERE m.nyast = 1 AND o.typ <> 'grupp'
