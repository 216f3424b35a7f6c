"""The repository's own YAML files, changed anywhere: a catalogue, or findings with file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.catalog.load import ACTIVITY_FILE, FOLLOW_UP_FILE, GEOGRAPHY_FILE, INDICATOR_FILE, load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import CatalogError, ConfigError
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import Group, KpiRecord, Member, Municipality
from pipelines.warehouse.content import content_frames
from tests.conftest import ROOT
from tests.fuzz.cases import cases, mutated, scrambled
from tests.small import AREAS, CATALOG, GROUPS, KPIS, kpi

KOLADA = Catalogue(
    datetime(2026, 11, 28),
    {kpi_id: msgspec.convert(kpi(kpi_id, *what), KpiRecord) for kpi_id, what in KPIS.items()},
    [Municipality(area_id, *what) for area_id, what in AREAS.items()],
    {group_id: Group(group_id, group_id, [Member(m, m) for m in members]) for group_id, members in GROUPS.items()},
)
FILES = ("indikatorer.yaml", "kommuner.yaml", "korrigeringar.yaml", "uppfoljningar.yaml", "aktiviteter.yaml")
# So many entries of each long list are loaded at a time; which, is drawn.
_WINDOW = 2


@cache
def sections(name: str) -> list[tuple[str, list[str]]]:
    """The text of a file in pieces: (what stands before the entries, the entries) for every key at the top."""
    text = (ROOT / name).read_text(encoding="utf-8")
    # The lists that are empty today have an example above them.
    result = re.search(r"\n# (korrigeringar|uppfoljningar):\n((?:#.*\n)+)", text)
    if result:
        example = "".join(f"{line[2:]}\n" for line in result[2].splitlines())
        text = text.replace(f"\n{result[1]}: []\n", f"\n{result[1]}:\n{example}")
    lines = text.splitlines(keepends=True)
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert isinstance(root, yaml.MappingNode)
    starts = [*(key.start_mark.line for key, _ in root.value), len(lines)]
    pieces = []
    for number, (_, node) in enumerate(root.value):
        begin, end = starts[number], starts[number + 1]
        entries = [item.start_mark.line for item in node.value] if isinstance(node, yaml.SequenceNode) else []
        if len(entries) < 2:
            pieces.append(("".join(lines[begin:end]), []))
            continue
        cuts = [*entries, end]
        pieces.append(("".join(lines[begin : entries[0]]), ["".join(lines[a:b]) for a, b in pairwise(cuts)]))
    return pieces


@st.composite
def windows(draw: st.DrawFn, name: str) -> str:
    """A part of a file of the repository that is as well-formed as the whole."""
    text = ""
    for head, entries in sections(name):
        first = draw(st.integers(0, max(0, len(entries) - _WINDOW)))
        text += head + "".join(entries[first : first + _WINDOW])
    return text


@st.composite
def changed_files(draw: st.DrawFn) -> tuple[str, bytes]:
    name = draw(st.sampled_from(FILES))
    texts = windows(name)
    if (CATALOG / name).exists() and draw(st.booleans()):
        texts = st.just((CATALOG / name).read_text(encoding="utf-8"))
    if draw(st.booleans()):
        return name, draw(scrambled(texts))
    tree = draw(mutated(texts.map(lambda text: yaml.load(text, Loader=yaml.CSafeLoader))))
    return name, yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False).encode(
        "utf-8", "surrogatepass"
    )


def read(folder: Path) -> Catalog | CatalogError:
    """The catalogue, or the findings, each on a line that is there."""
    try:
        return load_catalog(folder)
    except CatalogError as error:
        for problem in error.problems:
            path = Path(problem.file)
            assert path.parent == folder
            assert path.name in FILES
            lines = len(re.split(rb"\r\n|\r|\n|\xc2\x85|\xe2\x80[\xa8\xa9]", path.read_bytes())) if path.exists() else 0
            assert 1 <= problem.line <= lines + 1
            assert problem.what.strip()
            assert problem.fix.strip()
            assert len(str(problem).splitlines()) == 1
        return error


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """The small catalogue with one file exchanged."""

    def make(name: str, content: bytes) -> Path:
        for file in FILES:
            (tmp_path / file).unlink(missing_ok=True)
            if (CATALOG / file).exists():
                (tmp_path / file).write_bytes((CATALOG / file).read_bytes())
        (tmp_path / name).write_bytes(content)
        return tmp_path

    return make


@given(case=changed_files())
@cases(30)
def test_a_file_is_read_or_refused_with_findings(case: tuple[str, bytes], folder: Callable[[str, bytes], Path]) -> None:
    read(folder(*case))


@given(case=changed_files())
@cases(20)
def test_what_is_accepted_fits_the_tables(case: tuple[str, bytes], folder: Callable[[str, bytes], Path]) -> None:
    """No night will stop at it, but for an area that Kolada does not have: which those are only a night can know."""
    result = read(folder(*case))
    if isinstance(result, Catalog):
        with unknown_areas_reported():
            content_frames(result, KOLADA)


@contextmanager
def unknown_areas_reported() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        assert re.fullmatch(r"kommuner\.yaml: .+ not found among Kolada's \d+ areas → correct the id, .+", str(error))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "], ids=["lists", "mappings", "block"])
def test_a_file_nested_deeper_than_ours_is_refused_at_its_line(
    opening: str, folder: Callable[[str, bytes], Path]
) -> None:
    error = read(folder(ACTIVITY_FILE, b"version: 1\nkallor:\n  " + opening.encode() * 20_000))
    assert isinstance(error, CatalogError)
    assert re.search(rf"{ACTIVITY_FILE}:3: lists and mappings lie more than \d+ deep", str(error))


def test_a_file_that_would_fill_the_memory_is_refused(folder: Callable[[str, bytes], Path]) -> None:
    error = read(folder(INDICATOR_FILE, b"# " + b"x" * 6_000_000))
    assert isinstance(error, CatalogError)
    assert "larger than 5 MB" in str(error)


def test_a_time_beyond_the_calendar_is_no_time(folder: Callable[[str, bytes], Path]) -> None:
    text = 'version: 1\nuppfoljningar:\n  - {id: a, nr: 1, status: fryst, as_of: "0001-01-01T00:00:00+14:00"}\n'
    error = read(folder(FOLLOW_UP_FILE, text.encode()))
    assert isinstance(error, CatalogError)
    assert "is not a time with its zone" in str(error)


@pytest.mark.parametrize("number", ["0x_", "0b_", "-0x_", "9" * 5000, "1" + "_0" * 3000, "1:" + "59:" * 3000 + "59"])
def test_what_yaml_takes_for_a_number_and_nobody_can_read_is_a_finding(
    number: str, folder: Callable[[str, bytes], Path]
) -> None:
    text = f"version: 1\nuppfoljningar:\n  - id: {number}\n    nr: {number}\n    status: utkast\n"
    error = read(folder(FOLLOW_UP_FILE, text.encode()))
    assert isinstance(error, CatalogError)
    assert {problem.line for problem in error.problems} == {3, 4}


@pytest.mark.parametrize("other", ["riket", "region"])
def test_an_area_is_one_of_riket_region_and_kommuner(other: str, folder: Callable[[str, bytes], Path]) -> None:
    tree = yaml.safe_load((CATALOG / GEOGRAPHY_FILE).read_text(encoding="utf-8"))
    tree[other]["id"] = "0461"
    error = read(folder(GEOGRAPHY_FILE, yaml.safe_dump(tree, allow_unicode=True).encode()))
    assert isinstance(error, CatalogError)
    assert "område 0461 is defined here and on line" in str(error)


def test_the_windows_are_the_repository_s_own_entries() -> None:
    """What is mutated is what is used: every entry of every list stands in some window."""
    for name in FILES:
        whole: Any = yaml.load((ROOT / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        result = yaml.load("".join(head + "".join(e) for head, e in sections(name)), Loader=yaml.CSafeLoader)
        assert result.keys() == whole.keys()
        assert all(result[key] == value for key, value in whole.items() if value != [])
