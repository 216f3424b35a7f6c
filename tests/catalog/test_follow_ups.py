"""uppfoljningar.yaml: what is read from it, how it can be wrong, and changes told since an uppföljning."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.catalog.load import FOLLOW_UP_FILE, load_catalog
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


def test_changes_are_told_since_an_uppfoljning(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with kolada() as url:
        assert run_night(url, data, katalog=folder).code == 0
    frozen = datetime.now(UTC).replace(tzinfo=None)
    figures = values().with_columns(value=values()["value"] + 1)
    with kolada(dataset(figures=figures)) as url:
        assert run_night(url, data, "--full", katalog=folder).code == 0
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
    assert "reviderad" in told
    assert "reviderad" not in since("2026-host")[1]
    code, told = since("2027-var")
    assert (code, "draft without as_of" in told) == (2, True)
    code, told = since("2027-host")
    assert (code, "2026-var, 2026-host, 2027-var" in told) == (2, True)
