-- text: "Svaren som gäller: det senaste av varje svarande på varje ruta, inför varje uppföljning. Skiljer sig två svarandes
--   svar om samma sak finns båda"
-- nyckel: [uppfoljning_id, svarande_id, objekt, objekt_id, falt]
-- egen_bearbetning: nej
-- kolumner:
--   uppfoljning_id: {text: Uppföljningen som svaret lämnades inför}
--   svarande_id: {text: "Huvudmannens id, t.ex. '0484', eller instansens"}
--   svarande: {text: Dess namn; id när den inte längre finns}
--   objekt: {text: "huvudman, mått, satsning, cykel, målsättning eller påstående"}
--   objekt_id: {text: Dess id}
--   falt: {text: "Rutan: t.ex. vet, tror, gor, status, krit_plan, agare, steg, malvarde"}
--   svar: {text: "Svaret; för påståenden stegets nummer eller vet inte"}
--   roll: {text: "Den svarandes funktion, som den står i arbetsboken"}
--   datum: {text: Svarets dag enligt den som svarade}
--   senast: {text: "Sant när det också är den svarandes senaste svar på rutan; falskt när ett senare gäller en annan uppföljning"}
--   observerad: {text: När malbild tog emot svaret (UTC)}

SELECT s.uppfoljning_id, s.svarande_id, coalesce(o.namn, i.kort, i.namn, s.svarande_id) AS svarande, s.objekt,
    s.objekt_id, s.falt, s.svar, s.roll, s.datum, s.senast, s.observerad
FROM (
    SELECT *, row_number() OVER (
        PARTITION BY svarande_id, objekt, objekt_id, falt ORDER BY observerad DESC, lamnad DESC) = 1 AS senast
    FROM styrning.svar
    QUALIFY row_number() OVER (
        PARTITION BY uppfoljning_id, svarande_id, objekt, objekt_id, falt ORDER BY observerad DESC, lamnad DESC) = 1
) s
LEFT JOIN omrade o ON o.omrade_id = s.svarande_id
LEFT JOIN styrning.instans i ON i.instans_id = s.svarande_id
WHERE s.svar IS NOT NULL
