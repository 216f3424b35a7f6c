"""Forms of the repository's own catalogue with made-up figures, and hands that fill them in."""

from __future__ import annotations

import functools
import re
import tempfile
import zipfile
from collections import namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl

from pipelines.answers.facts import Facts
from pipelines.answers.forms import Form, form
from pipelines.answers.questions import ROLE, Place, respondents
from pipelines.answers.reading import Returned, Rules, read_return
from pipelines.answers.workbook import file_name, write_workbook
from pipelines.catalog.follow_ups import FollowUp
from pipelines.catalog.model import Catalog
from pipelines.local.grid import Unreadable
from tests.small import own_catalog

ESKILSTUNA, FLEN, REGION, STEERING, OLDER = "0484", "0482", "0004", "lansstyrgruppen", "bga"
ISSUE = "2026-host"
KNOWN, DAY, TODAY = datetime(2026, 11, 2, 4, 20), date(2026, 11, 10), date(2026, 11, 30)
FALLS, HEALTH = "fallskador-aldre", "sjalvrapporterad-halsa"

_Value = namedtuple(
    "_Value",
    "omrade_id matt_id roll nyckeltal_id titel enhet riktning varde ar riket liknande basta_kvartil lutning_per_ar "
    "mot_riket typ trend",
)
_Finding = namedtuple("_Finding", "matt_id omrade_id mening")
Stored = namedtuple("Stored", "uppfoljning_id svarande_id svarande objekt objekt_id falt svar roll datum observerad")


@functools.cache
def catalog() -> Catalog:
    issues: list[dict[str, Any]] = [
        {
            "id": "2025-host",
            "nr": 1,
            "status": "fastställd",
            "as_of": "2025-11-22T04:30:00Z",
            "faststalld": date(2025, 12, 1),
        },
        {
            "id": ISSUE,
            "nr": 2,
            "namn": "Höst 2026",
            "status": "utkast",
            "utskick": date(2026, 11, 27),
            "nsv_datum": date(2026, 12, 11),
            "moten": (
                {"instans": "arbetsgrupp", "datum": date(2026, 11, 16)},
                {"instans": "Länsstyrgruppen", "datum": date(2026, 11, 20)},
            ),
        },
    ]
    return replace(own_catalog(), follow_ups=tuple(FollowUp.model_validate(issue) for issue in issues))


def _value(area: str, *columns: object) -> Any:
    return _Value(area, *columns, "region" if area == REGION else "kommun", f"trend i {area}")


def facts(answers: Iterable[Stored] = ()) -> Facts:
    """Two mått of two kommuner and the region, no two figures alike; Eskilstuna has findings of one of them."""
    falls = (FALLS, "primär", "N1", "Fall", "antal", "lägre")
    health = (HEALTH, "efterträdare", "U1", "Hälsa", "%", "högre")
    rows = [
        _value(ESKILSTUNA, *falls, 3100.5, 2025, 2900.0, 3000.0, 2500.0, -20.0, "säkert sämre"),
        _value(FLEN, *falls, 2400.0, 2024, 2900.0, None, 2500.0, None, "säkert bättre"),
        _value(ESKILSTUNA, *health, 68.0, 2025, 72.0, 70.0, 75.0, 4.0, "troligen sämre"),
        _value(REGION, *falls, 2800.0, 2025, 2900.0, 2750.0, None, -10.0, "troligen bättre"),
    ]
    paces = pl.DataFrame(
        {
            "nyckeltal_id": ["N1"] * 4 + ["U1"] * 3,
            "typ": ["kommun"] * 3 + ["region"] + ["kommun"] * 3,
            "omrade_id": ["a", "b", "c", "d", "a", "b", "c"],
            "lagst": [-70.0, -25.0, -5.0, -90.0, -1.0, -1.0, -1.0],
            "hogst": [10.0, 20.0, 30.0, 40.0, 0.3, 0.45, 0.9],
        }
    )
    return Facts(
        known=KNOWN,
        synthetic=False,
        values={(row.matt_id, row.omrade_id): row for row in rows},
        series={
            (FALLS, ESKILSTUNA): ((2023, 3000.0), (2024, 3050.0), (2025, 3100.5)),
            (FALLS, FLEN): ((2024, 2400.0),),
        },
        findings=(
            _Finding(FALLS, ESKILSTUNA, "Eskilstuna: fallen är säkert fler än i riket."),
            _Finding(FALLS, FLEN, "Flen: fallen är säkert färre än i riket."),
        ),
        answers={(row.svarande_id, (row.objekt, row.objekt_id, row.falt)): row for row in answers},
        looks={},
        paces=paces,
    )


def form_of(respondent: str, answers: Iterable[Stored] = (), **other: Any) -> Form:
    the_catalog: Catalog = other.get("catalog", catalog())
    issue = next(f for f in the_catalog.follow_ups if f.id == other.get("issue", ISSUE))
    return form(the_catalog, facts(answers), issue, respondents(the_catalog)[respondent])


def written(folder: Path, respondent: str, answers: Iterable[Stored] = (), **other: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if not answers and not other:
        name, content = _empty(respondent)
        (folder / name).write_bytes(content)
        return folder / name
    form = form_of(respondent, answers, **other)
    return write_workbook(form, folder / file_name(form))


@functools.cache
def _empty(respondent: str) -> tuple[str, bytes]:
    """The workbook before anybody has answered."""
    with tempfile.TemporaryDirectory() as name:
        form = form_of(respondent)
        path = write_workbook(form, Path(name) / file_name(form))
        return path.name, path.read_bytes()


class Hand:
    """A workbook that somebody fills in."""

    def __init__(self, path: Path) -> None:
        self.path, self.book = path, openpyxl.load_workbook(path)

    def cell(self, sheet: str, object_id: str, heading: str) -> Any:
        """The box of a row, by the end of its hidden id and the heading of its column."""
        page = self.book[sheet]
        header = next(row for row in page.iter_rows() if str(row[0].value).startswith("malbild-svar|"))
        column = next(cell.column for cell in header if cell.value == heading)
        row = next(row for row in page.iter_rows() if str(row[0].value).endswith(f":{object_id}"))
        return page.cell(row[0].row, column)

    def fill(
        self, boxes: Mapping[tuple[str, str, str], object], role: object = "Socialchef", day: object = DAY
    ) -> Hand:
        for place, value in boxes.items():
            self.cell(*place).value = value
        self.cell("Börja här", ROLE, "Ditt svar").value = role
        self.cell("Börja här", "datum", "Ditt svar").value = day
        return self

    def save(self, path: Path | None = None, saved: datetime = datetime(2026, 11, 10, 9, 0)) -> Path:
        """As Excel saves it, at that time by the file itself."""
        target = path or self.path
        self.book.save(target)
        stamp(target, saved)
        return target


def stamp(path: Path, saved: datetime) -> None:
    """The time that the file says it was saved at."""
    rewrite(path, lambda name, data: _stamped(data, saved) if name == "docProps/core.xml" else data)


def _stamped(data: bytes, saved: datetime) -> bytes:
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + f"{saved.isoformat()}Z".encode(), data)


def rewrite(path: Path, change: Any, add: Mapping[str, bytes] | None = None) -> None:
    """The parts of a workbook, changed one by one; None leaves a part out."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    aside = path.with_suffix(".tmp")
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in {**{n: change(n, d) for n, d in parts.items()}, **(add or {})}.items():
            if data is not None:
                packed.writestr(name, data)
    aside.replace(path)


def read(path: Path, the_catalog: Catalog | None = None) -> Returned | Unreadable:
    return read_return(path.name, path.read_bytes(), Rules.of(the_catalog or catalog(), TODAY))


def given(returned: Returned | Unreadable) -> dict[Place, str]:
    assert isinstance(returned, Returned), returned
    return {answer.place: answer.text for answer in returned.answers if answer.text is not None}


def refused(returned: Returned | Unreadable) -> list[tuple[str, str]]:
    """Cell and reason of everything that was refused; a whole file's is one."""
    if isinstance(returned, Unreadable):
        return [(returned.place, returned.reason.what)]
    return [(fault.cell, fault.reason.what) for fault in returned.faults]


def as_stored(returned: Returned | Unreadable) -> list[Stored]:
    """The answers as the next form finds them."""
    assert isinstance(returned, Returned)
    name = respondents(catalog())[returned.respondent].name
    head = (returned.issue, returned.respondent, name)
    return [Stored(*head, *place, text, returned.role, returned.day, KNOWN) for place, text in given(returned).items()]
