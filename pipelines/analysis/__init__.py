"""Läge and riktning: pure functions from polars frames to polars frames. No I/O of any kind."""
