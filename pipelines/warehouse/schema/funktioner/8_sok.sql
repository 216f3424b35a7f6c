-- text: "Var ett ord står: i nyckeltalens, måttens, indikatorernas och områdenas namn och texter, och i beskrivningen av
--   tabeller och kolumner. Stora och små bokstäver räknas lika"
-- nyckel: [vad, id]
-- parametrar: [ord]
-- exempel: "'ensamhet'"
-- kolumner:
--   vad: {text: "nyckeltal, mått, indikator, område, tabell, vy, funktion eller kolumn"}
--   id: {text: "Dess id; för en kolumn tabell.kolumn"}
--   namn: {text: Dess namn}
--   text: {text: "Det som mer sägs om det", far_saknas: ja}

FROM (
    SELECT 'nyckeltal' AS vad, nyckeltal_id AS id, titel AS namn, beskrivning AS text FROM nyckeltal
    UNION ALL SELECT 'mått', matt_id, namn, kommentar FROM matt
    UNION ALL SELECT 'indikator', indikator_id, namn, definition FROM indikator
    UNION ALL SELECT 'område', omrade_id, namn, lan FROM omrade
    UNION ALL SELECT CASE WHEN kolumn IS NULL THEN typ ELSE 'kolumn' END, concat_ws('.', objekt, kolumn),
        coalesce(kolumn, objekt), beskrivning FROM datakatalog
)
WHERE contains(lower(concat_ws(' ', id, namn, text)), lower(ord))
