-- text: "Månads- och kvartalsvärden som gäller, lämnade av huvudmännen: en rad per nyckeltal, område, period och kön. Hela
--   år står i matvarde. Antal summeras inte här, och andelar kan inte summeras"
-- nyckel: [nyckeltal_id, omrade_id, period, kon]
-- egen_bearbetning: nej
-- kolumner:
--   nyckeltal_id: {}
--   omrade_id: {}
--   ar: {text: Året som perioden ligger i}
--   period: {text: "Kvartalet eller månaden, t.ex. 2025 kv1 eller 2025-03"}
--   kon: {}
--   varde: {text: "Värdet, orundat; NULL = saknas (se status), aldrig noll", far_saknas: ja}
--   status: {text: "publicerad, eller sekretess när värdet är dolt"}
--   kalla: {text: "Varifrån värdet kommer: lokal"}
--   observerad: {text: När malbild såg den senaste ändringen (UTC)}

SELECT nyckeltal_id, omrade_id, ar, period, kon, varde, status, kalla, observerad
FROM periodvarde_revision
QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id, period, kon ORDER BY observerad DESC) = 1
    AND status <> 'borttagen'
