-- text: Vilka områden som ingick i varje grupp vid en tidpunkt (UTC); ett datum är hela dagen
-- nyckel: [grupp_id, omrade_id]
-- som: grupp_medlem
-- exempel: current_date

SELECT grupp_id, omrade_id, titel, fran FROM grupp_medlem
WHERE fran <= {da} AND (till IS NULL OR till > {da})
