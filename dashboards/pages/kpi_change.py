"""How the values have changed since the measurement before and since the målbild's year. Own processing.

A change is never computed across a break, and is not tested against chance: riktning is what the years together say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboards import formatting
from dashboards.pages.county import BASELINE
from dashboards.pages.kpi_scope import Scope, name_or_count
from dashboards.reading.published import Area

BREAK, NO_VALUE, SAME_YEAR = "seriebrott", "saknas", "samma år"


@dataclass(frozen=True, slots=True)
class Change:
    """From one year to another; `word` says why there is no `value`."""

    since: int | None
    until: int
    value: float | None
    word: str = ""


def since_before(scope: Scope, area: Area) -> Change | None:
    """Since the area's measurement before its newest one. None: it has no value at all."""
    years = scope.years_of([area])
    if not years:
        return None
    return between(scope, area, years[-2] if len(years) > 1 else None, years[-1])


def since_base(scope: Scope, area: Area) -> Change | None:
    """Since the year of the målbild's decision. None: the area has no value at all."""
    years = scope.years_of([area])
    return between(scope, area, BASELINE, years[-1]) if years else None


def between(scope: Scope, area: Area, since: int | None, until: int) -> Change:
    """The change of one area between two years."""
    if since is None:
        return Change(None, until, None, NO_VALUE)
    if since >= until:
        return Change(since, until, None, SAME_YEAR if since == until else NO_VALUE)
    before, after = scope.value(area, since), scope.value(area, until)
    if before is None or after is None:
        return Change(since, until, None, NO_VALUE)
    if not scope.comparable(since, until):
        return Change(since, until, None, BREAK)
    # As the source's decimals differ, not their binary neighbours: 63.55 - 63 is 0.55 and rounds up.
    return Change(since, until, float(Decimal(repr(after)) - Decimal(repr(before))))


def sentences(scope: Scope) -> list[str]:
    """For the kommuner how many went which way since the year before and since the base year; for one area how far."""
    texts: list[str] = []
    kommuner = scope.kommuner
    if len(kommuner) > 1:
        years = scope.years_of(kommuner)
        steps = [*years[-2:-1], *([BASELINE] if years and BASELINE in years[:-1] else [])]
        # With measurements two years in a row the two may be the same.
        texts += [text for since in dict.fromkeys(steps) if (text := _counted(scope, kommuner, since, years[-1]))]
    else:
        texts += [text for area in kommuner for text in _single(scope, area)]
    return texts + [text for area in scope.principals if area.kind == "region" for text in _single(scope, area)]


def _counted(scope: Scope, kommuner: Sequence[Area], since: int, until: int) -> str:
    if not scope.comparable(since, until):
        return f"Åren mäts inte lika (seriebrott eller annan undersökning): ingen förändring sedan {since} anges."
    changes = {
        area: change.value
        for area in kommuner
        if (change := between(scope, area, since, until)).value is not None and change.value is not None
    }
    if len(changes) < 2:
        return ""
    groups: list[tuple[str, list[Area]]] = [
        ("högre", [area for area, value in changes.items() if value > 0]),
        ("lägre", [area for area, value in changes.items() if value < 0]),
        ("oförändrat", [area for area, value in changes.items() if value == 0]),
    ]
    text = formatting.join([f"{word} i {name_or_count(areas, list(changes))}" for word, areas in groups if areas])
    of = "" if len(changes) == len(kommuner) else f" (av {formatting.count_word(len(changes))} som kan jämföras)"
    return f"Sedan {since} är värdet {text}{of}."


def _single(scope: Scope, area: Area) -> list[str]:
    parts: list[str] = []
    for change in dict.fromkeys((since_before(scope, area), since_base(scope, area))):
        if change is None or change.since is None:
            continue
        if change.value is not None:
            parts.append(f"{scope.change_text(change.value)} sedan {change.since}")
        elif change.word == BREAK:
            parts.append(f"ingen förändring sedan {change.since} anges, för åren mäts inte lika")
    return [f"Förändring för {area.name}: {formatting.join(parts)}."] if parts else []
