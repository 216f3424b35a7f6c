"""A returned workbook → its answers, each with its cell; what cannot be taken, with its cell and why.

Sheets are known by their hidden mark, rows by their hidden id, boxes by their headings: sheets may be renamed, rows
sorted and columns moved. A row whose name is not the one that its id was made for has slipped, and is refused. Nothing
is guessed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.answers import reasons
from pipelines.answers.identity import FORM_VERSION, Identity, read_mark
from pipelines.answers.questions import (
    CYCLE,
    DAY,
    GOAL,
    HEAD,
    INITIATIVE,
    LONGEST_TEXT,
    MEASURE,
    PRINCIPAL,
    ROLE,
    STATEMENT,
    Box,
    Place,
    Respondent,
    Sheet,
    clean,
    decided,
    objects,
    respondents,
    sheets,
)
from pipelines.catalog.follow_ups import DECIDED as DECIDED_STATUS
from pipelines.catalog.model import Catalog
from pipelines.local import cells
from pipelines.local import reasons as common
from pipelines.local.grid import Cell, Row, Unreadable, composed, digits
from pipelines.local.reasons import Reason
from pipelines.local.sheet import LARGEST
from pipelines.local.workbook import open_workbook, rows_of
from pipelines.yamlfile import iso_date

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_HEADER_WITHIN = 30
_LAST_YEAR = 2100
_LONGEST_ROLE = 100
# Days of 2000–2100, as Excel numbers them.
_DAY_NOUGHT, _DAY_NUMBERS = date(1899, 12, 30), range(36_526, 73_416)
_PERSONAL = re.compile(r"\b(?:19|20)?[0-9]{6}[-+][0-9]{4}\b|[^\s@]+@[^\s@]+\.[a-zåäö]{2,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands in a box; None: it is empty. cell: sheet and cell."""

    place: Place
    text: str | None
    cell: str


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer, or a part of the workbook, that is not taken in."""

    cell: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Returned:
    """A workbook that somebody has filled in. saved: when, by the file itself (UTC, naive). known: the time of the
    answers that it was filled with when it was made.
    """

    issue: str
    respondent: str
    known: datetime
    saved: datetime
    role: str
    day: date
    answers: tuple[Answer, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Rules:
    """What a returned workbook is held against, from the catalogue; made once for all files."""

    respondents: Mapping[str, Respondent]
    sheets: Mapping[str, Sheet]
    objects: Mapping[str, Mapping[str, str]]
    decided: Mapping[Place, str]
    issues: Mapping[str, str]
    today: date

    @classmethod
    def of(cls, catalog: Catalog, today: date) -> Rules:
        issues = {follow_up.id: str(follow_up.status) for follow_up in catalog.follow_ups}
        return cls(respondents(catalog), sheets(catalog), objects(catalog), decided(catalog), issues, today)


def read_return(name: str, content: bytes, rules: Rules) -> Returned | Unreadable:
    """The answers of a workbook. Raises nothing for what a file may hold."""
    if fault := _not_ours(name, content):
        return fault
    book = open_workbook(content)
    if isinstance(book, Unreadable):
        return book
    parts = _marked_sheets(book)
    identity = _identity(name, parts, rules)
    if isinstance(identity, Unreadable):
        return identity
    reader = _Reader(rules, identity)
    for part in parts:
        reader.read(part)
    for title in _without_mark(book, rules, parts):
        reader.faults.append(Fault(title, reasons.NO_HIDDEN_COLUMN))
    return reader.result(_saved(content))


def _not_ours(name: str, content: bytes) -> Unreadable | None:
    """What is seen before the workbook is opened."""
    suffix = name.lower().rpartition(".")[2]
    if suffix == "xlsm":
        return Unreadable(reasons.MACROS)
    if suffix != "xlsx":
        return Unreadable(reasons.NOT_XLSX)
    if len(content) > LARGEST:
        return Unreadable(common.TOO_LARGE)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if any(part.lower().endswith("vbaproject.bin") for part in packed.namelist()):
                return Unreadable(reasons.MACROS)
    except (zipfile.BadZipFile, OSError, ValueError):
        return Unreadable(common.UNREADABLE)
    return None


def _saved(content: bytes) -> datetime | None:
    """When the file was saved, as the program that saved it wrote; None when it did not say."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            text = packed.read("docProps/core.xml").decode("utf-8", "replace")
    except KeyError:
        return None
    match = re.search(r"modified[^>]*>\s*([0-9T:.+Z-]+)\s*<", text)
    try:
        saved = datetime.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
    return saved.astimezone(UTC).replace(tzinfo=None) if saved and saved.tzinfo else saved


@dataclass(frozen=True, slots=True)
class _Part:
    """A sheet with a mark. header: the index of its header row; at: the column of the mark."""

    title: str
    identity: Identity
    rows: Sequence[Row]
    header: int
    at: int


def _marked_sheets(book: Workbook) -> list[_Part]:
    parts = []
    for sheet in book.worksheets:
        rows = list(rows_of(sheet))
        for number, row in enumerate(rows[:_HEADER_WITHIN]):
            marks = [(at, mark) for at, cell in enumerate(row.cells) if (mark := read_mark(cell.text))]
            if marks:
                parts.append(_Part(sheet.title, marks[0][1], rows, number, marks[0][0]))
                break
    return parts


def _without_mark(book: Workbook, rules: Rules, parts: Sequence[_Part]) -> list[str]:
    """The sheets that are called as sheets with questions, and have lost their hidden column."""
    titles = {sheet.title.casefold() for sheet in rules.sheets.values()}
    marked = {part.title for part in parts}
    return [s.title for s in book.worksheets if s.title not in marked and s.title.strip().casefold() in titles]


def _identity(name: str, parts: Sequence[_Part], rules: Rules) -> Identity | Unreadable:
    """Whose workbook it is, inside which issue; every sheet must say the same."""
    if not parts:
        return Unreadable(reasons.NO_MARK)
    first = parts[0].identity
    for part in parts:
        identity = part.identity
        if identity.version != FORM_VERSION or identity.sheet not in rules.sheets:
            return Unreadable(reasons.OTHER_VERSION, part.title)
        if (identity.issue, identity.respondent) != (first.issue, first.respondent):
            return Unreadable(reasons.MIXED, part.title, f"{first.respondent} och {identity.respondent}")
        if [other.identity.sheet for other in parts].count(identity.sheet) > 1:
            return Unreadable(reasons.SHEET_TWICE, part.title)
    respondent = rules.respondents.get(first.respondent)
    if respondent is None:
        return Unreadable(reasons.UNKNOWN_RESPONDENT, more=first.respondent)
    if first.issue not in rules.issues:
        return Unreadable(reasons.UNKNOWN_ISSUE, more=first.issue)
    if rules.issues[first.issue] == DECIDED_STATUS:
        return Unreadable(reasons.DECIDED_ISSUE, more=first.issue)
    for other in rules.respondents.values():
        if other.id != respondent.id:
            if name.startswith(f"{first.issue}-{other.id}-"):
                return Unreadable(reasons.OTHER_RESPONDENT, more=f"{name} är gjord för {respondent.name}")
            for part in parts:
                for row in part.rows[: part.header]:
                    for cell in row.cells:
                        if cell.text.startswith(f"{other.name}: "):
                            return Unreadable(
                                reasons.OTHER_RESPONDENT,
                                f"{part.title}!{cell.place}",
                                f"den är gjord för {respondent.name}",
                            )
    # A form may be put together of sheets made at different times; the oldest knew the least.
    return Identity(first.sheet, first.issue, first.respondent, min(part.identity.known for part in parts))


@dataclass
class _Reader:
    """The answers of one workbook, while its sheets are read."""

    rules: Rules
    identity: Identity
    answers: list[Answer] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    head: dict[str, Cell | None] = field(default_factory=dict)
    filled: int = 0
    as_decided: int = 0

    def read(self, part: _Part) -> None:
        sheet = self.rules.sheets[part.identity.sheet]
        columns = self._columns(part, sheet)
        by_id: dict[str, list[Row]] = {}
        for row in part.rows[part.header + 1 :]:
            boxes = [row.cells[at] for at in columns.values() if at < len(row.cells)]
            written = [cell for cell in boxes if cell.text or cell.fault]
            mark = row.cells[part.at].text if part.at < len(row.cells) else ""
            if not mark:
                self._refuse(part, written, reasons.NO_ID)
            elif row.fault:
                self._refuse(part, written, row.fault)
            else:
                by_id.setdefault(mark, []).append(row)
        for mark, rows in by_id.items():
            self._rows(part, sheet, columns, mark, rows)

    def result(self, saved: datetime | None) -> Returned | Unreadable:
        given = [answer for answer in self.answers if answer.text is not None]
        assert self.filled == len(given) + self.as_decided, "boxes in = answers + decided, beside those refused"
        if not given and not self.faults:
            return Unreadable(reasons.NOTHING)
        role, day = self.head.get(ROLE), self.head.get(DAY)
        role_text = _role(role)
        if isinstance(role_text, Reason):
            return Unreadable(role_text, f"{self.rules.sheets['start'].title}!{role.place}" if role else "")
        day_read = self._day(day)
        if isinstance(day_read, Reason):
            return Unreadable(day_read, f"{self.rules.sheets['start'].title}!{day.place}" if day else "")
        if saved and saved.date() > self.rules.today + timedelta(days=1):
            # It would be the newest for ever.
            return Unreadable(reasons.FUTURE_FILE, more=f"{saved:%Y-%m-%d}")
        return Returned(
            self.identity.issue,
            self.identity.respondent,
            self.identity.known,
            saved or datetime.combine(day_read, time.min),
            role_text,
            day_read,
            tuple(self.answers),
            tuple(self.faults),
        )

    def _day(self, cell: Cell | None) -> date | Reason:
        if cell is None or not (cell.text or cell.fault):
            return reasons.NO_DAY
        day = cell.fault or _day(cell)
        if isinstance(day, Reason):
            return day
        return day if day <= self.rules.today else reasons.FUTURE_DAY

    def _columns(self, part: _Part, sheet: Sheet) -> dict[str, int]:
        """Key of each box → its column; a box that is missing, or there twice, is a fault of the sheet."""
        header = part.rows[part.header]
        headings = [_plain(cell.text) for cell in header.cells]
        columns = {}
        for box in sheet.boxes:
            places = [at for at, heading in enumerate(headings) if heading == _plain(box.heading)]
            if len(places) != 1 or header.cells[places[0]].fault:
                reason = common.COLUMN_TWICE if len(places) > 1 else reasons.MISSING_COLUMN
                named = Reason(f"{reason.what} ({box.heading})", reason.fix)
                self.faults.append(Fault(f"{part.title}!{header.place}", named))
            else:
                columns[box.key] = places[0]
        return columns

    def _refuse(self, part: _Part, written: Sequence[Cell], reason: Reason) -> None:
        self.faults += [Fault(f"{part.title}!{cell.place}", reason) for cell in written]

    def _rows(self, part: _Part, sheet: Sheet, columns: Mapping[str, int], mark: str, rows: Sequence[Row]) -> None:
        """The rows with one id: all but the first are copies of it, or nobody knows which is meant."""
        boxes = [{key: _at(row, at) for key, at in columns.items()} for row in rows]
        written = [cell for row in boxes for cell in row.values() if cell.text or cell.fault]
        if any({k: c.text for k, c in row.items()} != {k: c.text for k, c in boxes[0].items()} for row in boxes):
            self._refuse(part, written, reasons.ROW_TWICE)
            return
        kind, _, object_id = mark.partition(":")
        if sheet.id == "start":
            if kind == "svarande" and object_id in HEAD:
                self.head[object_id] = boxes[0].get("svar")
            return
        reason = self._misplaced(part, sheet, rows, kind, object_id)
        if reason:
            self._refuse(part, written, reason)
            return
        for box in sheet.boxes:
            if box.key in boxes[0]:
                self._box(part, box, (kind, object_id, box.key), boxes[0][box.key])

    def _misplaced(self, part: _Part, sheet: Sheet, rows: Sequence[Row], kind: str, object_id: str) -> Reason | None:
        """Why nothing of the row can be taken, if so."""
        known = self.rules.objects.get(kind)
        if known is None or not _fits(sheet, kind):
            return reasons.NO_ID
        if object_id not in known:
            return reasons.GONE
        if kind == PRINCIPAL and object_id != self.identity.respondent:
            return reasons.NOT_ASKED
        header = [cell.text for cell in part.rows[part.header].cells]
        name = self.rules.respondents[self.identity.respondent].name
        copies = [at for at, text in enumerate(header) if text == name]
        visible = [at for at, text in enumerate(header) if _plain(text) == _plain(sheet.object_heading)]
        if len(copies) != 1 or len(visible) != 1:
            return Reason(f"{reasons.MISSING_COLUMN.what} ({sheet.object_heading})", reasons.MISSING_COLUMN.fix)
        if any(_plain(_at(row, copies[0]).text) != _plain(_at(row, visible[0]).text) for row in rows):
            return reasons.SHIFTED
        return None

    def _box(self, part: _Part, box: Box, place: Place, cell: Cell) -> None:
        where = f"{part.title}!{cell.place}"
        if not (cell.text or cell.fault):
            if place not in self.rules.decided:
                self.answers.append(Answer(place, None, where))
            return
        fault = reasons.FORMULA if cell.fault == common.FORMULA else cell.fault
        answer = fault or _answer(box, cell)
        decision = self.rules.decided.get(place)
        if decision is not None and decision in (answer, clean(cell.text)):
            self.filled += 1
            self.as_decided += 1
        elif decision is not None:
            self.faults.append(Fault(where, reasons.DECIDED))
        elif isinstance(answer, Reason):
            self.faults.append(Fault(where, answer))
        else:
            self.answers.append(Answer(place, answer, where))
            self.filled += answer is not None


def _fits(sheet: Sheet, kind: str) -> bool:
    """Whether a sheet has rows of this kind of object."""
    own = {"satsningar": INITIATIVE, "pdsa": CYCLE, "malsattningar": GOAL, "sjalvskattning": STATEMENT}
    return kind == own.get(sheet.id, MEASURE) or (sheet.id == "matt" and kind == PRINCIPAL)


def _at(row: Row, at: int) -> Cell:
    return row.cells[at] if at < len(row.cells) else Cell("", row.place)


def _plain(text: str) -> str:
    return " ".join(composed(text).split()).casefold()


def _answer(box: Box, cell: Cell) -> str | Reason | None:
    """What is stored of a box that is written in."""
    text = clean(cell.text)
    if not text:
        return None
    match box.kind:
        case "text":
            return _text(text)
        case "choice":
            choices = box.choices or {}
            chosen = {_plain(word): stored for word, stored in choices.items()}
            return chosen.get(_plain(text), reasons.not_a_choice(", ".join(choices)))
        case "day":
            day = _day(cell)
            return day if isinstance(day, Reason) else day.isoformat()
        case "number":
            number = cells.number(cell, percent=True)
            return digits(number) if isinstance(number, Decimal) else number
        case "year":
            year = cells.year(text, _LAST_YEAR)
            return str(year) if isinstance(year, int) else year


def _day(cell: Cell) -> date | Reason:
    """A day as text, or as Excel counts days once its format is lost."""
    if cell.is_number and cell.text.isdigit() and int(cell.text) in _DAY_NUMBERS:
        return _DAY_NOUGHT + timedelta(days=int(cell.text))
    return iso_date(cell.text) or reasons.NOT_A_DAY


def _text(text: str) -> str | Reason:
    if len(text) > LONGEST_TEXT:
        return reasons.TOO_LONG
    return reasons.PERSONAL if _PERSONAL.search(text) else text


def _role(cell: Cell | None) -> str | Reason:
    if cell is None or not (cell.text or cell.fault):
        return reasons.NO_ROLE
    if cell.fault:
        return cell.fault
    role = _text(" ".join(clean(cell.text).split()))
    return reasons.TOO_LONG if isinstance(role, str) and len(role) > _LONGEST_ROLE else role
