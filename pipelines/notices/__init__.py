"""Notifying people: what is worth a message, to whom it goes, and what has been sent already. Knows no Dagster."""
