"""Who stands behind a figure. Unchanged values name their source; what we compute says so and names no source but us.

Kolada's terms allow its name as the source of unchanged values only, and synthetic values must never pass for anyone's.
"""

from __future__ import annotations

from dashboards.data import KOLADA, SYNTHETIC

SYNTHETIC_MARK = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"


def unchanged(source: str) -> str:
    """The line under values that are shown as they came."""
    if source == KOLADA:
        return "Källa: Kolada"
    if source == SYNTHETIC:
        return SYNTHETIC_MARK
    return f"Källa: {source} (inte hämtat från Kolada)"


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
