"""korrigeringar.yaml: what is read from it, and every way in which it can be wrong, with file, line and way out."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipelines.catalog.load import CORRECTION_FILE, load_catalog
from pipelines.catalog.model import Catalog, Correction
from pipelines.errors import CatalogError
from tests.catalog.test_load import HERE, MINIMAL
from tests.catalog.test_repository import EditorLoader
from tests.conftest import ROOT

SOUND = """\
version: 1
korrigeringar:
  - id: ostby-utelamnad
    nyckeltal: "U00001"
    omrade: "0461"
    ar: 2023
    kon: T
    atgard: utelamna
    vantat: {storre: 100}
    skal: Påhittat skäl.
    kalla: Påhittad källa.
    datum: 2026-11-22
  - id: ostby-ersatt
    nyckeltal: "U00001"
    omrade: "0461"
    ar: 2024
    kon: K
    atgard: ersatt
    varde: 12.3
    vantat: {lika: 123.0}
    skal: Påhittat skäl.
    kalla: Påhittad källa.
    datum: "2026-11-21"
  - id: riket-flaggad
    nyckeltal: "N00004"
    omrade: "0000"
    ar: 2024
    kon: T
    atgard: flagga
    vantat:
      saknas: ja
    skal: Påhittat skäl.
    kalla: Påhittad källa.
    datum: 2026-11-20
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(MINIMAL, tmp_path, dirs_exist_ok=True)
    (tmp_path / CORRECTION_FILE).write_text(SOUND)
    return tmp_path


def loaded(folder: Path, text: str) -> Catalog:
    (folder / CORRECTION_FILE).write_text(text)
    return load_catalog(folder)


def test_corrections_are_read_in_the_order_of_the_file(folder: Path) -> None:
    left_out, replaced, flagged = load_catalog(folder).corrections
    assert (left_out.id, left_out.kpi_id, left_out.area_id) == ("ostby-utelamnad", "U00001", "0461")
    assert (left_out.year, left_out.gender, left_out.action, left_out.value) == (2023, "T", "utelamna", None)
    assert left_out.expected.limits() == {"storre": 100.0}
    assert (replaced.action, replaced.value, replaced.expected.limits()) == ("ersatt", 12.3, {"lika": 123.0})
    assert (flagged.action, flagged.expected.limits(), flagged.expected.missing) == ("flagga", {}, "ja")
    assert (flagged.reason, flagged.source) == ("Påhittat skäl.", "Påhittad källa.")


def test_a_date_is_the_same_with_and_without_quotes(folder: Path) -> None:
    assert [c.decided for c in load_catalog(folder).corrections] == [date(2026, 11, day) for day in (22, 21, 20)]


def test_a_catalogue_without_the_file_corrects_nothing(folder: Path) -> None:
    (folder / CORRECTION_FILE).unlink()
    catalog = load_catalog(folder)
    assert catalog.corrections == ()
    assert CORRECTION_FILE not in {file.name for file in catalog.files}


def test_the_bytes_of_the_file_are_kept(folder: Path) -> None:
    files = {file.name: file.content for file in load_catalog(folder).files}
    assert files[CORRECTION_FILE] == SOUND.encode()


def test_two_limits_and_negative_numbers_are_fine(folder: Path) -> None:
    catalog = loaded(folder, SOUND.replace("{storre: 100}", "{storre: -12.5, mindre: 0}"))
    assert catalog.corrections[0].expected.limits() == {"storre": -12.5, "mindre": 0.0}


def test_a_correction_may_override_with_zero(folder: Path) -> None:
    assert loaded(folder, SOUND.replace("varde: 12.3", "varde: 0")).corrections[1].value == 0.0


def test_a_stored_correction_reads_back_the_same(folder: Path) -> None:
    for correction in load_catalog(folder).corrections:
        assert Correction.model_validate_json(correction.model_dump_json(by_alias=True)) == correction


# Name → (what stands in SOUND, what is written instead with HERE on the line to be named, words of the finding).
DEFECTS: dict[str, tuple[str, str, list[str]]] = {
    "undefined nyckeltal": (
        'nyckeltal: "N00004"',
        f'nyckeltal: "N00044" {HERE}',
        ["riket-flaggad, nyckeltal: N00044 is not defined", "did you mean N00004?", "indikatorer.yaml"],
    ),
    "malformed nyckeltal": (
        'nyckeltal: "N00004"',
        f'nyckeltal: "N4" {HERE}',
        ["riket-flaggad, nyckeltal", '"N4" is not a KPI id'],
    ),
    "malformed area id": (
        'omrade: "0000"',
        f'omrade: "484" {HERE}',
        ["riket-flaggad, omrade", '"484" is not an area id', "four digits"],
    ),
    "area id read as an octal number": ('omrade: "0000"', f"omrade: 0461 {HERE}", ["the number 305", 'write "0461"']),
    "malformed id": (
        "id: riket-flaggad",
        f"id: Riket_2024 {HERE}",
        ['"Riket_2024" is not an id of a–z, 0–9 and -'],
    ),
    "id twice": (
        "id: ostby-ersatt",
        f"id: ostby-utelamnad {HERE}",
        ["korrigering ostby-utelamnad is defined here and on line 3", "keep one"],
    ),
    "two corrections for one value": (
        '  - id: ostby-ersatt\n    nyckeltal: "U00001"\n    omrade: "0461"\n    ar: 2024\n    kon: K',
        f'  - id: ostby-ersatt {HERE}\n    nyckeltal: "U00001"\n    omrade: "0461"\n    ar: 2023\n    kon: T',
        ["ostby-ersatt: the value U00001, 0461, 2023, T is corrected here and on line 3", "keep one"],
    ),
    "year as text": ("    ar: 2023", f'    ar: "2023" {HERE}', ["ar: 2023 is not a whole number", "without quotes"]),
    "year with a leading zero": ("    ar: 2023", f"    ar: 02023 {HERE}", ["ar: 02023 is not a whole number"]),
    "year out of range": ("    ar: 2023", f"    ar: 23 {HERE}", ["ar: 23 is out of range", "at least 1900"]),
    "unknown kon": ("kon: K", f"kon: F {HERE}", ["ostby-ersatt, kon: F is not allowed", "write one of T, K, M"]),
    "misspelt atgard": ("atgard: flagga", f"atgard: flaga {HERE}", ["flaga is not allowed", "did you mean flagga?"]),
    "ersatt without varde": (
        '  - id: ostby-utelamnad\n    nyckeltal: "U00001"\n    omrade: "0461"\n    ar: 2023\n    kon: T\n'
        "    atgard: utelamna",
        f'  - id: ostby-utelamnad {HERE}\n    nyckeltal: "U00001"\n    omrade: "0461"\n    ar: 2023\n    kon: T\n'
        "    atgard: ersatt",
        ["ostby-utelamnad: atgard ersatt lacks varde", "add varde"],
    ),
    "varde with utelamna": (
        "    atgard: ersatt\n    varde: 12.3",
        f"    atgard: utelamna\n    varde: 12.3 {HERE}",
        ["ostby-ersatt: varde does not go with atgard utelamna", "remove the line"],
    ),
    "varde with flagga": (
        "    atgard: flagga",
        f"    atgard: flagga\n    varde: 0 {HERE}",
        ["varde does not go with atgard flagga"],
    ),
    "decimal comma": ("varde: 12.3", f"varde: 12,3 {HERE}", ["12,3 is not a number", "decimal point", "12.3"]),
    "number in quotes": ("varde: 12.3", f'varde: "12.3" {HERE}', ["12.3 is not a number", "without quotes"]),
    "octal number": ("varde: 12.3", f"varde: 012 {HERE}", ["varde: 012 is not a number"]),
    "sexagesimal number": ("varde: 12.3", f"varde: 1:30 {HERE}", ["varde: 1:30 is not a number"]),
    "number with an underscore": ("varde: 12.3", f"varde: 1_2.3 {HERE}", ["varde: 1_2.3 is not a number"]),
    "infinite number": ("varde: 12.3", f"varde: .inf {HERE}", ["varde: .inf is not a number"]),
    "number beyond all bounds": ("varde: 12.3", f"varde: 1{'0' * 400}.0 {HERE}", ["is not a number"]),
    "list for a number": ("varde: 12.3", f"varde: [12.3] {HERE}", ["varde: a list or mapping is not a number"]),
    "nothing expected": (
        "vantat: {storre: 100}",
        f"vantat: {{}} {HERE}",
        ["ostby-utelamnad, vantat: nothing is expected", "write lika, storre or mindre", "saknas: ja"],
    ),
    "vantat without a value": ("vantat: {storre: 100}", f"vantat: {HERE}", ["vantat has no value"]),
    "vantat missing": (
        '  - id: riket-flaggad\n    nyckeltal: "N00004"\n    omrade: "0000"\n    ar: 2024\n    kon: T\n'
        "    atgard: flagga\n    vantat:\n      saknas: ja\n",
        f'  - id: riket-flaggad {HERE}\n    nyckeltal: "N00004"\n    omrade: "0000"\n    ar: 2024\n    kon: T\n'
        "    atgard: flagga\n",
        ["riket-flaggad: the key vantat is missing", "add vantat"],
    ),
    "number where vantat has keys": (
        "vantat: {storre: 100}",
        f"vantat: 123 {HERE}",
        ["ostby-utelamnad, vantat: expected keys with values"],
    ),
    "missing and a number": (
        "vantat: {storre: 100}",
        f"vantat: {{saknas: ja, storre: 100}} {HERE}",
        ["a missing value is never storre: 100.0", "keep saknas: ja or the others"],
    ),
    "limits that exclude each other": (
        "vantat: {storre: 100}",
        f"vantat: {{storre: 100, mindre: 5}} {HERE}",
        ["no value is storre: 100.0 and mindre: 5.0", "correct the numbers"],
    ),
    "limits with nothing between": (
        "vantat: {storre: 100}",
        f"vantat: {{storre: 5, mindre: 5}} {HERE}",
        ["no value is storre: 5.0 and mindre: 5.0"],
    ),
    "exact value outside the lower limit": (
        "vantat: {storre: 100}",
        f"vantat: {{lika: 100, storre: 100}} {HERE}",
        ["no value is lika: 100.0 and storre: 100.0"],
    ),
    "exact value outside the upper limit": (
        "vantat: {storre: 100}",
        f"vantat: {{lika: 100, mindre: 100}} {HERE}",
        ["no value is lika: 100.0 and mindre: 100.0"],
    ),
    "all three limits": (
        "vantat: {storre: 100}",
        f"vantat: {{lika: 5, storre: 1, mindre: 9}} {HERE}",
        ["lika, storre and mindre are too many", "keep lika, or storre and mindre"],
    ),
    "saknas nej": ("      saknas: ja", f"      saknas: nej {HERE}", ["saknas: nej is not allowed", "write one of ja"]),
    "misspelt limit": (
        "vantat: {storre: 100}",
        f"vantat: {{store: 100}} {HERE}",
        ["vantat, store: unknown key", "did you mean storre?"],
    ),
    "misspelt key": (
        "    skal: Påhittat skäl.\n    kalla: Påhittad källa.\n    datum: 2026-11-20",
        f"    skäl: Påhittat skäl. {HERE}\n    kalla: Påhittad källa.\n    datum: 2026-11-20",
        ["riket-flaggad, skäl: unknown key", "did you mean skal?"],
    ),
    "empty reason": (
        "    skal: Påhittat skäl.\n    kalla: Påhittad källa.\n    datum: 2026-11-20",
        f'    skal: " " {HERE}\n    kalla: Påhittad källa.\n    datum: 2026-11-20',
        ["riket-flaggad, skal", "is not text"],
    ),
    "reason that is a number": (
        "    skal: Påhittat skäl.\n    kalla: Påhittad källa.\n    datum: 2026-11-20",
        f"    skal: 12.5 {HERE}\n    kalla: Påhittad källa.\n    datum: 2026-11-20",
        ["12.5 without quotes is read as the number 12.5, not as text"],
    ),
    "day that does not exist": (
        "datum: 2026-11-22",
        f"datum: 2026-02-30 {HERE}",
        ["datum: 2026-02-30 is not a date", "2026-11-22"],
    ),
    "date in another form": ('datum: "2026-11-21"', f'datum: "21/11 2026" {HERE}', ["21/11 2026 is not a date"]),
    "date without hyphens": ('datum: "2026-11-21"', f'datum: "20261121" {HERE}', ["20261121 is not a date"]),
    "date with a time": ("datum: 2026-11-22", f"datum: 2026-11-22 04:15:00 {HERE}", ["is not a date"]),
    "unknown version": ("version: 1", f"version: 2 {HERE}", ["version: 2 is not allowed"]),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_refused_with_file_line_and_fix(name: str, folder: Path) -> None:
    before, after, says = DEFECTS[name]
    assert before in SOUND
    text = SOUND.replace(before, after, 1)
    (line,) = (number for number, content in enumerate(text.split("\n"), start=1) if HERE in content)
    with pytest.raises(CatalogError) as caught:
        loaded(folder, text)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(folder / CORRECTION_FILE), line), str(problem)
    assert all(words in str(problem) for words in says), str(problem)
    assert not any(word in str(problem).lower() for word in ("pydantic", "input", "validation")), str(problem)


@pytest.mark.parametrize("content", ["", "# bara en kommentar\n"])
def test_an_empty_file_is_refused_and_not_taken_for_an_absent_one(folder: Path, content: str) -> None:
    with pytest.raises(CatalogError, match=CORRECTION_FILE):
        loaded(folder, content)


def test_problems_of_all_three_files_are_told_at_once(folder: Path) -> None:
    for name, before, after in [
        ("indikatorer.yaml", "    niva: L", "    niva: region"),
        ("kommuner.yaml", 'lansgrupp: "G1"', "lansgrupp: länet"),
        (CORRECTION_FILE, "kon: K", "kon: F"),
    ]:
        path = folder / name
        path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    told = [Path(problem.file).name for problem in caught.value.problems]
    assert told == ["indikatorer.yaml", "kommuner.yaml", CORRECTION_FILE]


def test_the_example_in_the_repositorys_file_works_when_it_is_uncommented(tmp_path: Path) -> None:
    shutil.copy(ROOT / "indikatorer.yaml", tmp_path)
    shutil.copy(ROOT / "kommuner.yaml", tmp_path)
    text = (ROOT / CORRECTION_FILE).read_text(encoding="utf-8")
    example = text[text.index("# korrigeringar:\n") : text.index("\nversion: 1")]
    uncommented = "\n".join(line.removeprefix("# ") for line in example.splitlines())
    (correction,) = loaded(tmp_path, f"version: 1\n{uncommented}\n").corrections
    assert (correction.action, correction.value, correction.expected.limits()) == ("ersatt", 12.3, {"lika": 123.0})


def places_refused_by_the_schema(text: str) -> set[tuple[str | int, ...]]:
    schema = json.loads((ROOT / "docs/schema/korrigeringar.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    return {tuple(error.absolute_path) for error in validator.iter_errors(yaml.load(text, EditorLoader))}


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
    assert places_refused_by_the_schema(SOUND) == set()
    assert places_refused_by_the_schema(SOUND.replace(before, after)) == {place}
