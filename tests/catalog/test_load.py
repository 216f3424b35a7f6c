"""What is read from the YAML files, and files that cannot be read at all. Single defects are in test_defects."""

from __future__ import annotations

import json
import shutil
import unicodedata
from datetime import date, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipelines.catalog.load import ACTIVITY_FILE, CORRECTION_FILE, FOLLOW_UP_FILE, load_catalog
from pipelines.catalog.model import Correction
from pipelines.catalog.workdays import easter, is_working_day, working_days_between
from pipelines.errors import CatalogError, Problem
from tests.conftest import ROOT

MINIMAL, FULL = (ROOT / "tests" / "data" / name for name in ("catalog-minimal", "catalog-full"))
INDICATORS, KOMMUNER = "indikatorer.yaml", "kommuner.yaml"
OPTIONAL = (CORRECTION_FILE, FOLLOW_UP_FILE, ACTIVITY_FILE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two files that there must be, in their smallest form, and one each of the others."""
    shutil.copytree(MINIMAL, tmp_path, dirs_exist_ok=True)
    shutil.copytree(FULL, tmp_path, dirs_exist_ok=True)
    return tmp_path


def replace(folder: Path, name: str, before: str, after: str) -> None:
    text = (folder / name).read_text()
    assert before in text
    (folder / name).write_text(text.replace(before, after, 1))


def refusals(folder: Path) -> list[Problem]:
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    return caught.value.problems


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_bytes_of_each_file_belong_to_the_catalogue(folder: Path) -> None:
    files = {file.name: file.content for file in load_catalog(folder).files}
    assert files == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(files) == 5


def test_without_the_optional_files_nothing_is_corrected_planned_or_decided() -> None:
    catalog = load_catalog(MINIMAL)
    assert list(catalog.kpis) == ["N00003", "N00004", "U00001", "U00002", "U00005", "U00006"]
    assert [principal.id for principal in catalog.geography.kommuner] == ["0461", "0484"]
    assert (catalog.corrections, catalog.follow_ups, catalog.activities.initiatives) == ((), (), ())
    assert {file.name for file in catalog.files} == {INDICATORS, KOMMUNER}


@pytest.mark.parametrize("name", [INDICATORS, KOMMUNER])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    problem = refusals(folder)[0]
    assert str(problem).startswith(f"{folder / name}:1: the file does not exist")
    assert "MALBILD_KATALOG" in problem.fix


def test_a_missing_folder_names_both_files(tmp_path: Path) -> None:
    assert [Path(problem.file).name for problem in refusals(tmp_path / "nowhere")] == [INDICATORS, KOMMUNER]


@pytest.mark.parametrize("name", [KOMMUNER, *OPTIONAL])
@pytest.mark.parametrize("content", [b"", b"\n  \n", b"# only a comment\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused_and_not_taken_for_an_absent_one(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    problem = next(problem for problem in refusals(folder) if problem.file == str(folder / name))
    assert "empty" in problem.what or "only comments" in problem.what


def test_a_file_saved_in_another_encoding_names_the_line(folder: Path) -> None:
    path = folder / INDICATORS
    text = path.read_text()
    path.write_bytes(text.encode("latin-1", errors="replace"))
    problem = refusals(folder)[0]
    assert problem.line == next(n for n, line in enumerate(text.split("\n"), start=1) if not line.isascii())
    assert "save the file as UTF-8" in problem.fix


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    (folder / INDICATORS).write_bytes(b"\xef\xbb\xbf" + (folder / INDICATORS).read_bytes())
    assert len(load_catalog(folder).kpis) == 6


def test_a_file_that_a_mac_has_written_says_the_same(folder: Path) -> None:
    """Also where only certain words are allowed: huvudman: båda."""
    before = load_catalog(folder)
    for path in folder.glob("*.yaml"):
        path.write_text(unicodedata.normalize("NFD", path.read_text()))
    assert load_catalog(folder).measures == before.measures
    assert load_catalog(folder).geography == before.geography


def test_nested_aliases_are_refused_before_they_are_unfolded(folder: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    (folder / KOMMUNER).write_text("\n".join(["a0: &a0 [x]", *levels]))
    assert {p.fix for p in refusals(folder) if p.file == str(folder / KOMMUNER)} == {"write the value out"}


def test_a_kommun_id_without_quotes_that_yaml_reads_as_text_is_fine(folder: Path) -> None:
    replace(folder, KOMMUNER, '  - id: "0484"', "  - id: 0484")
    assert [kommun.id for kommun in load_catalog(folder).geography.kommuner] == ["0461", "0484"]


def test_the_problems_of_all_files_come_at_once(folder: Path) -> None:
    for name, before, after in (
        (INDICATORS, "    niva: L", "    niva: region"),
        (INDICATORS, '    eftertradare: "U00002"', '    eftertradare: "U99999"'),
        (INDICATORS, "          - vardtillfallen\n", ""),
        (KOMMUNER, 'lansgrupp: "G1"', "lansgrupp: länet"),
        (KOMMUNER, '["0484"]', '["0484", "0485"]'),
        (CORRECTION_FILE, "kon: K", "kon: F"),
    ):
        replace(folder, name, before, after)
    assert [(Path(problem.file).name, problem.line) for problem in refusals(folder)] == [
        *((INDICATORS, line) for line in (34, 61, 76)),
        *((KOMMUNER, line) for line in (6, 27)),
        (CORRECTION_FILE, 17),
    ]


# --- corrections ------------------------------------------------------------------------------------------------------


def test_corrections_are_read_in_the_order_of_the_file(folder: Path) -> None:
    left_out, replaced, flagged = load_catalog(folder).corrections
    assert (left_out.id, left_out.kpi_id, left_out.area_id) == ("ostby-utelamnad", "U00001", "0461")
    assert (left_out.year, left_out.gender, left_out.action, left_out.value) == (2023, "T", "utelamna", None)
    assert left_out.expected.limits() == {"storre": 100.0}
    assert (replaced.action, replaced.value, replaced.expected.limits()) == ("ersatt", 12.3, {"lika": 123.0})
    assert (flagged.action, flagged.expected.limits(), flagged.expected.missing) == ("flagga", {}, "ja")
    assert (flagged.reason, flagged.source) == ("Påhittat skäl.", "Påhittad källa.")
    # A day is the same with and without quotes.
    assert [c.decided for c in (left_out, replaced, flagged)] == [date(2026, 11, day) for day in (22, 21, 20)]
    for correction in (left_out, replaced, flagged):
        assert Correction.model_validate_json(correction.model_dump_json(by_alias=True)) == correction


def test_two_limits_negative_numbers_and_a_zero_are_fine(folder: Path) -> None:
    replace(folder, CORRECTION_FILE, "{storre: 100}", "{storre: -12.5, mindre: 0}")
    replace(folder, CORRECTION_FILE, "varde: 12.3", "varde: 0")
    left_out, replaced, _ = load_catalog(folder).corrections
    assert left_out.expected.limits() == {"storre": -12.5, "mindre": 0.0}
    assert replaced.value == 0.0


def test_the_example_in_the_repositorys_file_works_when_it_is_uncommented(tmp_path: Path) -> None:
    for name in (INDICATORS, KOMMUNER):
        shutil.copy(ROOT / name, tmp_path)
    text = (ROOT / CORRECTION_FILE).read_text(encoding="utf-8")
    example = text[text.index("# korrigeringar:\n") : text.index("\nversion: 1")]
    lines = [line.removeprefix("# ") for line in example.splitlines()]
    (tmp_path / CORRECTION_FILE).write_text("\n".join(["version: 1", *lines, ""]))
    (correction,) = load_catalog(tmp_path).corrections
    assert (correction.action, correction.value, correction.expected.limits()) == ("ersatt", 12.3, {"lika": 123.0})


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: a day is text there."""

    yaml_implicit_resolvers = {  # noqa: RUF012 – an attribute of the loader's own base class
        sign: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("varde: 12.3", "", ("korrigeringar", 1)),
        ("atgard: ersatt", "atgard: flagga", ("korrigeringar", 1)),
        ("{storre: 100}", "{}", ("korrigeringar", 0, "vantat")),
        ("{storre: 100}", "{lika: 5, storre: 1, mindre: 9}", ("korrigeringar", 0, "vantat")),
        ("kon: K", "kon: F", ("korrigeringar", 1, "kon")),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(before: str, after: str, place: tuple[str | int, ...]) -> None:
    schema = json.loads((ROOT / "docs/schema/korrigeringar.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)

    def refused(text: str) -> set[tuple[str | int, ...]]:
        return {tuple(error.absolute_path) for error in validator.iter_errors(yaml.load(text, EditorLoader))}

    sound = (FULL / CORRECTION_FILE).read_text()
    assert refused(sound) == set()
    assert refused(sound.replace(before, after)) == {place}


# --- follow-ups -------------------------------------------------------------------------------------------------------


def test_what_is_known_of_an_issue_is_read(folder: Path) -> None:
    spring, autumn = load_catalog(folder).follow_ups
    assert (spring.as_of, autumn.as_of) == (datetime(2026, 4, 10, 4, 30), None), "in UTC, and a draft has none"
    assert [(meeting.body, str(meeting.day)) for meeting in spring.chain] == [
        ("arbetsgrupp", "2026-04-20"),
        ("Länsstyrgruppen", "2026-04-28"),
        ("NSV", "2026-05-22"),
    ]
    assert (spring.version, spring.proposals) == (2, ("Nämnden tar del av uppföljningen.",))
    assert spring.approved[0].sentences == ("En mening.",)


def test_freezing_less_than_ten_working_days_before_sending_is_a_warning(folder: Path) -> None:
    # 1 May is a holiday: nine working days lie between 24 April and 8 May 2026.
    text = (folder / FOLLOW_UP_FILE).read_text()
    draft = text.partition("    faststalld")[0].replace("fastställd", "fryst")
    (folder / FOLLOW_UP_FILE).write_text(draft)
    assert load_catalog(folder).warnings == ()
    replace(folder, FOLLOW_UP_FILE, "2026-04-10T", "2026-04-23T")
    assert load_catalog(folder).warnings == (), "ten are enough"
    replace(folder, FOLLOW_UP_FILE, "2026-04-23T", "2026-04-24T")
    (warning,) = load_catalog(folder).warnings
    assert (Path(warning.file).name, warning.line) == (FOLLOW_UP_FILE, 7)
    assert "9 working days lie between as_of and utskick 2026-05-08, at least 10 are meant to" in str(warning)


def test_easter_and_swedish_holidays_are_no_working_days() -> None:
    assert [str(easter(year)) for year in range(2024, 2028)] == [
        *("2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28")
    ]
    closed = ("2026-01-06", "2026-04-03", "2026-04-06", "2026-05-14", "2026-06-19", "2026-12-24", "2026-12-31")
    assert [day for day in closed if is_working_day(date.fromisoformat(day))] == []
    assert is_working_day(date(2026, 12, 23))
    assert working_days_between(date(2026, 12, 23), date(2027, 1, 7)) == 6
