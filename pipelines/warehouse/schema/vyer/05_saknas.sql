-- text: "Vad som inte kan visas, och varför: en rad per huvudman och mått (eller indikator utan mått) utan något värde
--   från de senaste {farska_ar} åren i de nyckeltal som mäter måttet. Sekretess, bortfall och noll är skilda saker: en
--   nolla är ett värde och står inte här"
-- nyckel: [omrade_id, matt_id, indikatorer]
-- kolumner:
--   omrade_id: {}
--   namn: {}
--   typ: {}
--   matt_id: {}
--   matt: {far_saknas: ja}
--   indikatorer: {text: Indikatorerna som måttet följer}
--   tackning: {}
--   orsak:
--     text: "Varför, om det viktigaste nyckeltalet: t.ex. utanför Kolada, inget nyckeltal i Kolada, nyckeltal upphört,
--       värde saknas: sekretess, senaste värde äldre än {farska_ar} år, bara närliggande eller indirekta nyckeltal"
--   finns_har: {text: "Var uppgiften finns när Kolada inte har den, eller vad som fattas", far_saknas: ja}
--   senaste_ar:
--     text: Senaste året med värde i de nyckeltal som mäter måttet; NULL = inget värde finns
--     far_saknas: ja
--   antal_nyckeltal: {text: Antal nyckeltal som mäter måttet och gäller huvudmannen}
--   antal_narliggande: {text: Antal närliggande och indirekta nyckeltal som har ett värde att visa i stället}

-- Sums up kommunprofil, whose rows are there already. With any other role a nyckeltal lies near the mått, or stands for
-- it, and does not measure it.
WITH per_matt AS (
    SELECT omrade_id, namn, typ, matt_id, coalesce(matt_id, indikator_id) AS vad, any_value(matt) AS matt,
        string_agg(DISTINCT indikator, ', ' ORDER BY indikator) AS indikatorer, any_value(tackning) AS tackning,
        any_value(CASE WHEN matt_id IS NULL THEN indikator_id END) AS utan_matt,
        arg_min(orsak, ordning) FILTER (nyckeltal_id IS NULL) AS utan_nyckeltal,
        arg_min(orsak, ordning) FILTER (roll IN {roller_som_mater}) AS orsak,
        max(ar) FILTER (roll IN {roller_som_mater}) AS senaste_ar,
        count(DISTINCT nyckeltal_id) FILTER (roll IN {roller_som_mater}) AS antal_nyckeltal,
        count(DISTINCT nyckeltal_id) FILTER (roll NOT IN {roller_som_mater} AND varde IS NOT NULL) AS antal_narliggande,
        coalesce(bool_or(orsak IS NULL) FILTER (roll IN {roller_som_mater}), false) AS visas
    FROM kommunprofil
    WHERE matt_id IS NULL OR matt_huvudman IN ('båda', typ)
    GROUP BY omrade_id, namn, typ, matt_id, vad
)
SELECT p.omrade_id, p.namn, p.typ, p.matt_id, p.matt, p.indikatorer, p.tackning,
    CASE
        WHEN p.orsak IS NOT NULL THEN p.orsak
        WHEN p.utan_nyckeltal IS NOT NULL THEN p.utan_nyckeltal
        WHEN p.tackning = 'utanför kolada' THEN 'utanför Kolada'
        ELSE 'bara närliggande eller indirekta nyckeltal'
    END AS orsak,
    coalesce(m.kalla_utanfor, i.lucka) AS finns_har, p.senaste_ar, p.antal_nyckeltal, p.antal_narliggande
FROM per_matt p
LEFT JOIN matt m ON m.matt_id = p.matt_id
LEFT JOIN indikator i ON i.indikator_id = p.utan_matt
WHERE NOT p.visas
