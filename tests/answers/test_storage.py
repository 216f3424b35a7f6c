"""Workbooks of several hands and nights: which version counts, what is kept of the others, what contradicts what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.answers import reasons
from pipelines.answers.intake import Answers, read_answers
from pipelines.local.intake import find, findings
from pipelines.warehouse.answers import keep_answers
from pipelines.warehouse.store import FileWarehouse
from tests.answers.small import (
    ESKILSTUNA,
    FALLS,
    ISSUE,
    KNOWN,
    OLDER,
    STEERING,
    TODAY,
    Hand,
    Stored,
    catalog,
    written,
)

VET = ("Måtten", FALLS, "Vad vet vi?")
STEP = ("Självskattning", "kriterium-plan", "Ert steg")
STATUS = ("Satsningar", "delegering", "Status")
NIGHT = datetime(2026, 11, 12, 4, 15)


class Warehouse:
    """A warehouse that takes in a folder, night after night."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection, self.folder, self.nights = connection, folder, 0

    def night(self) -> Answers:
        self.nights += 1
        answers = read_answers(find(self.folder), catalog(), TODAY)
        keep_answers(self.connection, answers.rows, f"k-{self.nights}", NIGHT + timedelta(days=self.nights))
        return answers

    def current(self, sheet_key: str = "vet") -> list[str]:
        """The answers that count, of a box."""
        return [
            row[0]
            for row in self.connection.sql(
                "SELECT svar FROM (FROM svar QUALIFY row_number() OVER (PARTITION BY uppfoljning_id, svarande_id, "
                "objekt, objekt_id, falt ORDER BY observerad DESC, lamnad DESC) = 1) "
                f"WHERE falt = '{sheet_key}' AND svar IS NOT NULL"
            ).fetchall()
        ]

    def row_count(self) -> int:
        return int(self.connection.sql("SELECT count(*) FROM svar").fetchall()[0][0])


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    (tmp_path / "svar").mkdir()
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        yield Warehouse(connection, tmp_path / "svar")


def hand_in(
    warehouse: Warehouse,
    name: str,
    boxes: dict[tuple[str, str, str], object],
    saved: datetime,
    *,
    whose: str = ESKILSTUNA,
    known: tuple[Stored, ...] = (),
    day: date = date(2026, 11, 10),
) -> Path:
    form = written(warehouse.folder.parent / "formular" / name, whose, known)
    return Hand(form).fill(boxes, day=day).save(warehouse.folder / name, saved)


def test_the_same_files_again_are_no_news(warehouse: Warehouse) -> None:
    hand_in(warehouse, "a.xlsx", {VET: "Ett.", STEP: "vet inte"}, datetime(2026, 11, 10, 9))
    assert warehouse.night().given == 2
    assert warehouse.row_count() == 2
    warehouse.night()
    assert warehouse.row_count() == 2
    # No file, no change.
    (warehouse.folder / "a.xlsx").unlink()
    warehouse.night()
    assert warehouse.current() == ["Ett."]


def test_of_two_files_the_one_saved_last_counts_both_are_kept_and_the_difference_is_told(warehouse: Warehouse) -> None:
    hand_in(warehouse, "z.xlsx", {VET: "Först.", STEP: "stämmer helt"}, datetime(2026, 11, 10, 9))
    hand_in(warehouse, "a.xlsx", {VET: "Sedan."}, datetime(2026, 11, 11, 9))
    answers = warehouse.night()
    assert warehouse.current() == ["Sedan."]
    # The second hand had not seen the first one's answers: its empty boxes withdraw nothing.
    assert warehouse.current("steg") == ["4"]
    assert warehouse.row_count() == 3
    assert list(answers.notes) == [
        "Eskilstuna: mått Fallskador bland äldre, vet har olika svar i z.xlsx och a.xlsx; det senast sparade gäller "
        "(a.xlsx)"
    ]
    assert findings(answers.refused) == []


def test_an_older_file_that_comes_later_changes_nothing(warehouse: Warehouse) -> None:
    hand_in(warehouse, "ny.xlsx", {VET: "Nytt."}, datetime(2026, 11, 11, 9))
    warehouse.night()
    (warehouse.folder / "ny.xlsx").unlink()
    hand_in(warehouse, "gammal.xlsx", {VET: "Gammalt."}, datetime(2026, 11, 10, 9))
    warehouse.night()
    assert warehouse.current() == ["Nytt."]


def test_a_box_that_was_filled_in_and_is_emptied_withdraws_the_answer(warehouse: Warehouse) -> None:
    hand_in(warehouse, "a.xlsx", {VET: "Ångras.", STEP: "vet inte"}, datetime(2026, 11, 1, 9), day=date(2026, 11, 1))
    answers = read_answers(find(warehouse.folder), catalog(), TODAY)
    # The night before the new form was made.
    keep_answers(warehouse.connection, answers.rows, "k-0", KNOWN - timedelta(hours=1))
    known = Stored(
        ISSUE, ESKILSTUNA, "Eskilstuna", "mått", FALLS, "vet", "Ångras.", "Socialchef", date(2026, 11, 1), KNOWN
    )
    hand_in(warehouse, "b.xlsx", {VET: None, STEP: "stämmer helt"}, datetime(2026, 11, 11, 9), known=(known,))
    warehouse.night()
    assert warehouse.current() == []
    assert warehouse.current("steg") == ["4"]
    # The row that was withdrawn is still there, and the withdrawal once.
    assert warehouse.row_count() == 4
    warehouse.night()
    assert warehouse.row_count() == 4


def test_two_groups_that_say_different_things_are_both_kept_and_named(warehouse: Warehouse) -> None:
    saved = datetime(2026, 11, 10, 9)
    hand_in(warehouse, "lsg.xlsx", {STATUS: "pågår"}, saved, whose=STEERING)
    hand_in(warehouse, "bga.xlsx", {STATUS: "avslutad"}, saved, whose=OLDER)
    answers = warehouse.night()
    assert sorted(warehouse.current("status")) == ["avslutad", "pågår"]
    assert list(answers.notes) == [
        "satsning Delegering, status har olika svar, som alla visas: Beredningsgrupp äldre: avslutad; "
        "Länsstyrgruppen: pågår"
    ]


def test_a_copy_is_nothing_new_and_two_files_of_one_second_are_not_told_apart(warehouse: Warehouse) -> None:
    saved = datetime(2026, 11, 10, 9)
    path = hand_in(warehouse, "a.xlsx", {VET: "Ett."}, saved)
    (warehouse.folder / "kopia.xlsx").write_bytes(path.read_bytes())
    assert findings(warehouse.night().refused) == []
    assert warehouse.row_count() == 1
    hand_in(warehouse, "b.xlsx", {VET: "Ett annat."}, saved)
    assert findings(warehouse.night().refused) == [
        f"svar/b.xlsx: {reasons.SAME_SECOND.what}: a.xlsx → {reasons.SAME_SECOND.fix}"
    ]
    assert warehouse.current() == ["Ett."]


def test_what_lies_beside_is_refused_by_name_and_the_rest_is_read(warehouse: Warehouse) -> None:
    hand_in(warehouse, "a.xlsx", {VET: "=1+1", STEP: "vet inte"}, datetime(2026, 11, 10, 9))
    (warehouse.folder / "gammalt").mkdir()
    (warehouse.folder / "svar.docx").write_bytes(b"PK")
    (warehouse.folder / "~$a.xlsx").write_bytes(b"")
    assert findings(warehouse.night().refused) == [
        f"svar/gammalt: {reasons.FOLDER.what} → {reasons.FOLDER.fix}",
        f"svar/svar.docx: {reasons.NOT_XLSX.what} → {reasons.NOT_XLSX.fix}",
        "svar/a.xlsx:Måtten!J6: cellen har en formel → skriv svaret som text",
    ]
    assert warehouse.current("steg") == ["vet inte"]


def test_what_is_kept_of_a_refusal_does_not_tell_the_name_of_the_file(warehouse: Warehouse) -> None:
    for name in ("Anna Andersson.xlsx", "Bo.xlsx"):
        (warehouse.folder / name).write_bytes(b"PK")
    answers = warehouse.night()
    stored = answers.nameless
    assert stored.height == answers.refused.height == 2
    assert stored["fil"].n_unique() == 2
    assert not [word for word in stored["fil"] if "Anna" in word or "Bo" in word]
    assert stored.drop("fil").equals(answers.refused.drop("fil"))
