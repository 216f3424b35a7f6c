"""The schema's files: what does not hold together is refused with its file and line; what is declared is made."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.bind import bind
from pipelines.warehouse.schema.dictionary import entries
from pipelines.warehouse.schema.load import SchemaError, load
from tests.conftest import ROOT

FOLDER = ROOT / "pipelines" / "warehouse" / "schema"
CONTENT, VALUES = "tabeller/1_malbild.yaml", "tabeller/3_varden.yaml"
NEWEST = "vyer/01_senaste.sql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "schema", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(folder: Path, file: str, text: str) -> int:
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "words"),
    [
        (CONTENT, "namn: {typ: VARCHAR, text: Målom", "namn: {typ: TEXT, text: Målom", "typ: TEXT", "VARCHAR"),
        (CONTENT, "    namn: {typ: VARCHAR,", "    namn: {sort: VARCHAR,", "sort: VARCHAR", "sort"),
        (CONTENT, "  innehall: ja\n", "  innehal: ja\n", "innehal: ja", "innehal"),
        (CONTENT, "  innehall: ja\n", "  innehall: true\n", "innehall: true", "ja or nej"),
        (CONTENT, "    namn: {typ", "    malomrade_id: {typ", "malomrade_id: {typ", "stands here and on line"),
        (CONTENT, "\nindikator:\n", "\nmalomrade:\n", "malomrade:\n", "stands here and on line"),
        (VALUES, "matvarde:\n", "nyckeltal:\n", "nyckeltal:", "1_malbild.yaml already"),
        (CONTENT, "nyckel: [malomrade_id]", "nyckel: [malomrade]", "nyckel: [malomrade]", "no column malomrade"),
        ("kolumner.yaml", "hor_till: omrade.omrade_id", "hor_till: omrade.id", None, "refers to omrade.id"),
        (
            "kolumner.yaml",
            "hor_till: korning.korning_id",
            "hor_till: korningar.korning_id",
            None,
            "korningar.korning_id",
        ),
        ("kolumner.yaml", "typ: VARCHAR", "typ: TEXT", "typ: TEXT", "VARCHAR"),
        (VALUES, "    kalla: {typ", "    kallan: {}\n    kalla: {typ", "kallan: {}", "typ: Field required"),
        (VALUES, "    ar: {minst", "    ar: INTEGER\n    aret: {minst", "ar: INTEGER", "expected keys with values"),
        (VALUES, "    ar: {minst", "    ar: {namn: ar, minst", "ar: {namn", "unknown key namn"),
        (VALUES, "  kolumner:\n", "  kolumnerna:\n", "kolumnerna:", "kolumnerna"),
        ("kolumner.yaml", "vyer:\n", "vy:\n", "vy:", "unknown key vy"),
        ("delar.sql", "-- [nyast]", "-- [preliminart]", "-- [preliminart]", "part preliminart is there twice"),
        (
            "delar.sql",
            "{andringens_slag} AS slag",
            "{andringens} AS slag",
            "{andringens}",
            "{andringens} is no part of delar.sql",
        ),
        (NEWEST, "--   titel: {}", "--   titel: {typ: VARCHAR}", "titel: {typ", "typ"),
        (NEWEST, "-- nyckel: [nyckeltal_id,", "-- nyckel: [id,", "nyckel: [id,", "no column id"),
        (NEWEST, "SELECT m.nyckeltal_id,", "SELECT {delen}, m.nyckeltal_id,", "{delen}", "the parts are farska_ar"),
        ("funktioner/3_matvarde_per.sql", "som: matvarde", "som: varde", "som: varde", "there is no table varde"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused_with_its_line(
    folder: Path, file: str, old: str, new: str, line: str | None, words: str
) -> None:
    change(folder, file, old, new)
    with pytest.raises(SchemaError) as refused:
        load(folder)
    loaded = [problem for problem in refused.value.problems if words in str(problem)]
    assert loaded, str(refused.value)
    if line is not None:
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
        places = {number for number, text in enumerate(lines, 1) if line.strip() in text}
        assert (Path(loaded[0].file), loaded[0].line in places) == (folder / file, True), str(loaded[0])


def test_a_view_must_not_have_the_name_of_a_table(folder: Path) -> None:
    (folder / NEWEST).rename(folder / "vyer" / "1_matvarde.sql")
    with pytest.raises(SchemaError, match=r"1_matvarde\.sql:1: matvarde is the name of another"):
        load(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "words"),
    [
        (NEWEST, "n.titel, n.enhet", "n.rubrik AS titel, n.enhet", None, 'column named "rubrik"'),
        (NEWEST, "FROM matvarde m\n", "FROM varden m\n", None, "varden does not exist"),
        (NEWEST, "--   enhet: {}\n", "", None, "column enhet is not described"),
        (NEWEST, "--   enhet: {}\n", "--   enhet: {}\n--   enheten: {text: Enhet}\n", "enheten", "no column enheten"),
        (NEWEST, "--   titel: {}\n--   enhet: {}\n", "--   enhet: {}\n--   titel: {}\n", None, "in another order"),
        ("funktioner/2_grupp_medlem_per.sql", ", fran FROM", ", fran AS fran_tid FROM", None, "no column fran_tid"),
    ],
)
def test_a_view_that_does_not_fit_its_tables_or_its_description_is_refused(
    folder: Path, file: str, old: str, new: str, line: str | None, words: str
) -> None:
    change(folder, file, old, new)
    loaded = load(folder)
    with pytest.raises(SchemaError) as refused:
        bind(loaded)
    (problem,) = [problem for problem in refused.value.problems if words in str(problem)]
    assert Path(problem.file) == folder / file
    assert problem.line == (line_of(folder, file, line) if line else 1)


def test_a_column_is_one_line(folder: Path) -> None:
    new = "    webbplats: {typ: VARCHAR, text: Instansens webbplats, far_saknas: ja}\n"
    change(folder, "tabeller/2_styrning.yaml", "    i_styrkedjan:", f"{new}    i_styrkedjan:")
    table = load(folder).tables["instans"]
    assert "webbplats VARCHAR, i_styrkedjan BOOLEAN NOT NULL" in table.ddl()
    assert "COMMENT ON COLUMN styrning.instans.webbplats IS 'Instansens webbplats'" in table.comment_statements()


def test_a_table_is_a_file_and_a_view_too(folder: Path) -> None:
    (folder / "tabeller" / "6_nytt.yaml").write_text(
        "nytt:\n  text: Svar\n  nyckel: [fraga_id]\n  kolumner:\n    fraga_id: {typ: VARCHAR, text: Frågan}\n"
    )
    (folder / "vyer" / "7_nyheter.sql").write_text(
        "-- text: Alla svar\n-- nyckel: [fraga_id]\n-- kolumner:\n--   fraga_id: {text: Frågan}\n\nFROM nytt\n"
    )
    loaded = load(folder)
    assert list(loaded.tables)[-1] == "nytt"
    assert bind(loaded)["nyheter"] == {"fraga_id": "VARCHAR"}


def test_every_statement_of_a_table_gives_its_columns() -> None:
    """What is published instead of the stored rows, and what is known as of a time, fit the tables they fill."""
    loaded = schema()
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS pub; ATTACH ':memory:' AS lager; ATTACH ':memory:' AS ny")
        for database, statements in (
            ("pub", loaded.published_ddl()),
            ("lager", [table.ddl() for table in loaded.stored]),
        ):
            connection.execute(f"USE {database}")
            connection.execute(";".join(statements))
        for table in loaded.stored:
            connection.execute("USE ny")
            connection.execute(table.ddl())
            if rows := table.known_at():
                given = {"t": datetime(2026, 11, 22)} if "$t" in rows else None
                connection.execute(f"INSERT INTO {table.name} BY NAME {rows}", given)
            if table.published_as:
                connection.execute("USE pub")
                given = {"dag": date(2026, 11, 22)} if "$dag" in table.published_as else {}
                connection.execute(f"INSERT INTO {table.name} BY NAME {table.published_as}", given)


def test_what_an_earlier_time_needs_is_carried_or_computed_anew() -> None:
    left = {table.name for table in schema().published if table.stored and table.known_at() is None}
    computed = {table.name for table in schema().stored if table.own_processing}
    assert left == computed - {"katalog_handelse", "matvarde_revision", "titt"}


# Words that are easily given two meanings, and how every text of a column with that name begins.
ONE_MEANING = {
    "antal": (),
    "riktning": ("högre = högre är bättre",),
    "kalla": ("Varifrån",),
    "status": ("publicerad,", "Status efter ändringen"),
    "orsak": ("Varför",),
    "trend": ("har förbättrats,", "Som i trend"),
    "antal_kommuner": ("Antal kommuner i länsdelen", "Antal kommuner i länet"),
}


def test_a_column_means_one_thing_wherever_it_stands() -> None:
    of_word = [entry for entry in entries() if entry.kolumn in ONE_MEANING]
    assert len(of_word) > 30
    for entry in of_word:
        assert entry.beskrivning.startswith(ONE_MEANING[str(entry.kolumn)]), f"{entry.objekt}.{entry.kolumn}"


def test_decisions_are_in_a_schema_of_their_own_and_figures_are_not() -> None:
    decided = {table.name for table in schema().published if table.published_schema == "styrning"}
    assert {"beslut", "satsning", "uppfoljning", "malvarde", "utgivare", "kommentar"} <= decided
    assert not decided & {"matvarde", "nyckeltal", "matt", "omrade", "trend", "mal", "korning"}
    # No figure is fetched or computed there.
    assert not [name for name in decided if schema().tables[name].own_processing or schema().tables[name].per_area]
