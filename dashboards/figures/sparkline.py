"""The line of a table cell: a series so small that it needs no axis. An SVG as text, a few hundred bytes each."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dashboards.figures.marks import NO_BREAKS, pairs, segment

_WIDTH, _HEIGHT, _MARGIN = 60, 16, 2


def sparkline(values: Sequence[tuple[int, float | None]], *, breaks: pl.DataFrame = NO_BREAKS) -> str:
    """values: year and value (None: missing), ordered by year; empty text when there is no value at all.

    The line has a gap at a missing year and at a break (see `marks.segment`), a value that stands alone is a dot, and
    the newest value a larger one. Hidden from screen readers: the numbers stand beside it.
    """
    known = [(year, value) for year, value in values if value is not None]
    if not known:
        return ""
    first, last = values[0][0], values[-1][0]
    low, high = min(value for _, value in known), max(value for _, value in known)

    def place(year: int, value: float) -> tuple[int, int]:
        along = (year - first) / (last - first) if last > first else 1.0
        up = (value - low) / (high - low) if high > low else 0.5
        return (
            round(_MARGIN + along * (_WIDTH - 2 * _MARGIN)),
            round(_HEIGHT - _MARGIN - up * (_HEIGHT - 2 * _MARGIN)),
        )

    path = ""
    cuts = pairs(breaks)
    before: tuple[int, ...] | None = None
    for year, value in values:
        if value is None:
            before = None
            continue
        x, y = place(year, value)
        here = segment(year, cuts)
        # h0 makes a round cap, and so a dot, of a value that nothing follows.
        path += f"L{x} {y}" if before is not None and here == before else f"M{x} {y}h0"
        before = here
    x, y = place(*known[-1])
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true"><path d="{path}" fill="none" '
        f'stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/><circle cx="{x}" cy="{y}" r="2"/></svg>'
    )
