-- text: Vilka områden som ingick i varje grupp vid en tidpunkt (UTC)
-- nyckel: [grupp_id, omrade_id]
-- som: grupp_medlem

SELECT grupp_id, omrade_id, titel, fran FROM grupp_medlem
WHERE fran <= tidpunkt AND (till IS NULL OR till > tidpunkt)
