-- text: "Vad som är ändrat mellan två tidpunkter (UTC), till och med den senare (ett datum är från sin början, till sitt
--   slut), som om allt hade kommit på en gång: en rad per värde som inte är som det var, med slaget av hela ändringen och
--   det som är känt om varför (forklaring). Det som började följas däremellan räknas från sin första hämtning (foljs_sedan)"
-- nyckel: [nyckeltal_id, omrade_id, ar, kon]
-- som: andring
-- parametrar: [fran, till]
-- exempel: "DATE '2026-10-01', current_date"

WITH span AS (FROM andring WHERE observerad > CAST(fran AS TIMESTAMP) AND observerad <= {till_slut}),
-- What held at the beginning is what the first change found; what holds at the end is what the last one left.
serie AS (
    SELECT nyckeltal_id, omrade_id, kon, arg_min(struct_pack(ar := serie_till), observerad).ar AS serie_till
    FROM span GROUP BY ALL
),
varde AS (
    SELECT nyckeltal_id, omrade_id, ar, kon, arg_min(span, observerad) AS forst, arg_max(span, observerad) AS sist
    FROM span GROUP BY ALL
)
{andringens_kolumner} FROM (
    SELECT nyckeltal_id, omrade_id, ar, kon, sist.observerad, forst.fore, forst.fore_status, sist.efter,
        sist.efter_status, forst.fore_korrigering, sist.korrigering, forst.fore_originalvarde, sist.originalvarde,
        serie_till, forst.haft_varde, sist.foljs_sedan, sist.korning_id
    FROM varde JOIN serie USING (nyckeltal_id, omrade_id, kon)
)
{andringens_omstandigheter}
WHERE {andringen_skiljer}
