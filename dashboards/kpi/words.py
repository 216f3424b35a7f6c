"""How a nyckeltal reads wherever the report speaks of it: its decimals, its direction, whether its values are codes.

The sentences about its figures are in `sentences`.
"""

from __future__ import annotations

from dashboards import formatting
from dashboards.reading.published import Kpi, Published, Series

_BETTER = {"högre": "högre är bättre", "lägre": "lägre är bättre", "ingen": "utan riktning"}
DECIDED = "beslutad"


def direction_words(kpi: Kpi) -> str:
    """'Högre är bättre'."""
    return formatting.capital(_BETTER[kpi.direction])


def decimals(kpi: Kpi, published: Published) -> int:
    """How many decimals this nyckeltal's own values have, the same wherever they are shown: as in its newest year."""
    cells = published.series.get(kpi.id, Series()).cells
    values = [(year, cell.value) for (_, year, _), cell in cells.items() if cell.value is not None]
    newest = max((year for year, _ in values), default=0)
    return formatting.decimals_for((value for year, value in values if year == newest), kpi.unit)


def is_coded(kpi: Kpi) -> bool:
    """Whether the values are codes for answers."""
    return kpi.unit.startswith("kod")
