"""Dagster adapters: they wire stages together and describe them for the UI. No logic of their own."""
