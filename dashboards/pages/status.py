"""The words of läge, riktning and mål, and what one nyckeltal says of one huvudman: its newest value, and those words.

What the words mean is table `metod`; nothing is judged here.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import cite
from dashboards.pages import choice
from dashboards.reading.published import TOTAL, Area, Kpi, Published, Series
from pipelines.rows import Record

IMPROVED, WORSENED, RISEN, FALLEN = "har förbättrats", "har försämrats", "har ökat", "har minskat"
STATED = (IMPROVED, WORSENED, RISEN, FALLEN)
NO_TREND, TOO_FEW, NOT_TESTED = "ingen säkerställd trend", "för få mätningar", "prövas inte"
NO_TARGET = "målvärde ej beslutat"
# Words against riket, the surest first.
BETTER, WORSE = ("säkert bättre", "troligen bättre"), ("säkert sämre", "troligen sämre")
SURE = (BETTER[0], WORSE[0])
NO_DIFFERENCE, NOT_JUDGED = "ingen säker skillnad", "kan inte bedömas"


def place_span(at: Record) -> str:
    """'178 (mellan 33 och 267) av 290'; 'delad 133–134 (mellan 100 och 180) av 290'."""
    span = "" if _bare(at) else f" (mellan {_rank(at, 'nedre', at.plats_nedre)} och {_rank(at, 'ovre', at.plats_ovre)})"
    return f"{_place(at)}{span} av {_rank(at, 'antal_med_varde', at.antal_med_varde)}"


def _bare(at: Record) -> bool:
    """Whether the place stands without the places it may really be."""
    return bool(at.ungefarlig or at.plats_nedre is None)


def _place(at: Record) -> str:
    place = _rank(at, "plats", at.plats)
    if at.plats_till > at.plats:
        place = f"delad {place}–{_rank(at, 'plats_till', at.plats_till)}"
    return f"{place}, ungefärlig" if at.ungefarlig else place


def _rank(at: Record, column: str, rank: int) -> str:
    return cite.figure(str(rank), rank, cite.place("placering", at.nyckeltal_id, at.omrade_id, at.ar, "T", column))


@dataclass(frozen=True, slots=True)
class AreaReading:
    """What one nyckeltal says about one area. year: of its newest value (None: it has none).

    against: the word against riket, or None. direction: the word over time.
    """

    area: Area
    year: int | None
    against: str | None
    direction: str


def area_reading(kpi: Kpi, area: Area, published: Published) -> AreaReading:
    """Of the total, or of the one gender that there is, which is compared with nothing."""
    series = published.series.get(kpi.id, Series())
    letter = choice.gender(series, published.principals)
    years = series.years([area], letter)
    year = years[-1] if years else None
    at = series.positions.get((area.id, year)) if year is not None else None
    return AreaReading(area, year, at.mot_riket if at else None, _word(series.trends.get(area.id)))


def county_direction(kpi: Kpi, kind: str, published: Published) -> str:
    """The county's word over time. kind: kommun = the kommuner together, region = the region."""
    series = published.series.get(kpi.id, Series())
    areas = [area for area in published.principals if area.kind == kind]
    if kind == "region" or len(areas) == 1:
        return _word(series.trends.get(areas[0].id))
    return _word(series.county_trends.get(TOTAL) if series.county else None)


def _word(trend: Record | None) -> str:
    return str(trend.trend) if trend else NOT_TESTED
