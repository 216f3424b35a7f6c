"""Which values are let in."""
