"""A nyckeltal of Kolada's catalogue as an entry of indikatorer.yaml: the eight keys that each must have. No I/O."""

from __future__ import annotations

import json
import re

# The unit is the last of a title: "…, andel (%)", "…, antal/100 000 inv", "…, kr/inv".
_IN_BRACKETS = re.compile(r"andel[^(]*\((%)\)\s*$|\(([^()]+)\)\s*$")
_LAST_WORDS = re.compile(r",\s*((?:antal|kr|dagar|index|medelvärde)[^,()]*)$")
_SOURCE = re.compile(r"Källa:\s*([^.\n]+)")


def kpi_entry(kpi_id: str, title: str, description: str, level: str, *, by_gender: bool) -> str:
    """The entry. Direction is a decision of the owners'; what the catalogue does not say is empty, with why."""
    unit = _IN_BRACKETS.search(title) or _LAST_WORDS.search(title)
    source = _SOURCE.search(description)
    keys = {
        "enhet": next(filter(None, unit.groups())) if unit else None,
        "riktning": "ingen",
        "riktning_beslut": "föreslagen",
        "niva": level,
        "konsuppdelat": "ja" if by_gender else "nej",
        "kalla": source[1].strip() if source else None,
    }
    lines = [f"  - id: {_quoted(kpi_id)}", "    titlar:", f"      - {_quoted(title)}"]
    for key, value in keys.items():
        written = _quoted(value) if value and key in ("enhet", "kalla") else value
        lines.append(f"    {key}: {written}" if written else f"    {key}:  # fyll i: Koladas katalog säger det inte")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
