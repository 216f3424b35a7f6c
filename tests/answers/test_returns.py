"""Workbooks as they come back: read right, or refused with the cell and why. Each case is a hand that did something."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font

from pipelines.answers import reasons
from pipelines.answers.identity import Identity
from pipelines.answers.questions import GOAL, INITIATIVE, MEASURE, PRINCIPAL, STATEMENT
from pipelines.answers.reading import Returned
from pipelines.local import reasons as common
from pipelines.local.grid import Unreadable
from tests.answers.small import (
    ESKILSTUNA,
    FALLS,
    FLEN,
    HEALTH,
    ISSUE,
    KNOWN,
    OLDER,
    STEERING,
    Hand,
    as_stored,
    catalog,
    form_of,
    given,
    read,
    refused,
    rewrite,
    written,
)

VET, TROR, GOR = "Vad vet vi?", "Vad tror vi?", "Vad gör vi?"
FALL_BOX, WHOLE_BOX = ("Måtten", FALLS, VET), ("Måtten", ESKILSTUNA, GOR)
STEP = ("Självskattning", "kriterium-plan", "Ert steg")
WORDS = {FALL_BOX: "Fler äldre äldre.", WHOLE_BOX: "Vi går\nvidare.", STEP: "stämmer till stor del"}
HTML = "<b>Fet</b> <script>alert(1)</script>"
READ = {
    (MEASURE, FALLS, "vet"): "Fler äldre äldre.",
    (PRINCIPAL, ESKILSTUNA, "gor"): "Vi går\nvidare.",
    (STATEMENT, "kriterium-plan", "steg"): "3",
}


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    """Eskilstuna's workbook, properly filled in but not saved."""
    return Hand(written(tmp_path, ESKILSTUNA)).fill(WORDS)


def test_what_is_filled_in_is_read_with_role_day_and_time(hand: Hand) -> None:
    returned = read(hand.save())
    assert given(returned) == READ
    assert isinstance(returned, Returned)
    assert (returned.issue, returned.respondent, returned.role) == (ISSUE, ESKILSTUNA, "Socialchef")
    assert (returned.day, returned.saved, returned.known) == (date(2026, 11, 10), datetime(2026, 11, 10, 9, 0), KNOWN)
    # Every box that was asked is there, also the empty ones.
    boxes = sum(len(s.rows) * len(s.sheet.boxes) for s in form_of(ESKILSTUNA).sheets if s.sheet.id != "start")
    assert len(returned.answers) == boxes
    assert not returned.faults


# --- read right all the same ----------------------------------------------------------------------------------------


def sort_rows(hand: Hand) -> None:
    page = hand.book["Självskattning"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=5)]
    for number, row in enumerate(sorted(rows, key=lambda row: str(row[2])), start=5):
        for column, value in enumerate(row, start=1):
            page.cell(number, column).value = value


def move_columns(hand: Hand) -> None:
    page = hand.book["Måtten"]
    page.move_range(f"J1:J{page.max_row}", cols=10)
    page.move_range(f"C1:C{page.max_row}", cols=20)


def rename_sheets(hand: Hand) -> None:
    for number, page in enumerate(hand.book.worksheets):
        page.title = f"Blad{number}"


def paste_values(hand: Hand) -> None:
    """Formats are gone, and the protection with them."""
    for page in hand.book.worksheets:
        page.protection.sheet = False
        for row in page.iter_rows():
            for cell in row:
                cell.style = "Normal"


def show_hidden_columns(hand: Hand) -> None:
    for page in hand.book.worksheets:
        for dimension in page.column_dimensions.values():
            dimension.hidden = False


def own_sheet(hand: Hand) -> None:
    hand.book.create_sheet("Mina anteckningar", 0)["A1"] = "kom ihåg"


def repeat_equal_row(hand: Hand) -> None:
    page = hand.book["Måtten"]
    for column in range(1, page.max_column + 1):
        page.cell(page.max_row + (column == 1), column).value = page.cell(6, column).value


def add_comment(hand: Hand) -> None:
    hand.cell(*FALL_BOX).comment = Comment("Stämmer det?", "x")


def drop_other_sheets(hand: Hand) -> None:
    del hand.book["Målvärden"]
    del hand.book["Era värden"]


def insert_row_above(hand: Hand) -> None:
    hand.book["Självskattning"].insert_rows(1, 3)


def other_case(hand: Hand) -> None:
    hand.cell(*STEP).value = " Stämmer  till STOR del "


def windows_lines(hand: Hand) -> None:
    hand.cell(*WHOLE_BOX).value = "Vi går\r\nvidare.\u2028"


def two_signs_for_a_letter(hand: Hand) -> None:
    hand.cell(*FALL_BOX).value = "Fler a\u0308ldre a\u0308ldre."


@pytest.mark.parametrize(
    "do",
    [
        sort_rows,
        move_columns,
        rename_sheets,
        paste_values,
        show_hidden_columns,
        own_sheet,
        repeat_equal_row,
        add_comment,
        drop_other_sheets,
        insert_row_above,
        other_case,
        windows_lines,
        two_signs_for_a_letter,
    ],
)
def test_an_odd_workbook_is_read_right(hand: Hand, do: Callable[[Hand], None]) -> None:
    do(hand)
    returned = read(hand.save())
    assert refused(returned) == []
    assert given(returned) == READ


@pytest.mark.parametrize(
    ("box", "value", "place", "stored"),
    [
        (FALL_BOX, 12, (MEASURE, FALLS, "vet"), "12"),
        (FALL_BOX, 12.5, (MEASURE, FALLS, "vet"), "12.5"),
        (FALL_BOX, date(2026, 5, 4), (MEASURE, FALLS, "vet"), "2026-05-04"),
        (FALL_BOX, HTML, (MEASURE, FALLS, "vet"), HTML),
        (FALL_BOX, "x" * 2000, (MEASURE, FALLS, "vet"), "x" * 2000),
        (FALL_BOX, "a_x0041_b & 'c' \"d\" 👩‍⚕️", (MEASURE, FALLS, "vet"), "a_x0041_b & 'c' \"d\" 👩‍⚕️"),
        (STEP, "vet inte", (STATEMENT, "kriterium-plan", "steg"), "vet inte"),
        (("Målvärden", HEALTH, "Föreslaget målvärde"), 72.5, (MEASURE, HEALTH, "malvarde"), "72.5"),
        (("Målvärden", HEALTH, "Föreslaget målvärde"), "72,5 %", (MEASURE, HEALTH, "malvarde"), "72.5"),
        (("Målvärden", HEALTH, "Målår"), 2035, (MEASURE, HEALTH, "mal_ar"), "2035"),
    ],
)  # fmt: skip
def test_what_stands_in_a_box_is_read_as_it_is(
    hand: Hand, box: tuple[str, str, str], value: object, place: tuple[str, str, str], stored: str
) -> None:
    hand.cell(*box).value = value
    returned = read(hand.save())
    assert refused(returned) == []
    assert given(returned)[place] == stored


# --- refused, with the cell -----------------------------------------------------------------------------------------


def box_is(box: tuple[str, str, str], value: object) -> Callable[[Hand], None]:
    def do(hand: Hand) -> None:
        hand.cell(*box).value = value

    return do


def merge(hand: Hand) -> None:
    cell = hand.cell(*FALL_BOX)
    cell.parent.merge_cells(start_row=cell.row, end_row=cell.row, start_column=cell.column, end_column=cell.column + 1)


def strike(hand: Hand) -> None:
    hand.cell(*FALL_BOX).font = Font(strike=True)


def hide_row(hand: Hand) -> None:
    cell = hand.cell(*FALL_BOX)
    cell.parent.row_dimensions[cell.row].hidden = True


def lose_id(hand: Hand) -> None:
    cell = hand.cell(*FALL_BOX)
    cell.parent.cell(cell.row, 1).value = None


def unknown_measure(hand: Hand) -> None:
    cell = hand.cell(*FALL_BOX)
    cell.parent.cell(cell.row, 1).value = "mått:borttaget-matt"


def answer_for_another(hand: Hand) -> None:
    cell = hand.cell(*WHOLE_BOX)
    cell.parent.cell(cell.row, 1).value = f"huvudman:{FLEN}"


def slip(hand: Hand) -> None:
    """Only what can be seen was sorted."""
    page = hand.book["Måtten"]
    for column in range(3, page.max_column + 1):
        first, second = page.cell(5, column), page.cell(6, column)
        first.value, second.value = second.value, first.value


def copy_row_with_other_words(hand: Hand) -> None:
    page = hand.book["Måtten"]
    number = page.max_row + 1
    for column in range(1, page.max_column + 1):
        page.cell(number, column).value = page.cell(6, column).value
    page.cell(number, hand.cell(*FALL_BOX).column).value = "Något annat."


def translate_heading(hand: Hand) -> None:
    page = hand.book["Måtten"]
    page.cell(4, hand.cell(*FALL_BOX).column).value = "What do we know?"


def repeat_heading(hand: Hand) -> None:
    page = hand.book["Måtten"]
    page.cell(4, page.max_column + 1).value = VET


def write_below(hand: Hand) -> None:
    cell = hand.cell(*FALL_BOX)
    cell.parent.cell(cell.parent.max_row + 3, cell.column).value = "Och en sak till."


def drop_hidden_columns(hand: Hand) -> None:
    hand.book["Självskattning"].delete_cols(1, 2)


@pytest.mark.parametrize(
    ("do", "cells", "reason"),
    [
        (box_is(FALL_BOX, "=1+1"), ["Måtten!J6"], common.FORMULA),
        (box_is(FALL_BOX, "x" * 10_000), ["Måtten!J6"], reasons.TOO_LONG),
        (box_is(FALL_BOX, "Ring anna@example.se"), ["Måtten!J6"], reasons.PERSONAL),
        (box_is(FALL_BOX, "Gäller 19121212-1212."), ["Måtten!J6"], reasons.PERSONAL),
        (box_is(STEP, "ganska bra"), ["Självskattning!E8"], "ordet är inget av valen"),
        (box_is(STEP, "agree"), ["Självskattning!E8"], "ordet är inget av valen"),
        (box_is(STEP, 2.5), ["Självskattning!E8"], "ordet är inget av valen"),
        (box_is(("Målvärden", HEALTH, "Föreslaget målvärde"), "högt"), ["Målvärden!S5"], common.NOT_A_NUMBER),
        (merge, ["Måtten!J6", "Måtten!K6"], common.MERGED_CELL),
        (strike, ["Måtten!J6"], common.STRUCK),
        (hide_row, ["Måtten!J6"], common.HIDDEN_ROW),
        (lose_id, ["Måtten!J6"], reasons.NO_ID),
        (unknown_measure, ["Måtten!J6"], reasons.GONE),
        (answer_for_another, ["Måtten!L5"], reasons.NOT_ASKED),
        (slip, ["Måtten!L6", "Måtten!J5"], reasons.SHIFTED),
        (copy_row_with_other_words, ["Måtten!J6", "Måtten!J7"], reasons.ROW_TWICE),
        (translate_heading, ["Måtten!rad 4"], "kolumnen saknas, eller har fått en annan rubrik (Vad vet vi?)"),
        (repeat_heading, ["Måtten!rad 4"], "en kolumn finns två gånger (Vad vet vi?)"),
        (write_below, ["Måtten!J9"], reasons.NO_ID),
        (drop_hidden_columns, ["Självskattning"], reasons.NO_HIDDEN_COLUMN),
    ],
)
def test_an_answer_that_cannot_be_taken_is_refused_with_its_cell_and_the_others_are_read(
    hand: Hand, do: Callable[[Hand], None], cells: list[str], reason: Any
) -> None:
    do(hand)
    returned = read(hand.save())
    what = reason if isinstance(reason, str) else reason.what
    assert sorted(refused(returned)) == sorted((cell, what) for cell in cells)
    rest = {place: text for place, text in given(returned).items() if READ.get(place) == text}
    assert len(rest) >= 1
    assert len(given(returned)) == len(rest)


def no_role(hand: Hand) -> None:
    hand.fill({}, role=None)


def empty(hand: Hand) -> None:
    hand.fill(dict.fromkeys(WORDS))


def from_another(hand: Hand) -> None:
    """A sheet of Flen's workbook in Eskilstuna's."""
    page = hand.book["Självskattning"]
    page["A4"] = Identity("sjalvskattning", ISSUE, FLEN, KNOWN).mark()


def of_another_version(hand: Hand) -> None:
    for page in hand.book.worksheets:
        if page["A4"].value:
            page["A4"] = page["A4"].value.replace("malbild-svar|1|", "malbild-svar|0|")


def of_issue(issue: str) -> Callable[[Hand], None]:
    def do(hand: Hand) -> None:
        for page in hand.book.worksheets:
            if page["A4"].value:
                page["A4"] = page["A4"].value.replace(ISSUE, issue)

    return do


def of_nobody(hand: Hand) -> None:
    for page in hand.book.worksheets:
        if page["A4"].value:
            page["A4"] = page["A4"].value.replace(f"|{ESKILSTUNA}|", "|0180|")


def copy_sheet(hand: Hand) -> None:
    hand.book.copy_worksheet(hand.book["Måtten"])


def retitle(hand: Hand) -> None:
    hand.book["Måtten"]["C1"] = "Flen: Måtten"


def drop_all_hidden_columns(hand: Hand) -> None:
    for page in hand.book.worksheets:
        page.delete_cols(1, 2)


@pytest.mark.parametrize(
    ("do", "place", "reason"),
    [
        (no_role, "Börja här!D5", reasons.NO_ROLE),
        (lambda hand: hand.fill({}, role="anna@example.se"), "Börja här!D5", reasons.PERSONAL),
        (lambda hand: hand.fill({}, day=None), "Börja här!D6", reasons.NO_DAY),
        (lambda hand: hand.fill({}, day="i går"), "Börja här!D6", reasons.NOT_A_DAY),
        (lambda hand: hand.fill({}, day=date(2027, 1, 1)), "Börja här!D6", reasons.FUTURE_DAY),
        (empty, "", reasons.NOTHING),
        (from_another, "Självskattning", reasons.MIXED),
        (of_another_version, "Börja här", reasons.OTHER_VERSION),
        (of_issue("2030-var"), "", reasons.UNKNOWN_ISSUE),
        (of_issue("2025-host"), "", reasons.DECIDED_ISSUE),
        (of_nobody, "", reasons.UNKNOWN_RESPONDENT),
        (copy_sheet, "Måtten", reasons.SHEET_TWICE),
        (retitle, "Måtten!C1", reasons.OTHER_RESPONDENT),
        (drop_all_hidden_columns, "", reasons.NO_MARK),
    ],
)
def test_a_workbook_that_is_not_to_be_trusted_is_refused_whole(
    hand: Hand, do: Callable[[Hand], object], place: str, reason: Any
) -> None:
    do(hand)
    assert refused(read(hand.save())) == [(place, reason.what)]


def test_a_file_from_the_future_would_be_the_newest_for_ever_and_is_refused(hand: Hand) -> None:
    assert refused(read(hand.save(saved=datetime(2099, 1, 1)))) == [("", reasons.FUTURE_FILE.what)]


def with_macros(path: Path) -> None:
    rewrite(path, lambda name, data: data, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def html(path: Path) -> None:
    path.write_text("<html><table><tr><td>Vad vet vi?</td></tr></table></html>")


def other_workbook(path: Path) -> None:
    openpyxl.Workbook().save(path)


def without_sheets(path: Path) -> None:
    rewrite(path, lambda name, data: None if name.startswith("xl/worksheets/") else data)


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 40_000_000)


@pytest.mark.parametrize(
    ("do", "name", "reason"),
    [
        (with_macros, "svar.xlsx", reasons.MACROS),
        (with_macros, "svar.xlsm", reasons.MACROS),
        (lambda path: None, "svar.ods", reasons.NOT_XLSX),
        (truncated, "svar.xlsx", common.UNREADABLE),
        (html, "svar.xlsx", common.UNREADABLE),
        (html, "svar.html", reasons.NOT_XLSX),
        (other_workbook, "svar.xlsx", reasons.NO_MARK),
        (without_sheets, "svar.xlsx", reasons.NO_MARK),
        (bomb, "svar.xlsx", common.TOO_LARGE),
        (lambda path: None, f"{ISSUE}-{FLEN}-Flen.xlsx", reasons.OTHER_RESPONDENT),
    ],
)
def test_a_file_that_is_no_answer_is_refused(
    hand: Hand, tmp_path: Path, do: Callable[[Path], object], name: str, reason: Any
) -> None:
    path = hand.save(tmp_path / name)
    do(path)
    returned = read(path)
    assert isinstance(returned, Unreadable)
    assert returned.reason == reason


# --- both ways ------------------------------------------------------------------------------------------------------

FULL: dict[str, dict[tuple[str, str, str], object]] = {
    ESKILSTUNA: {
        **WORDS,
        ("Måtten", FALLS, TROR): "Golven är hala.",
        ("Självskattning", "princip-syfte", "Ert steg"): "vet inte",
        ("Självskattning", "princip-syfte", "Vad svaret bygger på"): "Dialog i ledningsgruppen.",
        ("Målvärden", HEALTH, "Föreslaget målvärde"): 72.5,
        ("Målvärden", HEALTH, "Varför?"): "Som liknande kommuner.",
    },
    STEERING: {
        ("Måtten", FALLS, "Vem ska äga måttet?"): "Beredningsgrupp äldre",
        ("Satsningar", "egenmonitorering", "Status"): "pågår",
        ("Satsningar", "egenmonitorering", "Plan för uppföljning?"): "nej",
        ("Satsningar", "egenmonitorering", "Ansvarig nivå"): "BGD",
        ("Satsningar", "egenmonitorering", "Började (dag)"): date(2025, 2, 3),
        ("Satsningar", "egenmonitorering", "Uppföljningsmått: vad följs den med?"): "Antal som mäter hemma",
        ("Målsättningar", "personcentrering-4", "Läge"): "breddinförs",
        ("Målsättningar", "personcentrering-4", "Vad läget bygger på"): "Två av nio kommuner.",
    },
    OLDER: {
        ("Satsningar", "delegering", "Status"): "pågår",
        ("Måtten", FALLS, GOR): "Vi ses varje månad.",
        ("PDSA", "depression-hos-aldre.1", "Planera: vad väntas hända?"): "Fler får samtal i tid.",
        ("PDSA", "depression-hos-aldre.1", "Planera: dag då siffrorna läses"): date(2027, 3, 1),
        ("PDSA", "depression-hos-aldre.1", "Agera"): "anpassa",
    },
}


@pytest.mark.parametrize("respondent", FULL)
def test_what_is_answered_stands_in_the_next_form_and_is_read_as_the_same(tmp_path: Path, respondent: str) -> None:
    first = read(Hand(written(tmp_path / "1", respondent)).fill(FULL[respondent]).save())
    assert len(given(first)) == len(FULL[respondent])
    again = written(tmp_path / "2", respondent, as_stored(first))
    returned = read(Hand(again).fill({}).save())
    assert given(returned) == given(first)
    assert refused(returned) == []
    # The function is not asked for again.
    assert Hand(again).cell("Börja här", "roll", "Ditt svar").value == "Socialchef"


def test_what_is_decided_is_shown_and_cannot_be_answered_otherwise(tmp_path: Path) -> None:
    before = Hand(written(tmp_path / "1", STEERING)).fill(
        {("Satsningar", "unga-vuxna", "Plan för uppföljning?"): "nej"}
    )
    (initiative,) = [i for i in catalog().activities.initiatives if i.id == "unga-vuxna"]
    assert initiative.criteria
    decided = initiative.model_copy(update={"criteria": initiative.criteria.model_copy(update={"plan": "ja"})})
    others = [i for i in catalog().activities.initiatives if i.id != "unga-vuxna"]
    activities = catalog().activities.model_copy(update={"initiatives": (decided, *others)})
    later = replace(catalog(), activities=activities)
    # An older form, from before the decision.
    at = before.cell("Satsningar", "unga-vuxna", "Plan för uppföljning?").coordinate
    assert refused(read(before.save(), later)) == [(f"Satsningar!{at}", reasons.DECIDED.what)]
    page = Hand(written(tmp_path / "2", STEERING, catalog=later))
    cell = page.cell("Satsningar", "unga-vuxna", "Plan för uppföljning?")
    assert (cell.value, cell.protection.locked) == ("ja", True)
    assert not page.cell("Satsningar", "unga-vuxna", "Avsatta resurser?").protection.locked
    # The form as it came, with what is decided in it.
    boxes = {("Satsningar", "unga-vuxna", "Avsatta resurser?"): "ja"}
    assert given(read(page.fill(boxes).save(), later)) == {(INITIATIVE, "unga-vuxna", "krit_resurser"): "ja"}


def test_a_målsättning_that_is_gone_is_refused_with_its_cell(tmp_path: Path) -> None:
    hand = Hand(written(tmp_path, STEERING)).fill(FULL[STEERING])
    areas = tuple(
        area.model_copy(update={"goals": tuple(goal for goal in area.goals if goal.id != "personcentrering-4")})
        for area in catalog().activities.focus_areas
    )
    later = replace(catalog(), activities=catalog().activities.model_copy(update={"focus_areas": areas}))
    cells = [f"Målsättningar!{hand.cell(*box).coordinate}" for box in FULL[STEERING] if box[0] == "Målsättningar"]
    returned = read(hand.save(), later)
    assert refused(returned) == [(cell, reasons.GONE.what) for cell in cells]
    assert not [place for place in given(returned) if place[0] == GOAL]


@pytest.mark.lang
def test_a_workbook_saved_by_libreoffice_is_read_the_same(hand: Hand, tmp_path: Path) -> None:
    if not (program := shutil.which("soffice")):
        pytest.skip("no LibreOffice: apt-get install libreoffice-calc-nogui")
    path = hand.save()
    (tmp_path / "lo").mkdir()
    profile = f"-env:UserInstallation=file://{tmp_path}/profil"
    subprocess.run(
        [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "lo", path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    returned = read(tmp_path / "lo" / path.name)
    assert refused(returned) == []
    assert given(returned) == READ
