-- text: Tabellen matvarde som den var känd vid en tidpunkt (UTC); ett datum är hela dagen
-- nyckel: [nyckeltal_id, omrade_id, ar, kon]
-- som: matvarde
-- exempel: current_date

SELECT m.nyckeltal_id, m.omrade_id, m.ar, m.kon, m.varde, m.antal_omraden, {status_nu} AS status,
    {preliminart} AS preliminart, {nyast} AS nyast,
    m.originalvarde, m.korrigering, m.kalla, m.hamtad, m.korning_id
FROM (
    FROM matvarde_revision WHERE observerad <= {da}
    QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id, ar, kon ORDER BY observerad DESC) = 1
) m
LEFT JOIN (
    FROM nyckeltal_version WHERE observerad <= {da}
    QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1
) n USING (nyckeltal_id)
WHERE m.handelse <> 'borttagen'
WINDOW {senaste_forst}
