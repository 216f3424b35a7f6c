"""What is said of the changes between nights: nothing invented, nothing masked, nothing under Kolada's name."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.errors import ConfigError
from pipelines.settings import Settings
from pipelines.warehouse.changes import Changes, Ended, NewData, News, changes, csv_files, news
from pipelines.warehouse.changes_text import as_text
from pipelines.warehouse.publish import compute_tables
from pipelines.warehouse.schema import schema
from tests.followups.conftest import Place
from tests.small import CATALOG, dataset, values
from tests.test_handbook import QUERIES
from tests.warehouse.small import insert

AREAS = {
    "0461": ("Nyby", "kommun", True),
    "0484": ("Sjöby", "kommun", True),
    "0482": ("Västby", "kommun", True),
    "0004": ("Regionen", "region", True),
    "0000": ("Riket", "riket", False),
    "1000": ("Annan kommun", "kommun", False),
    "G9": ("Grupp 9, 2024", "grupp", False),
}
KPIS = {
    "U00001": ("Gammal fråga, andel (%)", "%"),
    "U00002": ("Delad fråga, medelvärde", "antal personal"),
    "U00003": ("Ensam fråga, antal", "antal"),
}
Value = float | str | None


def night(day: int) -> datetime:
    """When the run of that night saw what it saw (UTC)."""
    return datetime(2026, 11, day, 3, 15)


class Database:
    """A published database, made table by table: nights with changes. Its nyckeltal are followed from the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        copied = path.exists()
        self._connection = duckdb.connect(str(path))
        if not copied:
            self._fill()

    def _fill(self) -> None:
        for statement in schema().published_ddl():
            self._connection.execute(statement)
        self._connection.execute(schema().macros["andring_mellan"].ddl())
        self._connection.execute(schema().views["klar_korning"].ddl())
        for number, (matt, indicator) in enumerate((("Delaktighet", "Tillsammans"), ("Kontinuitet", "Nära")), start=1):
            self.add("indikator", indikator_id=indicator, namn=indicator, ordning=number)
            self.add("matt", matt_id=matt, namn=matt, ordning=number)
            self.add("indikator_matt", indikator_id=indicator, matt_id=matt, ordning=1)
        for matt, kpi, role in (
            ("Delaktighet", "U00002", "komplement"),
            ("Kontinuitet", "U00001", "primär"),
            ("Kontinuitet", "U00002", "primär"),
        ):
            self.add("matt_nyckeltal", matt_id=matt, nyckeltal_id=kpi, roll=role)
        for kpi, (title, unit) in KPIS.items():
            self.add("nyckeltal", nyckeltal_id=kpi, titel=title, enhet=unit)
            self.follow(1, kpi)
        for area, (name, kind, ours) in AREAS.items():
            self.add("omrade", omrade_id=area, namn=name, typ=kind, i_malbild=ours)

    def add(self, table: str, **row: Any) -> None:
        insert(self._connection, table, **row)

    def run(self, day: int, outcome: str = "klar", source: str = "kolada") -> None:
        ended = night(day) + timedelta(minutes=20)
        self.add("korning", korning_id=f"natt-{day}", startad=night(day), observerad=night(day), avslutad=ended,
                 utfall=outcome, kalla=source)  # fmt: skip

    def change(
        self,
        day: int,
        area: str,
        year: int,
        event: str,
        before: Value,
        after: Value,
        *,
        kpi: str = "U00001",
        gender: str = "T",
        **more: Any,
    ) -> None:
        """`before` and `after`: a figure, or the status that says why there is none; None where nothing was."""
        fore, fore_status = (before, "publicerad") if isinstance(before, float) else (None, before)
        efter, efter_status = (after, "publicerad") if isinstance(after, float) else (None, after)
        key = {"nyckeltal_id": kpi, "omrade_id": area, "ar": year, "kon": gender, "observerad": night(day)}
        then = {"foregaende_varde": fore, "foregaende_status": fore_status}
        now = {"handelse": event, "varde": efter, "status": efter_status}
        self.add("matvarde_revision", **{**key, **then, **now, **more})

    def event(self, day: int, thing: str, thing_id: str, what: str, before: str | None, after: str | None) -> None:
        event = {"objekt": thing, "objekt_id": thing_id, "handelse": what, "fore": before, "efter": after}
        self.add("katalog_handelse", observerad=night(day), **event)

    def follow(self, day: int, kpi: str) -> None:
        """Kolada's catalogue was asked for the nyckeltal for the first time."""
        self.add("nyckeltal_version", nyckeltal_id=kpi, observerad=night(day))

    def publish(self) -> Path:
        """The file, with its table of changes filled."""
        compute_tables(self._connection, date.today())
        return self.close()

    def close(self) -> Path:
        self._connection.close()
        return self.path

    def changes(self, since: datetime | None = None) -> Changes:
        return changes(self.publish(), since)

    def news(self, day: int) -> News:
        """What came after that night."""
        return news(self.publish(), night(day))

    def lines(self, since: datetime | None = None) -> list[str]:
        """The lines of the text, without indentation."""
        return [line.strip() for line in as_text(self.changes(since)).splitlines()]


@pytest.fixture(scope="module")
def without_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Database(tmp_path_factory.mktemp("utan-natter") / "analys.duckdb").close()


@pytest.fixture(scope="module")
def after_two_nights(without_nights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = Database(Path(shutil.copy(without_nights, tmp_path_factory.mktemp("tva-natter"))))
    database.run(1)
    for area in ("0461", "0484", "0482", "0000"):
        database.change(1, area, 2024, "ny", None, 50.0)
        database.change(1, area, 2024, "ny", None, 10.0, kpi="U00002")
    for area in ("0004", "1000", "G9"):
        database.change(1, area, 2024, "ny", None, 1.0)
    database.run(2)
    return database.close()


@pytest.fixture
def empty(without_nights: Path, tmp_path: Path) -> Database:
    return Database(Path(shutil.copy(without_nights, tmp_path)))


@pytest.fixture
def database(after_two_nights: Path, tmp_path: Path) -> Database:
    """After two nights: the first filled it with a value per område, the second has yet to bring something."""
    return Database(Path(shutil.copy(after_two_nights, tmp_path)))


# --- which changes --------------------------------------------------------------------------------------------------


def test_without_a_date_it_is_what_the_newest_run_brought(database: Database) -> None:
    database.change(2, "0484", 2024, "reviderad", 50.0, 51.0)
    database.run(3)
    database.change(3, "0484", 2023, "reviderad", 40.0, 41.0)
    result = database.changes()
    assert result.values["ar"].to_list() == [2023]
    assert (result.since, result.until) == (
        night(2) + timedelta(minutes=20),
        night(3) + timedelta(minutes=20),
    )
    assert as_text(result).splitlines()[0] == "Ändringar från 2026-11-02 kl. 04.35 till 2026-11-03 kl. 04.35"


def test_with_a_date_each_value_is_compared_with_what_it_was_then(database: Database) -> None:
    database.change(2, "0484", 2024, "reviderad", 50.0, 51.0)
    database.change(2, "0461", 2024, "reviderad", 50.0, 52.0)
    database.change(2, "0482", 2024, "reviderad", 50.0, 53.0)
    database.run(3)
    database.change(3, "0484", 2024, "reviderad", 51.0, 50.5)
    database.change(3, "0461", 2024, "reviderad", 52.0, 50.0)
    lines = database.lines(night(1))
    assert "Målbildens områden och riket: reviderat 2" in lines
    assert [line for line in lines if " T: " in line] == [
        "Sjöby 2024 T: 50,0 → 50,5 (+0,5) reviderat 2026-11-03",
        "Västby 2024 T: 50 → 53 (+3) reviderat 2026-11-02",
    ]


def test_what_a_broken_off_run_had_stored_belongs_to_the_next_finished_one(database: Database) -> None:
    database.run(3, outcome="misslyckad")
    database.change(3, "0484", 2023, "reviderad", 40.0, 41.0)
    database.run(4)
    database.change(4, "0484", 2024, "reviderad", 50.0, 51.0)
    assert database.changes().values["ar"].to_list() == [2023, 2024]


def test_areas_that_are_only_compared_with_are_counted(database: Database) -> None:
    database.change(2, "1000", 2024, "reviderad", 1.0, 2.0)
    database.change(2, "G9", 2024, "reviderad", 1.0, 2.0)
    result = database.changes()
    assert (result.elsewhere, result.values.height) == ({"reviderat": 2}, 0)
    assert "Områden som jämförs med, inte uppräknade här: reviderat 2" in as_text(result)
    assert "Målbildens områden och riket: inga ändringar" in as_text(result)


def test_the_first_night_is_no_change_and_is_counted(empty: Database) -> None:
    empty.run(1)
    for gender in ("T", "K", "M"):
        empty.change(1, "0484", 2024, "ny", None, 50.0, gender=gender)
    empty.change(1, "1000", 2024, "ny", None, 50.0)
    result = empty.changes()
    assert result.values.is_empty()
    lines = as_text(result).splitlines()
    assert "Målbildens områden och riket: första hämtningen 3" in lines
    assert "Områden som jämförs med, inte uppräknade här: första hämtningen 1" in lines
    assert not any("Sjöby" in line for line in lines)


def test_a_nyckeltal_or_an_area_that_is_followed_anew_is_no_change(database: Database) -> None:
    database.add("nyckeltal", nyckeltal_id="U00009", titel="Nyligen tillagd", enhet="%")
    database.follow(2, "U00009")
    database.change(2, "0484", 2024, "ny", None, 50.0, kpi="U00009")
    database.add("omrade", omrade_id="0999", namn="Nykommun", typ="kommun", i_malbild=True)
    database.change(2, "0999", 2024, "ny", None, 50.0)
    result = database.changes()
    assert result.values.is_empty()
    assert "Målbildens områden och riket: första hämtningen 2" in as_text(result)


def test_what_the_huvudmän_hand_in_is_a_change_from_the_second_night_on(database: Database) -> None:
    database.add("nyckeltal", nyckeltal_id="L_sip", titel="SIP", enhet="antal")
    database.change(2, "0484", 2024, "ny", None, 50.0, kpi="L_sip")
    assert database.changes().values.select("nyckeltal_id", "slag").rows() == [("L_sip", "ny serie")]


@pytest.mark.parametrize(
    ("statement", "lacking"),
    [("DROP TABLE andring", "table andring"), ("ALTER TABLE fynd DROP grund", "column fynd.grund")],
)
def test_what_another_version_published_is_refused_in_one_line(
    statement: str, lacking: str, small_night: Path, tmp_path: Path
) -> None:
    file = Path(shutil.copy(small_night / "analys.duckdb", tmp_path / "analys.duckdb"))
    with duckdb.connect(str(file)) as connection:
        connection.execute(statement)
    place = Place(Settings(tmp_path, CATALOG))
    for command in ("andringar", "report"):
        assert f"it has no {lacking} → `malbild run` publishes it anew" in place.refused(command)


def test_nothing_changed_is_one_line_with_the_time_span(database: Database) -> None:
    (line,) = database.lines()
    assert line == (
        "Ingenting har ändrats sedan 2026-11-01 kl. 04.35 (senast publicerade körning klar 2026-11-02 kl. 04.35)."
    )


def test_where_nothing_has_been_published_the_next_step_is_told(empty: Database, tmp_path: Path) -> None:
    empty.run(1, outcome="pågår")
    with pytest.raises(ConfigError, match=r"holds no finished run.*→ `malbild run` first"):
        empty.changes()
    with pytest.raises(ConfigError, match=r"does not exist.*→ `malbild run` first"):
        changes(tmp_path / "saknas.duckdb", None)


# --- under which mått -----------------------------------------------------------------------------------------------


def test_a_kpi_of_several_measures_is_listed_once_and_one_of_none_has_its_own_heading(database: Database) -> None:
    for kpi in KPIS:
        database.change(2, "0484", 2024, "reviderad", 10.0, 11.0, kpi=kpi)
    result = database.changes()
    assert result.values.select("matt", "nyckeltal_id", "roll", "indikatorer", "ovriga_matt").rows() == [
        ("Delaktighet", "U00002", "komplement", "Tillsammans", "Kontinuitet"),
        ("Kontinuitet", "U00001", "primär", "Nära", None),
        ("Utan mått", "U00003", None, None, None),
    ]
    lines = as_text(result).splitlines()
    headings = [line for line, under in pairwise(lines) if under and set(under) == {"-"}]
    assert headings == ["Delaktighet", "Kontinuitet", "Utan mått"]
    assert "  (komplement; antal personal; även under: Kontinuitet)" in lines
    assert "  (primär; %, ändring i procentenheter)" in lines


# --- how a change is told -------------------------------------------------------------------------------------------


STEPS: list[tuple[float, float, str]] = [
    (12.3, 12.9, "12,3 → 12,9 (+0,6)"),
    (12.9, 12.3, "12,9 → 12,3 (\u22120,6)"),
    (12.0, 13.0, "12 → 13 (+1)"),
    (12.0, 12.5, "12,0 → 12,5 (+0,5)"),
    (-1.5, 0.0, "\u22121,5 → 0,0 (+1,5)"),
    (1234.0, 12345.0, "1\u202f234 → 12\u202f345 (+11\u202f111)"),
    # Rounded to one decimal, these would hide the change, contradict it or read as zero.
    (12.31, 12.32, "12,31 → 12,32 (+0,01)"),
    (12.34, 12.86, "12,34 → 12,86 (+0,52)"),
    (12.04, 12.06, "12,04 → 12,06 (+0,02)"),
    (0.0004, 0.5, "0,0004 → 0,5000 (+0,4996)"),
    (3.262e-05, 0.0, "0,00003 → 0,00000 (\u22120,00003)"),
    (0.1, 0.30000000000000004, "0,1 → 0,3 (+0,2)"),
    (1e30, 0.5, "1" + "\u202f000" * 10 + ",0 → 0,5 (\u2212" + "999\u202f" * 9 + "999,5)"),
]


def test_a_revision_shows_its_change(database: Database) -> None:
    for number, (before, after, _) in enumerate(STEPS):
        database.change(2, "0484", 2010 + number, "reviderad", before, after)
    lines = database.lines()
    for number, (_, _, step) in enumerate(STEPS):
        assert f"Sjöby {2010 + number} T: {step} reviderat" in lines


WORDS: list[tuple[str, Value, Value, str]] = [
    ("reviderad", 12.5, "sekretess", "12,5 → sekretess indraget"),
    ("reviderad", 0.0, "saknas", "0 → saknas indraget"),
    ("reviderad", "sekretess", "saknas", "sekretess → saknas utan värde"),
    ("borttagen", 12.5, "borttagen", "12,5 borttaget"),
    ("borttagen", "sekretess", "borttagen", "sekretess borttaget"),
    ("ny", None, "okänd: Provisional", "okänd: Provisional utan värde"),
    ("återkommen", None, "saknas", "saknas utan värde"),
]


@pytest.mark.parametrize("kind", ["gone", "came"])
def test_missing_is_a_word_and_never_blank_or_zero(database: Database, kind: str) -> None:
    cases = WORDS[:5] if kind == "gone" else WORDS[5:]
    for number, (event, before, after, _) in enumerate(cases):
        database.change(2, "0484", 2010 + number, event, before, after, gender="K")
    lines = database.lines()
    for number, (*_, line) in enumerate(cases):
        assert f"Sjöby {2010 + number} K: {line}" in lines


def test_a_value_is_back_when_its_year_has_had_one(database: Database) -> None:
    database.change(2, "0484", 2024, "reviderad", 50.0, "sekretess")
    database.run(3)
    database.change(3, "0484", 2024, "reviderad", "sekretess", 0.0)
    assert "Sjöby 2024 T: sekretess → 0 återkommet" in database.lines()


def test_our_own_corrections_are_not_told_as_revisions_of_kolada(database: Database) -> None:
    own: dict[str, Any] = {"korrigering": "k1", "originalvarde": 50.0}
    for area, value, status in (("0461", 5.0, "ersatt"), ("0484", None, "utelämnad"), ("0482", 50.0, "publicerad")):
        database.change(2, area, 2024, "reviderad", 50.0, value, **own, status=status)
    lines = [line.strip() for line in as_text(database.changes()).splitlines()]
    assert "Nyby 2024 T: 50 → 5 (\u221245) egen korrigering k1, Koladas värde 50" in lines
    assert "Sjöby 2024 T: 50 → utelämnad egen korrigering k1, Koladas värde 50" in lines
    assert "Västby 2024 T: 50 egen korrigering k1, Koladas värde 50" in lines


def test_a_correction_whose_background_changes_or_that_no_longer_holds_is_told_as_such(database: Database) -> None:
    own: dict[str, Any] = {"korrigering": "k1", "status": "ersatt"}
    for area in ("0484", "0482"):
        database.change(2, area, 2024, "reviderad", 50.0, 5.0, **own, originalvarde=50.0)
    database.run(3)
    database.change(3, "0484", 2024, "reviderad", 5.0, 5.0, **own, foregaende_status="ersatt", originalvarde=51.0)
    database.change(3, "0482", 2024, "reviderad", 5.0, 50.0, foregaende_status="ersatt")
    lines = database.lines()
    assert "Sjöby 2024 T: 5 egen korrigering k1, Koladas värde 51" in lines
    assert "Västby 2024 T: 5 → 50 (+45) egen korrigering upphävd" in lines


def test_every_change_says_what_is_known_of_why(database: Database) -> None:
    own: dict[str, Any] = {"korrigering": "k1", "status": "ersatt"}
    database.add("nyckeltal_brott", nyckeltal_id="U00001", ar=2025, sista_gamla_ar=2024)
    database.change(2, "0461", 2024, "reviderad", 50.0, 51.0)
    database.run(3)
    database.event(3, "nyckeltal", "U00001", "ny definition", "Gammal", "Ny")
    database.event(3, "nyckeltal", "U00002", "ny titel", "Gammal", "Ny")
    database.change(3, "0461", 2024, "reviderad", 51.0, 52.0)
    database.change(3, "0461", 2025, "ny", None, 53.0)
    database.change(3, "0482", 2024, "reviderad", 50.0, 5.0, **own, originalvarde=50.0)
    database.change(3, "0484", 2024, "reviderad", 50.0, "bortfall")
    with duckdb.connect(str(database.publish())) as connection:
        table, net = (
            connection.sql(
                f"SELECT omrade_id, ar, forklaring FROM {source} ORDER BY observerad, omrade_id, ar"
            ).fetchall()
            for source in ("andring", f"andring_mellan(TIMESTAMP '{night(1)}', TIMESTAMP '{night(3)}')")
        )
    revised, defined = (
        "källan har reviderat värdet och anger inte varför",
        "; samtidigt i Koladas katalog: ny definition",
    )
    of_the_third = [
        ("0461", 2024, f"{revised}{defined}"),
        ("0461", 2025, f"källan har publicerat ett nytt år{defined}; första året efter ett seriebrott"),
        ("0482", 2024, f"ägarnas korrigering k1{defined}"),
        ("0484", 2024, f"källan visar inte längre värdet: bortfall{defined}"),
    ]
    assert table == [("0461", 2024, revised), *of_the_third]
    assert net == of_the_third


def test_revisions_come_first_then_what_went_and_returned_then_what_is_new_then_the_catalogue(
    database: Database,
) -> None:
    database.event(3, "nyckeltal", "U00001", "ny titel", "Äldre fråga", "Gammal fråga, andel (%)")
    database.change(1, "0461", 2023, "ny", None, 40.0)
    database.change(2, "0461", 2023, "borttagen", 40.0, "borttagen")
    database.run(3)
    database.change(3, "0461", 2023, "återkommen", None, 40.0)
    database.change(3, "0461", 2025, "ny", None, 51.0)
    database.change(3, "0484", 2023, "borttagen", 40.0, "borttagen")
    database.change(3, "0482", 2024, "reviderad", 50.0, 51.0)
    lines = database.lines()
    wanted = [
        "Västby 2024 T: 50 → 51 (+1) reviderat",
        "Nyby 2023 T: 40 återkommet",
        "Sjöby 2023 T: 40 borttaget",
        "nytt år 2025: 1 av 3 kommuner (Nyby)",
        "U00001: ny titel: Äldre fråga → Gammal fråga, andel (%)",
    ]
    assert [line for line in lines if line in wanted] == wanted


def test_many_revisions_of_one_kpi_are_told_per_area_with_the_largest(database: Database) -> None:
    for year in range(2008, 2025):
        for gender in ("T", "K"):
            database.change(2, "0484", year, "reviderad", 50.0, 50.5 + (year == 2015), gender=gender)
    database.change(2, "0461", 2024, "reviderad", 50.0, 51.0)
    lines = database.lines()
    assert "Sjöby: reviderat 34, 2008–2024; störst 2015 T: 50,0 → 51,5 (+1,5) reviderat" in lines
    assert "Nyby: reviderat 1, 2024; störst 2024 T: 50 → 51 (+1) reviderat" in lines
    assert not any(line.startswith("Sjöby 20") for line in lines)


# --- what is new ----------------------------------------------------------------------------------------------------


def test_a_new_period_is_one_line_for_all(database: Database) -> None:
    for area in ("0461", "0484", "0482", "0000"):
        for gender in ("T", "K", "M"):
            database.change(2, area, 2025, "ny", None, 51.0, gender=gender)
    lines = database.lines()
    assert "nytt år 2025: 3 av 3 kommuner, riket" in lines
    assert not any("T:" in line for line in lines)


def test_a_new_period_says_who_lacks_it_and_why(database: Database) -> None:
    for year in (2025, 2026):
        database.change(2, "0461", year, "ny", None, 51.0)
        database.change(2, "0461", year, "ny", None, "sekretess", gender="K")
        database.change(2, "0484", year, "ny", None, 51.0)
        for gender in ("T", "K"):
            database.change(2, "0482", year, "ny", None, "bortfall", gender=gender)
    assert (
        "nytt år 2025–2026: 2 av 3 kommuner (inte Västby); sekretess: Nyby K; bortfall: Västby T/K" in database.lines()
    )


def test_years_that_come_late_afterwards_or_in_a_series_that_had_nothing_each_have_their_word(
    database: Database,
) -> None:
    database.change(2, "0461", 2025, "ny", None, 51.0)
    database.change(2, "0461", 2019, "ny", None, 41.0)
    database.change(2, "0484", 2019, "ny", None, 42.0)
    for year in (2019, 2021, 2022):
        database.change(2, "0461", year, "ny", None, 51.0, kpi="U00003")
        database.change(2, "0484", year, "ny", None, "saknas", kpi="U00003")
    database.run(3)
    database.change(3, "0461", 2026, "ny", None, 50.0)
    database.change(3, "0484", 2025, "ny", None, 52.0)
    since_first, newest = as_text(database.changes(night(1))), as_text(changes(database.path, None))
    assert "ifyllt i efterhand 2019: 2 av 3 kommuner (inte Västby)" in since_first
    assert "nytt år 2025: 2 av 3 kommuner (inte Västby)" in since_first
    assert "nytt år 2026: 1 av 3 kommuner (Nyby)" in since_first
    assert "ny serie 2019, 2021–2022: 1 av 3 kommuner (Nyby); saknas: Sjöby T" in since_first
    assert "nytt år 2025: 1 av 3 kommuner (Sjöby)" in newest
    assert "nytt år 2026: 1 av 3 kommuner (Nyby)" in newest
    assert "2019" not in newest


# --- what is worth a notice -----------------------------------------------------------------------------------------


def test_new_data_are_new_years_new_series_and_years_filled_in_each_by_its_word(database: Database) -> None:
    for area in ("0461", "0484"):
        database.change(2, area, 2025, "ny", None, 51.0)
        database.change(2, area, 2025, "ny", None, 51.0, gender="K")
    database.change(2, "0461", 2019, "ny", None, 41.0)
    database.change(2, "0461", 2018, "ny", None, 41.0)
    database.change(2, "0000", 2025, "ny", None, 11.0, kpi="U00002")
    # None of these is new data: elsewhere, without a value, revised, of a nyckeltal without a mått.
    database.change(2, "1000", 2025, "ny", None, 51.0)
    database.change(2, "0482", 2025, "ny", None, "saknas")
    database.change(2, "0482", 2024, "reviderad", 50.0, 51.0)
    database.change(2, "0482", 2024, "ny", None, 51.0, kpi="U00003")
    result = database.news(1)
    assert result.until == night(2)
    assert result.data == [
        NewData("Delaktighet", "U00002", KPIS["U00002"][0], "nytt år", [2025], 0),
        NewData("Kontinuitet", "U00001", KPIS["U00001"][0], "ny serie", [2025], 2),
        NewData("Kontinuitet", "U00001", KPIS["U00001"][0], "nytt år", [2025], 2),
        NewData("Kontinuitet", "U00001", KPIS["U00001"][0], "ifyllt i efterhand", [2018, 2019], 1),
    ]


@pytest.mark.parametrize(
    ("event", "before", "after", "is_late"),
    [("ny definition", "Gammal", "Ny", False), ("planerad publicering passerad", "2026-11-02", "2025", True)],
)
def test_only_a_publication_that_is_late_is_spoken_of_as_late(
    database: Database, event: str, before: str, after: str, is_late: bool
) -> None:
    database.event(2, "nyckeltal", "U00001", event, before, after)
    assert ("Planerad publicering har passerat och inga värden har kommit" in database.lines(night(1))) is is_late


def test_nothing_is_news_before_the_first_notice_or_twice(database: Database) -> None:
    database.change(2, "0461", 2025, "ny", None, 51.0)
    database.event(2, "nyckeltal", "U00001", "nyckeltal upphört", None, "2024")
    path = database.publish()
    assert news(path, None) == News(night(2), [], [])
    assert news(path, night(2)) == News(night(2), [], [])
    assert len(news(path, night(1)).data) == 1


def test_a_nyckeltal_that_has_ended_is_news(database: Database) -> None:
    database.event(2, "nyckeltal", "U00001", "nyckeltal upphört", None, "2024")
    database.event(2, "nyckeltal", "U00003", "nyckeltal borttaget", "Ensam fråga, antal", None)
    database.event(2, "nyckeltal", "U00002", "ny titel", "A", "B")
    assert database.news(1).ended == [
        Ended("Kontinuitet", "U00001", KPIS["U00001"][0], "nyckeltal upphört"),
        Ended("utan mått", "U00003", KPIS["U00003"][0], "nyckeltal borttaget"),
    ]


# --- the catalogue --------------------------------------------------------------------------------------------------


def test_a_changed_group_tells_who_came_and_went(database: Database) -> None:
    for area, title, opened, closed in (
        ("0484", "Grupp 9, 2022", 1, 2),
        ("0461", "Grupp 9, 2022", 1, 2),
        ("0484", "Grupp 9, 2024", 2, None),
        ("1000", "Grupp 9, 2024", 2, None),
    ):
        ended = night(closed) if closed else None
        database.add("grupp_medlem", grupp_id="G9", omrade_id=area, titel=title, fran=night(opened), till=ended)
    database.event(2, "grupp", "G9", "grupp ändrad", "Grupp 9, 2022: 0461, 0484", "Grupp 9, 2024: 0484, 1000")
    assert "G9 grupp ändrad: Grupp 9, 2022 → 2024; in: Annan kommun; ut: Nyby" in database.lines()


def test_a_kpi_with_several_events_has_them_under_its_title(database: Database) -> None:
    words = " ".join(f"ord{n}" for n in range(60))
    database.event(2, "nyckeltal", "U00001", "nyckeltal upphört", None, "2024")
    database.event(2, "nyckeltal", "U00001", "ny definition", f"{words} före slut", f"{words} efter slut")
    lines = database.lines()
    at = lines.index("U00001 Gammal fråga, andel (%)")
    assert lines[at + 1 : at + 3] == [
        "ny definition: … ord56 ord57 ord58 ord59 före slut → … ord56 ord57 ord58 ord59 efter slut",
        "upphört, sista år 2024",
    ]


@pytest.mark.parametrize(
    ("what", "before", "after", "line"),
    [
        ("nyckeltal borttaget", "Gammal fråga", None, "U00001: finns inte längre i Koladas katalog: Gammal fråga"),
        ("nyckeltal saknas", None, "Gammal fråga", "U00001: finns inte i Koladas katalog: Gammal fråga"),
        ("nyckeltal åter i katalogen", None, "Gammal fråga", "U00001: finns nu i Koladas katalog: Gammal fråga"),
        ("titel ej bekräftad", "A", "B", "U00001: titeln är inte bekräftad, nya värden hålls: A → B"),
        (
            "planerad publicering passerad",
            "2026-11-01",
            "2025",
            "2026-11-01, period 2025: U00001 Gammal fråga, andel (%)",
        ),
        ("ny könsuppdelning", "nej", "ja", "ny könsuppdelning: nej → ja"),
        ("något nytt", None, "x", "något nytt: (uppgift saknas) → x"),
    ],
)
def test_events_are_told_in_words(
    database: Database, what: str, before: str | None, after: str | None, line: str
) -> None:
    database.event(2, "nyckeltal", "U00001", what, before, after)
    assert line in database.lines()


def test_refused_values_are_counted_with_their_reason(database: Database) -> None:
    for run, kpi, n in (("natt-1", "U00001", 7), ("natt-2", "U00001", 2), ("natt-2", "U00003", 40)):
        database.add("karantan", korning_id=run, nyckeltal_id=kpi, orsak="negativt antal", antal_varden=n)
    assert "Värden som inte släpptes in: 42, negativt antal (U00001, U00003)" in database.lines()


# --- whose figures --------------------------------------------------------------------------------------------------


def test_differences_are_signed_as_ours_and_never_as_kolada_s(database: Database) -> None:
    database.change(2, "0484", 2024, "reviderad", 50.0, 51.0)
    result = database.changes()
    assert as_text(result).splitlines()[-1] == "Egen bearbetning av malbilds revisioner"
    (values, _) = csv_files(result).values()
    assert "Källa: Kolada" not in as_text(result) + values
    assert next(csv.DictReader(io.StringIO(values)))["bearbetning"] == "Egen bearbetning av malbilds revisioner"


@pytest.mark.parametrize("changed", [True, False])
def test_synthetic_figures_say_so_everywhere(empty: Database, changed: bool) -> None:
    for day in (1, 2):
        empty.run(day, source="syntetisk")
    empty.change(1, "0484", 2024, "ny", None, 50.0)
    if changed:
        empty.change(2, "0484", 2024, "reviderad", 50.0, 51.0)
        empty.event(2, "nyckeltal", "U00001", "ny titel", "A", "B")
    result = empty.changes()
    assert "SYNTETISKA UPPGIFTER" in as_text(result)
    rows = [row for text in csv_files(result).values() for row in csv.DictReader(io.StringIO(text))]
    assert len(rows) == (2 if changed else 0)
    assert all("SYNTETISKA UPPGIFTER" in row["bearbetning"] for row in rows)


# --- CSV ------------------------------------------------------------------------------------------------------------


def test_the_csv_has_every_change_with_dots_and_says_why_a_cell_is_empty(database: Database) -> None:
    database.change(2, "0484", 2024, "reviderad", -1.5, 0.25)
    database.change(2, "0461", 2024, "reviderad", 50.0, "sekretess")
    text = csv_files(database.changes())["andringar.csv"]
    rows = {row["omrade"]: row for row in csv.DictReader(io.StringIO(text))}
    columns = ("ar", "kon", "fore", "fore_status", "efter", "efter_status", "skillnad")
    assert [rows["Sjöby"][c] for c in columns] == ["2024", "T", "-1.5", "publicerad", "0.25", "publicerad", "1.75"]
    assert [rows["Nyby"][c] for c in columns] == ["2024", "T", "50.0", "publicerad", "", "sekretess", ""]
    assert pl.read_csv(io.StringIO(text), schema_overrides={"omrade_id": pl.String})["omrade_id"].to_list() == [
        "0461",
        "0484",
    ]


def test_text_in_the_csv_is_never_a_formula(database: Database) -> None:
    texts = ["=1+1", "+46", "-andel", "@sum", "\tx"]
    for text in texts:
        database.event(2, "nyckeltal", "U00001", "ny titel", "a-b=c", text)
    rows = list(csv.DictReader(io.StringIO(csv_files(database.changes())["katalog.csv"])))
    assert {row["fore"] for row in rows} == {"a-b=c"}
    assert sorted(row["efter"] for row in rows) == sorted(f"'{text}" for text in texts)


def test_the_handbook_s_query_lists_every_change_of_ours(database: Database) -> None:
    database.change(2, "0484", 2024, "reviderad", 50.0, 51.0)
    database.change(2, "0461", 2025, "ny", None, 51.0)
    database.change(2, "1000", 2024, "reviderad", 1.0, 2.0)
    (query,) = [block for title, block in QUERIES.items() if title.startswith("10. ")]
    with duckdb.connect(str(database.publish()), read_only=True) as connection:
        rows = connection.sql(query.replace("2026-10-01", "2026-11-01T12:00:00")).fetchall()
    assert [row[1:] for row in rows] == [
        (
            "Nyby",
            KPIS["U00001"][0],
            2025,
            "T",
            "nytt år",
            "källan har publicerat ett nytt år",
            None,
            51.0,
            None,
            "publicerad",
        ),
        (
            "Sjöby",
            KPIS["U00001"][0],
            2024,
            "T",
            "reviderat",
            "källan har reviderat värdet och anger inte varför",
            50.0,
            51.0,
            "publicerad",
            "publicerad",
        ),
    ]


# --- through the whole job ------------------------------------------------------------------------------------------


@pytest.mark.lang
def test_two_nights_through_the_whole_job(small_night: Path, tmp_path: Path) -> None:
    """Kolada revises, removes and adds values and redraws a group; everything else stays and is not mentioned."""
    shutil.copytree(small_night, tmp_path / "data")
    first = values()
    ny_fraga = first.filter(pl.col("kpi") == "U00002", pl.col("year") == 2024)
    second = pl.concat(
        [
            first.with_columns(value=pl.when(at("U00001", "0484", 2023)).then(99.5).otherwise("value")).filter(
                ~at("U00002", "0461", 2022)
            ),
            ny_fraga.with_columns(year=pl.lit(2025, pl.Int32), value=pl.when(pl.col("area") != "0461").then("value")),
        ]
    )
    served = dataset(figures=second)
    redrawn = [
        {**group, "members": [{"member_id": "0484", "member_title": "Västby"}]} if group["id"] == "G6" else group
        for group in served.groups
    ]
    Place(Settings(tmp_path / "data", CATALOG)).night(replace(served, groups=redrawn))
    result = changes(tmp_path / "data" / "analys.duckdb", None)
    lines = [line.strip() for line in as_text(result).splitlines()]
    assert lines[1:3] == [
        "SYNTETISKA UPPGIFTER: påhittade för demonstration, inte Koladas",
        "Målbildens områden och riket: reviderat 1, borttaget 1, utan värde 1, nytt år 2",
    ]
    wanted = [
        "U00001 Gammal fråga, andel (%) (-2024)",
        "Västby 2023 T: 10,7 → 99,5 (+88,8) reviderat",
        "U00002 Ny fråga, andel (%)",
        "Östby 2022 T: 20,5 borttaget",
        "nytt år 2025: 1 av 2 kommuner (Västby), riket; saknas: Östby T",
        "G6 grupp ändrad: Grupp G6 (ovägt medel); in: Västby; ut: Annan kommun",
    ]
    assert [line for line in lines if line in wanted] == wanted, lines
    assert result.values.height == 5


def at(kpi: str, area: str, year: int) -> pl.Expr:
    return (pl.col("kpi") == kpi) & (pl.col("area") == area) & (pl.col("year") == year)
