"""The warehouse `lager.duckdb` and what is published from it."""
