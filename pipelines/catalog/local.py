"""The nyckeltal that follow from the mått which the huvudmän hand in themselves (`lokalt` in indikatorer.yaml).

Ids, titles and roles only; how the files are read is `pipelines.local`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.catalog.fields import Decision
from pipelines.catalog.model import Direction, LocalForm, LocalMeasure, Measure, MeasureKpi, Role

PREFIX = "L_"
_WITH_COUNTS: tuple[LocalForm, ...] = ("andel", "tal per")


@dataclass(frozen=True, slots=True)
class LocalKpi:
    """A nyckeltal of our own: per × numerator / denominator, which are ids of two others. A count is its own numerator,
    and an index has none.
    """

    id: str
    title: str
    counted: str
    unit: str
    direction: Direction
    direction_decision: Decision
    local: LocalMeasure
    numerator: str | None = None
    denominator: str | None = None
    per: float | None = None


def kpi_id(measure_id: str) -> str:
    return f"{PREFIX}{measure_id}"


def numerator_id(measure_id: str) -> str:
    return f"{kpi_id(measure_id)}.taljare"


def denominator_id(measure_id: str) -> str:
    return f"{kpi_id(measure_id)}.namnare"


def has_ratio(local: LocalMeasure) -> bool:
    """Whether the value is computed from a numerator and a denominator."""
    return local.form in _WITH_COUNTS


def limits(local: LocalMeasure) -> tuple[float | None, float | None]:
    """Between what a value may lie, in the mått's unit: as declared, else as its form allows; None: no limit."""
    lowest = None if local.form == "index" else 0
    highest = {"andel": 100, "tal per": local.per}.get(local.form)
    return (
        lowest if local.lowest is None else local.lowest,
        highest if local.highest is None else local.highest,
    )


def ids(measure: Measure) -> list[str]:
    """The ids of the mått's own nyckeltal: the value, then its numerator and denominator if it has them."""
    assert measure.local is not None
    companions = [numerator_id(measure.id), denominator_id(measure.id)] if has_ratio(measure.local) else []
    return [kpi_id(measure.id), *companions]


def local_kpis(measures: Iterable[Measure]) -> list[LocalKpi]:
    """The nyckeltal of all mått that are handed in."""
    return [kpi for measure in measures if measure.local for kpi in _kpis(measure, measure.local)]


def _kpis(measure: Measure, local: LocalMeasure) -> list[LocalKpi]:
    title = f"{measure.name}, {'andel (%)' if local.form == 'andel' else local.unit}"
    value = (title, local.counted, local.unit, local.direction, local.direction_decision, local)
    if local.form == "index":
        return [LocalKpi(kpi_id(measure.id), *value)]
    if not has_ratio(local):
        return [LocalKpi(kpi_id(measure.id), *value, numerator=kpi_id(measure.id), per=1)]
    numerator, denominator = numerator_id(measure.id), denominator_id(measure.id)
    return [
        LocalKpi(kpi_id(measure.id), *value, numerator, denominator, 100 if local.form == "andel" else local.per),
        *(
            LocalKpi(part_id, f"{title} – {part}", local.counted, "antal", "ingen", local.direction_decision, local)
            for part_id, part in ((numerator, "täljare"), (denominator, "nämnare"))
        ),
    ]


def uses(measure: Measure) -> list[tuple[str, Role, Decision]]:
    """(nyckeltal, role, decision) of the mått's nyckeltal in Kolada, then of its own: primär when it has no other."""
    listed: list[MeasureKpi] = list(measure.kpis)
    entries = [(use.kpi_id, use.role, use.decision) for use in listed]
    if measure.local:
        role: Role = "komplement" if any(use.role == "primär" for use in listed) else "primär"
        entries.append((kpi_id(measure.id), role, "föreslagen"))
    return entries
