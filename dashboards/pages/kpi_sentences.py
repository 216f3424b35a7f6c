"""What the newest figures of a nyckeltal show, in sentences by fixed rules. Own processing.

They state nothing that is not in the tables. Values given as codes are answers, not quantities: they get no mean,
position or chart.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import formatting
from dashboards.pages.choice import GENDER_WORDS
from dashboards.pages.kpi_scope import (
    COUNTY_NAMES,
    NAMES_AT_MOST,
    UNWEIGHTED,
    Scope,
    county_size,
    name_or_count,
    peer_noun,
)
from dashboards.pages.status import place_span
from dashboards.pages.tables import missing_word
from dashboards.reading.published import Area


def sentences(scope: Scope) -> list[str]:
    """What the newest year shows, in words. Own processing."""
    texts = (
        [f"Uppgiften gäller {GENDER_WORDS[scope.gender]}; värde för båda könen saknas."]
        if scope.gender in GENDER_WORDS
        else []
    )
    kommuner = scope.kommuner
    if scope.coded:
        return [*texts, _coded_sentence(scope)]
    if len(kommuner) > 1:
        texts += _kommuner(scope, kommuner)
    else:
        texts += [_single(scope, area) for area in kommuner]
    return texts + [_single(scope, area) for area in scope.principals if area.kind == "region"]


def _corrected_sentence(scope: Scope, areas: Sequence[Area | None], year: int) -> list[str]:
    """Which of the values in the sentence before are the owners'."""
    names = [
        formatting.lowered(area.name) if area == scope.country else area.name
        for area in areas
        if area and scope.cell(area, year).replaced
    ]
    if not names:
        return []
    template = "Värdet för {} är rättat" if len(names) == 1 else "Värdena för {} är rättade"
    return [f"{template.format(formatting.join(names))} av ägarna."]


def _coded_sentence(scope: Scope) -> str:
    year = scope.compared_year
    by_code: dict[float, list[Area]] = {}
    for area in scope.principals:
        value = scope.value(area, year)
        if value is not None:
            by_code.setdefault(value, []).append(area)
    parts = [
        f"{formatting.number(code, scope.decimals)} för {name_or_count(areas, scope.principals)}"
        for code, areas in sorted(by_code.items())
    ]
    return " ".join(
        [
            "Värdena är koder för svar, inte mängder; inga medel eller jämförelser räknas.",
            f"År {year} var koden {formatting.join(parts)}.",
            *_corrected_sentence(scope, scope.principals, year),
        ]
    )


def _kommuner(scope: Scope, kommuner: list[Area]) -> list[str]:
    years = scope.years_of(kommuner)
    if not years:
        return ["Ingen av länets kommuner har uppgift."]
    year = years[-1]
    values = {area: value for area in kommuner if (value := scope.value(area, year)) is not None}
    size = formatting.count_word(len(kommuner))
    share = (
        f"alla länets {size} kommuner"
        if len(values) == len(kommuner)
        else f"{formatting.count_word(len(values))} av länets {size} kommuner"
    )
    low, high = min(values.values()), max(values.values())
    lowest = [area for area, value in values.items() if value == low]
    highest = [area for area, value in values.items() if value == high]
    texts = []
    if len(values) == 1:
        texts.append(f"År {year} har bara {lowest[0].name} uppgift av länets {size} kommuner: {scope.text(low)}.")
    elif low == high:
        texts.append(f"År {year} har {share} uppgift, alla med värdet {scope.text(low)}.")
    else:
        texts.append(
            f"År {year} har {share} uppgift. Värdena går från {scope.text(low)} ({name_or_count(lowest, kommuner)}) "
            f"till {scope.text(high)} ({name_or_count(highest, kommuner)})."
        )
    texts += _without(scope, kommuner, year)
    texts += _against(scope, values, year)
    texts += _corrected_sentence(scope, [*kommuner, scope.country], year)
    texts += _trend_sentence(scope, kommuner)
    return texts


def _without(scope: Scope, kommuner: list[Area], year: int) -> list[str]:
    """Who has no value that year, and why, while they are few."""
    parts = [
        f"{area.name} ({missing_word(cell)})" for area in kommuner if (cell := scope.cell(area, year)).value is None
    ]
    return [f"Utan uppgift: {formatting.join(parts)}."] if 0 < len(parts) <= NAMES_AT_MOST else []


def _against(scope: Scope, values: dict[Area, float], year: int) -> list[str]:
    mean = scope.series.county.get(year)
    country = scope.value(scope.country, year)
    of_country = f"riket har {scope.text(country)}" if country is not None else "värde för riket saknas det året"
    if mean and mean.lan_grund == UNWEIGHTED:
        # Riket is a weighted value: beside this mean it would mislead.
        texts = [f"{county_sentence(scope, year)}.", f"{formatting.capital(of_country)}."]
    else:
        levels = [*([county_sentence(scope, year)] if mean else []), of_country]
        texts = [f"{formatting.capital(formatting.join(levels))}."]
    if country is not None and len(values) > 1:
        above, below = sum(v > country for v in values.values()), sum(v < country for v in values.values())
        counts = [(above, "högre"), (below, "lägre"), (len(values) - above - below, "lika")]
        parts = [
            f"{'alla ' if n == len(values) else ''}{formatting.count_word(n)} ligger {word}" for n, word in counts if n
        ]
        texts.append(f"Jämfört med riket: {formatting.join(parts)}.")
    return texts


def county_sentence(scope: Scope, year: int) -> str:
    """'Länets vägda medel är 44,4 %', of how many kommuner where not of all."""
    mean = scope.series.county[year]
    few = f", {mean.lan_antal} av {county_size(scope)} kommuner" if mean.lan_antal < county_size(scope) else ""
    return f"{COUNTY_NAMES[mean.lan_grund]} är {scope.own_text(mean.lan_varde)}{few}"


def _single(scope: Scope, area: Area) -> str:
    years = scope.years_of([area])
    if not years:
        return f"{area.name} har ingen uppgift."
    year = years[-1]
    value = scope.value(area, year)
    assert value is not None
    parts = [f"{area.name} hade {scope.text(value)} år {year}"]
    country = scope.value(scope.country, year)
    parts.append(f"riket {scope.text(country)}" if country is not None else "värde för riket saknas det året")
    mean = scope.series.county.get(year) if area.kind == "kommun" else None
    if mean and mean.lan_grund != UNWEIGHTED:
        parts.append(f"länet {scope.own_text(mean.lan_varde)}")
    position = scope.series.positions.get((area.id, year))
    if position and position.plats is not None and position.antal_med_varde > 1:
        parts.append(f"plats {place_span(position)} av {position.antal_med_varde} {peer_noun(area)} (1 är bäst)")
    return " ".join(["; ".join(parts) + ".", *_corrected_sentence(scope, [area, scope.country], year)])


def _trend_sentence(scope: Scope, kommuner: list[Area]) -> list[str]:
    """What differs between the kommuner; a word that all of them share is in the table of positions."""
    by_word: dict[str, list[Area]] = {}
    for area in kommuner:
        if trend := scope.series.trends.get(area.id):
            by_word.setdefault(trend.riktning, []).append(area)
    if len(by_word) < 2:
        return []
    parts = [f"{word} för {name_or_count(areas, kommuner)}" for word, areas in by_word.items()]
    return [f"Riktning över tid: {formatting.join(parts)}."]
