"""What became of the errors, in Markdown: a table by package, and those that no test noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from tools.mutants.run import KILLED, NOT_COVERED, SURVIVED, TIMEOUT, UNDECIDED, Result
from tools.mutants.sites import Site

EQUIVALENT = "equivalent"
_OUTCOMES = (KILLED, TIMEOUT, SURVIVED, NOT_COVERED, EQUIVALENT)


def equivalents() -> dict[str, str]:
    """Id → why the error changes nothing that anybody could notice."""
    entries = yaml.safe_load(Path(__file__).with_name("equivalent.yaml").read_text(encoding="utf-8")) or {}
    return {str(key): str(reason) for key, reason in entries.items()}


def report(sample: Iterable[Site], results: Mapping[str, Result], brief: bool) -> str:
    """The table, how many were noticed, and unless `brief` the others with what they change. `results`: id → result."""
    reasons = equivalents()
    rows: dict[str, Counter[str]] = {}
    missed, waiting = [], 0
    for site in sample:
        result = results.get(site.id)
        outcome = EQUIVALENT if site.id in reasons else result.outcome if result else UNDECIDED
        waiting += outcome == UNDECIDED
        counts = rows.setdefault(site.package, Counter())
        counts["sql"] += site.family.startswith("sql")
        counts[outcome] += 1
        if outcome in (SURVIVED, NOT_COVERED):
            missed.append(f"{site.id} {site.path}:{site.line} {site.operator} ({outcome})\n{_indented(site.diff())}")
    lines = [f"| package | errors | {' | '.join(_OUTCOMES)} |", f"|---|{'---:|' * (len(_OUTCOMES) + 1)}"]
    total = sum(rows.values(), Counter[str]())
    for package, counts in [*sorted(rows.items()), ("all", total)]:
        tried = sum(counts[outcome] for outcome in _OUTCOMES)
        lines.append(f"| {package} | {tried} | {' | '.join(str(counts[outcome]) for outcome in _OUTCOMES)} |")
    noticed = total[KILLED] + total[TIMEOUT]
    share = noticed / (noticed + total[SURVIVED] + total[NOT_COVERED] or 1)
    lines.append(
        f"\n{share:.0%} of the errors were noticed; {total['sql']} of all are in SQL; {waiting} not yet tried with every test.\n"
    )
    return "\n".join(lines if brief else [*lines, *missed])


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) + "\n"
