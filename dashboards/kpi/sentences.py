"""What a nyckeltal shows, in sentences by fixed rules: the result first, with names, values and years. Own processing.

They state nothing that is not in the tables. Values given as codes are answers, not quantities: they get no mean,
position or chart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards import formatting
from dashboards.kpi.scope import (
    COUNTY_NAMES,
    NAMES_AT_MOST,
    REGIONS_VALUE,
    UNWEIGHTED,
    CountyValue,
    Scope,
    name_or_count,
    peer_noun,
)
from dashboards.pages import status
from dashboards.pages.choice import GENDER_WORDS
from dashboards.pages.status import NO_TREND, NOT_JUDGED, NOT_TESTED, STATED, TOO_FEW, place_span
from dashboards.pages.tables import missing_word
from dashboards.reading.published import Area
from pipelines.rows import Record

# Words between women and men, the surest first.
APART = ("säker skillnad", "trolig skillnad")


@dataclass(frozen=True, slots=True)
class Answer:
    """lead: the county, riket, the best and the worst kommun. more: who differs, who has changed, who is missing."""

    lead: tuple[str, ...]
    more: tuple[str, ...]


def answer(scope: Scope) -> Answer:
    """What the newest year and the years before it show."""
    if scope.coded:
        return Answer((_coded(scope),), tuple(_corrected(scope, scope.principals, scope.compared_year)))
    lead = [*_county(scope), *_best_and_worst(scope)] or list(_alone(scope))
    untested = _untested(scope.county_trend) if scope.county and scope.county_trend else ""
    year = scope.compared_year
    more = [
        *(
            [f"Uppgiften gäller {GENDER_WORDS[scope.gender]}; värde för båda könen saknas."]
            if scope.gender in GENDER_WORDS
            else []
        ),
        *_against_country(scope),
        *_positions(scope),
        *_directions(scope),
        *([untested] if untested else []),
        *_spread(scope),
        *_without(scope),
        *_corrected(scope, scope.areas, year),
    ]
    return Answer(tuple(lead), tuple(more))


def _coded(scope: Scope) -> str:
    year = scope.compared_year
    by_code: dict[float, list[Area]] = {}
    for area in scope.principals:
        if (value := scope.value(area, year)) is not None:
            by_code.setdefault(value, []).append(area)
    parts = []
    for _, areas in sorted(by_code.items()):
        parts.append(f"{scope.shown(areas[0], year).number} för {name_or_count(areas, scope.principals)}")
    return f"År {year} var svaret {formatting.join(parts)}. Svaren är koder: inga medel eller jämförelser räknas."


# --- the county -------------------------------------------------------------------------------------------------------


def _county(scope: Scope) -> Iterator[str]:
    """'I länet: 50 % tycker … (2022), riket 45 %. Det har försämrats sedan 2014 (61 %), som riket.'"""
    values = scope.county
    if not values:
        return
    newest = values[-1]
    name = _county_name(scope, newest)
    country = scope.country if scope.value(scope.country, newest.year) is not None else None
    of_country = scope.text(country, newest.year) if country else ""
    beside = f", riket {of_country}" if country and newest.ground != UNWEIGHTED else ""
    few = ""
    if newest.ground != REGIONS_VALUE and newest.count is not None and newest.count < len(scope.kommuner):
        of = formatting.count_word(len(scope.kommuner))
        few = f" i {formatting.count_word(newest.count)} av {of} kommuner"
    yield f"{name}: {scope.in_words(scope.number(newest.value, newest.place))}{few} ({newest.year}){beside}."
    # Riket is a weighted value: in the sentence of the unweighted mean it would mislead.
    if country and newest.ground == UNWEIGHTED:
        yield f"Riket: {of_country}."
    elif not country:
        yield f"Riket har ingen uppgift {newest.year}."
    if trend := scope.county_trend:
        yield from _county_direction(scope, trend, [value for value in values if value.year >= scope.years[0]])


def _county_name(scope: Scope, county: CountyValue) -> str:
    if not scope.kommuner:
        return scope.regions[0].name
    return "I länet" if county.ground == REGIONS_VALUE else COUNTY_NAMES[county.ground]


def _county_direction(scope: Scope, trend: Record, values: Sequence[CountyValue]) -> Iterator[str]:
    line = {value.year: scope.county_text(value) for value in scope.county_line}
    mean = not any(value.ground == REGIONS_VALUE for value in values)
    who = "Kommunernas medel" if mean else "Det"
    first, last = line.get(trend.fran_ar), line.get(trend.till_ar)
    between = f" ({first} → {last})" if mean and first and last else f" ({first})" if first else ""
    if trend.trend in STATED:
        beside = f", {trend.mot_riket}" if trend.mot_riket else ""
        yield f"{who} {trend.trend} sedan {trend.fran_ar}{between}{beside}."
    elif trend.trend == NO_TREND:
        yield f"Ingen säker ändring sedan {trend.fran_ar}{between}."
    elif len(values) > 1 and scope.series.comparable(values[0].year, values[-1].year):
        yield f"År {values[0].year} var det {scope.county_text(values[0])}."
    if trend.senaste:
        # Its figures are of the same rows as those above.
        yield f"{formatting.capital(trend.senaste.split(' (')[0])}."


def _untested(trend: Record) -> str:
    """Why nothing is said of where it goes; '' when something is."""
    if trend.trend == TOO_FEW:
        return "Mätningarna är för få för att säga åt vilket håll det går."
    if trend.trend == NOT_TESTED:
        reason = trend.motivering.split("; ")[-1].removesuffix(" och prövas inte")
        return f"Åt vilket håll det går prövas inte: {reason}."
    return ""


# --- the kommuner -----------------------------------------------------------------------------------------------------


def _newest(scope: Scope) -> tuple[int, dict[Area, float]]:
    """The newest year of the kommuner, and their values that year."""
    years = scope.years_of(scope.kommuner)
    if not years:
        return 0, {}
    year = years[-1]
    return year, {area: value for area in scope.kommuner if (value := scope.value(area, year)) is not None}


def extremes(scope: Scope) -> tuple[int, list[Area], list[Area]]:
    """The newest year, and who has the best and the worst value in it (without direction: highest, lowest)."""
    year, values = _newest(scope)
    if not values:
        return year, [], []
    low, high = min(values.values()), max(values.values())
    lowest = [area for area, value in values.items() if value == low]
    highest = [area for area, value in values.items() if value == high]
    return (year, lowest, highest) if scope.kpi.direction == "lägre" else (year, highest, lowest)


def _best_and_worst(scope: Scope) -> Iterator[str]:
    year, best, worst = extremes(scope)
    if not best or len(scope.kommuner) < 2:
        return
    stated = scope.county[-1].year if scope.county else None
    when = "" if year == stated else f" ({year})"
    if best == worst:
        if len(best) == 1:
            size = formatting.count_word(len(scope.kommuner))
            yield f"Av länets {size} kommuner har bara {best[0].name} uppgift: {scope.text(best[0], year)} ({year})."
        else:
            yield f"Alla {formatting.count_word(len(best))} kommuner har {scope.text(best[0], year)}{when}."
        return
    words = ("Högst", "lägst") if scope.kpi.direction == "ingen" else ("Bäst", "sämst")
    parts = [
        f"{word} i {name_or_count(areas, scope.kommuner)}, {scope.text(areas[0], year)}"
        for word, areas in zip(words, (best, worst), strict=True)
    ]
    yield f"{parts[0]}, {parts[1]}{when}."


def _alone(scope: Scope) -> Iterator[str]:
    """Of each area by itself, where there is neither a value of the county nor several kommuner."""
    for area in scope.principals:
        if years := scope.years_of([area]):
            country = scope.country if scope.value(scope.country, years[-1]) is not None else None
            beside = f", riket {scope.text(country, years[-1])}" if country else ""
            ref = scope.shown(area, years[-1])
            yield f"{area.name}: {scope.in_words(ref.number)} ({years[-1]}){beside}."


def _against_country(scope: Scope) -> Iterator[str]:
    """'Säkert sämre än riket: Flen. I de andra åtta syns ingen säker skillnad.'"""
    year = scope.compared_year
    by_word: dict[str, list[Area]] = {}
    for area in scope.principals:
        at = scope.series.positions.get((area.id, year))
        if at is not None and at.mot_riket is not None:
            by_word.setdefault(at.mot_riket, []).append(area)
    compared = [area for areas in by_word.values() for area in areas]
    if not compared:
        return
    if scope.approximate:
        yield (
            f"Jämförelsen med riket är ungefärlig: länets värden {year} kommer från en annan undersökning än rikets."
        )
    same, unjudged = by_word.pop(status.NO_DIFFERENCE, []), by_word.pop(NOT_JUDGED, [])
    order = (*status.WORSE, *status.BETTER)
    for word in sorted(by_word, key=lambda word: order.index(word) if word in order else len(order)):
        yield f"{formatting.capital(word)} än riket: {name_or_count(by_word[word], compared)}."
    if same and by_word:
        yield f"{_whose(same, compared)} syns ingen säker skillnad."
    elif same:
        kind = "kommun" if all(area.kind == "kommun" for area in same) else "huvudman"
        whom = f"{same[0].name} skiljer sig inte" if len(same) == 1 else f"Ingen {kind} skiljer sig"
        yield f"{whom} säkert från riket."
    if unjudged:
        whom = "" if len(unjudged) == len(compared) else f" för {name_or_count(unjudged, compared)}"
        yield f"Skillnaden mot riket kan inte bedömas{whom}. {formatting.capital(scope.no_interval)}."


def _whose(areas: Sequence[Area], of: Sequence[Area]) -> str:
    """'I de andra sju', 'Hos Region Sörmland'."""
    return f"{_at(areas).capitalize()} {name_or_count(areas, of, rest=True)}"


def _at(areas: Sequence[Area]) -> str:
    """Before names: 'i' kommuner, 'hos' huvudmän."""
    return "i" if all(area.kind == "kommun" for area in areas) else "hos"


def _positions(scope: Scope) -> Iterator[str]:
    """The region's place among the regions, where only regions have the nyckeltal."""
    if scope.kommuner:
        return
    for area in scope.regions:
        at = scope.series.positions.get((area.id, scope.compared_year))
        if at is not None and at.plats is not None and at.antal_med_varde > 1:
            yield f"Plats {place_span(at)} {peer_noun(area)} (1 är bäst)."


def _directions(scope: Scope) -> Iterator[str]:
    """'Flen och Trosa har försämrats sedan 2012. I de andra sju syns ingen säker ändring.'"""
    by_word: dict[tuple[str, int], list[Area]] = {}
    tested: list[Area] = []
    unchanged: list[Area] = []
    for area in scope.kommuner:
        trend = scope.series.trends.get(area.id)
        if trend is None:
            continue
        if trend.trend in STATED:
            by_word.setdefault((trend.trend, trend.fran_ar), []).append(area)
            tested.append(area)
        elif trend.trend == NO_TREND:
            unchanged.append(area)
            tested.append(area)
    if len(tested) < 2:
        return
    for (word, since), areas in by_word.items():
        yield f"{formatting.capital(name_or_count(areas, tested))} {word} sedan {since}."
    if unchanged and by_word:
        yield f"I {name_or_count(unchanged, tested, rest=True)} syns ingen säker ändring."
    elif unchanged:
        yield "I ingen enskild kommun syns någon säker ändring."


def _spread(scope: Scope) -> Iterator[str]:
    """Only what has changed beyond the noise."""
    year, _ = _newest(scope)
    spread = scope.series.spread.get(year)
    if spread is not None and spread.spridning_andring and spread.spridning_andring.startswith("har "):
        yield f"Skillnaden mellan kommunerna {spread.spridning_andring} sedan {spread.jamfort_med_ar}."


def _without(scope: Scope) -> Iterator[str]:
    """Who has no value that year, and why, while they are few."""
    year, values = _newest(scope)
    missing = [area for area in scope.kommuner if area not in values] if values else []
    if 0 < len(missing) <= NAMES_AT_MOST:
        words = {area: missing_word(scope.cell(area, year)) for area in missing}
        parts = [area.name if word == "saknas" else f"{area.name} ({word})" for area, word in words.items()]
        yield f"Utan uppgift {year}: {formatting.join(parts)}."
    elif missing and not scope.county and len(values) > 1:
        yield f"{formatting.capital(formatting.count_word(len(missing)))} av länets kommuner saknar uppgift {year}."


def _corrected(scope: Scope, areas: Sequence[Area], year: int) -> Iterator[str]:
    """Which of the values of the year are the owners'."""
    names = [
        formatting.lowered(area.name) if area == scope.country else area.name
        for area in areas
        if scope.cell(area, year).replaced
    ]
    if names:
        template = "Värdet för {} är rättat" if len(names) == 1 else "Värdena för {} är rättade"
        yield f"{template.format(formatting.join(names))} av ägarna."


# --- kön --------------------------------------------------------------------------------------------------------------


def gender_sentences(scope: Scope) -> list[str]:
    """Who differs beyond the noise; nothing when nobody does."""
    gaps = {area: gap for area in scope.principals if (gap := scope.gap(area)) is not None}
    apart = {area: gap for area, gap in gaps.items() if gap.bedomning in APART}
    if not apart:
        return []
    texts = []
    for word, sign in (("högre", 1), ("lägre", -1)):
        areas = [area for area, gap in apart.items() if gap.skillnad * sign > 0]
        sure = [area for area in areas if apart[area].bedomning == APART[0]]
        if areas:
            whom = f"{_at(areas)} {name_or_count(areas, list(gaps))}"
            degree = "" if sure else "troligen "
            those_sure = f", säkert {_at(sure)} {name_or_count(sure, areas)}" if 0 < len(sure) < len(areas) else ""
            texts.append(f"Kvinnor har {degree}{word} värde än män {whom}{those_sure}.")
    # Where nothing can be judged nothing is said: the table has why.
    if rest := [area for area, gap in gaps.items() if area not in apart and gap.bedomning != NOT_JUDGED]:
        texts.append(f"{_whose(rest, list(gaps))} syns ingen säker skillnad.")
    return texts
