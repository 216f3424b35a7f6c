"""Whose figures these are, in the words that report and exports state it with.

Kolada's terms allow its name as the source of unchanged values only, and ask that what others compute does not name it;
synthetic values must never look like real ones. A source is `korning.kalla`: KOLADA, SYNTHETIC, or an address.
"""

from __future__ import annotations

from typing import Final

from pipelines.settings import KOLADA, SYNTHETIC

SYNTHETIC_MARK: Final = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"


def mark(source: str) -> str | None:
    """What everything must carry when the figures are not Kolada's."""
    if source == KOLADA:
        return None
    if source == SYNTHETIC:
        return SYNTHETIC_MARK
    return f"Uppgifterna kommer från {source} och är inte hämtade från Kolada"


def unchanged(source: str) -> str:
    """The source of values that are shown as they came."""
    if source == KOLADA:
        return "Källa: Kolada"
    return SYNTHETIC_MARK if source == SYNTHETIC else f"Källa: {source} (inte hämtat från Kolada)"


def own(source: str) -> str:
    """The source of what we computed, the owners' corrections among it."""
    return "Egen bearbetning av syntetiska uppgifter" if source == SYNTHETIC else "Egen bearbetning"
