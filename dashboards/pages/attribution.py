"""Who stands behind a figure. Unchanged values name their source; what we compute says so and names no source but us.

Kolada's terms allow its name as the source of unchanged values only, and synthetic values must never pass for anyone's.
Values that the owners have corrected are our own processing.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import formatting
from dashboards.reading.published import KOLADA, LOCAL, SYNTHETIC, Kpi, Run
from dashboards.template import css_string

SYNTHETIC_MARK = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"


def source_of(kpi: Kpi, run: Run) -> str:
    """Whose values these are: the run's source, but for what the huvudmän hand in themselves."""
    return kpi.origin or LOCAL if kpi.local else run.source


def unchanged(source: str) -> str:
    """The line under values that are shown as they came."""
    if source == KOLADA:
        return "Källa: Kolada"
    if source == SYNTHETIC:
        return SYNTHETIC_MARK
    return f"Källa: {source} (inte hämtat från Kolada)"


def shown(source: str, corrected: Sequence[str]) -> str:
    """The line under values that are shown as they came, but for those that the owners have `corrected`, by name."""
    if not corrected:
        return unchanged(source)
    rest = unchanged(source) if source == SYNTHETIC else f"{unchanged(source)} för övriga värden"
    return f"Rättade av ägarna, {formatting.lowered(own(source))}: {formatting.join(corrected)}. {rest}"


def page_line(source: str, *, corrected: bool) -> str:
    """Whose figures a page holds, said once: what is unchanged, and what we have computed or the owners corrected."""
    whose = {KOLADA: "Källa: Kolada", SYNTHETIC: "Påhittade exempelvärden"}.get(source, unchanged(source))
    rest = " Rättade värden är ägarnas." if corrected else ""
    return f"{whose} (oförändrade värden). {own(source)} (allt som räknas fram, och meningarna).{rest}"


def speaker(source: str) -> str:
    """Who says what the owners have corrected, at the beginning of a sentence."""
    return {KOLADA: "Kolada", SYNTHETIC: "Det påhittade underlaget"}.get(source, "Källan")


def own(source: str) -> str:
    """The line under what we computed."""
    return "Egen bearbetning av syntetiska uppgifter" if source == SYNTHETIC else "Egen bearbetning"


def mark(source: str) -> str | None:
    """What every section and printed page must carry, if anything."""
    if source == KOLADA:
        return None
    return (
        SYNTHETIC_MARK if source == SYNTHETIC else f"Uppgifterna kommer från {source} och är inte hämtade från Kolada"
    )


def marks(source: str) -> dict[str, object]:
    """The mark as the templates take it: its words, the same as a CSS string, and whether the figures are made up."""
    words = mark(source)
    return {"mark": words, "page_mark": css_string(words) if words else None, "synthetic": source == SYNTHETIC}


def fetched(run: Run) -> str:
    """The line that says when the figures were fetched."""
    return f"Data hämtade t.o.m. {formatting.day(run.finished)}"
