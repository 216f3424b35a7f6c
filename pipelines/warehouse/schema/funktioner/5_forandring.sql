-- text: "Förändringen mellan två år i samma serie: en rad per nyckeltal, område (kommun, region, riket) och kön med värde
--   något av åren. bedomning säger om den är större än värdenas osäkerhet, eller varför åren inte kan jämföras. Egen
--   bearbetning"
-- nyckel: [nyckeltal_id, omrade_id, kon]
-- parametrar: [fran, till]
-- exempel: "2019, 2022"
-- kolumner:
--   nyckeltal_id: {}
--   titel: {}
--   enhet: {}
--   riktning: {}
--   matt: {far_saknas: ja}
--   visas: {}
--   omrade_id: {}
--   namn: {}
--   typ: {}
--   i_malbild: {}
--   kon: {}
--   fran_varde: {text: Värdet det första året, far_saknas: ja}
--   till_varde: {text: Värdet det sista året, far_saknas: ja}
--   forandring: {text: till_varde minus fran_varde; NULL när åren inte kan jämföras, far_saknas: ja}
--   osakerhet: {text: "Förändringens osäkerhet, 95 %, ur båda värdenas intervall", far_saknas: ja}
--   bedomning:
--     text: "säkert eller troligen bättre, sämre, högre eller lägre (utanför 99,8 respektive 95 %), ingen säker
--       förändring, kan inte bedömas eller kan inte jämföras: räkna bara de fyra första som ändrade"
--   orsak: {text: Varför åren inte kan jämföras eller bedömas, far_saknas: ja}
--   fran_plats: {text: "Plats bland områden av samma typ det första året, 1 = bäst", far_saknas: ja}
--   fran_antal: {text: Antal områden av samma typ med värde det året, far_saknas: ja}
--   till_plats: {text: "Plats det sista året, 1 = bäst", far_saknas: ja}
--   till_antal: {text: Antal områden av samma typ med värde det året, far_saknas: ja}

-- Ranked over ids alone, and everything that is often filtered on is a key of window and group: it is then applied first.
-- Names, texts and intervals are joined last.
WITH lika AS (
    SELECT v.nyckeltal_id, v.omrade_id, v.ar, v.kon, v.varde, o.typ, o.i_malbild, {visas} AS visas,
        CASE n.riktning WHEN 'högre' THEN -v.varde WHEN 'lägre' THEN v.varde END AS bast_forst
    FROM matvarde v
    JOIN (SELECT nyckeltal_id, riktning, visas_for FROM nyckeltal) n USING (nyckeltal_id)
    JOIN (SELECT omrade_id, typ, i_malbild FROM omrade WHERE typ <> 'grupp') o USING (omrade_id)
    WHERE v.ar IN (fran, till) AND v.varde IS NOT NULL
),
varden AS (
    SELECT *, CASE WHEN bast_forst IS NOT NULL THEN rank() OVER (alla ORDER BY bast_forst) END AS plats,
        count(*) OVER alla AS antal
    FROM lika WINDOW alla AS (PARTITION BY nyckeltal_id, ar, kon, typ, visas)
),
par AS (
    SELECT nyckeltal_id, omrade_id, kon, typ, i_malbild, visas,
        any_value(varde) FILTER (ar = fran) AS fran_varde, any_value(varde) FILTER (ar = till) AS till_varde,
        any_value(plats) FILTER (ar = fran) AS fran_plats, any_value(antal) FILTER (ar = fran) AS fran_antal,
        any_value(plats) FILTER (ar = till) AS till_plats, any_value(antal) FILTER (ar = till) AS till_antal
    FROM varden GROUP BY nyckeltal_id, omrade_id, kon, typ, i_malbild, visas
),
provade AS (
    SELECT p.*, till_varde - fran_varde AS skillnad, sqrt(f.halv_95 ** 2 + t.halv_95 ** 2) AS halv_95,
        sqrt(f.halv_998 ** 2 + t.halv_998 ** 2) AS halv_998, n.titel, n.enhet, n.riktning, n.matt, o.namn,
        CASE
            WHEN fran_varde IS NULL THEN 'värde saknas ' || fran
            WHEN till_varde IS NULL THEN 'värde saknas ' || till
            WHEN b.nyckeltal_id IS NOT NULL THEN 'seriebrott'
            WHEN p.i_malbild AND u.antal = 1 THEN 'egen undersökning ett av åren'
            WHEN n.overlappande_ar > till - fran THEN 'medelvärden över ' || n.overlappande_ar || ' år överlappar'
        END AS hinder
    FROM par p JOIN nyckeltal n USING (nyckeltal_id) JOIN omrade o USING (omrade_id)
    LEFT JOIN (FROM jamforelse j WHERE j.ar = fran) f USING (nyckeltal_id, omrade_id, kon)
    LEFT JOIN (FROM jamforelse j WHERE j.ar = till) t USING (nyckeltal_id, omrade_id, kon)
    LEFT JOIN (SELECT DISTINCT nyckeltal_id FROM nyckeltal_brott WHERE fran < ar AND till > sista_gamla_ar) b
        USING (nyckeltal_id)
    LEFT JOIN (
        SELECT nyckeltal_id, count(*) AS antal FROM nyckeltal_undersokning WHERE ar IN (fran, till) GROUP BY ALL
    ) u USING (nyckeltal_id)
)
SELECT nyckeltal_id, titel, enhet, riktning, matt, visas, omrade_id, namn, typ, i_malbild, kon, fran_varde, till_varde,
    CASE WHEN hinder IS NULL THEN skillnad END AS forandring, CASE WHEN hinder IS NULL THEN halv_95 END AS osakerhet,
    CASE
        WHEN hinder IS NOT NULL THEN 'kan inte jämföras'
        WHEN halv_95 IS NULL THEN 'kan inte bedömas'
        WHEN abs(skillnad) <= halv_95 THEN 'ingen säker förändring'
        ELSE CASE WHEN abs(skillnad) > halv_998 THEN 'säkert ' ELSE 'troligen ' END
            || CASE riktning WHEN 'ingen' THEN CASE WHEN skillnad > 0 THEN 'högre' ELSE 'lägre' END
                ELSE CASE WHEN (skillnad > 0) = (riktning = 'högre') THEN 'bättre' ELSE 'sämre' END END
    END AS bedomning,
    CASE WHEN hinder IS NOT NULL THEN hinder WHEN halv_95 IS NULL THEN 'något av värdena saknar intervall' END AS orsak,
    fran_plats, CAST(fran_antal AS INTEGER) AS fran_antal, till_plats, CAST(till_antal AS INTEGER) AS till_antal
FROM provade
