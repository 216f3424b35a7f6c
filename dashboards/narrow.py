"""What the report of one principal needs, out of what was read for all: the same as reading it alone, without reading
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from dashboards.reading.published import Area, Published, Series


def split_by_principal(published: Published, database: Path) -> Iterator[tuple[Area, Published]]:
    """Each principal with a `Published` of its own. `published`: of all principals, as loaded from `database`."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        rows = connection.sql("SELECT nyckeltal_id, omrade_id, max(hamtad) FROM matvarde GROUP BY ALL").fetchall()
    finally:
        connection.close()
    changed = {(kpi_id, area_id): when for kpi_id, area_id, when in rows}
    for area in published.principals:
        ids = {area.id} | ({published.country.id} if published.country else set())
        series = {
            kpi_id: _series(kpi_series, ids, max((t for i in ids if (t := changed.get((kpi_id, i)))), default=None))
            for kpi_id, kpi_series in published.series.items()
            if any(key[0] in ids for key in kpi_series.cells)
        }
        findings = tuple(row for row in published.findings if row.omrade_id in (None, area.id))
        yield area, replace(published, principals=(area,), series=series, findings=findings)


def _series(series: Series, ids: Set[str], changed: datetime | None) -> Series:
    """What has an area in its key, for these areas; the rest as it is."""

    def select(table: dict[Any, Any]) -> dict[Any, Any]:
        return {key: value for key, value in table.items() if (key[0] if isinstance(key, tuple) else key) in ids}

    return replace(
        series,
        cells=select(series.cells),
        intervals=select(series.intervals),
        positions=select(series.positions),
        gaps=select(series.gaps),
        trends=select(series.trends),
        targets=select(series.targets),
        last_change=changed,
    )
