"""Who stands behind a figure, in the lines of the report. The words themselves are those of `pipelines.attribution`.

Values that the owners have corrected are our own processing.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import formatting
from dashboards.reading.published import LOCAL, Kpi, Run
from dashboards.template import css_string
from pipelines.attribution import SYNTHETIC_MARK, mark, own, unchanged
from pipelines.settings import KOLADA, SYNTHETIC

__all__ = [
    "SYNTHETIC_MARK",
    "fetched",
    "mark",
    "marks",
    "own",
    "page_line",
    "shown",
    "source_of",
    "speaker",
    "unchanged",
]


def source_of(kpi: Kpi, run: Run) -> str:
    """Whose values these are: the run's source, but for what the huvudmän hand in themselves."""
    return kpi.origin or LOCAL if kpi.local else run.source


def shown(source: str, corrected: Sequence[str]) -> str:
    """The line under values that are shown as they came, but for those that the owners have `corrected`, by name."""
    if not corrected:
        return unchanged(source)
    rest = unchanged(source) if source == SYNTHETIC else f"{unchanged(source)} för övriga värden"
    return f"Rättade av ägarna, {formatting.lowered(own(source))}: {formatting.join(corrected)}. {rest}"


def page_line(source: str, *, corrected: bool) -> str:
    """Whose figures a page holds, said once: what is unchanged, and what we have computed or the owners corrected."""
    whose = "Påhittade exempelvärden" if source == SYNTHETIC else unchanged(source)
    rest = " Rättade värden är ägarnas." if corrected else ""
    return f"{whose} (oförändrade värden). {own(source)} (allt som räknas fram, och meningarna).{rest}"


def speaker(source: str) -> str:
    """Who says what the owners have corrected, at the beginning of a sentence."""
    return {KOLADA: "Kolada", SYNTHETIC: "Det påhittade underlaget"}.get(source, "Källan")


def marks(source: str) -> dict[str, object]:
    """The mark as the templates take it: its words, the same as a CSS string, and whether the figures are made up."""
    words = mark(source)
    return {"mark": words, "page_mark": css_string(words) if words else None, "synthetic": source == SYNTHETIC}


def fetched(run: Run) -> str:
    """The line that says when the figures were fetched."""
    return f"Data hämtade t.o.m. {formatting.day(run.finished)}"
