"""What lies in `lokala/svar/` → the answers of every version of every workbook, what was refused, and what is notable.

How one workbook is read is `reading`. Several files of one respondent are versions: all are taken in, in the order in
which they were saved, so that the last one counts and the others can be seen in table `svar`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl

from pipelines.answers import reasons
from pipelines.answers.questions import GOAL, INITIATIVE, MEASURE, Place
from pipelines.answers.reading import Returned, Rules, read_return
from pipelines.catalog.model import Catalog
from pipelines.local import reasons as common
from pipelines.local.grid import Unreadable
from pipelines.local.intake import REFUSED, LocalFile

# What a night stores of them; `kand`: the time of the answers that the workbook was filled with.
_TEXTS = ("uppfoljning_id", "svarande_id", "objekt", "objekt_id", "falt", "svar", "roll")
ANSWERS = pl.Schema(
    [
        *((name, pl.String()) for name in _TEXTS),
        ("datum", pl.Date()),
        ("lamnad", pl.Datetime("us")),
        ("kand", pl.Datetime("us")),
    ]
)
# In front of the names of files, beside those of `lokala/`.
_FOLDER = "svar/"
# What two groups may say differently of one thing; words of one's own are no contradiction.
_SHARED = {INITIATIVE, GOAL}
_SHARED_BOXES = {(MEASURE, "agare"), (MEASURE, "malvarde"), (MEASURE, "mal_ar")}


@dataclass(frozen=True, slots=True)
class Answers:
    """rows: ANSWERS, a row for every box that was read, the oldest version first; `svar` NULL = the box was empty.
    refused: `local.intake.REFUSED`. notes: contradictions, in words.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame
    notes: tuple[str, ...] = ()

    @classmethod
    def nothing(cls) -> Answers:
        return cls(pl.DataFrame(schema=ANSWERS), pl.DataFrame(schema=REFUSED))

    @property
    def nameless(self) -> pl.DataFrame:
        """What was refused, as it is stored: with a digest in place of the file's name, which may be a person's."""
        return self.refused.with_columns(fil=pl.col("fil").map_elements(_digest, return_dtype=pl.String))

    @property
    def given(self) -> int:
        """How many boxes have an answer, in all versions."""
        return self.rows.filter(pl.col("svar").is_not_null()).height


def _digest(name: str) -> str:
    return f"{_FOLDER}{hashlib.sha256(name.removeprefix(_FOLDER).encode()).hexdigest()[:8]}"


def read_answers(files: Sequence[LocalFile], catalog: Catalog, today: date) -> Answers:
    """Everything that was handed in. today: the day of the run. Raises nothing for what a file may hold."""
    rules = Rules.of(catalog, today)
    refused: list[dict[str, object]] = []
    versions: list[tuple[LocalFile, Returned]] = []
    for file in files:
        returned = _read(file, rules)
        if isinstance(returned, Unreadable):
            refused.append(_refusal(file, returned))
        else:
            versions.append((file, returned))
    # Of equal files with other names the first counts.
    versions.sort(key=lambda v: (v[1].issue, v[1].respondent, v[1].saved, v[0].name))
    accepted: list[tuple[LocalFile, Returned]] = []
    for file, returned in versions:
        before = accepted[-1] if accepted and _of_same(accepted[-1][1], returned) else None
        if before and before[1].saved == returned.saved:
            if before[0].content != file.content:
                refused.append(_refusal(file, Unreadable(reasons.SAME_SECOND, more=before[0].name)))
            continue
        accepted.append((file, returned))
        refused += [_refusal(file, Unreadable(fault.reason, fault.cell)) for fault in returned.faults]
    return Answers(
        pl.DataFrame([row for _, returned in accepted for row in _rows(returned)], schema=ANSWERS, orient="row"),
        pl.DataFrame(refused, schema=REFUSED),
        (*_changed_minds(accepted, rules), *_contradictions([returned for _, returned in accepted], rules)),
    )


def _read(file: LocalFile, rules: Rules) -> Returned | Unreadable:
    if file.folder:
        return Unreadable(reasons.FOLDER)
    if file.content is None:
        suffix = file.name.lower().rpartition(".")[2]
        other = {"xlsm": reasons.MACROS, "xlsx": common.UNREADABLE}
        return Unreadable(other.get(suffix, reasons.NOT_XLSX))
    return read_return(file.name, file.content, rules)


def _refusal(file: LocalFile, why: Unreadable) -> dict[str, object]:
    return {
        "orsak": why.in_words,
        "fil": f"{_FOLDER}{file.name}",
        "cell": why.place or None,
        "atgard": why.reason.fix,
    }


def _of_same(first: Returned, second: Returned) -> bool:
    return (first.issue, first.respondent) == (second.issue, second.respondent)


def _rows(returned: Returned) -> Iterator[dict[str, object]]:
    for answer in returned.answers:
        kind, object_id, key = answer.place
        yield {
            "uppfoljning_id": returned.issue,
            "svarande_id": returned.respondent,
            "objekt": kind,
            "objekt_id": object_id,
            "falt": key,
            "svar": answer.text,
            "roll": returned.role,
            "datum": returned.day,
            "lamnad": returned.saved,
            "kand": returned.known,
        }


def _given(returned: Returned) -> dict[Place, str]:
    return {answer.place: answer.text for answer in returned.answers if answer.text is not None}


def _changed_minds(accepted: Sequence[tuple[LocalFile, Returned]], rules: Rules) -> Iterator[str]:
    """Where two files of one respondent say different things: the one that was saved last counts."""
    for (file, older), (newer_file, newer) in pairwise(accepted):
        if not _of_same(older, newer):
            continue
        before = _given(older)
        for place, text in _given(newer).items():
            if place in before and before[place] != text:
                who = rules.respondents[newer.respondent].name
                yield (
                    f"{who}: {_named(place, rules)} har olika svar i {file.name} och {newer_file.name}; det senast "
                    f"sparade gäller ({newer_file.name})"
                )


def _contradictions(returned: Sequence[Returned], rules: Rules) -> Iterator[str]:
    """Where respondents say different things of what is one and the same; both are shown."""
    newest = {(version.issue, version.respondent): version for version in returned}
    texts_by_place: dict[tuple[str, Place], dict[str, str]] = {}
    for (issue, respondent), version in newest.items():
        for place, text in _given(version).items():
            if place[0] in _SHARED or (place[0], place[2]) in _SHARED_BOXES:
                texts_by_place.setdefault((issue, place), {})[rules.respondents[respondent].name] = text
    for (_, place), by_name in texts_by_place.items():
        if len(set(by_name.values())) > 1:
            texts = "; ".join(f"{name}: {_short(text)}" for name, text in by_name.items())
            yield f"{_named(place, rules)} har olika svar, som alla visas: {texts}"


def _named(place: Place, rules: Rules) -> str:
    kind, object_id, key = place
    return f"{kind} {_short(rules.objects[kind][object_id])}, {key}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
