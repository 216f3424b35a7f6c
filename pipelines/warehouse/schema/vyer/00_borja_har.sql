-- text: "Börja här: det som en analytiker behöver, och till vilken fråga. Allt annat står i datakatalog;
--   det som ägarna beslutar och skriver i schemat styrning"
-- nyckel: [ordning]
-- egen_bearbetning: nej
-- kolumner:
--   ordning: {text: "Ordning, det vanligaste först"}
--   objekt: {text: "Tabellen, vyn eller funktionen, som den skrivs i en fråga"}
--   fraga: {text: Frågan som den svarar på}
--   en_rad: {text: Vad en rad är}

FROM (VALUES
    (1, 'bred', 'Hur är läget? Allt på en bild', 'ett mått, med en kolumn per huvudman'),
    (2, 'senaste', 'Hur ligger ett område till?', 'ett nyckeltal, område och kön: senaste året'),
    (3, 'utveckling', 'Hur har det gått över åren?', 'ett nyckeltal, område, kön och år'),
    (4, 'forandring(2019, 2022)', 'Vad har ändrats mellan två år, mer än slumpen?', 'ett nyckeltal, område och kön'),
    (5, 'kommunprofil', 'Hela målbilden för en huvudman, också det som saknas', 'en huvudman, indikator, mått och nyckeltal'),
    (6, 'saknas', 'Vad kan inte visas, och varför?', 'en huvudman och ett mått'),
    (7, 'lan_jamforelse(''U20462'')', 'Hur står sig länet mot andra län?', 'ett län och år'),
    (8, 'konsskillnad', 'Skiljer sig kvinnor och män?', 'ett nyckeltal, område och år'),
    (9, 'andring', 'Vad har Kolada ändrat?', 'en ändring av ett värde'),
    (10, 'xmr', 'Har något hänt, månad för månad?', 'ett nyckeltal, område, kön och månad eller kvartal'),
    (11, 'sok(''ensamhet'')', 'Var finns det som jag letar efter?', 'ett nyckeltal, mått, område eller en kolumn')
) AS t(ordning, objekt, fraga, en_rad)
