"""Which nyckeltal a mått shows openly, and in what state a mått is: the report's own rules, in one place.

A mått shows its `primär` and `efterträdare`. One without any shows its `indirekt` ones, named as such, unless Kolada
has nothing for it (`utanför kolada`, `saknas`): then they are folded away, because they do not measure the mått.
A nyckeltal that the huvudmän hand in counts once somebody has done so.
`komplement` and `närliggande` are always folded away. A nyckeltal that serves several mått is drawn once, where its
role is strongest, and referred to elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.reading.published import MEN, TOTAL, WOMEN, Area, Kpi, KpiUse, Measure, Published, Series

GENDER_WORDS = {WOMEN: "kvinnor", MEN: "män"}
LEVEL_WORDS = {"K": "kommun", "L": "region", "A": "kommun och region"}

ROLES = ("primär", "efterträdare", "indirekt", "komplement", "närliggande")

# State of a mått → the words of the report.
HAS_DATA, INDIRECT, OUTSIDE, LACKING, NO_VALUES, OTHERS = "data", "indirekt", "utanfor", "saknas", "tomt", "andra"
STATE_WORDS = {
    HAS_DATA: "har uppgifter",
    INDIRECT: "belyses bara indirekt",
    OUTSIDE: "finns inte i Kolada",
    LACKING: "lämpligt mått saknas",
    NO_VALUES: "inga värden",
    OTHERS: "gäller den andra huvudmannen",
}

_NOT_IN_KOLADA = {"utanför kolada": OUTSIDE, "saknas": LACKING}


def main_kpis(measure: Measure) -> list[KpiUse]:
    """The nyckeltal that the mått shows openly, primär first."""
    main = [use for use in measure.uses if use.role in ("primär", "efterträdare") and not use.waiting]
    if main:
        return sorted(main, key=lambda use: ROLES.index(use.role))
    return [] if measure.coverage in _NOT_IN_KOLADA else [use for use in measure.uses if use.role == "indirekt"]


def headline(measure: Measure, published: Published) -> list[KpiUse]:
    """The first shown nyckeltal, and the next one for the kind of principal that the first does not cover."""
    uses = main_kpis(measure)
    chosen = uses[:1]
    for kind in ("kommun", "region"):
        areas = [area for area in published.principals if area.kind == kind]
        if not chosen or not areas or applies_to(published.kpis[chosen[0].kpi_id], areas[0]):
            continue
        chosen += [use for use in uses[1:] if applies_to(published.kpis[use.kpi_id], areas[0])][:1]
    return chosen


def other_kpis(measure: Measure) -> list[KpiUse]:
    """The rest, strongest role first."""
    open_ids = {use.kpi_id for use in main_kpis(measure)}
    rest = [use for use in measure.uses if use.kpi_id not in open_ids and not use.waiting]
    return sorted(rest, key=lambda use: ROLES.index(use.role))


def measure_status(measure: Measure, published: Published) -> str:
    """One of the keys of STATE_WORDS."""
    uses = main_kpis(measure)
    if not uses and measure.coverage in _NOT_IN_KOLADA:
        return _NOT_IN_KOLADA[measure.coverage]
    if uses and not any(applies_to(published.kpis[use.kpi_id], area) for use in uses for area in published.principals):
        return OTHERS
    with_values = [use for use in uses if newest_year(use.kpi_id, published) is not None]
    if not with_values:
        return NO_VALUES
    return INDIRECT if all(use.role == "indirekt" for use in with_values) else HAS_DATA


def count_with_data(measures: Sequence[Measure], published: Published) -> int:
    """How many of the mått can be followed."""
    return sum(measure_status(measure, published) == HAS_DATA for measure in measures)


def newest_year(kpi_id: str, published: Published) -> int | None:
    """The newest year in which a principal has a value, of either gender or in total."""
    series = published.series.get(kpi_id)
    years = series.years(published.principals) if series else []
    return years[-1] if years else None


def gender(series: Series, areas: Sequence[Area]) -> str:
    """Whose values are shown: the total, or the one gender that there is when no area has a total."""
    return next((letter for letter in (TOTAL, WOMEN, MEN) if series.years(areas, letter)), TOTAL)


def newest_of(measure: Measure, published: Published) -> int | None:
    """The newest year of all the nyckeltal that the mått shows."""
    return max(
        (year for use in main_kpis(measure) if (year := newest_year(use.kpi_id, published)) is not None), default=None
    )


def applies_to(kpi: Kpi, area: Area) -> bool:
    """Whether the nyckeltal exists for this kind of area: level K for kommuner, L for regions, A for both."""
    return kpi.level == "A" or kpi.level == {"kommun": "K", "region": "L"}[area.kind]


def owning_measure(published: Published) -> dict[str, str]:
    """nyckeltal_id → matt_id of the mått under which it is drawn in full."""
    best: dict[str, tuple[bool, int, int, str]] = {}
    for measure in published.measures:
        open_ids = {use.kpi_id for use in main_kpis(measure)}
        for use in measure.uses:
            rank = (use.kpi_id not in open_ids, ROLES.index(use.role), measure.number, measure.id)
            best[use.kpi_id] = min(best.get(use.kpi_id, rank), rank)
    return {kpi_id: rank[-1] for kpi_id, rank in best.items()}
