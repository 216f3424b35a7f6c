"""`make night`: the nights of `make scale` in their small form, two whole nights over the archive."""

from __future__ import annotations

from tests.test_tools import tool


def test_synthetic_copies_of_kolada_are_followed_and_stored_like_the_original() -> None:
    _, _, *rows = tool("bench.scale", "--kpis", "3", "--copies", "1", "3")
    nights = [row for row in rows if row[0]]
    assert [row[1] for row in nights] == ["3", "9"]
