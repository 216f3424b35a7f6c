"""Läge, riktning and mål: three statuses that are never merged and never shown by colour alone.

Each is a word, a shape that belongs to its kind (circles for läge, triangles for riktning, squares for mål), a colour
and a reason. Läge is where the newest value stands among areas of the same kind; riktning what the years say; mål how
it goes towards a target that the owners have decided. What the words mean is table `metod`; nothing is judged here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import cite, formatting
from dashboards.pages import choice
from dashboards.reading.published import TOTAL, Area, Cell, Kpi, Published, Series
from pipelines.rows import Record

POSITION, DIRECTION, TARGET = "läge", "riktning", "mål"
# What a status means to the reader: good and bad have a colour, the rest differ in shape only.
GOOD, BAD, EVEN, NEUTRAL, UNKNOWN = "bra", "daligt", "jamnt", "neutralt", "okant"

IMPROVED, WORSENED, RISEN, FALLEN = "har förbättrats", "har försämrats", "har ökat", "har minskat"
STATED = (IMPROVED, WORSENED, RISEN, FALLEN)
NO_TREND, TOO_FEW, NOT_TESTED = "ingen säkerställd trend", "för få mätningar", "prövas inte"
NO_TARGET = "målvärde ej beslutat"
# Words against riket, the surest first.
BETTER, WORSE = ("säkert bättre", "troligen bättre"), ("säkert sämre", "troligen sämre")
NO_DIFFERENCE, NOT_JUDGED = "ingen säker skillnad", "kan inte bedömas"

_TREND_MEANING = {IMPROVED: GOOD, WORSENED: BAD, NO_TREND: EVEN, RISEN: NEUTRAL, FALLEN: NEUTRAL}
_TARGET_MEANING = {
    "målet är nått": GOOD,
    "i takt": GOOD,
    "takten behöver öka": EVEN,
    "långsamt": BAD,
    "åt fel håll": BAD,
    "målåret har passerat utan att målet nåddes": BAD,
}


@dataclass(frozen=True, slots=True)
class Status:
    """kind: POSITION, DIRECTION or TARGET. word: what it is. note: figures or reason behind it. meaning: GOOD … UNKNOWN
    and, for DIRECTION, rises: whether the values go up (None when that is not said).
    """

    kind: str
    word: str
    note: str
    meaning: str
    rises: bool | None = None

    @property
    def shape(self) -> str:
        """A CSS hook: kind and meaning in ASCII, and for directions without good or bad where they go."""
        kind = {POSITION: "lage", DIRECTION: "riktning", TARGET: "mal"}[self.kind]
        way = {True: "upp", False: "ned", None: "neutralt"}[self.rises]
        return f"{kind}-{way if self.meaning == NEUTRAL else self.meaning}"


def position(at: Record | None) -> Status:
    """Läge of one area in one year."""
    if at is None:
        return Status(POSITION, "ej bedömt", "värde saknas", UNKNOWN)
    against = against_country(at)
    if at.plats is None:
        return Status(POSITION, "utan riktning", against, NEUTRAL)
    place = f"plats {place_span(at)}"
    if at.band is None:
        return Status(POSITION, place, f"{at.band_orsak}; {against}", EVEN)
    meaning = GOOD if at.band.startswith("bästa") else BAD if at.band.startswith("sämsta") else EVEN
    return Status(POSITION, at.band, f"{place}; {against}", meaning)


def against_country(at: Record) -> str:
    """'säkert sämre än riket', or why that cannot be said."""
    match at.mot_riket:
        case None:
            return "värde för riket saknas"
        case word if word == NO_DIFFERENCE:
            return "ingen säker skillnad mot riket"
        case word if word == NOT_JUDGED:
            return "skillnaden mot riket kan inte bedömas"
        case word:
            return f"{word} än riket"


def place_span(at: Record) -> str:
    """'178 (mellan 33 och 267) av 290'; 'delad 133–134 (mellan 100 och 180) av 290'."""
    span = "" if _bare(at) else f" (mellan {_rank(at, 'nedre', at.plats_nedre)} och {_rank(at, 'ovre', at.plats_ovre)})"
    return f"{_place(at)}{span} av {_rank(at, 'antal', at.antal_med_varde)}"


def short_place(at: Record) -> str:
    """'178 (33–267) av 290', for narrow cells."""
    span = "" if _bare(at) else f" ({_rank(at, 'nedre', at.plats_nedre)}–{_rank(at, 'ovre', at.plats_ovre)})"
    return f"{_place(at)}{span} av {_rank(at, 'antal', at.antal_med_varde)}"


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


def direction(trend: Record | None) -> Status:
    """Riktning of one series."""
    if trend is None:
        return Status(DIRECTION, NOT_TESTED, "ingen serie för båda könen tillsammans", UNKNOWN)
    rises = trend.lutning_per_ar > 0 if trend.lutning_per_ar else None
    stated = trend.riktning in STATED
    span = f"{trend.fran_ar}–{trend.till_ar}" if stated or trend.riktning == NO_TREND else ""
    notes = [span, trend.mot_riket if stated else None, trend.senaste, trend.orsak]
    note = "; ".join(text for text in notes if text)
    return Status(DIRECTION, trend.riktning, note, _TREND_MEANING.get(trend.riktning, UNKNOWN), rises)


def target(row: Record | None) -> Status:
    """Mål of one series."""
    if row is None:
        return Status(TARGET, NO_TARGET, "inget målvärde är beslutat", UNKNOWN)
    return Status(TARGET, row.status, row.orsak, _TARGET_MEANING.get(row.status, UNKNOWN))


@dataclass(frozen=True, slots=True)
class AreaReading:
    """What one nyckeltal says about one area: its newest cell, and the three statuses.

    against: bättre, sämre, högre or lägre than riket where that is sure, NO_DIFFERENCE, NOT_JUDGED, or None.
    """

    kpi: Kpi
    area: Area
    year: int | None
    cell: Cell | None
    against: str | None
    position: Status
    direction: Status
    target: Status

    @property
    def all(self) -> tuple[Status, Status, Status]:
        return self.position, self.direction, self.target


def area_reading(kpi: Kpi, area: Area, published: Published) -> AreaReading:
    """The statuses of one principal, for the total (or the one gender that there is, which gets no läge)."""
    series = published.series.get(kpi.id, Series())
    letter = choice.gender(series, published.principals)
    years = series.years([area], letter)
    year = years[-1] if years else None
    cell = series.cell(area.id, year, letter) if year is not None else None
    at = series.positions.get((area.id, year)) if year is not None else None
    return AreaReading(
        kpi,
        area,
        year,
        cell,
        at.mot_riket if at else None,
        position(at),
        direction(series.trends.get(area.id)),
        target(series.targets.get(area.id)),
    )


@dataclass(frozen=True, slots=True)
class CountyReading:
    """What one nyckeltal says about the whole county: the region itself, or its kommuner together.

    year: the newest year. value: the county's (`lan_grund` says whose), with values from `count` of `size` kommuner.
    """

    kpi: Kpi
    year: int | None
    value: float | None
    count: int | None
    size: int
    position: Status
    direction: Status
    target: Status

    @property
    def all(self) -> tuple[Status, Status, Status]:
        return self.position, self.direction, self.target


def county_reading(kpi: Kpi, kind: str, published: Published) -> CountyReading:
    """kind: kommun = the kommuner together, region = the region. Läge of kommuner is a count of their places."""
    areas = [area for area in published.principals if area.kind == kind]
    series = published.series.get(kpi.id, Series())
    if kind == "region" or len(areas) == 1:
        reading = area_reading(kpi, areas[0], published)
        value = reading.cell.value if reading.cell else None
        return CountyReading(kpi, reading.year, value, None, 1, *reading.all)
    year = max(series.county, default=None)
    if year is None:
        unknown = Status(POSITION, "ej bedömt", "värde saknas", UNKNOWN)
        return CountyReading(kpi, None, None, None, len(areas), unknown, direction(None), target(None))
    trend = series.county_trends.get(TOTAL)
    positions = [series.positions.get((area.id, year)) for area in areas]
    targets = [series.targets[area.id] for area in areas if area.id in series.targets]
    return CountyReading(
        kpi,
        year,
        series.county[year].lan_varde,
        series.county[year].lan_antal,
        len(areas),
        _county_position(positions),
        direction(trend) if trend else Status(DIRECTION, NOT_TESTED, _FEW, UNKNOWN),
        _county_target(targets),
    )


_FEW = "färre än hälften av kommunerna har uppgift"


def _county_position(positions: Sequence[Record | None]) -> Status:
    known = [at for at in positions if at is not None]
    against = Counter(at.mot_riket for at in known)
    comparisons = [
        f"{formatting.count_word(against[word])} {word} än riket" for word in (*BETTER, *WORSE) if against[word]
    ]
    bands = [at.band for at in known if at.band]
    if not bands:
        why = "utan riktning" if all(at.plats is None for at in known) else "går inte att placera"
        return Status(POSITION, why, "; ".join(comparisons), NEUTRAL)
    best = [band for band in bands if band.startswith("bästa")]
    worst = [band for band in bands if band.startswith("sämsta")]
    counts = [f"{formatting.count_word(len(group))} i {group[0]}" for group in (best, worst) if group]
    meaning = GOOD if best and not worst else BAD if worst and not best else EVEN
    kommuner = "kommun" if len(bands) == 1 else "kommuner"
    note = "; ".join([f"av {formatting.count_word(len(bands))} {kommuner} med plats", *comparisons])
    return Status(POSITION, formatting.join(counts) or "ingen i bästa eller sämsta delen", note, meaning)


def _county_target(targets: Sequence[Record]) -> Status:
    decided = Counter(row.status for row in targets if row.status != NO_TARGET)
    if not decided:
        return target(None)
    text = formatting.join([f"{word} för {formatting.count_word(n)}" for word, n in decided.most_common()])
    meanings = {_TARGET_MEANING.get(word, UNKNOWN) for word in decided}
    return Status(TARGET, text, "kommuner var för sig", meanings.pop() if len(meanings) == 1 else EVEN)
