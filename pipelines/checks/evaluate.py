"""From facts to results: what each check says, in Swedish, and whether it stops the publication. Pure functions.

A shrink that an event explains is a warning. What stops is what no event explains, a mått of which more changed in
one night than the limit, and what is not plausible (`rules`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pipelines.checks.inputs import Facts
from pipelines.checks.plausibility_rules import JUMP

Level = Literal["ok", "varning", "stopp"]

COVERAGE, SIZE, PLAUSIBLE, DUPLICATES = "tackning", "storlek", "rimlighet", "dubbletter"
CALENDAR, QUARANTINE = "publicering", "karantan"
# The checks that can stop a publication.
STOPPING: Final = (COVERAGE, SIZE, PLAUSIBLE, DUPLICATES)

# What the line of a stopped publication begins with.
STOPPED: Final = "publication stopped"

# Named in the text; all stand in the table beside it.
_NAMED = 3

_APPROVE = (
    "Stämmer det: kör malbild run --godkann en gång. Stämmer det inte: vänta på Kolada eller skriv en korrigering"
)
_OURS = "Det är ett fel i lagret: kör malbild rebuild och sedan malbild run; kvarstår det, återställ en säkerhetskopia"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: one text that says what and what to do, the rows behind it, and numbers to plot."""

    check: str
    level: Level
    text: str
    rows: Sequence[dict[str, Any]] = ()
    numbers: tuple[tuple[str, float], ...] = ()


def evaluate(facts: Facts, *, changed_share: float, approved: bool) -> list[CheckResult]:
    """One result per check. `approved`: a person has looked at the changes, so what they would stop is a warning."""
    return [
        _coverage(facts),
        _approve(_size(facts, changed_share), approved),
        _approve(_plausible(facts), approved),
        _duplicates(facts),
        _calendar(facts),
        _quarantine(facts),
    ]


def stop_line(results: Sequence[CheckResult]) -> str | None:
    """The one line that stops a publication, or None."""
    stopping = [f"{result.check}: {result.text}" for result in results if result.level == "stopp"]
    if not stopping:
        return None
    return f"{STOPPED} by a check of the stored tables: {' / '.join(stopping)}. Nothing new is published"


def _coverage(facts: Facts) -> CheckResult:
    numbers = (("celler med värde", facts.cells_with_values), ("celler som minskat", len(facts.cells)))
    covered = f"{facts.cells_with_values} av {facts.cells_in_all} celler (mått × huvudman) har värden"
    if facts.unexplained:
        series = [
            f"{r['nyckeltal_id']} {r['omrade_id']} ({r['fore']} → {r['efter']} värden)" for r in facts.unexplained
        ]
        return CheckResult(
            COVERAGE,
            "stopp",
            f"{len(series)} serier skiljer sig från det publicerade utan att någon händelse säger varför: "
            f"{_list(series)} → {_OURS}",
            facts.unexplained,
            numbers,
        )
    if facts.unreadable:
        return CheckResult(
            COVERAGE,
            "varning",
            f"Den publicerade databasen kan inte läsas ({facts.unreadable}), så inget kan jämföras → den skrivs om nu; "
            "se efter varför filen är skadad",
            (),
            numbers,
        )
    if not facts.before:
        return CheckResult(COVERAGE, "ok", f"{covered}. Första publiceringen: inget att jämföra med", (), numbers)
    if facts.cells:
        cells = [f"{r['matt']} i {r['omrade']} ({r['fore']} → {r['efter']} värden)" for r in facts.cells]
        return CheckResult(
            COVERAGE,
            "varning",
            f"Antalet värden har minskat i {len(cells)} celler, med händelser eller ändrad YAML som skäl: "
            f"{_list(cells)} → se malbild andringar; {covered}",
            facts.cells,
            numbers,
        )
    return CheckResult(COVERAGE, "ok", f"{covered}; ingen cell har färre än i det publicerade", (), numbers)


def _size(facts: Facts, limit: float) -> CheckResult:
    measures = [{**row, "andel": row["andrade"] / row["fore"]} for row in facts.measures]
    over = [row for row in measures if row["andel"] > limit]
    jumps = [row for row in facts.jumps if row["kvot"] >= JUMP]
    numbers = (
        ("ändrade värden", sum(row["andrade"] for row in measures)),
        ("största ändrade andel av ett mått", max((row["andel"] for row in measures), default=0.0)),
        ("storlekshopp", len(jumps)),
    )
    changes = [
        f"{row['matt']}: {_percent(row['andel'])} av {row['fore']} värden ändrade ({row['nyckeltal']}; {row['orsak']})"
        for row in over or measures
    ]
    hops = [f"{row['nyckeltal_id']} {row['vad']}: {_number(row['fore'])} → {_number(row['efter'])}" for row in jumps]
    rows = [*measures, *jumps]
    if over:
        return CheckResult(
            SIZE,
            "stopp",
            f"Mer än {_percent(limit)} av värdena har ändrats på en gång i {len(over)} mått: {_list(changes)} "
            f"→ se tabellen i kontrollen. {_APPROVE}",
            rows,
            numbers,
        )
    if jumps:
        return CheckResult(
            SIZE,
            "varning",
            f"{len(jumps)} reviderade värden är minst {JUMP:g} gånger större eller mindre än förut: {_list(hops)} "
            "→ se efter att det stämmer med Kolada",
            rows,
            numbers,
        )
    if measures:
        return CheckResult(SIZE, "varning", f"Ändrade värden: {_list(changes)} → se malbild andringar", rows, numbers)
    return CheckResult(SIZE, "ok", "Inget publicerat värde har ändrats", (), numbers)


def _plausible(facts: Facts) -> CheckResult:
    stopping = [row for row in facts.implausible if row["niva"] == "stopp"]
    numbers = (
        ("orimligt: stopp", len(stopping)),
        ("orimligt: varningar", len(facts.implausible) - len(stopping)),
    )
    if not facts.implausible:
        return CheckResult(PLAUSIBLE, "ok", "Det nya stämmer med nyckeltalens egen historia", (), numbers)
    # One line per nyckeltal and year, however many rules say it.
    lines = {(row["nyckeltal_id"], row["ar"]): _in_words(row) for row in reversed(stopping or facts.implausible)}
    listed = _list([*reversed(lines.values())])
    if stopping:
        return CheckResult(
            PLAUSIBLE,
            "stopp",
            f"{len(lines)} nyckeltal och år är inte rimliga vid sidan av sin egen historia: {listed} → jämför med "
            f"Kolada; reglerna står i docs/drift.md. {_APPROVE}",
            facts.implausible,
            numbers,
        )
    return CheckResult(
        PLAUSIBLE,
        "varning",
        f"{len(lines)} nyckeltal och år är ovanliga: {listed} → se efter att det stämmer med Kolada",
        facts.implausible,
        numbers,
    )


# Rules whose two figures are a number of values and all of them.
_COUNTED: Final = ("reviderat", "borta")
_AREAS = {"alla": "landet", "egna": "egna områden", "riket": "riket"}


def _in_words(row: dict[str, Any]) -> str:
    """What is not plausible and where, with the figure and the usual one."""
    where = f"{row['nyckeltal_id']} {row['ar'] or 'alla år'}, {_AREAS[row['omfang']]}"
    what = f" ({row['vad_namn'] or row['vad']})" if row["vad"] and row["omfang"] != "riket" else ""
    beside = "av" if row["regel"] in _COUNTED else "mot"
    usual = "" if row["vanligt"] is None else f" {beside} {_number(row['vanligt'])}"
    cause = f", men {row['orsak']}" if row["orsak"] else ""
    return f"{where}{what}: {row['regel']} {_number(row['varde'])}{usual}, {row['text']}{cause}"


def _duplicates(facts: Facts) -> CheckResult:
    numbers = (("dubbletter", len(facts.duplicates)),)
    if facts.duplicates:
        keys = [f"{r['nyckeltal_id']} {r['omrade_id']} {r['ar']} {r['kon']}" for r in facts.duplicates]
        return CheckResult(
            DUPLICATES,
            "stopp",
            f"{len(keys)} värden finns mer än en gång: {_list(keys)} → {_OURS}",
            facts.duplicates,
            numbers,
        )
    return CheckResult(DUPLICATES, "ok", "Varje värde finns en gång", (), numbers)


def _calendar(facts: Facts) -> CheckResult:
    numbers = (("försenade nyckeltal", len(facts.late)),)
    if facts.late:
        late = [
            f"{r['nyckeltal_id']} ({r['period']} skulle komma {r['publiceras']}, senaste år {r['senaste_ar'] or '–'})"
            for r in facts.late
        ]
        return CheckResult(
            CALENDAR,
            "varning",
            f"{len(late)} nyckeltal är försenade: {_list(late)} → oftast är Kolada sen; fråga Kolada om det står kvar "
            "länge",
            facts.late,
            numbers,
        )
    return CheckResult(CALENDAR, "ok", "Inget nyckeltal är försenat enligt Koladas publiceringsdatum", (), numbers)


def _quarantine(facts: Facts) -> CheckResult:
    count = sum(row["antal"] for row in facts.refused)
    share = count / max(facts.fetched, count, 1)
    numbers = (("vägrade värden", count), ("vägrad andel", share))
    if count:
        reasons = [f"{row['orsak']} ({row['antal']}: {row['var']})" for row in facts.refused]
        return CheckResult(
            QUARANTINE,
            "varning",
            f"{count} värden är nya i karantänen ({_percent(share)} av {facts.fetched} hämtade): {_list(reasons)} → se "
            "tabellen karantan",
            facts.refused,
            numbers,
        )
    return CheckResult(QUARANTINE, "ok", f"{facts.fetched} hämtade värden, inget nytt i karantänen", (), numbers)


def _approve(result: CheckResult, approved: bool) -> CheckResult:
    if not (approved and result.level == "stopp"):
        return result
    text = f"Godkänt av den som startade körningen: {result.text.partition(' → ')[0]}"
    return CheckResult(result.check, "varning", f"{text} → inget mer att göra", result.rows, result.numbers)


def _list(items: Sequence[str]) -> str:
    rest = len(items) - _NAMED
    return "; ".join(items[:_NAMED]) + (f" och {rest} till" if rest > 0 else "")


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %".replace(".", ",")


def _number(value: float) -> str:
    return f"{value:.6g}".replace(".", ",")
