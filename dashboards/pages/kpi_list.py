"""nyckeltal.html: every nyckeltal of the report in one list, with where it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.kpi.words import DECIDED, direction_words
from dashboards.pages import choice, links
from dashboards.pages.choice import LEVEL_WORDS
from dashboards.reading.published import Kpi, Published


@dataclass(frozen=True, slots=True)
class KpiRow:
    """A nyckeltal. measures: name and page of the mått that use it, the one that it is shown at first."""

    id: str
    name: str
    title: str
    unit: str
    direction: str
    level: str
    origin: str
    years: str
    measures: tuple[tuple[str, str, str], ...]


def kpi_rows(published: Published) -> list[KpiRow]:
    """The list, by id."""
    owners = choice.owning_measure(published)
    return [_row(kpi, published, owners) for kpi in published.kpis.values()]


def _row(kpi: Kpi, published: Published, owners: dict[str, str]) -> KpiRow:
    uses = [(m, use) for m in published.measures for use in m.uses if use.kpi_id == kpi.id]
    uses.sort(key=lambda pair: pair[0].id != owners.get(kpi.id))
    series = published.series.get(kpi.id)
    years = series.years(published.principals) if series else []
    anchor = f"#{links.kpi_anchor(kpi.id)}" if years else ""
    decided = "" if kpi.direction_decision == DECIDED else " (föreslagen)"
    return KpiRow(
        id=kpi.id,
        name=kpi.short or "",
        title=kpi.title,
        unit=kpi.unit,
        direction=formatting.lowered(direction_words(kpi)) + decided,
        level=LEVEL_WORDS[kpi.level],
        origin="lokal uppgift" if kpi.local else kpi.origin or "ej angiven",
        years=f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0]) if years else _without(kpi),
        measures=tuple(
            (m.name, links.measure_page(m.id) + (anchor if n == 0 else ""), use.role) for n, (m, use) in enumerate(uses)
        ),
    )


def _without(kpi: Kpi) -> str:
    if kpi.in_catalogue is False:
        return "inga värden; finns inte i katalogen"
    return f"inga värden; upphört {kpi.ended}" if kpi.ended else "inga värden"
