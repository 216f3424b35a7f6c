-- The published rows: the catalogue's words laid over the stored values. $dag is the day of publication.
SELECT m.* EXCLUDE (status), {status_nu} AS status, {preliminart} AS preliminart, {nyast} AS nyast
FROM lager.matvarde m LEFT JOIN lager.nyckeltal n USING (nyckeltal_id), (SELECT $dag AS tidpunkt)
WINDOW {senaste_forst}
