"""What has been answered and is not decided, as YAML to paste: the one who decides takes the lines that are decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from pipelines.answers.questions import CYCLE, CYCLE_BOXES, GOAL, INITIATIVE, MEASURE, Place, decided, respondents
from pipelines.catalog.model import Catalog
from pipelines.rows import Record

_COMMENT = ("vet", "tror", "gor")
# Boxes that are a key of their entry, in whatever file.
_PLAIN = {
    INITIATIVE: ("status", "ansvarig", "start"),
    CYCLE: CYCLE_BOXES,
    GOAL: ("status", "belagg"),
    MEASURE: ("agare",),
}
_SECTIONS = {
    INITIATIVE: "aktiviteter.yaml, satsningar",
    CYCLE: "aktiviteter.yaml, pdsa",
    GOAL: "aktiviteter.yaml, malsattningar",
    MEASURE: "indikatorer.yaml, matt",
}


def as_yaml(catalog: Catalog, answers: Sequence[Record]) -> str:
    """The lines. answers: rows of `svar_nu` that are the newest of their box, in order."""
    fixed = decided(catalog)
    rows_by_place: dict[Place, list[Record]] = {}
    for row in answers:
        place = (row.objekt, row.objekt_id, row.falt)
        if place not in fixed:
            rows_by_place.setdefault(place, []).append(row)
    lines: list[str] = []
    for kind, heading in _SECTIONS.items():
        entries = [line for object_id in _ids(rows_by_place, kind) for line in _entry(kind, object_id, rows_by_place)]
        lines += [f"# {heading}", *entries] if entries else []
    comments = list(_comments(catalog, answers))
    lines += ["# aktiviteter.yaml, kommentarer", *comments] if comments else []
    return "".join(f"{line}\n" for line in lines or ["# inget är besvarat som inte redan är beslutat"])


def _ids(rows_by_place: Iterable[Place], kind: str) -> list[str]:
    return list(dict.fromkeys(object_id for object_kind, object_id, _ in rows_by_place if object_kind == kind))


def _entry(kind: str, object_id: str, rows_by_place: dict[Place, list[Record]]) -> Iterator[str]:
    lines = [line for key in _PLAIN[kind] for line in _key(key, "    ", rows_by_place.get((kind, object_id, key), ()))]
    criteria = [
        line
        for (object_kind, other, key), rows in rows_by_place.items()
        if (object_kind, other) == (kind, object_id) and key.startswith("krit_")
        for line in _key(key.removeprefix("krit_"), "      ", rows)
    ]
    lines += ["    kriterier:", *criteria] if criteria else []
    others = ("uppfoljningsmatt", "beslut", "nadda", "malvarde", "mal_ar", "malvarde_skal")
    for key in others:
        # What has no single key in the file is a comment, to be written by hand.
        lines += [f"    # {key}: {_quoted(row)}" for row in rows_by_place.get((kind, object_id, key), ())]
    if lines:
        initiative, _, number = object_id.partition(".")
        head = f"  - cykel: {number}  # satsning {initiative}" if kind == CYCLE else f"  - id: {object_id}"
        yield from (head, *lines)


def _key(key: str, indent: str, rows: Sequence[Record]) -> Iterator[str]:
    """A line where all say the same; else what each says, and nothing is chosen."""
    texts = {row.svar for row in rows}
    if len(texts) == 1:
        who = ", ".join(f"{row.svarande} {row.datum}" for row in rows)
        yield f"{indent}{key}: {_scalar(rows[0].svar)}  # {who}"
    else:
        yield from (f"{indent}# {key}: {_quoted(row)}" for row in rows)


def _quoted(row: Record) -> str:
    return f"{_scalar(row.svar)} ({row.svarande}, {row.datum})"


def _comments(catalog: Catalog, answers: Sequence[Record]) -> Iterator[str]:
    """The steering group's words: those of huvudmän are shown as theirs and need no decision."""
    steering = {r.id for r in respondents(catalog).values() if r.kind == "styrgrupp"}
    taken = {(comment.measure, comment.follow_up) for comment in catalog.activities.comments}
    by_object: dict[tuple[str, str], dict[str, Record]] = {}
    for row in answers:
        if row.svarande_id in steering and row.objekt == MEASURE and row.falt in _COMMENT:
            by_object.setdefault((row.objekt_id, row.uppfoljning_id), {})[row.falt] = row
    for (measure_id, issue_id), words in by_object.items():
        if (measure_id, issue_id) not in taken:
            last = max(words.values(), key=lambda row: row.datum)
            yield f"  - matt: {measure_id}"
            yield f"    uppfoljning: {issue_id}"
            yield from (
                f"    {key}: {json.dumps(words[key].svar, ensure_ascii=False)}" for key in _COMMENT if key in words
            )
            yield f"    forfattare: {_scalar(last.svarande)}"
            yield f"    datum: {last.datum}"


def _scalar(text: str) -> str:
    """ja and nej, days and ids stand bare; a text stands in quotes."""
    plain = len(text) <= 20 and text.replace("-", "").isalnum() and not text.isdigit()
    return text if plain else json.dumps(text, ensure_ascii=False)
