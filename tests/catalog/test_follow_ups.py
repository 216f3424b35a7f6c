"""uppfoljningar.yaml: what is read from it, how it can be wrong, and changes told since an uppföljning."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.catalog.load import FOLLOW_UP_FILE, load_catalog
from pipelines.catalog.workdays import easter, is_working_day, working_days_between
from pipelines.errors import CatalogError
from tests.catalog.test_load import MINIMAL
from tests.small import dataset, kolada, malbild, run_night, values

SOUND = """\
version: 1
uppfoljningar:
  - id: 2026-var
    nr: 1
    status: fastställd
    as_of: "2026-04-10T06:30:00+02:00"
  - id: 2026-host
    nr: 2
    status: utkast
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(MINIMAL, tmp_path / "katalog")
    return tmp_path / "katalog"


def test_an_as_of_is_read_as_utc_and_a_draft_has_none(folder: Path) -> None:
    (folder / FOLLOW_UP_FILE).write_text(SOUND)
    catalog = load_catalog(folder)
    assert [(f.id, f.as_of) for f in catalog.follow_ups] == [
        ("2026-var", datetime(2026, 4, 10, 4, 30)),
        ("2026-host", None),
    ]
    assert FOLLOW_UP_FILE in {file.name for file in catalog.files}


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("id: 2026-host", "id: 2026-var", 7, "defined here and on line 3"),
        ("nr: 2", "nr: 1", 8, "nr 1 follows 1 → write rising numbers"),
        ("status: utkast", "status: fryst", 7, "lacks as_of"),
        ("status: utkast", "status: klar", 9, "klar is not allowed"),
        ("T06:30:00+02:00", "T06:30:00", 6, "is not a time with its zone"),
        ('"2026-04-10T06:30:00+02:00"', "2026-04-10", 6, "is not a time with its zone"),
        ("status: utkast", 'status: utkast\n    as_of: "2026-04-10T04:30:00Z"', 10, "does not lie after"),
    ],
)
def test_a_defect_is_refused_with_file_and_line(folder: Path, before: str, after: str, line: int, says: str) -> None:
    assert before in SOUND
    (folder / FOLLOW_UP_FILE).write_text(SOUND.replace(before, after, 1))
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    (problem,) = caught.value.problems
    assert (Path(problem.file).name, problem.line) == (FOLLOW_UP_FILE, line), str(problem)
    assert says in str(problem)


RICH = """\
version: 1
uppfoljningar:
  - id: 2026-var
    nr: 1
    namn: Vår 2026
    status: fastställd
    as_of: "2026-04-10T06:30:00+02:00"
    utskick: 2026-05-08
    nsv_datum: 2026-05-22
    moten:
      - instans: arbetsgrupp
        datum: 2026-04-20
      - instans: Länsstyrgruppen
        datum: 2026-04-28
    forslag_till_beslut:
      - Nämnden tar del av uppföljningen.
    faststalld: 2026-05-22
    sammanfattning:
      - malomrade: nara
        meningar: ["En mening."]
        godkand_av: LRS
        datum: 2026-05-01
    rattelser:
      - version: 2
        datum: 2026-06-01
        orsak: Fel.
"""


def test_everything_that_is_known_of_an_issue_is_read(folder: Path) -> None:
    (folder / FOLLOW_UP_FILE).write_text(RICH)
    (issue,) = load_catalog(folder).follow_ups
    assert [(meeting.body, str(meeting.day)) for meeting in issue.chain] == [
        ("arbetsgrupp", "2026-04-20"),
        ("Länsstyrgruppen", "2026-04-28"),
        ("NSV", "2026-05-22"),
    ]
    assert (issue.version, issue.proposals, issue.approved[0].sentences) == (
        2,
        ("Nämnden tar del av uppföljningen.",),
        ("En mening.",),
    )


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ('"2026-04-10T06:30:00+02:00"', '"2999-04-10T06:30:00+02:00"', 7, "lies in the future"),
        ("instans: Länsstyrgruppen", "instans: arbetsgrupp", 13, "arbetsgrupp stands after arbetsgrupp"),
        ("datum: 2026-04-28", "datum: 2026-04-18", 14, "lies before the meeting before it"),
        ("datum: 2026-04-28", "datum: 2026-05-25", 9, "does not fit Länsstyrgruppen 2026-05-25"),
        ("utskick: 2026-05-08", "utskick: 2026-05-23", 8, "lies after nsv_datum"),
        ("malomrade: nara", "malomrade: nära-nog", 19, "is not an id"),
        ("malomrade: nara", "malomrade: tillsammans", 19, "tillsammans is not defined"),
        ("version: 2", "version: 3", 24, "version 3 follows 1"),
        ("datum: 2026-06-01", "datum: 2026-05-01", 25, "lies before the version before it"),
        ("status: fastställd", "status: fryst", 17, "faststalld does not go with status fryst"),
    ],
)
def test_what_does_not_fit_the_issue_is_refused(folder: Path, before: str, after: str, line: int, says: str) -> None:
    assert before in RICH
    (folder / FOLLOW_UP_FILE).write_text(RICH.replace(before, after, 1))
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    problem = caught.value.problems[0]
    assert (problem.line, says in str(problem)) == (line, True), str(problem)


def test_freezing_less_than_ten_working_days_before_sending_is_a_warning(folder: Path) -> None:
    # 1 May is a holiday: nine working days lie between 24 April and 8 May 2026.
    draft = RICH.partition("    faststalld")[0].replace("fastställd", "fryst")
    (folder / FOLLOW_UP_FILE).write_text(draft)
    assert load_catalog(folder).warnings == ()
    (folder / FOLLOW_UP_FILE).write_text(draft.replace("2026-04-10T", "2026-04-24T"))
    (warning,) = load_catalog(folder).warnings
    assert (Path(warning.file).name, warning.line) == (FOLLOW_UP_FILE, 7)
    assert "9 working days lie between as_of and utskick 2026-05-08, at least 10 are meant to" in str(warning)


@pytest.mark.parametrize(
    ("year", "day"), [(2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2027, "2027-03-28")]
)
def test_easter(year: int, day: str) -> None:
    assert str(easter(year)) == day


def test_swedish_holidays_are_no_working_days() -> None:
    closed = ("2026-01-06", "2026-04-03", "2026-04-06", "2026-05-14", "2026-06-19", "2026-12-24", "2026-12-31")
    assert [day for day in closed if is_working_day(date.fromisoformat(day))] == []
    assert is_working_day(date(2026, 12, 23))
    assert working_days_between(date(2026, 12, 23), date(2027, 1, 7)) == 6


@pytest.mark.lang
def test_changes_are_told_since_an_uppfoljning(folder: Path, small_night: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(small_night, tmp_path / "data"))
    frozen = datetime.now(UTC).replace(tzinfo=None)
    figures = values().with_columns(value=values()["value"] + 1)
    with kolada(dataset(figures=figures)) as url:
        # Every value is revised, which would stop an ordinary night.
        assert run_night(url, data, "--full", "--godkann", katalog=folder).code == 0
    stored = datetime.now(UTC)
    (folder / FOLLOW_UP_FILE).write_text(
        "version: 1\nuppfoljningar:\n"
        f'  - {{id: 2026-var, nr: 1, status: fryst, as_of: "{frozen.isoformat()}Z"}}\n'
        f'  - {{id: 2026-host, nr: 2, status: fryst, as_of: "{stored.isoformat()}"}}\n'
        "  - {id: 2027-var, nr: 3, status: utkast}\n"
    )

    def since(what: str) -> tuple[int, str]:
        done = malbild("andringar", "--sedan", what, "--data-dir", data, "--katalog", folder)
        return done.code, done.out + done.err

    code, told = since("2026-var")
    assert code == 0
    assert "reviderat" in told
    assert "reviderat" not in since("2026-host")[1]
    code, told = since("2027-var")
    assert (code, "draft without as_of" in told) == (2, True)
    code, told = since("2027-host")
    assert (code, "2026-var, 2026-host, 2027-var" in told) == (2, True)
