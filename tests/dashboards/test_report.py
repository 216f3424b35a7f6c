"""The report as a whole: what is read of both together, what is refused, and what lies in its folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import plotly.offline
import pytest

import dashboards
from dashboards.profiles import County, index_page
from dashboards.reading.published import load
from dashboards.report import build_principal, build_report
from pipelines.errors import ConfigError, MalbildError
from tests.dashboards.conftest import report
from tests.dashboards.page import parse
from tests.dashboards.published import KOMMUNER, MATT, REGION
from tests.warehouse.small import change

STATIC = Path(dashboards.__file__).parent / "static"

Paths = Callable[..., Path]


def query(database: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


# Part of `Series` → the table, the columns of its key, and a column that tells T from K and M.
COMPUTED = {
    "positions": ("placering", ("omrade_id", "ar"), "plats"),
    "no_interval": ("jamforelse", ("omrade_id", "ar"), "osakerhet_orsak"),
    "county": ("jamforelse", ("ar",), "lan_varde"),
    "spread": ("spridning", ("ar",), "median"),
    "parts": ("lansdel_varde", ("lansdel", "ar"), "medel_ovagt"),
    "trends": ("trend", ("omrade_id",), "trend"),
    "county_trends": ("lan_trend", ("kon",), "trend"),
    "targets": ("mal", ("omrade_id",), "mal"),
}


@pytest.mark.parametrize("part", COMPUTED)
def test_what_is_computed_is_told_of_both_together(databases: Paths, part: str) -> None:
    table, key, column = COMPUTED[part]
    expected: dict[str, dict[Any, Any]] = {}
    names = ", ".join(key)
    sql = f"SELECT nyckeltal_id, {column}, {names} FROM {table} WHERE kon = 'T' AND {column} IS NOT NULL"
    for kpi_id, value, *place in query(databases(), sql):
        expected.setdefault(kpi_id, {})[tuple(place) if len(key) > 1 else place[0]] = value
    shown = {"0000", "0004", *KOMMUNER}
    seen = 0
    for kpi_id, series in load(databases()).series.items():
        for place, row in getattr(series, part).items():
            assert getattr(row, column) == expected[kpi_id][place], (kpi_id, place)
            seen += 1
    others = [p for places in expected.values() for p in places if "omrade_id" in key and {p, *p}.isdisjoint(shown)]
    assert seen == sum(map(len, expected.values())) - len(others) > 0


# --- what is refused --------------------------------------------------------------------------------------------------


def test_figures_of_two_sources_are_refused(database: Path) -> None:
    change(database, "UPDATE matvarde SET kalla = 'syntetisk' WHERE nyckeltal_id = 'U88888' AND omrade_id = '0484'")
    with pytest.raises(MalbildError, match=r"U88888 0484 2019 comes from 'syntetisk', but run k-2 from 'kolada'"):
        report(database)


def test_without_a_finished_run_there_is_no_report(database: Path) -> None:
    change(database, "UPDATE korning SET utfall = 'misslyckad'")
    with pytest.raises(ConfigError, match="no finished run in table korning → run `malbild run` first"):
        report(database)


def test_a_report_that_cannot_be_built_leaves_the_old_one(databases: Paths, tmp_path: Path) -> None:
    folder = tmp_path / "rapport"
    folder.mkdir()
    (folder / "index.html").write_text("den gamla")
    with pytest.raises(ConfigError, match=r"no published database here → run `malbild run`"):
        build_report(tmp_path / "finns-inte.duckdb", folder)
    with pytest.raises(ConfigError, match=r"--huvudman 0180: .* choose one of 0484 Eskilstuna, .*0004 Region Sörmland"):
        build_principal(databases(), folder / "index.html", "0180")
    assert (folder / "index.html").read_text() == "den gamla"
    assert [path.name for path in tmp_path.rglob("*")] == ["rapport", "index.html"]


# --- the folder -------------------------------------------------------------------------------------------------------


def test_the_folder_holds_a_page_for_each_thing_and_no_others(reports: Paths) -> None:
    folder = reports().parent
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert names == {
            "lattlast.html",
        "index.html", "styrkedja.html", "satsningar.html", "sjalvskattning.html", "att-bekrafta.html", "metod.html",
        "nyckeltal.html",
        "tillganglighet.html", "forandringar.csv", "rapport.css", "plotly-basic.min.js", "diagram.js", "sok.js",
        "csv/sammanfattning.csv",
        *(name for area in (*KOMMUNER, REGION) for name in (f"huvudman/{area}.html", f"data/{area}.json")),
        *(f"lansdel/{number}.html" for number in (1, 2, 3)),
        *(name for measure in MATT for name in (f"matt/{measure}.html", f"csv/{measure}.csv", f"data/{measure}.json")),
        *(
            f"bilder/{measure}/{kpi}-{figure}.svg"
            for measure, kpi, figures in (
                ("brukare", "U11111", ("utveckling", "jamforelse")),
                ("patient", "U22222", ("utveckling",)),
                ("kontakter", "U88888", ("utveckling", "jamforelse")),
                ("fall", "N44444", ("jamforelse",)),
                ("rokning", "U66666", ("utveckling", "jamforelse")),
            )
            for figure in figures
        ),
    }  # fmt: skip


@pytest.mark.parametrize("principal", ["0484", REGION])
def test_one_huvudman_s_page_is_the_same_alone_and_among_the_others(
    reports: Paths, databases: Paths, tmp_path: Path, principal: str
) -> None:
    alone = build_principal(databases(), tmp_path / "ensam.html", principal)
    assert (reports().parent / "huvudman" / f"{principal}.html").read_bytes() == alone.read_bytes()


def test_the_list_of_profiles_says_whose_the_figures_are(databases: Paths) -> None:
    """The owners' corrections are no part of profiles."""
    head = parse(index_page(databases(), [County("Västmanlands län", (("1980.html", "Västerås"),))])).element("header")
    assert "1 profiler" in head.text
    assert head.text.endswith("(oförändrade värden). Egen bearbetning (allt som räknas fram, och meningarna).")


def test_sizes_follow_the_reader() -> None:
    sheets = (file.read_text("utf-8") for file in STATIC.glob("*.css"))
    # Inside a drawing px are its own units, and it grows with its place.
    rules = [
        rule
        for sheet in sheets
        for rule in re.findall(r"[^{}]+\{[^{}]*\}", sheet)
        if not rule.strip().startswith(".t-")
    ]
    assert not [rule for rule in rules if re.search(r"font(-size)?:[^;]*\dpx", rule)]


def test_the_vendored_chart_library_is_what_it_says(reports: Paths) -> None:
    bundle = (STATIC / "plotly-basic.min.js").read_bytes()
    digest, name = (STATIC / "plotly-basic.sha256.txt").read_text(encoding="utf-8").split()
    assert (name, hashlib.sha256(bundle).hexdigest()) == ("plotly-basic.min.js", digest)
    version = re.search(rb"plotly\.js \(basic - minified\) v([\d.]+)", bundle)
    assert version is not None
    assert version[1].decode() == plotly.offline.get_plotlyjs_version(), "the figures are made for another version"
    assert "MIT License" in (STATIC / "plotly-basic.LICENSE.txt").read_text(encoding="utf-8")
    assert (reports().parent / "plotly-basic.min.js").read_bytes() == bundle
