-- text: "Körningar som blev klara och lagrade något: en rad per körning; nyast = 1 är den som allt annat här kommer ur"
-- nyckel: [korning_id]
-- egen_bearbetning: nej
-- kolumner:
--   korning_id: {text: Körningens id}
--   nyast: {text: "1 för den senaste, 2 för den före, …"}
--   startad: {text: När den började (UTC)}
--   avslutad: {text: "När den var klar (UTC): det som publicerades gäller då"}
--   observerad: {text: Dess tid i revisionerna (UTC)}
--   kalla: {text: "Varifrån uppgifterna är: kolada, syntetisk eller en annan källas adress", far_saknas: ja}
--   fullstandig: {text: Allt som följs frågades det efter}
--   hel: {text: "Allt hämtades helt, inte bara det som ändrats"}
--   anrop: {text: Antal anrop till källan, far_saknas: ja}
--   rader_hamtade: {text: Antal värden som kom, far_saknas: ja}
--   kod_version: {text: Programmets version, far_saknas: ja}

-- Without a partition DuckDB 1.5.5 finds a row of NULLs for nyast = 1 where there is no run.
SELECT korning_id, row_number() OVER (PARTITION BY utfall ORDER BY observerad DESC) AS nyast, startad, avslutad,
    observerad, kalla, fullstandig, hel, anrop, rader_hamtade, kod_version
FROM korning
WHERE utfall = 'klar' AND observerad IS NOT NULL
