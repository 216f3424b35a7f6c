-- text: Vad Koladas katalog sade om varje nyckeltal vid en tidpunkt (UTC); ett datum är hela dagen
-- nyckel: [nyckeltal_id]
-- som: nyckeltal_version
-- exempel: current_date

SELECT nyckeltal_id, titel, beskrivning, niva, konsuppdelat, publiceras, publicering_period,
    preliminart_publiceras, titel_bekraftad, i_katalogen, observerad
FROM nyckeltal_version WHERE observerad <= {da}
QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1
