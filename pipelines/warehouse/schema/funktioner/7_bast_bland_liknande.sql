-- text: "Vem att lära av: för en huvudman (namn eller id) de liknande områden som stod lika och nu står bättre, annars den
--   bästa i gruppen, totalt. Egen bearbetning"
-- nyckel: [nyckeltal_id, forebild_id]
-- parametrar: [huvudman]
-- exempel: "'Eskilstuna'"
-- kolumner:
--   matt: {far_saknas: ja}
--   nyckeltal_id: {}
--   titel: {}
--   enhet: {}
--   riktning: {}
--   bas_ar: {text: Första mätåret som räknas}
--   bas_varde: {text: Huvudmannens värde då}
--   ar: {text: Sista mätåret}
--   varde: {text: Huvudmannens värde då}
--   slag: {text: "förebild, eller ingen förebild: bäst i gruppen"}
--   ordning: {text: "Ordning, bäst först"}
--   forebild_id: {text: Det liknande områdets id}
--   forebild: {text: Dess namn}
--   forebild_bas_varde: {text: Dess värde basåret}
--   forebild_varde: {text: Dess värde sista året}

SELECT n.matt, nyckeltal_id, n.titel, n.enhet, n.riktning, f.bas_ar, f.bas_varde, f.ar, f.varde, f.slag, f.ordning,
    f.forebild_id, b.namn AS forebild, f.forebild_bas_varde, f.forebild_varde
FROM forebild f JOIN nyckeltal n USING (nyckeltal_id) JOIN omrade o USING (omrade_id)
JOIN omrade b ON b.omrade_id = f.forebild_id
WHERE huvudman IN (o.namn, o.omrade_id)
