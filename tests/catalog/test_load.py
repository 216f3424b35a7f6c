"""Every way in which the YAML files can be wrong is told with file, line and the way out."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.catalog.load import load_catalog
from pipelines.errors import CatalogError, Problem

MINIMAL = Path(__file__).parents[1] / "data" / "catalog-minimal"
INDICATORS = "indikatorer.yaml"
KOMMUNER = "kommuner.yaml"
# Stands as a comment on the line that the finding must name.
HERE = "#HERE"
# Where a key of the first KPI can be added.
KPI = "    kalla: Registret"
GOAL = "ar: 2035\n      beslut: beslutad\n      kalla: Påhittat beslut"


@dataclass
class Case:
    """One defect: what is changed in which file, how many findings it makes, and words that the marked one holds."""

    name: str
    file: str
    edits: list[tuple[str, str]]
    says: list[str]
    findings: int = field(default=1, kw_only=True)


_LAST = 'äldreomsorg: "G8"\n      socioekonomi: "G9"\n'


def _publisher(key: str, given: str | None) -> str:
    """A publisher whose `key` is given wrongly, or is not given."""
    right = {
        "namn": "Provregionen",
        "uri": "https://prov.example/id",
        "typ": "region",
        "kontakt": "Funktionen",
        "epost": "funktion@prov.example",
        "adress": "https://prov.example/data/",
        "licens": "https://prov.example/licens",
    }
    lines = {**right, key: given if given is None else f"{given}  {HERE}"}
    return "utgivare:\n" + "".join(f"  {name}: {value}\n" for name, value in lines.items() if value is not None)


def local_lines(*lines: str, unit: str = "antal", level: str = "L", least: str = "5") -> list[str]:
    """What stands under lokalt."""
    return [
        "raknas: Allt.",
        f"enhet: {unit}",
        "riktning: ingen",
        "riktning_beslut: föreslagen",
        f"niva: {level}",
        "konsuppdelat: nej",
        "kalla: Regionen",
        f"minsta_antal: {least}",
        *lines,
    ]


CASES = [
    # Ids that are not text.
    Case(
        "kommun id read as an octal number",
        KOMMUNER,
        [('  - id: "0461"\n', f"  - id: 0461  {HERE}\n")],
        ["0461", "the number 305", 'write "0461"'],
    ),
    Case(
        "kommun id read as a number in a länsdel",
        KOMMUNER,
        [('      - "0461"\n', f"      - 0461  {HERE}\n")],
        ["norra", "the number 305", 'write "0461"'],
    ),
    Case(
        "group id is a number",
        KOMMUNER,
        [('lansgrupp: "G1"', f"lansgrupp: 33614 {HERE}")],
        ["lansgrupp", "the number 33614", 'write "33614"'],
    ),
    # Mått that are handed in.
    *(
        Case(
            f"lokalt: {name}",
            INDICATORS,
            [
                (
                    "    tackning: delvis\n",
                    f"    tackning: delvis\n    lokalt:{'' if HERE in str(lines) else f' {HERE}'}\n"
                    + "".join(f"      {line}\n" for line in lines),
                )
            ],
            says,
        )
        for name, lines, says in (
            ("tal per lacks per", local_lines("form: tal per"), ["per", "100000"]),
            ("per with another form", local_lines("form: antal", f"per: 1000  {HERE}"), ["does not go with", "antal"]),
            ("a share in another unit", local_lines("form: andel", unit=f"antal  {HERE}"), ["andel", 'enhet: "%"']),
            ("an index has no counts", local_lines("form: index", least=f"5  {HERE}"), ["minsta_antal", "index"]),
            ("another level than the huvudman", local_lines("form: antal", level=f"K  {HERE}"), ["niva K", "region"]),
            ("an unknown form", local_lines(f"form: tal  {HERE}"), ["form", "tal per"]),
        )
    ),
    # Ids of the wrong form.
    Case(
        "malformed KPI id",
        INDICATORS,
        [('  - id: "U00006"', f'  - id: "U006"  {HERE}')],
        ['"U006" is not a KPI id', "N or U and five digits"],
    ),
    Case(
        "malformed KPI id in a reference",
        INDICATORS,
        [('osakerhet: "N00003"', f'osakerhet: "n00003" {HERE}')],
        ["U00001, osakerhet", '"n00003" is not a KPI id', 'e.g. "U21463"'],
    ),
    Case(
        "malformed area id",
        KOMMUNER,
        [('  id: "0004"', f'  id: "004" {HERE}')],
        ["region, id", '"004" is not an area id', 'e.g. "0484"'],
    ),
    Case(
        "malformed group id",
        KOMMUNER,
        [('      socioekonomi: "G9"', f'      socioekonomi: "9" {HERE}')],
        ["0484", '"9" is not a group id', 'e.g. "G33614"'],
    ),
    Case(
        "indikator id that Dagster cannot take",
        INDICATORS,
        [("      - id: rehabiliterande", f"      - id: hälsofrämjande {HERE}")],
        ["hälsofrämjande", "a–z, 0–9 and _"],
    ),
    Case(
        "mått id with capitals",
        INDICATORS,
        [("  - id: vardtillfallen", f"  - id: Vardtillfallen {HERE}")],
        ['"Vardtillfallen" is not an id of a–z, 0–9 and -', "without å, ä, ö and capitals"],
    ),
    Case(
        "indikator id of the asset for the rest",
        INDICATORS,
        [("      - id: rehabiliterande", f"      - id: ovriga {HERE}")],
        ["ovriga is kept", "choose another id"],
    ),
    # Keys.
    Case(
        "misspelt key",
        INDICATORS,
        [("    riktning: högre\n    riktning_beslut", f"    riktnng: högre {HERE}\n    riktning_beslut")],
        ["U00001, riktnng: unknown key", "did you mean riktning?"],
    ),
    Case(
        "key that nothing resembles",
        KOMMUNER,
        [("jamfor_med: alla", f"jamfor_med: alla\nxyz: 1 {HERE}")],
        ["xyz: unknown key", "the keys are version, lan, riket"],
    ),
    Case(
        "missing key",
        INDICATORS,
        [('  - id: "U00005"', f'  - id: "U00005" {HERE}'), ("    enhet: antal svarande\n", "")],
        ["nyckeltal U00005: the key enhet is missing", "add enhet"],
    ),
    Case(
        "key twice in one entry",
        INDICATORS,
        [("    niva: L\n", f"    niva: L\n    niva: K {HERE}\n")],
        ["the key niva stands here and on line 62", "keep one"],
    ),
    Case(
        "key without a value",
        INDICATORS,
        [("    enhet: antal svarande", f"    enhet: {HERE}")],
        ["enhet has no value", "give it one, or remove the line"],
    ),
    Case(
        "optional key without a value",
        INDICATORS,
        [("    upphort_ar: 2024", f"    upphort_ar: {HERE}")],
        ["upphort_ar has no value", "remove the line"],
    ),
    Case(
        "key that is a truth value",
        KOMMUNER,
        [('      socioekonomi: "G9"', f'      socioekonomi: "G9"\n      yes: "G9" {HERE}')],
        ["the key yes is not text"],
    ),
    # Values outside their vocabulary or of the wrong kind.
    Case(
        "misspelt word",
        INDICATORS,
        [("    tackning: delvis", f"    tackning: Kolda {HERE}")],
        ["vardtillfallen, tackning: Kolda is not allowed", "did you mean kolada?", "brott", "utanför kolada", "saknas"],
    ),
    Case(
        "word that nothing resembles",
        INDICATORS,
        [("    niva: L", f"    niva: region {HERE}")],
        ["N00004, niva: region is not allowed", "write one of K, L, A"],
    ),
    Case(
        "comparison universe outside its vocabulary",
        KOMMUNER,
        [("jamfor_med: alla", f"jamfor_med: länet {HERE}")],
        ["jamfor_med: länet", "alla, malbilden"],
    ),
    Case(
        "yes for ja",
        INDICATORS,
        [("    konsuppdelat: ja", f"    konsuppdelat: yes {HERE}")],
        ["konsuppdelat: yes is neither ja nor nej", "write ja"],
    ),
    Case(
        "false for nej",
        KOMMUNER,
        [("    bekraftad: nej", f"    bekraftad: false {HERE}")],
        ["bekraftad: false is neither ja nor nej", "write nej"],
    ),
    Case(
        "Ja with a capital",
        INDICATORS,
        [("    konsuppdelat: ja", f"    konsuppdelat: Ja {HERE}")],
        ["Ja is neither ja nor nej", "write ja"],
    ),
    Case(
        "a word that is neither",
        KOMMUNER,
        [("    bekraftad: nej", f"    bekraftad: kanske {HERE}")],
        ["kanske is neither ja nor nej", "write ja or nej"],
    ),
    Case(
        "text that is a date",
        INDICATORS,
        [("    kalla: Registret", f"    kalla: 2024-01-01 {HERE}")],
        ["N00004, kalla", "read as a date", 'write "2024-01-01"'],
    ),
    Case(
        "empty text",
        INDICATORS,
        [("    kalla: Registret", f'    kalla: " " {HERE}')],
        ["N00004, kalla", "is not text"],
    ),
    Case(
        "list where one text belongs",
        INDICATORS,
        [("    kalla: Registret", f"    kalla: [Registret] {HERE}")],
        ["N00004, kalla: expected text, found a list"],
    ),
    Case(
        "one text where a list belongs",
        INDICATORS,
        [('    titlar:\n      - "Svarande, antal"', f"    titlar: Svarande {HERE}")],
        ["U00005, titlar: expected a list", "begin with a hyphen"],
    ),
    Case(
        "no title",
        INDICATORS,
        [('    titlar:\n      - "Svarande, antal"', f"    titlar: [] {HERE}")],
        ["U00005, titlar: the list is empty"],
    ),
    Case(
        "text where keys belong",
        INDICATORS,
        [("    jamforelsegrupp:\n      region: hälso- och sjukvård", f"    jamforelsegrupp: socioekonomi {HERE}")],
        ["N00004, jamforelsegrupp: expected keys with values"],
    ),
    Case(
        "year as text",
        INDICATORS,
        [("upphort_ar: 2024", f'upphort_ar: "2024" {HERE}')],
        ["upphort_ar: 2024 is not a whole number", "without quotes"],
    ),
    Case(
        "year out of range",
        INDICATORS,
        [("upphort_ar: 2024", f"upphort_ar: 24 {HERE}")],
        ["upphort_ar: 24 is out of range", "at least 1990"],
    ),
    Case(
        "unknown version of the format",
        KOMMUNER,
        [("version: 1", f"version: 2 {HERE}")],
        ["version: 2 is not allowed"],
    ),
    # YAML itself.
    Case(
        "anchor",
        INDICATORS,
        [("    kalla: Registret", f"    kalla: &k Registret {HERE}")],
        ["&k: anchors and aliases are not used", "write the value out"],
    ),
    Case(
        "alias",
        INDICATORS,
        [("    kalla: Registret", "    kalla: &k Registret"), ("    enhet: andel av alla", f"    enhet: *k {HERE}")],
        ["*k: anchors and aliases are not used", "write the value out"],
        findings=2,
    ),
    Case(
        "leading percent sign without quotes",
        INDICATORS,
        [("    enhet: antal svarande", f"    enhet: % {HERE}")],
        ["not readable as YAML", "in quotes"],
    ),
    Case(
        "tab for indentation",
        KOMMUNER,
        [("  namn: Riket", f"\tnamn: Riket {HERE}")],
        ["not readable as YAML", "indent with spaces"],
    ),
    Case(
        "tag of a Python object",
        INDICATORS,
        [("    kalla: Registret", f"    kalla: !!python/name:os.system Registret {HERE}")],
        ["kalla", "not as text"],
    ),
    Case(
        "control character",
        INDICATORS,
        [("    kalla: Registret", f"    kalla: Regis\x07tret {HERE}")],
        ["control character", "remove it"],
    ),
    # Rules between entries.
    Case(
        "nyckeltal defined twice",
        INDICATORS,
        [('  - id: "U00006"', f'  - id: "N00003" {HERE}')],
        ["nyckeltal N00003 is defined here and on line 46", "keep one"],
    ),
    Case(
        "mått defined twice",
        INDICATORS,
        [("  - id: vardtillfallen", f"  - id: upplevd-kontinuitet {HERE}"), ("          - vardtillfallen\n", "")],
        ["mått upplevd-kontinuitet is defined here and on line 21", "keep one"],
    ),
    Case(
        "indikator defined twice",
        INDICATORS,
        [("      - id: rehabiliterande", f"      - id: kontinuitet {HERE}")],
        ["indikator kontinuitet is defined here and on line 9"],
    ),
    Case(
        "kommun defined twice",
        KOMMUNER,
        [('  - id: "0484"', f'  - id: "0461" {HERE}'), ('["0484"]', "[]")],
        ["område 0461 is defined here and on line 30"],
    ),
    Case(
        "mått without an indikator",
        INDICATORS,
        [("          - vardtillfallen\n", ""), ("  - id: vardtillfallen", f"  - id: vardtillfallen {HERE}")],
        ["mått vardtillfallen belongs to no indikator", "name it under matt"],
    ),
    Case(
        "indikator names an unknown mått",
        INDICATORS,
        [("          - vardtillfallen\n", f"          - vardtillfallen\n          - vardtillfalle {HERE}\n")],
        ["indikatorer kontinuitet, matt no 3: vardtillfalle is not defined", "did you mean vardtillfallen?"],
    ),
    Case(
        "indikator names a mått twice",
        INDICATORS,
        [("          - vardtillfallen\n", f"          - vardtillfallen\n          - vardtillfallen {HERE}\n")],
        ["indikator kontinuitet names the mått vardtillfallen twice", "remove this line"],
    ),
    Case(
        "indikator without mått does not say what is lacking",
        INDICATORS,
        [("      - id: rehabiliterande", f"      - id: rehabiliterande {HERE}"), ("        lucka: Ej klart.\n", "")],
        ["rehabiliterande has neither mått nor lucka", "add lucka"],
    ),
    Case(
        "mått names an undefined nyckeltal",
        INDICATORS,
        [('      - id: "N00004"', f'      - id: "N00044" {HERE}')],
        ["matt vardtillfallen, nyckeltal N00044, id: N00044 is not defined", "did you mean N00004?"],
    ),
    Case(
        "mått names a nyckeltal twice",
        INDICATORS,
        [('      - id: "U00002"', f'      - id: "U00001" {HERE}')],
        ["mått upplevd-kontinuitet names U00001 here and on line 28", "keep one"],
    ),
    Case(
        "successor that does not exist",
        INDICATORS,
        [('    eftertradare: "U00002"', f'    eftertradare: "U00022" {HERE}')],
        ["U00001, eftertradare: U00022 is not defined", "did you mean U00002?"],
    ),
    Case(
        "osäkerhetstal that does not exist",
        INDICATORS,
        [('    osakerhet: "N00003"', f'    osakerhet: "N98765" {HERE}')],
        ["U00001, osakerhet: N98765 is not defined", "define it under nyckeltal"],
    ),
    Case(
        "quality KPI that does not exist",
        INDICATORS,
        [('      - "U00005"', f'      - "U98765" {HERE}')],
        ["U00001, kvalitet", "U98765 is not defined"],
    ),
    Case(
        "osäkerhetstal is the KPI itself",
        INDICATORS,
        [('    osakerhet: "N00003"', f'    osakerhet: "U00001" {HERE}')],
        ["U00001 is the nyckeltal itself"],
    ),
    Case(
        "kommun KPI is the primär of a region's mått",
        INDICATORS,
        [('"N00004"\n        roll: primär', f'"U00001"\n        roll: primär {HERE}')],
        ["primär U00001 is of niva K, but mått vardtillfallen is of region", "huvudman: båda"],
    ),
    Case(
        "region KPI is the efterträdare of a kommun's mått",
        INDICATORS,
        [('"U00002"\n        roll: efterträdare', f'"N00004"\n        roll: efterträdare {HERE}')],
        ["efterträdare N00004 is of niva L, but mått upplevd-kontinuitet is of kommun"],
    ),
    Case(
        "comparison of a kommun KPI with regions",
        INDICATORS,
        [("    kalla: Äldreenkäten", f"      region: socioekonomi {HERE}\n    kalla: Äldreenkäten")],
        ["U00001, jamforelsegrupp: region does not fit niva K", "remove the line"],
    ),
    Case(
        "comparison lacks one of the sides",
        INDICATORS,
        [("    jamforelsegrupp:\n      kommun: socioekonomi\n", f"    jamforelsegrupp: {HERE}\n")],
        ["U00006, jamforelsegrupp: the key kommun is missing for niva A", "add kommun"],
    ),
    Case(
        "comparison subject that no kommun has",
        INDICATORS,
        [("      kommun: socioekonomi", f"      kommun: skola {HERE}")],
        ["U00006", "no kommun in kommuner.yaml has a group of liknande for skola", "socioekonomi, äldreomsorg"],
    ),
    Case(
        "comparison subject that the region does not have",
        INDICATORS,
        [("      region: socioekonomi", f"      region: äldreomsorg {HERE}")],
        ["no region in kommuner.yaml has a group of liknande for äldreomsorg", "hälso- och sjukvård, socioekonomi"],
    ),
    Case(
        "comparison subject misspelt for one kommun",
        KOMMUNER,
        [('    liknande:\n      äldreomsorg: "G8"', f'    liknande: {HERE}\n      aldreomsorg: "G8"')],
        ["kommun 0484 Västby has no group of liknande for äldreomsorg"],
    ),
    Case(
        "länsdel names an unknown kommun",
        KOMMUNER,
        [('["0484"]', f'["0484", "0485"] {HERE}')],
        ["lansdelar sodra, kommuner no 2: 0485 is not defined", "did you mean 0484?"],
    ),
    Case(
        "kommun in two länsdelar",
        KOMMUNER,
        [('["0484"]', f'["0484", "0461"] {HERE}')],
        ["kommun 0461 stands in a länsdel here and on line 23", "keep it in one"],
    ),
    Case(
        "kommun in no länsdel",
        KOMMUNER,
        [('["0484"]', "[]"), ('  - id: "0484"', f'  - id: "0484" {HERE}')],
        ["kommun 0484 stands in no länsdel", "name it under kommuner"],
    ),
    # Breaks, targets, bands.
    Case(
        "a break before the one above it",
        INDICATORS,
        [
            (
                KPI,
                f"{KPI}\n    brott:\n      - {{ar: 2021, orsak: Ny fråga.}}\n"
                f"      - {{ar: 2019, orsak: Ny fråga.}} {HERE}",
            )
        ],
        ["years 2018 and 2019 do not follow each other"],
    ),
    Case(
        "the old series ends after the new one begins",
        INDICATORS,
        [(KPI, f"{KPI}\n    brott:\n      - {{ar: 2021, sista_gamla_ar: 2021, orsak: Ny fråga.}} {HERE}")],
        ["years 2021 and 2021 do not follow each other", "write sista_gamla_ar before ar"],
    ),
    Case(
        "a target in its own base year",
        INDICATORS,
        [(KPI, f"{KPI}\n    mal:\n      bas_ar: 2035 {HERE}\n      {GOAL}\n      varde: 70.0")],
        ["bas_ar 2035 does not lie before ar 2035"],
    ),
    Case(
        "a target that is out of its own range",
        INDICATORS,
        [(KPI, f"{KPI}\n    mal:\n      varde: 170.0 {HERE}\n      {GOAL}\n      bas_ar: 2020\n      hogst: 100.0")],
        ["varde 170.0 does not lie between -inf and 100.0"],
    ),
    Case(
        "bands that nobody has words for",
        INDICATORS,
        [("version: 1", f"version: 1\nmetod:\n  band: tiondelar {HERE}")],
        ["tiondelar is not allowed here", "tredjedelar, fjärdedelar, femtedelar"],
    ),
    # Who publishes.
    *(
        Case(f"utgivare {key}: {given}", KOMMUNER, [(_LAST, _LAST + _publisher(key, given))], says)
        for key, given, says in (
            ("adress", "https://prov.example/data", ["is not the web address of a folder", "end it with a slash"]),
            ("adress", "data/", ["is not the web address of a folder"]),
            ("uri", "www.prov.example", ["is not a web address", "write it whole"]),
            ("licens", "CC BY", ["is not a web address"]),
            ("epost", "mailto:en@prov.example", ["is not an e-mail address", "write it alone"]),
            ("typ", "regionen", ["regionen is not allowed here", "did you mean region?"]),
        )
    ),
    Case(
        "utgivare without a licence",
        KOMMUNER,
        [(_LAST, _LAST + _publisher("licens", None).replace("utgivare:", f"utgivare:  {HERE}"))],
        ["the key licens is missing"],
    ),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(MINIMAL, tmp_path, dirs_exist_ok=True)
    return tmp_path


def refusals(folder: Path) -> list[Problem]:
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    assert caught.value.exit_code == 2
    return caught.value.problems


def test_the_minimal_pair_is_accepted() -> None:
    catalog = load_catalog(MINIMAL)
    assert list(catalog.kpis) == ["N00003", "N00004", "U00001", "U00002", "U00005", "U00006"]
    assert [principal.id for principal in catalog.geography.kommuner] == ["0461", "0484"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_defect_is_refused_with_file_line_and_fix(case: Case, folder: Path) -> None:
    path = folder / case.file
    text = path.read_text()
    for before, after in case.edits:
        assert text.count(before) >= 1, f"{before!r} is not in the minimal file"
        text = text.replace(before, after, 1)
    path.write_text(text)
    (line,) = (number for number, content in enumerate(text.split("\n"), start=1) if HERE in content)

    problems = refusals(folder)

    told = [str(problem) for problem in problems if problem.line == line and problem.file == str(path)]
    assert len(told) == 1, f"expected one finding on line {line}, got {[str(problem) for problem in problems]}"
    assert all(words in told[0] for words in case.says), told[0]
    assert len(problems) == case.findings, [str(problem) for problem in problems]
    assert not any(word in told[0].lower() for word in ("pydantic", "input", "validation")), told[0]


def test_a_kommun_id_without_quotes_that_yaml_reads_as_text_is_fine(folder: Path) -> None:
    path = folder / KOMMUNER
    path.write_text(path.read_text().replace('"0484"', "0484"))
    assert [kommun.id for kommun in load_catalog(folder).geography.kommuner] == ["0461", "0484"]


@pytest.mark.parametrize("name", [INDICATORS, KOMMUNER])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (problem,) = refusals(folder)
    assert str(problem).startswith(f"{folder / name}:1: the file does not exist")
    assert "MALBILD_KATALOG" in problem.fix


def test_a_missing_folder_names_both_files(tmp_path: Path) -> None:
    assert [Path(problem.file).name for problem in refusals(tmp_path / "nowhere")] == [INDICATORS, KOMMUNER]


@pytest.mark.parametrize("content", [b"", b"\n  \n", b"# only a comment\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(folder: Path, content: bytes) -> None:
    (folder / KOMMUNER).write_bytes(content)
    (problem,) = refusals(folder)
    assert problem.file == str(folder / KOMMUNER)
    assert "empty" in problem.what or "only comments" in problem.what


def test_a_file_saved_in_another_encoding_names_the_line(folder: Path) -> None:
    path = folder / INDICATORS
    text = path.read_text()
    path.write_bytes(text.encode("latin-1", errors="replace"))
    (problem,) = refusals(folder)
    assert problem.line == next(n for n, line in enumerate(text.split("\n"), start=1) if not line.isascii())
    assert "save the file as UTF-8" in problem.fix


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    path = folder / INDICATORS
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(load_catalog(folder).kpis) == 6


def test_nested_aliases_are_refused_before_they_are_unfolded(folder: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    (folder / KOMMUNER).write_text("\n".join(["a0: &a0 [x]", *levels]))
    assert {problem.fix for problem in refusals(folder)} == {"write the value out"}


def test_every_problem_of_both_files_is_told_at_once(folder: Path) -> None:
    for name, before, after in [
        (INDICATORS, "    niva: L", "    niva: region"),
        (INDICATORS, '    eftertradare: "U00002"', '    eftertradare: "U99999"'),
        (INDICATORS, "          - vardtillfallen\n", ""),
        (KOMMUNER, 'lansgrupp: "G1"', "lansgrupp: länet"),
        (KOMMUNER, '["0484"]', '["0484", "0485"]'),
    ]:
        path = folder / name
        path.write_text(path.read_text().replace(before, after))
    problems = refusals(folder)
    assert [(Path(problem.file).name, problem.line) for problem in problems] == [
        (INDICATORS, 34),
        (INDICATORS, 61),
        (INDICATORS, 76),
        (KOMMUNER, 6),
        (KOMMUNER, 27),
    ]


def test_the_bytes_that_were_read_are_kept(folder: Path) -> None:
    files = load_catalog(folder).files
    assert {file.name: file.content for file in files} == {
        name: (folder / name).read_bytes() for name in (INDICATORS, KOMMUNER)
    }
