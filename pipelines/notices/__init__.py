"""Telling people: what is worth a message, to whom it goes, and what has been told already. Knows no Dagster."""
