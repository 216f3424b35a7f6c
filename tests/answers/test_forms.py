"""What a form holds: who is asked what, what is told, and what a reminder or the lines to paste say of it."""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import openpyxl
import pytest
import yaml

from pipelines.answers.document import write_document
from pipelines.answers.facts import read_facts
from pipelines.answers.forms import FormSheet, form, forms, unanswered
from pipelines.answers.proposals import as_yaml
from pipelines.answers.questions import respondents, sheets
from pipelines.answers.reminders import reminders
from pipelines.answers.workbook import write_workbook
from pipelines.catalog.activities import Cycle
from tests.answers.small import (
    ESKILSTUNA,
    FALLS,
    FLEN,
    HEALTH,
    ISSUE,
    KNOWN,
    OLDER,
    REGION,
    STEERING,
    Hand,
    Stored,
    catalog,
    facts,
    form_of,
    written,
)
from tests.dashboards.published import build, insert
from tests.small import malbild


def sheet(respondent: str, sheet_id: str, *answers: Stored) -> FormSheet:
    (only,) = [part for part in form_of(respondent, answers).sheets if part.sheet.id == sheet_id]
    return only


def stored(who: str, place: tuple[str, str, str], text: str, day: date = date(2026, 11, 10)) -> Stored:
    return Stored(ISSUE, who, respondents(catalog())[who].name, *place, text, "Chef", day, KNOWN)


def test_everybody_who_can_answer_something_is_asked_and_nobody_else() -> None:
    asked = respondents(catalog())
    assert [r.kind for r in asked.values()] == ["huvudman"] * 10 + ["beredningsgrupp"] * 4 + ["styrgrupp"]
    # Nothing is prepared by the group for hjälpmedel.
    assert "bgh" not in asked


def test_a_huvudman_is_asked_about_what_is_notable_with_itself_first() -> None:
    rows = sheet(ESKILSTUNA, "matt").rows
    assert [row.object for row in rows] == [("huvudman", ESKILSTUNA), ("mått", FALLS)]
    assert rows[1].shown[:5] == ("Eskilstuna: fallen är säkert fler än i riket.", 3100.5, 2025, 2900.0, 3000.0)
    assert sheet(FLEN, "matt").rows[1].shown[0] == "Flen: fallen är säkert färre än i riket."
    # What it has answered about before stays, also when it is not notable any more.
    before = stored(FLEN, ("mått", HEALTH, "vet"), "Förut.")
    assert sheet(FLEN, "matt", before).rows[2].answers == {"vet": "Förut."}
    assert sheet(ESKILSTUNA, "matt", before).rows[1].answers == {}


def test_what_only_sheds_light_on_a_matt_is_not_its_value_and_gets_no_target() -> None:
    known, falls = facts(), (FALLS, ESKILSTUNA)
    related = {**known.values, falls: known.values[falls]._replace(roll="indirekt")}
    issue = next(f for f in catalog().follow_ups if f.id == ISSUE)
    workbook = form(catalog(), replace(known, values=related), issue, respondents(catalog())[ESKILSTUNA])
    rows = {part.sheet.id: {row.object[1]: row.shown for row in part.rows} for part in workbook.sheets}
    assert rows["matt"][FALLS] == ("Eskilstuna: fallen är säkert fler än i riket.", *(None,) * 5)
    assert list(rows["malvarden"]) == [HEALTH]
    values = {row.object[1]: row.shown for row in workbook.values}
    assert values[FALLS][:3] == ("Fall", "antal", 3100.5)


def test_a_beredningsgrupp_is_asked_about_what_it_prepares_and_the_steering_group_about_everything() -> None:
    assert {row.object[1] for row in sheet(OLDER, "satsningar").rows} == {
        "depression-hos-aldre", "rutin-zoledronsyra", "rutin-storhelger", "delegering",
    }  # fmt: skip
    assert len(sheet(OLDER, "lansmatt").rows) == 5
    assert len(sheet(STEERING, "satsningar").rows) == 13
    shown = {row.object[1]: row.shown for row in sheet(STEERING, "lansmatt").rows}
    assert len(shown) == 26
    assert shown[FALLS] == ("Eskilstuna: fallen är säkert fler än i riket. Flen: fallen är säkert färre än i riket.",)
    assert shown[HEALTH] == (None,)
    assert len(sheet(STEERING, "malsattningar").rows) == 9


def test_the_cycle_that_is_under_way_is_asked_about_with_what_is_decided() -> None:
    rows = {row.object[1]: row for row in sheet(STEERING, "pdsa").rows}
    # Nobody has written a cycle: the first is asked about, and nothing is decided.
    assert set(rows) == {f"{i.id}.1" for i in catalog().activities.initiatives if i.kind == "satsning"}
    assert all(not row.decided for row in rows.values())
    first, *others = catalog().activities.initiatives
    written = (
        {"cykel": 1, "hypotes": "Ett", "agera": "anpassa"},
        {"cykel": 2, "hypotes": "Två", "planerad_titt": date(2026, 10, 1)},
    )
    cycles = tuple(Cycle.model_validate(cycle) for cycle in written)
    later = replace(
        catalog(),
        activities=catalog().activities.model_copy(
            update={
                "initiatives": (
                    first.model_copy(update={"kind": "satsning", "status": None, "cycles": cycles}),
                    *others,
                )
            }
        ),
    )
    parts = {part.sheet.id: part.rows for part in form_of(STEERING, catalog=later).sheets}
    (asked,) = [row for row in parts["pdsa"] if row.object[1].startswith(f"{first.id}.")]
    assert (asked.object, asked.decided) == (
        ("cykel", f"{first.id}.2"),
        {"hypotes": "Två", "planerad_titt": "2026-10-01"},
    )


def test_what_the_figures_said_on_the_day_is_shown_and_cannot_be_written_in(tmp_path: Path) -> None:
    cycle, seen = "depression-hos-aldre", "Planer, 2026-10-01: " + "; ".join(f"Kommun {n} {n}" for n in range(60))
    issue = next(f for f in catalog().follow_ups if f.id == ISSUE)
    known = replace(facts(), looks={f"{cycle}.1": seen, f"{cycle}.2": "En annan."})
    book = form(catalog(), known, issue, respondents(catalog())[STEERING])
    (rows,) = [{row.object[1]: row for row in part.rows} for part in book.sheets if part.sheet.id == "pdsa"]
    assert {key: row.shown[1] for key, row in rows.items()} == dict.fromkeys(rows) | {f"{cycle}.1": seen}
    # It is no answer of theirs.
    assert unanswered(book)["PDSA"] == len(rows)
    hand = Hand(write_workbook(book, tmp_path / "bok.xlsx"))
    cell = hand.cell("PDSA", f"{cycle}.1", "Siffrorna som de var den dagen")
    assert (cell.value, cell.protection.locked) == (seen, True)
    heights = hand.book["PDSA"].row_dimensions
    assert heights[cell.row].height > 200 > min(heights[row].height for row in range(5, 5 + len(rows)))


def test_criteria_are_asked_of_satsningar_only() -> None:
    rows = {row.object[1]: row.decided for row in sheet(OLDER, "satsningar").rows}
    assert "krit_plan" not in rows["depression-hos-aldre"]
    assert rows["delegering"]["krit_plan"] == "gäller inte"
    assert rows["rutin-zoledronsyra"]["ansvarig"] == "bga"


def test_the_targets_say_level_pace_and_how_many_have_kept_it() -> None:
    rows = {row.object[1]: row.shown for row in sheet(ESKILSTUNA, "malvarden").rows}
    # From 3100.5 in 2025 to 2035; of three kommuner one has fallen by 60 a year, two by 20.
    assert rows[FALLS] == (
        *("antal", 3100.5, 2025),
        *(2500.0, pytest.approx(-60.05), "1 av 3"),
        *(3000.0, pytest.approx(-10.05), "2 av 3"),
        *(2900.0, pytest.approx(-20.05), "2 av 3"),
        *(2900.5, pytest.approx(-20.0), "2 av 3"),
    )
    # A share does not go beyond a hundred: 68 + 10 · 4 is 100.
    assert rows[HEALTH][-3:] == (100.0, pytest.approx(3.2), "0 av 3")
    flen = {row.object[1]: row.shown for row in sheet(FLEN, "malvarden").rows}[FALLS]
    assert flen[3:6] == (2500.0, None, "redan nått")
    assert flen[6:9] == (None, None, "uppgift saknas")
    # The steering group sees the region's, and of one region that has kept it.
    region = sheet(STEERING, "malvarden").rows[0].shown
    assert (region[1], region[6], region[8]) == (2800.0, 2750.0, "1 av 1")


def test_no_sheet_has_two_columns_of_one_name() -> None:
    for declared in sheets(catalog()).values():
        names = [
            declared.object_heading,
            *(name for name, _ in declared.info),
            *(box.heading for box in declared.boxes),
        ]
        assert len(set(names)) == len(names), declared.id


def test_only_the_boxes_can_be_written_in_and_the_same_form_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (written(tmp_path / n, ESKILSTUNA, ()).read_bytes() for n in ("1", "2"))
    assert first == second
    book = openpyxl.load_workbook(written(tmp_path / "1", ESKILSTUNA))
    for page in book.worksheets:
        assert page.protection.sheet, page.title
    hand = Hand(written(tmp_path / "1", ESKILSTUNA))
    page = hand.book["Måtten"]
    free = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
    assert free == {f"{column}{row}" for column in "JKL" for row in (5, 6)}
    assert page.column_dimensions["A"].hidden
    assert "SYNTETISKA" not in page["C1"].value


def test_synthetic_figures_say_so_on_every_sheet(tmp_path: Path) -> None:
    form = replace(form_of(ESKILSTUNA), synthetic=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(write_workbook(form, tmp_path / "s.xlsx"))
    assert all(str(page["C1"].value).startswith("SYNTETISKA UPPGIFTER.") for page in book.worksheets)


def test_a_reminder_is_at_most_five_lines_and_the_earliest_meeting_comes_first() -> None:
    issue = next(f for f in catalog().follow_ups if f.id == ISSUE)
    texts = reminders(forms(catalog(), facts(), issue))
    assert len(texts) == 15
    assert all(len(text.splitlines()) <= 5 for text in texts)
    assert texts[0].splitlines()[:2] == ["Till: Vingåker", "Senast: 2026-11-16, före arbetsgruppens möte"]
    # No meeting of beredningsgrupper is planned: the next one counts.
    older = next(text for text in texts if "Beredningsgrupp äldre" in text)
    assert older.splitlines()[1:3] == [
        "Senast: 2026-11-20, före mötet i Länsstyrgruppen",
        "Det saknas svar inför Höst 2026 (rader utan svar): måtten 5, satsningar 4, PDSA 1.",
    ]
    assert texts[-1].startswith("Till: Länsstyrgruppen\n")


def test_who_has_answered_everything_is_not_reminded() -> None:
    form = form_of("bgd")
    answers = [
        stored("bgd", (*row.object, part.sheet.boxes[0].key), "pågår")
        for part in form.sheets
        if part.sheet.id != "start"
        for row in part.rows
    ]
    assert sum(unanswered(form).values()) == len(answers) > 2
    assert reminders([form_of("bgd", answers)]) == []


def test_what_is_answered_is_printed_to_be_pasted_and_what_differs_is_left_to_people() -> None:
    answers = [
        stored(STEERING, ("satsning", "egenmonitorering", "krit_plan"), "nej"),
        stored(STEERING, ("satsning", "egenmonitorering", "status"), "pågår"),
        stored(OLDER, ("satsning", "delegering", "status"), "avslutad"),
        stored(STEERING, ("satsning", "delegering", "status"), "pågår"),
        stored(STEERING, ("mått", FALLS, "vet"), 'Sagt: "mer" # än förr'),
        stored(STEERING, ("mått", FALLS, "agare"), "Beredningsgrupp äldre"),
        stored(ESKILSTUNA, ("mått", FALLS, "vet"), "Vårt eget."),
        stored(STEERING, ("cykel", "delegering.1", "planerad_titt"), "2027-03-01"),
        stored(STEERING, ("cykel", "delegering.1", "resultat"), "Från 40 till 55."),
        # Decided already.
        stored(STEERING, ("satsning", "unga-vuxna", "status"), "avslutad"),
    ]
    text = as_yaml(catalog(), answers)
    assert (
        "  - id: egenmonitorering\n    status: pågår  # Länsstyrgruppen 2026-11-10\n    kriterier:\n      plan: nej"
        in text
    )
    assert "    # status: avslutad (Beredningsgrupp äldre, 2026-11-10)\n    # status: pågår (Länsstyrgruppen" in text
    assert f'  - id: {FALLS}\n    agare: "Beredningsgrupp äldre"' in text
    assert (
        "  - cykel: 1  # satsning delegering\n    planerad_titt: 2027-03-01  # Länsstyrgruppen 2026-11-10\n"
        '    resultat: "Från 40' in text
    )
    assert 'vet: "Sagt: \\"mer\\" # än förr"' in text
    assert "Vårt eget" not in text
    assert "unga-vuxna" not in text
    (comment,) = yaml.safe_load(text[text.index("# aktiviteter.yaml, kommentarer") :])
    assert comment["forfattare"] == "Länsstyrgruppen"


def test_lines_to_paste_stand_in_the_order_of_what_they_are_about(tmp_path: Path) -> None:
    with duckdb.connect(str(build(tmp_path / "analys.duckdb"))) as connection:
        for text, initiative in (("pågår", "unga-aldre"), ("planerad", "delegering")):
            insert(
                connection, "svar", uppfoljning_id=ISSUE, svarande_id=STEERING, objekt="satsning", objekt_id=initiative,
                falt="status", svar=text, roll="Chef", datum=date(2026, 11, 1), lamnad=datetime(2026, 11, 1),
                observerad=datetime(2026, 11, 2), korning_id="k-2",
            )  # fmt: skip
    printed = malbild("svar", "yaml", "--data-dir", tmp_path)
    assert printed.code == 0, printed.err
    assert re.findall(r"- id: ([\w-]+)\n    status: (\S+)", printed.out) == [
        ("delegering", "planerad"), ("unga-aldre", "pågår"),
    ]  # fmt: skip


def test_facts_are_those_of_the_published_database(tmp_path: Path) -> None:
    database = build(tmp_path / "analys.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "UPDATE matt_nyckeltal SET visas_for = 'kommun' WHERE matt_id = 'brukare' AND roll = 'primär'"
        )
        connection.execute("UPDATE matvarde SET nyast = 1 WHERE ar = 2025 AND varde IS NOT NULL")
        for issue, text, night in (("2026-host", "Nu.", 2), ("2026-var", "Förut.", 3), ("2026-var", "Annat.", 3)):
            insert(
                connection, "svar", uppfoljning_id=issue, svarande_id=ESKILSTUNA, objekt="mått", objekt_id="brukare",
                falt="tror" if text == "Annat." else "vet", svar=text, roll="Chef", datum=date(2026, 11, 1),
                lamnad=datetime(2026, 11, 1), observerad=datetime(2026, 11, night), korning_id="k-2",
            )  # fmt: skip
        for day, area_id, refers, value, cause in (
            ("2026-06-01", FLEN, "2026-05", 1.0, None),
            ("2026-10-01", ESKILSTUNA, "2026-09", 55.25, "utanför gränserna"),
            ("2026-10-01", FLEN, "2025", 0.0, None),
            ("2026-10-01", "0461", None, None, None),
        ):
            insert(
                connection, "titt", satsning_id="hemgang", cykel=1, planerad_titt=day, nyckeltal_id="U11111",
                omrade_id=area_id, avser=refers, varde=value, sarskild_orsak=cause, observerad=f"{day} 23:00:00",
                korning_id="k-1",
            )  # fmt: skip
        read = read_facts(connection, "2026-host")
    assert read.known == datetime(2026, 11, 21, 23, 0)
    value = read.values["brukare", ESKILSTUNA]
    assert (value.nyckeltal_id, value.ar, value.varde) == ("U11111", 2025, pytest.approx(63.55))
    assert [year for year, _ in read.series["brukare", ESKILSTUNA]] == list(range(2019, 2026))
    assert read.series["brukare", FLEN][-1] == (2025, 0.0)
    assert {f.omrade_id for f in read.findings} == {"0484", "0480", "0486"}
    # Of this issue before one that was answered later of another.
    answers = {place[2]: row.svar for (_, place), row in read.answers.items()}
    assert answers == {"vet": "Nu.", "tror": "Annat."}
    assert read.looks == {
        "hemgang.1": "Delaktighet i hemtjänst, andel (%), 2026-10-02: Eskilstuna 55,3 (2026-09, utanför gränserna); "
        "Flen 0 (2025); Gnesta saknar värde."
    }
    assert not read.synthetic
    assert REGION not in {area for _, area in read.values}


def test_the_word_document_has_the_same_questions_and_says_where_the_answers_go(tmp_path: Path) -> None:
    answers = [stored(STEERING, ("satsning", "delegering", "status"), "pågår")]
    form = form_of(STEERING, answers)
    path = write_document(form, tmp_path / "a.docx")
    assert path.read_bytes() == write_document(form, tmp_path / "b.docx").read_bytes()
    with zipfile.ZipFile(path) as packed:
        tree = ElementTree.fromstring(packed.read("word/document.xml"))
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    texts = ["".join(p.itertext()) for p in tree.iter(f"{space}p")]
    assert "För samtal och läsning. Svaren lämnas i arbetsboken; det här dokumentet läses inte in." in texts
    for part in form.sheets:
        assert texts.count(part.sheet.title) == 1
        assert part.sheet.lead in ("", texts[texts.index(part.sheet.title) + 1])
        for row in part.rows:
            assert row.name in texts
    assert texts[texts.index("Delegering") + 3] == "Status pågår"
    assert "Tydligt uppdrag och beslut? (beslutat) gäller inte" in texts
