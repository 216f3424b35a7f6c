"""`malbild lan` and `malbild profil`: reports per county and two pages per area from one data dir, without Kolada."""

from __future__ import annotations

import csv
import fcntl
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse.county import _NOT_THEIRS
from pipelines.warehouse.store import FileWarehouse
from tests.counties.small import HOME, OTHER, two_counties, value
from tests.dashboards.audit import deviations, figures
from tests.dashboards.page import Node, parse
from tests.local import small as local
from tests.small import CATALOG, Finished, kolada, malbild, run_night
from tests.warehouse.small import insert, query

pytestmark = pytest.mark.lang

ANALYSIS = ("jamforelse", "konsskillnad", "spridning", "trend", "lan_trend", "mal")
HOME_SLUG, OTHER_SLUG = "sodermanlands-lan", "vastmanlands-lan"
WRONG = 99.5


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the home county's YAML (a correction and local figures of its own) and its data dir after a
    night.
    """
    folder = tmp_path_factory.mktemp("landet")
    with kolada(two_counties()) as url:
        start = local.catalog(folder / "mall")
        begun = malbild("ny", "--lan", HOME, folder / "hem", "--katalog", start, "--kolada-url", url)
        assert begun.code == 0, begun.err
        own = folder / "hem" / "indikatorer.yaml"
        own.write_text(own.read_text().replace("forslag_fran: Provlän\n", ""))
        corrections = folder / "hem" / "korrigeringar.yaml"
        corrections.write_text(corrections.read_text().replace("korrigeringar: []", _CORRECTION))
        local.csv(folder / "data" / "lokala", local.PLANS, "0461;Östby;2024;T;12;", "0484;Västby;2024;T;15;")
        (folder / "data" / "lokala" / "Brukarfall v2.csv").write_text("kommun;antal")
        ended = run_night(url, folder / "data", katalog=folder / "hem")
        assert ended.code == 0, ended.err
    published = (folder / "data" / "analys.duckdb").resolve()
    published.chmod(0o644)
    with duckdb.connect(str(published)) as connection:
        connection.execute(_GROUP_EVENT)
    return folder


_GROUP_EVENT = """INSERT INTO katalog_handelse BY NAME
    SELECT observerad, 'grupp' AS objekt, 'G33614' AS objekt_id, 'ny titel' AS handelse, 'Före' AS fore,
        'Efter' AS efter, korning_id
    FROM korning"""


_CORRECTION = f"""korrigeringar:
  - id: vastby
    nyckeltal: "U00002"
    omrade: "0484"
    ar: 2024
    kon: T
    atgard: ersatt
    varde: {WRONG}
    vantat: {{lika: {value("U00002", "0484", 2024)}}}
    skal: Prov.
    kalla: Hemmet.
    datum: 2026-11-22"""


@pytest.fixture(scope="module")
def published(home: Path) -> Path:
    """The data dir after `malbild lan` for both; no Kolada is there."""
    ended = lan(home)
    assert ended.code == 0, ended.err
    return home / "data"


def lan(home: Path, *names: str) -> Finished:
    nobody = "http://127.0.0.1:9"
    return malbild("lan", *names, "--data-dir", home / "data", "--katalog", home / "hem", MALBILD_KOLADA_URL=nobody)


@pytest.fixture
def copied(home: Path, published: Path, tmp_path: Path) -> Path:
    """As after `malbild lan`, to be changed."""
    return Path(shutil.copytree(home, tmp_path / "landet"))


def test_the_home_countys_database_says_what_the_night_published(published: Path) -> None:
    ours, again = published / "analys.duckdb", published / "lan" / HOME_SLUG / "analys.duckdb"
    for table in (
        *ANALYSIS,
        "matvarde",
        "matvarde_revision",
        "omrade",
        "grupp_medlem",
        "katalog_handelse",
        "styrning.lan",
    ):
        sql = f"FROM {table} ORDER BY ALL"
        assert query(again, sql) == query(ours, sql), table
    assert query(ours, "SELECT count(*) FROM jamforelse") > [(0,)]
    night = (published / "rapport" / "utkast" / "index.html").read_bytes()
    assert (published / "lan" / HOME_SLUG / "rapport" / "index.html").read_bytes() == night


@pytest.mark.parametrize(("slug", "code", "group"), [(HOME_SLUG, "04", "G33614"), (OTHER_SLUG, "19", "G33626")])
def test_each_countys_figures_are_those_of_the_warehouse(published: Path, slug: str, code: str, group: str) -> None:
    warehouse, folder = published / "lager.duckdb", published / "lan" / slug
    shown = "varde" if code == "04" else "coalesce(originalvarde, varde)"
    means = query(
        warehouse,
        f"""SELECT nyckeltal_id, ar, round(avg({shown}), 9), count(*) FROM matvarde
            WHERE omrade_id[1:2] = '{code}' AND nyckeltal_id IN ('U00001', 'U00002') GROUP BY ALL ORDER BY ALL""",
    )
    assert len(means) == 6
    compared = query(
        folder / "analys.duckdb",
        f"""SELECT DISTINCT nyckeltal_id, ar, round(lan_ovagt, 9), lan_antal FROM jamforelse
            WHERE omrade_id[1:2] = '{code}' AND nyckeltal_id IN ('U00001', 'U00002') ORDER BY ALL""",
    )
    assert compared == means
    output = [row for row in table(folder / "rapport" / "csv" / "upplevd-kontinuitet.csv") if row["lanets_varde"]]
    in_report = {
        (row["nyckeltal_id"], int(row["ar"]), round(float(row["lanets_varde"]), 9), int(row["antal_med_varde"]))
        for row in output
        if row["antal_med_varde"] and not row["nyckeltal_id"].startswith("L_")
    }
    assert in_report == set(means)
    values = {
        (row["nyckeltal_id"], row["omrade_id"], int(row["ar"])): float(row["varde"])
        for row in table(folder / "rapport" / "csv" / "upplevd-kontinuitet.csv")
        if row["varde"] and not row["nyckeltal_id"].startswith("L_")
    }
    ids = {area for _, area, _ in values}
    assert {area[:2] for area in ids} == {code, "00"}
    for (kpi_id, area, year), shown_value in values.items():
        expected = WRONG if (area, kpi_id, year) == ("0484", "U00002", 2024) else value(kpi_id, area, year)
        assert shown_value == pytest.approx(expected), (kpi_id, area, year)
    assert query(folder / "analys.duckdb", "SELECT omrade_id FROM omrade WHERE typ = 'grupp'").count((group,)) == 1


def facts(page: Node) -> list[tuple[Node, Node]]:
    """The names and texts of what is said of each mått."""
    return [pair for dl in page.all("dl") for pair in zip(dl.all("dt"), dl.all("dd"), strict=False)]


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_mått_of_the_home_countys_without_figures_says_how_they_are_handed_in(home: Path) -> None:
    pages = sorted((home / "data" / "rapport" / "utkast").rglob("*.html"))
    report = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert "inga har lämnats; de lämnas i mallen från malbild lokal mall" in report
    assert "Uppgift saknas: måttet finns inte i Kolada." in report
    # Nothing was handed in, so nothing of the measure's own stands in the way of the rest.
    assert f"nyckeltal-L_{local.SHARE}" not in report
    assert f"nyckeltal-L_{local.PLANS}" in report


def test_similar_areas_are_those_of_the_countys_own_groups(published: Path) -> None:
    (actual,) = query(
        published / "lan" / OTHER_SLUG / "analys.duckdb",
        """SELECT liknande, liknande_antal, liknande_grupp_id FROM jamforelse
           WHERE nyckeltal_id = 'U00001' AND omrade_id = '1980' AND ar = 2024""",
    )
    mean = (value("U00001", "0461", 2024) + value("U00001", "0484", 2024)) / 2
    assert actual == (pytest.approx(mean), 2, "G1711980")


def test_nothing_of_the_home_countys_is_in_another_countys(published: Path) -> None:
    database = published / "lan" / OTHER_SLUG / "analys.duckdb"
    corrected = """SELECT varde, status, korrigering FROM {} WHERE nyckeltal_id = 'U00002' AND omrade_id = '0484'
                   AND ar = 2024"""
    own = [(value("U00002", "0484", 2024), "publicerad", None)]
    assert query(published / "analys.duckdb", corrected.format("matvarde")) == [(WRONG, "ersatt", "vastby")]
    assert query(database, corrected.format("matvarde")) == own
    assert query(database, corrected.format("matvarde_revision")) == own
    assert query(database, "FROM omrade WHERE i_malbild AND omrade_id[1:2] = '04'") == []
    assert query(database, "FROM matvarde WHERE omrade_id = 'G33614'") == []
    group_events = "SELECT count(*) FROM katalog_handelse WHERE objekt = 'grupp'"
    assert query(published / "lan" / HOME_SLUG / "analys.duckdb", group_events) == [(1,)]
    assert query(database, group_events) == [(0,)]
    handed_in = "SELECT count(*) FROM {} WHERE kalla = 'lokal'"
    assert query(published / "analys.duckdb", handed_in.format("matvarde")) == [(2,)]
    for name in ("matvarde", "matvarde_revision"):
        assert query(database, handed_in.format(name)) == [(0,)]
    refused = "SELECT count(*) FROM karantan WHERE rad LIKE '%Brukarfall%'"
    assert query(published / "analys.duckdb", refused) == [(1,)]
    assert query(database, refused) == [(0,)]


PLAIN, REPLACED, LEFT_OUT = ("publicerad", None, None), ("ersatt", 50.0, "vastby"), ("utelämnad", 50.0, "vastby")


@pytest.mark.parametrize(
    ("revisions", "output"),
    [
        # The number alone, while the value was replaced.
        (
            [("ny", 99.5, 100, *REPLACED), ("reviderad", 99.5, 105, *REPLACED)],
            [("ny", 50.0, 100, "publicerad", None), ("reviderad", 50.0, 105, "publicerad", 50.0)],
        ),
        # What only the correction made is no revision.
        ([("ny", 50.0, 100, *PLAIN), ("reviderad", 99.5, 100, *REPLACED)], [("ny", 50.0, 100, "publicerad", None)]),
        ([("ny", 50.0, 100, *PLAIN), ("reviderad", None, 100, *LEFT_OUT)], [("ny", 50.0, 100, "publicerad", None)]),
        # What it hid is one.
        (
            [("ny", 40.0, 100, *PLAIN), ("reviderad", 99.5, 100, *REPLACED), ("reviderad", 50.0, 100, *PLAIN)],
            [("ny", 40.0, 100, "publicerad", None), ("reviderad", 50.0, 100, "publicerad", 40.0)],
        ),
        # A value that Kolada did not have.
        ([("ny", 99.5, 0, "ersatt", None, "vastby")], [("ny", None, 0, "saknas", None)]),
    ],
)
def test_another_county_is_told_what_kolada_said_of_a_corrected_value(
    revisions: list[tuple[object, ...]], output: list[tuple[object, ...]], tmp_path: Path
) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        before: tuple[object, ...] = (None, None)
        for day, (event, shown, number, status, original, correction) in enumerate(revisions, start=1):
            connection.execute(
                """INSERT INTO matvarde_revision BY NAME SELECT 'U00002' AS nyckeltal_id, '0484' AS omrade_id,
                   2023 AS ar, 'T' AS kon, make_timestamp(2026, 11, $1, 0, 0, 0) AS observerad, $2 AS handelse,
                   $3::DOUBLE AS varde, $4::INTEGER AS antal_omraden, $5 AS status, $6::DOUBLE AS originalvarde,
                   $7::VARCHAR AS korrigering, $8::DOUBLE AS foregaende_varde, $9::VARCHAR AS foregaende_status,
                   'kalla' AS kalla, TIMESTAMP '2026-11-01' AS hamtad, 'natt' AS korning_id""",
                [day, event, shown, number, status, original, correction, *before],
            )
            before = (shown, status)
        # What is expected of the home county's satsningar, and what their cycles saw, is no other county's.
        insert(connection, "forvantan", satsning_id="s", nyckeltal_id="U00002", huvudman_id="0484", vantas="högre")
        insert(connection, "titt", satsning_id="s", cykel=1, nyckeltal_id="U00002", omrade_id="0484", varde=7.0)
        for statement in _NOT_THEIRS:
            connection.execute(statement)
        for table in ("forvantan", "titt"):
            assert connection.sql(f"FROM {table}").fetchall() == []
        actual = connection.sql(
            """SELECT handelse, varde, antal_omraden, status, foregaende_varde FROM matvarde_revision
               WHERE korrigering IS NULL ORDER BY observerad"""
        ).fetchall()
        assert connection.sql("SELECT count(*) FROM matvarde_revision").fetchall() == [(len(output),)]
    assert actual == output


def test_a_report_says_whose_it_is_and_that_the_figures_are_synthetic(published: Path) -> None:
    other = parse((published / "lan" / OTHER_SLUG / "rapport" / "index.html").read_text())
    cover = other.element("section", id="laget").text.replace("\u00a0", " ")
    assert f"Uppföljning av Nära vård i {OTHER}" in cover
    assert f"hämtade ur målbilden i {HOME} som förslag. {OTHER} har inte beslutat något av dem." in cover
    assert "Nämnd: ej angiven" in cover
    for word in ("NSV", "Länsstyrgruppen"):
        assert word not in other.text, word
    measures = (published / "lan" / OTHER_SLUG / "rapport" / "matt").glob("*.html")
    pages = [parse(path.read_text()) for path in measures]
    principals = {dd.text for page in pages for dt, dd in facts(page) if dt.text == "Huvudman"}
    assert principals == {"kommunerna", "Region Västmanland", "kommunerna och Region Västmanland"}
    home = parse((published / "lan" / HOME_SLUG / "rapport" / "index.html").read_text())
    assert "som förslag" not in home.element("section", id="laget").text
    start = parse((published / "lan" / "index.html").read_text())
    assert [(a.attrs["href"], a.text) for a in start.element("section", id="lan").all("a")] == [
        (f"{HOME_SLUG}/rapport/index.html", HOME),
        (f"{OTHER_SLUG}/rapport/index.html", OTHER),
    ]
    for page in (other, home, start):
        assert "SYNTETISKA UPPGIFTER" in page.text
    assert query(published / "lan" / OTHER_SLUG / "analys.duckdb", "SELECT DISTINCT kalla FROM matvarde") == [
        ("syntetisk",)
    ]


def test_a_fault_in_one_county_stops_nothing_else_and_leaves_what_it_had(copied: Path) -> None:
    folder, yaml = copied / "data" / "lan", copied / "data" / "lan-katalog" / OTHER_SLUG
    before = {path: path.read_bytes() for path in (folder / OTHER_SLUG).rglob("*") if path.is_file()}

    def refused(file: str, content: str, *counties: str) -> str:
        before_change = (yaml / file).read_text()
        (yaml / file).write_text(content)
        ended = lan(copied, *counties)
        (yaml / file).write_text(before_change)
        assert ended.code == 1
        assert f"1 of {len(counties)} counties failed: {OTHER}; what they had published is as it was" in ended.err
        assert {path: path.read_bytes() for path in before} == before
        left = sorted(path.name for path in folder.iterdir() if path.name.startswith("."))
        assert left == [".las"], "nothing half-made is left"
        return ended.err

    shutil.rmtree(folder / HOME_SLUG)
    (folder / ".arbete").mkdir()
    (folder / ".arbete" / "landet.duckdb").write_text("left by one that was killed")
    output = refused("kommuner.yaml", "version: [", OTHER, HOME)
    assert f"{OTHER}: {yaml}/kommuner.yaml:" in output
    assert (folder / HOME_SLUG / "rapport" / "index.html").is_file()
    indicators = (yaml / "indikatorer.yaml").read_text()
    output = refused("indikatorer.yaml", indicators.replace('"U00006"', '"U77777"'), OTHER)
    assert f"{yaml}/indikatorer.yaml: U77777 followed there, but not fetched into" in output
    assert f"add them to {copied}/hem/indikatorer.yaml and run a night, or write folj: nej" in output
    output = refused("korrigeringar.yaml", f"version: 1\n{_CORRECTION}", OTHER)
    assert "vastby cannot be applied" in output


def test_a_countys_own_files_are_used_as_they_are(copied: Path) -> None:
    yaml = copied / "data" / "lan-katalog" / OTHER_SLUG / "aktiviteter.yaml"
    yaml.write_text("version: 1\nrapport:\n  titel: Vår egen rubrik\n  namnd: Vår nämnd\n")
    ended = lan(copied, OTHER)
    assert ended.code == 0, ended.err
    page = parse((copied / "data" / "lan" / OTHER_SLUG / "rapport" / "index.html").read_text())
    assert page.element("h1").text == "Vår egen rubrik"
    assert "Vår nämnd" in page.element("section", id="laget").text
    assert "Vår egen rubrik" in (copied / "data" / "lan" / "index.html").read_text()


def test_the_folder_of_another_county_passes_check_and_runs(tmp_path: Path) -> None:
    with kolada(two_counties()) as url:
        folder = tmp_path / OTHER_SLUG
        assert malbild("ny", "--lan", OTHER, folder, "--katalog", CATALOG, "--kolada-url", url).code == 0
        checked = malbild(
            "check", "--katalog", folder, "--data-dir", tmp_path / "data", "--online", "--kolada-url", url
        )
        assert checked.code == 0, checked.err
        assert "3 kommuner, 0 korrigeringar: the files hold together" in checked.out
        assert "all of ours are there" in checked.out
        ended = run_night(url, tmp_path / "data", katalog=folder)
        assert ended.code == 0, ended.err
    assert "Source    syntetisk" in ended.out
    page = parse((tmp_path / "data" / "rapport" / "utkast" / "index.html").read_text())
    links = {a.attrs["href"]: a.text for a in page.element("section", id="mer").all("a")}
    assert [name for href, name in links.items() if href.startswith("huvudman/")] == [
        "Lillby", "Mellanby", "Storby", "Region Västmanland",
    ]  # fmt: skip
    assert not any(href.startswith("lansdel/") for href in links), "no länsdel is given"
    package = (tmp_path / "data" / "export" / "datapackage.json").read_text()
    assert f"Uppföljning av Nära vård i {OTHER}" in package
    assert "Sörmland" not in package


def test_what_cannot_be_begun_is_refused(home: Path, published: Path, tmp_path: Path) -> None:
    ended = malbild("lan", "--data-dir", tmp_path / "tom", "--katalog", home / "hem")
    assert ended.code == 2
    assert "nothing has been published there → `malbild run` first" in ended.err
    with (home / "data" / "lan" / ".las").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = lan(home, OTHER)
    assert ended.code == 5
    assert "is making the counties of this data dir; nothing was changed" in ended.err
    ended = lan(home, "Sörmland")
    assert ended.code == 2
    assert f"The counties are {HOME}, {OTHER}" in ended.err


# Profiles


def profil(home: Path, *ids: str) -> Finished:
    nobody = "http://127.0.0.1:9"
    return malbild("profil", *ids, "--data-dir", home / "data", "--katalog", home / "hem", MALBILD_KOLADA_URL=nobody)


@pytest.fixture(scope="module")
def profiles(home: Path) -> Path:
    """The folder after `malbild profil alla`; no Kolada is there."""
    ended = profil(home, "alla")
    assert ended.code == 0, ended.err
    return home / "data" / "profiler"


def sheet_figures(folder: Path) -> dict[str, list[tuple[str, float]]]:
    """Area → place and value of every figure of its two pages."""
    by_page = dict[str, list[tuple[str, float]]]()
    for figure in figures(folder):
        by_page.setdefault(Path(figure.page).stem, []).append((figure.place, figure.value))
    return by_page


def test_a_profile_says_what_the_countys_own_report_says(profiles: Path, published: Path) -> None:
    said = sheet_figures(profiles)
    assert said.keys() == {"0461", "0484", "1980", "1981", "1982", "0004", "0019"}
    theirs = sheet_figures(published / "lan" / OTHER_SLUG / "rapport" / "huvudman")
    assert theirs.keys() == {"1980", "1981", "1982", "0019"}
    assert any(place.endswith("/liknande") for place, _ in theirs["1980"])
    for area, places in theirs.items():
        assert said[area] == places, area
    assert deviations(profiles, profiles / "analys.duckdb") == []


def test_a_profile_is_beside_its_own_county_and_carries_no_decision(profiles: Path) -> None:
    said = {area: dict(places) for area, places in sheet_figures(profiles).items()}
    mean = sum(value("U00002", area, 2024) for area in ("1980", "1981", "1982")) / 3
    places = [
        place for place in said["1981"] if place.startswith("jamforelse/U00002/") and place.endswith("/lan_varde")
    ]
    assert [said["1981"][place] for place in places] == [pytest.approx(mean)]
    corrected = "matvarde/U00002/0484/2024/T/varde"
    assert said["0484"][corrected] == value("U00002", "0484", 2024) != WRONG
    for path in profiles.glob("[0-9]*.html"):
        text = path.read_text()
        page = parse(text).text
        assert "SYNTETISKA UPPGIFTER" in page
        assert f"de som målbilden för Nära vård i {HOME} följs med, som ett förslag" in page
        assert "inga kommentarer, mål, satsningar eller beslut" in page
        for theirs in ("egen kommentar", "före utskicket", "Mallar finns", "../", "NSV"):
            assert theirs not in text, theirs
    assert query(profiles / "analys.duckdb", "FROM matvarde WHERE kalla = 'lokal' OR korrigering IS NOT NULL") == []
    for left in ("spridning", "lan_trend", "mal", "fynd", "styrning.satsning", "styrning.beslut", "styrning.kommentar"):
        assert query(profiles / "analys.duckdb", f"FROM {left}") == [], left


def test_the_profiles_are_listed_by_county(profiles: Path) -> None:
    page = parse((profiles / "index.html").read_text())
    listed = {
        section.element("h2").text: [(a.attrs["href"], a.text) for a in section.all("a")]
        for section in page.all("section")
    }
    assert listed == {
        HOME: [("0484.html", "Västby"), ("0461.html", "Östby"), ("0004.html", "Region Sörmland")],
        OTHER: [
            ("1981.html", "Lillby"), ("1982.html", "Mellanby"), ("1980.html", "Storby"),
            ("0019.html", "Region Västmanland"),
        ],
    }  # fmt: skip
    assert list(listed) == [HOME, OTHER]
