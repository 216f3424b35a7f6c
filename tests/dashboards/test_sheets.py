"""The sheets of the board and of the huvudmän: what a reader finds on them, and what must never stand there."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboards.pages import front, links
from dashboards.pages.cover import _fields
from dashboards.reading.follow_ups import Edition, Issue, load_issues
from dashboards.reading.published import load
from dashboards.readings import of_principal
from dashboards.report import build_report
from tests.dashboards.audit import deviations
from tests.dashboards.conftest import report
from tests.dashboards.page import Node, parse
from tests.dashboards.published import insert
from tests.warehouse.small import change

Paths, Site = Callable[..., Path], Callable[..., Node]
EXACT, OTHER = "U11111", "U88888"


def finding(
    connection: duckdb.DuckDBPyConnection, number: int, slag: str, kpi: str, area: str | None, distance: float
) -> None:
    """A row of `fynd` about 2025 in which only what decides the order and the words matters."""
    insert(connection, "fynd", fynd_nr=number, ordning=1, slag=slag, matt_id="brukare", nyckeltal_id=kpi,
           omrade_id=area, ar=2025, varde=60.0, jamfort_med="riket", jamforelsetal=70.0, avstand=distance,
           grund="årsvariation", haller=True, fraga_till="Eskilstuna", mening="…")  # fmt: skip


def with_findings(database: Path, *rows: tuple[str, str, str | None, float]) -> Node:
    change(database, "DELETE FROM fynd")
    with duckdb.connect(str(database)) as connection:
        for number, row in enumerate(rows, start=1):
            finding(connection, number, *row)
    return report(database)


def points(page: Node) -> list[str]:
    return [node.text for node in page.element("ol", class_name="punkter").all("li")]


def test_results_stand_before_what_is_about_measuring(database: Path) -> None:
    page = with_findings(database, ("säkert sämre än riket", EXACT, "0484", -3.0))
    heading, *others = points(page)
    assert heading.startswith("Brukarrapporterad delaktighet")
    assert "Eskilstuna 63,6\u00a0% mot riket 90,6\u00a0% (2025): säkert sämre" in heading
    assert "grund: årsvariation" in heading
    assert "Eskilstuna: vad beror det på" in heading
    assert 1 <= len(others) <= front.MEASURING_AT_MOST


def test_without_a_result_the_page_says_what_would_have_been_one(database: Path) -> None:
    page = with_findings(database)
    text = page.element("section", id="laget").text
    assert "Inget värde är säkert sämre än riket eller liknande områden" in text
    assert len(points(page)) <= front.MEASURING_AT_MOST


def test_of_forty_findings_five_are_asked_and_one_for_each_matt(database: Path) -> None:
    page = with_findings(database, *[("säkert sämre än riket", EXACT, "0484", -n / 10) for n in range(40)])
    texts = points(page)
    assert len(texts) <= front.POINTS_AT_MOST
    assert sum(text.startswith("Brukarrapporterad") for text in texts) == 1


def test_what_has_worsened_more_than_riket_stands_with_both_ends(database: Path) -> None:
    page = with_findings(database, ("har försämrats mer än riket", EXACT, "0484", -3.0))
    assert "Eskilstuna 60,3\u00a0% (2019) → 63,6\u00a0% (2025): har försämrats mer än riket" in points(page)[0]


def test_an_approximate_comparison_stands_after_an_exact_one(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        insert(connection, "nyckeltal_undersokning", nyckeltal_id=EXACT, ar=2025)
    worst = ("säkert sämre än riket", EXACT, "0484", -9.0)
    page = with_findings(database, worst, ("säkert sämre än riket", OTHER, "0486", -2.0))
    first, second, *_ = points(page)
    assert first.startswith("Samordning av vårdkontakter")
    assert "ungefärlig jämförelse" in second


@pytest.mark.parametrize(
    ("holds", "word"), [("true", "har förbättrats"), ("false", "ingen säker ändring"), ("NULL", "ingen säker ändring")]
)
def test_a_direction_is_stated_only_where_it_stands_although_many_are_tested(
    database: Path, holds: str, word: str
) -> None:
    change(database, f"UPDATE lan_trend SET haller = {holds} WHERE nyckeltal_id = '{EXACT}' AND kon = 'T'")
    row = next(r for r in report(database).element("table", class_name="laget").all("tr") if "Brukarr" in r.text)
    assert word in row.element("td", class_name="over-tid").text


def test_the_mean_of_the_kommuner_never_stands_beside_riket(database: Path) -> None:
    row = next(r for r in report(database).element("table", class_name="laget").all("tr") if "Brukarr" in r.text)
    words = row.element("td", class_name="ord").text
    assert "Kommunernas medel" in words
    assert "riket" not in words
    change(database, "UPDATE jamforelse SET lan_grund = 'vägt medel' WHERE kon = 'T'")
    row = next(r for r in report(database).element("table", class_name="laget").all("tr") if "Brukarr" in r.text)
    assert "Länet" in row.element("td", class_name="ord").text
    assert "; riket 90,6\u00a0%" in row.element("td", class_name="ord").text


def test_the_spreads_are_sorted_by_how_many_times_the_noise_they_are(database: Path) -> None:
    change(
        database,
        "UPDATE spridning SET ganger_arsvariation = 1.25 WHERE kon = 'T'",
        "UPDATE spridning SET ganger_arsvariation = 3.5 WHERE kon = 'T' AND nyckeltal_id = 'U88888'",
        "UPDATE spridning SET ganger_arsvariation = 9 WHERE kon <> 'T'",
        "UPDATE jamforelse SET halv_95 = 4",
        "UPDATE jamforelse SET nedre = varde - 4, ovre = varde + 4 WHERE kon = 'T'",
    )
    table = report(database).element("table", class_name="spridning")
    times = [row.all("td", class_name="tal")[-1].text for row in table.all("tr") if row.all("td", class_name="tal")]
    assert times[0] == "3,5"
    assert set(times[1:]) == {"1,3"}
    heads = [row.all("th")[0].text for row in table.all("tr") if row.all("td", class_name="tal")]
    assert heads == [
        "Samordning av vårdkontakter 2025, 8 av 9 kommuner",
        "Fallskador bland äldre antal per 100 000 invånare, 2024",
        "Brukarrapporterad delaktighet, kommun 2025, 6 av 9 kommuner",
    ]
    assert "inte säkert större än den vanliga årsvariationen" in table.text


def test_a_huvudman_meets_its_own_matt_and_those_of_both_and_no_others(databases: Paths, site: Site) -> None:
    published = load(databases())
    for area in published.principals:
        page = site(links.principal_page(area))
        own = of_principal(published.measures, area)
        count = page.element("section", id="sida-1").text
        assert f"av {len(own)} mått har värden" in count
        rows = {
            row.all("th")[0].text for row in page.element("table", class_name="barometer").all("tr") if row.all("td")
        }
        assert not any("Rökning" in row or "ANDTS" in row for row in rows) or area.kind == "kommun"
        assert "Sida 2 av 2" in page.text


def test_a_huvudman_s_own_comment_is_shown_or_said_to_be_missing(database: Path) -> None:
    assert "Saknas. Lämnas av Flen före utskicket." in report(database, "0482").text
    with duckdb.connect(str(database)) as connection:
        insert(connection, "kommentar", objekt="huvudman", objekt_id="0482", uppfoljning_id="2026-host",
               vet="Vi vet <b>detta</b>.", forfattare="Vård- och omsorgsnämnden", datum="2026-11-20")  # fmt: skip
    page = report(database, "0482")
    assert "Vi vet <b>detta</b>." in page.text
    assert "Lämnas av Flen" not in page.text
    assert "Vi vet" not in report(database, "0483").text


def test_a_corrected_value_says_so_on_every_sheet(full_report: Path) -> None:
    index = parse(full_report.read_text(encoding="utf-8"))
    assert "Rättat av ägarna: Flen" in index.element("section", id="laget").text
    flen = parse((full_report.parent / "huvudman" / "0482.html").read_text(encoding="utf-8"))
    assert "rättat av ägarna" in flen.element("table", class_name="barometer").text


NOT_WRITTEN = (
    "serie ", "serier", "en mått", "plats 0", ",5 av ", "Egen bearbetning. Egen bearbetning", "None", " nan", "[]",
    "riket riket", "dagar dagar", "Ett mått har", "1 procentenheter", "..",
)  # fmt: skip


def test_what_is_never_written_is_on_no_sheet(full_report: Path) -> None:
    for path in [full_report, *sorted((full_report.parent / "huvudman").glob("*.html"))]:
        text = parse(path.read_text(encoding="utf-8")).element("main").text.replace("SIP", "")
        for phrase in NOT_WRITTEN:
            assert phrase not in text, f"{path.name}: {text[max(0, text.find(phrase) - 60) : text.find(phrase) + 40]}"


def test_not_judged_is_said_once(reports: object) -> None:
    """At most once on the board's page, however many values cannot be judged."""
    page = parse(reports().read_text(encoding="utf-8"))  # type: ignore[operator]
    assert page.element("section", id="laget").text.count("kan inte bedömas") <= 1


# What a målbild, a Kolada or an analysis may lack: the statements that take it away.
COMPUTED = ("jamforelse", "trend", "lan_trend", "spridning", "konsskillnad", "fynd")
AWKWARD = {
    "region": [f"DELETE FROM {t} WHERE omrade_id = '0004'" for t in ("omrade", "matvarde", *COMPUTED[:2])],
    "riket": ["DELETE FROM matvarde WHERE omrade_id = '0000'", "UPDATE jamforelse SET riket = NULL, mot_riket = NULL"],
    "indikatorer but one": [
        "DELETE FROM indikator WHERE indikator_id <> 'delaktighet'",
        "DELETE FROM indikator_matt WHERE indikator_id <> 'delaktighet'",
        "DELETE FROM malomrade WHERE malomrade_id <> 'tillsammans'",
    ],
    "mått but one": ["DELETE FROM matt_nyckeltal WHERE matt_id <> 'brukare'"],
    "values": ["UPDATE matvarde SET varde = NULL", *(f"DELETE FROM {t}" for t in COMPUTED)],
}


@pytest.mark.parametrize("lacks", AWKWARD)
def test_whatever_is_lacking_every_huvudman_has_its_sheets_and_no_figure_is_wrong(database: Path, lacks: str) -> None:
    change(database, *AWKWARD[lacks])
    folder = build_report(database, database.with_name("rapport")).parent
    with duckdb.connect(str(database), read_only=True) as connection:
        own = connection.sql("SELECT omrade_id FROM omrade WHERE i_malbild AND typ IN ('kommun', 'region')").fetchall()
    assert {path.stem for path in (folder / "huvudman").glob("*.html")} == {area for (area,) in own}
    assert deviations(folder, database) == []
    assert parse((folder / "index.html").read_text(encoding="utf-8")).element("section", id="laget").text


def test_large_numbers_and_long_names_stand_inside_their_drawing(database: Path) -> None:
    """Letters are at least 6 of the drawing's own units wide."""
    change(
        database,
        "UPDATE omrade SET namn = 'Upplands Väsby' WHERE omrade_id = '0484'",
        *(
            f"UPDATE {table} SET {', '.join(f'{column} = 100 * {column}' for column in columns)}"
            for table, columns in (("matvarde", ("varde",)), ("jamforelse", ("varde", "riket")))
        ),
    )
    page = report(database, "0484")
    drawings = [d for outliers in page.all("div", class_name="sma") for d in outliers.all("svg") if d.all("text")]
    for axis in (
        next(line for line in drawing.all("line") if line.attrs["class"] == "l-spann") for drawing in drawings
    ):
        assert float(axis.attrs["x2"]) - float(axis.attrs["x1"]) > 50, "room for the years"
    labels = [
        (text, float(drawing.attrs["viewbox"].split()[2]))
        for drawing in drawings
        for text in drawing.all("text")
        if text.attrs["class"] == "t-varde"
    ]
    assert any(text.text.startswith("6\u202f") for text, _ in labels)
    for text, width in labels:
        x, length = float(text.attrs["x"]), 6 * len(text.text)
        end = text.attrs.get("text-anchor") == "end"
        assert x >= length if end else x + length <= width, text.text


def test_the_county_s_mark_stands_in_the_middle_of_its_line(database: Path) -> None:
    count = 0
    for drawing in report(database, "0484").all("svg"):
        lines = [float(line.attrs["x1"]) for line in drawing.all("line") if line.attrs["class"] == "l-stift"]
        for mark in drawing.all("rect", where=lambda node: node.attrs.get("class", "").startswith("m-lan")):
            if lines:
                middle = float(mark.attrs["x"]) + float(mark.attrs["width"]) / 2
                assert min(abs(middle - x) for x in lines) <= 0.1
                count += 1
    assert count > 2


def test_issues_are_read_beside_other_readers(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True):
        assert load_issues(database) == ()


def test_a_proposal_is_missing_only_where_an_issue_has_none() -> None:
    names = "uppfoljning_id skede diarienummer dokumentnummer handlaggare nsv_datum faststalld text"
    row = namedtuple("row", names)("2026-host", "utkast", "RS-1", None, None, None, None, "Nämnden tar del.")
    for proposals, filled_in in (((), False), ((row,), True)):
        fields = dict(_fields(Edition(Issue(row, (), proposals, (), ())), "NSV"))
        assert ("Förslag till beslut" not in fields) is filled_in
        assert fields["Diarienummer"] == "RS-1"
