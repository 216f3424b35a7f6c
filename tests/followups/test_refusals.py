"""What cannot be frozen, decided or written: one clear line, and nothing half-written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import MalbildError
from pipelines.followups.edit import checked
from pipelines.followups.pdf import print_pdf
from tests.followups.conftest import DRAFT, Place


def everything(place: Place) -> dict[str, bytes]:
    root = place.settings.data_dir.parent
    return {
        str(f.relative_to(root)): f.read_bytes()
        for f in sorted(root.rglob("*"))
        if f.is_file() and "dagster" not in f.parts and f.name != ".las"
    }


def test_nothing_planned_is_told_with_how_to_plan(place: Place) -> None:
    line = place.refused("uppfoljning", "frys", "2026-var")
    assert "2026-var is not defined (there is none)" in line
    assert "uppfoljning ny" in line
    assert "is not defined" in place.refused("report", "--uppfoljning", "2026-var")


def test_two_with_the_same_id_are_refused_with_both_lines(place: Place) -> None:
    place.yaml.write_text(DRAFT + "  - {id: 2026-var, nr: 2, status: utkast}\n")
    line = place.refused("uppfoljning", "frys", "2026-var")
    assert "uppfoljningar.yaml:11" in line
    assert "defined here and on line 5" in line


def test_a_warning_names_the_file_that_people_have(place: Place) -> None:
    place.yaml.write_text(DRAFT)
    keys = 'status: fryst\n    as_of: "2026-11-24T03:15:00Z"\n    utskick: 2026-11-27'
    frozen = DRAFT.replace("status: utkast", keys)
    catalog = checked(place.settings.catalog_dir, frozen, "2026-var", ("status", "as_of", "utskick"))
    (warning,) = catalog.warnings
    assert str(warning).startswith(f"{place.yaml}:8: uppfoljningar 2026-var, as_of: 3 working days lie between")


@pytest.mark.parametrize(
    ("as_of", "output"),
    [("2999-01-01", "lies in the future"), ("1999-01-01", "before the first run"), ("igår", "is not a time")],
)
def test_a_time_of_which_nothing_is_known_freezes_nothing(place: Place, as_of: str, output: str) -> None:
    place.yaml.write_text(DRAFT)
    before = everything(place)
    assert output in place.refused("uppfoljning", "frys", "2026-var", "--as-of", as_of)
    assert everything(place) == before


def test_the_first_run_is_named_where_nothing_was_known_yet(place: Place) -> None:
    place.yaml.write_text(DRAFT)
    published = place.settings.published.resolve()
    published.chmod(0o644)
    with duckdb.connect(str(published)) as connection:
        ((first,),) = connection.sql("SELECT observerad FROM korning").fetchall()
        later = "SELECT * REPLACE ('nasta' AS korning_id, observerad + INTERVAL 1 DAY AS observerad) FROM korning"
        connection.execute(f"INSERT INTO korning BY NAME {later}")
    assert f"({first})" in place.refused("uppfoljning", "frys", "2026-var", "--as-of", "1999-01-01")


def test_freezing_changes_two_keys_and_leaves_every_comment(frozen: Place) -> None:
    as_of = re.search(r'    as_of: "[^"]+Z"\n', frozen.yaml.read_text())
    assert as_of
    expected = DRAFT.replace("status: utkast  # tills vidare\n", f"status: fryst  # tills vidare\n{as_of[0]}")
    assert frozen.yaml.read_text() == expected


def test_a_file_laid_out_otherwise_is_left_alone_and_says_what_to_write(place: Place) -> None:
    place.yaml.write_text("version: 1\nuppfoljningar: [{id: 2026-var, nr: 1, status: utkast}]\n")
    before = everything(place)
    assert "write one key a line" in place.refused("uppfoljning", "frys", "2026-var")
    assert "write there: - id: 2026-host" in place.refused(
        "uppfoljning", "ny", "2026-host", "--nr", "2", "--namn", "Höst 2026"
    )
    assert everything(place) == before


def test_a_draft_cannot_be_decided_and_a_plan_that_breaks_a_rule_is_not_written(place: Place) -> None:
    place.yaml.write_text(DRAFT)
    assert "is utkast, not fryst" in place.refused("uppfoljning", "faststall", "2026-var", "--datum", "2026-11-24")
    line = place.refused("uppfoljning", "ny", "2026-host", "--nr", "1", "--namn", "Höst 2026")
    assert "nr 1 follows 1" in line
    assert place.yaml.read_text() == DRAFT


def test_unapproved_sentences_stop_the_decision_and_can_be_printed_to_paste(frozen: Place) -> None:
    before = everything(frozen)
    line = frozen.refused("uppfoljning", "faststall", "2026-var", "--datum", "2026-11-24", "--utan-pdf")
    assert "automatic sentences that nobody has approved: sammanfattning lacks nara" in line
    assert everything(frozen) == before
    frozen.approve()
    frozen.did("check")
    assert frozen.did("uppfoljning", "meningar", "2026-var").strip() == "every sentence is approved"


def test_without_chromium_nothing_is_decided(approved: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(approved)
    monkeypatch.setenv("PATH", "/finns-inte")
    code, output = approved.malbild("uppfoljning", "faststall", "2026-var", "--datum", "2026-11-24")
    assert code == 1
    assert "no Chromium is installed" in output
    assert "→" in output
    assert everything(approved) == before


def is_alive(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_chromium_that_hangs_is_ended_with_its_helpers(fake_chromium: Callable[[str], Path], tmp_path: Path) -> None:
    helper = tmp_path / "helper.pid"
    fake_chromium(f"sleep 300 & echo $! > {helper}\nwait")
    target = tmp_path / "rapport.pdf"
    target.write_bytes(b"den gamla")
    (tmp_path / "r.html").write_text("<p>")
    with pytest.raises(MalbildError, match="had not finished after 1 seconds and was ended → "):
        print_pdf(tmp_path / "r.html", target, datetime(2026, 11, 24), seconds=1)
    assert target.read_bytes() == b"den gamla"
    deadline = time.monotonic() + 600
    while is_alive(helper.read_text().strip()):
        assert time.monotonic() < deadline, "the helper outlives it"
        # A signal is sent at once and taken when the process has its turn.
        time.sleep(0.01)
    assert [f.name for f in tmp_path.iterdir() if f.name.startswith(".pdf-")] == []


@pytest.mark.parametrize(
    "ending",
    [
        "exit 0",
        "echo trasig >&2; exit 1",
        'for a; do case "$a" in --print-to-pdf=*) printf "%%PDF-halv" > "${a#*=}";; esac; done',
    ],
)
def test_a_chromium_that_makes_no_whole_pdf_is_told(
    fake_chromium: Callable[[str], Path], tmp_path: Path, ending: str
) -> None:
    fake_chromium(ending)
    (tmp_path / "r.html").write_text("<p>")
    with pytest.raises(MalbildError, match="ended without a whole one"):
        print_pdf(tmp_path / "r.html", tmp_path / "rapport.pdf", datetime(2026, 11, 24))
    assert not (tmp_path / "rapport.pdf").exists()


def test_a_frozen_file_that_was_changed_is_noticed(frozen: Place) -> None:
    content = frozen.settings.follow_up_dir / "2026-var" / "v1" / "innehall" / "indikatorer.yaml"
    content.write_text(content.read_text() + "# ett tillägg\n")
    code, output = frozen.malbild("report", "--uppfoljning", "2026-var")
    assert code == 1
    assert "is not the file that was frozen" in output
