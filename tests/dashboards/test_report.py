"""The page: its numbers are the database's, nothing missing is blank or zero, every figure says whose it is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import plotly.offline
import pytest

import dashboards
from dashboards.reading.published import load
from dashboards.report import build_principal, build_report
from pipelines.errors import ConfigError, MalbildError
from tests.dashboards.conftest import change, report
from tests.dashboards.page import Node, columns, matrix_rows, number, parse, rows, value_table, value_text
from tests.dashboards.published import HOSTILE, KOMMUNER, REGION, build

STATIC = Path(dashboards.__file__).parent / "static"
SYNTHETIC = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"
NAMES = {**{kommun: name for kommun, (name, _) in KOMMUNER.items()}, "0004": "Region Sörmland", "0000": "Riket"}
MISSING_WORDS = {"saknas", "sekretess", "bortfall", "gäller ej"}

Pages = Callable[..., Node]
Paths = Callable[..., Path]


def query(database: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def block(page: Node, kpi_id: str) -> Node:
    return page.element("div", id=f"nyckeltal-{kpi_id}")


# --- the numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kpi_id", ["U11111", "U22222", "U88888", "N44444"])
def test_the_tables_hold_the_values_of_the_database(pages: Pages, databases: Paths, kpi_id: str) -> None:
    """Of both together every year, of women and of men the newest."""
    table = value_table(pages(), kpi_id)
    headings, printed = columns(table), rows(table)
    newest = max(int(name) for name in headings if name.isdigit())
    sql = "SELECT omrade_id, ar, kon, varde FROM matvarde WHERE nyckeltal_id = $1 AND omrade_id <> '0180'"
    seen = 0
    for area, year, gender, value in query(databases(), sql, kpi_id):
        heading = {"T": f"{year}", "K": f"Kvinnor {year}", "M": f"Män {year}"}[gender]
        if heading not in headings:
            assert gender != "T"
            assert year != newest
            continue
        cell = printed[NAMES[area]][headings.index(heading)]
        if value is None:
            assert cell in MISSING_WORDS
        elif cell.startswith("<"):
            assert 0 < value < number(cell[1:])
        else:
            assert number(cell) == pytest.approx(value, abs=0.051)
            seen += 1
    assert seen > 8


# Part of `Series` → the table, the columns of its key, and a column that tells T from K and M.
COMPUTED = {
    "positions": ("placering", ("omrade_id", "ar"), "plats"),
    "no_interval": ("jamforelse", ("omrade_id", "ar"), "osakerhet_orsak"),
    "county": ("jamforelse", ("ar",), "lan_varde"),
    "spread": ("spridning", ("ar",), "median"),
    "parts": ("lansdel_varde", ("lansdel", "ar"), "medel_ovagt"),
    "trends": ("trend", ("omrade_id",), "riktning"),
    "county_trends": ("lan_trend", ("kon",), "riktning"),
    "targets": ("mal", ("omrade_id",), "status"),
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


def test_the_county_s_trend_is_told_of_both_together(pages: Pages) -> None:
    words = {}
    for table in pages().all("table"):
        if table.element("caption").text.startswith(("Delaktighet i länet", "Samordning i länet")):
            words |= {head: cells[4] for head, cells in rows(table).items()}
    assert {head.split()[-1]: word for head, word in words.items()}
    assert next(word for head, word in words.items() if "U11111" in head).startswith("har förbättrats")
    assert next(word for head, word in words.items() if "U88888" in head).startswith("har försämrats")


def test_a_missing_value_says_why_and_a_zero_is_a_zero(pages: Pages) -> None:
    table = value_table(pages(), "U11111")
    newest = columns(table).index("2025")
    cells = {name: row[newest] for name, row in rows(table).items()}
    assert (cells["Trosa"], cells["Vingåker"], cells["Gnesta"]) == ("sekretess", "bortfall", "saknas")
    assert cells["Flen"] == "0,0"


def test_awkward_sizes_are_printed_in_full(pages: Pages) -> None:
    printed = rows(value_table(pages(), "N44444"))
    assert printed["Eskilstuna"][0] == "1\u202f000\u202f000\u202f000,0"
    assert printed["Strängnäs"][0] == "<0,1", "3.262e-05 is not zero"
    assert printed["Katrineholm"][0] == "\u22127,5"


def test_the_county_mean_is_of_those_that_have_a_value(pages: Pages) -> None:
    (table,) = [t for t in block(pages(), "U11111").all("table") if t.element("caption").text.startswith("Länets")]
    newest = columns(table).index("2025")
    values = {name: row[newest] for name, row in rows(value_table(pages(), "U11111")).items()}
    kommuner = [number(v) for name, v in values.items() if name != "Riket" and v not in MISSING_WORDS]
    mean = number(rows(table)["Kommunernas medel (varje kommun räknas lika)"][newest])
    assert mean == pytest.approx(sum(kommuner) / len(kommuner), abs=0.11)
    assert rows(table)["Antal kommuner med uppgift"][newest] == str(len(kommuner)) == "6"


def test_a_change_never_crosses_a_break(pages: Pages) -> None:
    def changes(kpi_id: str) -> dict[str, list[str]]:
        tables = block(pages(), kpi_id).all("table")
        return rows(next(t for t in tables if t.element("caption").text.startswith("Förändring")))

    assert changes("U11111")["Eskilstuna"][2:] == ["+0,6 från 2024", "+1,7"], "0.55 and 3 × 0.55 procentenheter"
    assert changes("U11111")["Trosa"][0] == "2024", "the newest year that it has"
    assert changes("U88888")["Eskilstuna"] == ["2025", "−0,3 från 2024", "seriebrott"]


def test_a_gap_is_called_sure_only_where_it_is_and_nothing_where_nothing_is_known(pages: Pages) -> None:
    tables = block(pages(), "U11111").all("table")
    table = rows(
        next(t for t in tables if t.element("caption").text.startswith("Skillnad mellan kvinnor och män 2025"))
    )
    assert table["Eskilstuna"] == ["+2,0", "±\u00a01,5", "säker skillnad"]
    assert table["Strängnäs"] == ["+2,3", "±\u00a02,5", "ingen säker skillnad"]
    assert table["Katrineholm"] == ["+2,9", "saknas", "kan inte bedömas: bara en mätning"]
    assert table["Trosa"][0] == "sekretess", "the reason and not a zero"
    assert table["Riket"][1:] == ["saknas", "kan inte bedömas: för riket räknas ingen osäkerhet"]


def test_codes_are_not_averaged_ranked_or_drawn(pages: Pages) -> None:
    kpi = block(pages(), "U55555")
    assert "Värdena är koder för svar" in kpi.text
    assert [t.attrs["data-kalla"] for t in kpi.all("table")] == ["oforandrad"]
    assert kpi.all(class_name="chart") == kpi.all(class_name="standing") == []


def test_the_distance_of_a_few_kommuner_stands_for_no_county(database: Path) -> None:
    change(database, "UPDATE spridning SET antal = 4 WHERE nyckeltal_id = 'U11111'")
    page = report(database)
    assert "Färre än hälften av kommunerna har uppgift" in block(page, "U11111").text
    assert page.all("script", id="nyckeltal-U11111-spridning") == []


# --- the look-up table ------------------------------------------------------------------------------------------------


def test_the_overview_table_has_the_newest_value_with_its_year_and_its_place(pages: Pages) -> None:
    head, cells = next((h, c) for h, c in matrix_rows(pages()).items() if "U11111" in h)
    assert head.endswith("U11111: %, 2025")
    heads = [th.text for th in pages().element("table", class_name="matrix").element("thead").all("tr")[1].all("th")]
    by_name = dict(zip(heads, map(value_text, cells), strict=True))
    assert by_name["Eskilstuna"] == "63,6"
    assert by_name["Trosa"] == "87,0 2024", "the newest value that there is, with its own year"
    assert (by_name["Flen"], by_name["Gnesta"], by_name["Region Sörmland"]) == ("0,0", "saknas", "gäller ej")
    assert cells[0].element("small", class_name="place").text == "6 (5–7) av 7"
    assert cells[0].all("svg", class_name="spark")
    assert not cells[-1].all("small", class_name="place"), "riket has no place"
    for row, of_row in matrix_rows(pages()).items():
        assert sum(int(cell.attrs.get("colspan", "1")) for cell in of_row) == len(KOMMUNER) + 2, row


def test_a_matt_of_two_indikatorer_and_a_nyckeltal_of_two_matt_are_shown_once(pages: Pages) -> None:
    page = pages()
    assert len(page.all(id="matt-kontakter")) == 1
    other = page.element("section", id="indikator-kontinuitet").element(class_name="measure--reference")
    assert other.element("a").attrs["href"] == "#matt-kontakter"
    assert page.element(id="nyckeltal-U88888").up(lambda n: n.attrs.get("id") == "matt-kontakter")
    reference = page.element("article", id="matt-brukare").all(class_name="kpi--reference")[0]
    assert reference.element("a").attrs["href"] == "#nyckeltal-U88888"


def test_a_decided_choice_is_not_called_proposed(database: Path, pages: Pages) -> None:
    proposed = pages().all("p", class_name="kpi-facts")
    assert len(proposed) > 5
    assert all("föreslagna – ej beslutade av ägarna" in fact.text for fact in proposed)
    change(
        database,
        "UPDATE nyckeltal SET riktning_beslut = 'beslutad' WHERE nyckeltal_id = 'U11111'",
        "UPDATE matt_nyckeltal SET beslut = 'beslutad' WHERE nyckeltal_id = 'U11111'",
    )
    (fact,) = block(report(database), "U11111").all("p", class_name="kpi-facts")
    assert "beslutade av ägarna" in fact.text
    assert "ej" not in fact.text


# --- whose figures ----------------------------------------------------------------------------------------------------


def test_synthetic_figures_say_so_everywhere_and_real_ones_nowhere(pages: Pages, reports: Paths) -> None:
    page = pages("syntetisk")
    assert SYNTHETIC in page.element("header", class_name="cover").element(class_name="banner--synthetic").text
    assert page.element("p", class_name="strip").text == SYNTHETIC
    assert SYNTHETIC in page.element("title").text
    for section in page.all("section"):
        assert any(mark.text == SYNTHETIC for mark in section.all("p", class_name="mark")), section.attrs
    for table in page.all("table", data_kalla="oforandrad"):
        assert SYNTHETIC in table.element("caption").text
    for table in page.all("table", data_kalla="egen"):
        assert "Egen bearbetning av syntetiska uppgifter" in table.element("caption").text
    assert "@top-left" in page.element("style").source, "every printed page carries it"
    assert "Källa: Kolada" not in page.text
    assert "SYNTETISK" not in reports().read_text(encoding="utf-8").upper()


def test_kolada_is_the_source_of_unchanged_values_and_of_nothing_else(pages: Pages) -> None:
    page = pages()
    for table in page.all("table", data_kalla="oforandrad"):
        assert "Källa: Kolada" in table.element("caption").text
    own = page.all(data_kalla="egen")
    assert len(own) > 10
    for part in own:
        assert "Kolada" not in part.text, part.text
        assert "gen bearbetning" in part.text
    for place in page.all(where=lambda n: "Källa: Kolada" in "".join(c for c in n.children if isinstance(c, str))):
        assert place.up(lambda n: n.attrs.get("data-kalla") == "egen") is None


def test_another_address_is_named_and_is_not_kolada(pages: Pages) -> None:
    page = pages("http://127.0.0.1:8765/v3")
    source = "Källa: http://127.0.0.1:8765/v3 (inte hämtat från Kolada)"
    assert source in page.element("header", class_name="cover").text
    assert all(source in table.element("caption").text for table in page.all("table", data_kalla="oforandrad"))
    assert "Källa: Kolada" not in page.text
    assert "inte hämtade från Kolada" in page.element("p", class_name="strip").text


# --- what is refused --------------------------------------------------------------------------------------------------


def test_figures_of_two_sources_are_refused(database: Path) -> None:
    change(database, "UPDATE matvarde SET kalla = 'syntetisk' WHERE nyckeltal_id = 'U88888' AND omrade_id = '0484'")
    with pytest.raises(MalbildError, match=r"U88888 0484 2019 comes from 'syntetisk', but run k-2 from 'kolada'"):
        report(database)
    assert not database.with_name("r.html").exists()


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


def test_a_run_that_fetched_only_a_part_says_so(tmp_path: Path) -> None:
    page = report(build(tmp_path / "analys.duckdb", complete=False))
    assert (
        "den senaste fullständiga hämtningen gjordes 1 oktober 2026" in page.element("header", class_name="cover").text
    )


# --- one huvudman -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("principal", ["0484", REGION])
def test_one_huvudman_gets_its_own_values_whether_built_alone_or_with_the_others(
    databases: Paths, tmp_path: Path, principal: str
) -> None:
    alone = build_principal(databases(), tmp_path / "ensam.html", principal)
    folder = build_report(databases(), tmp_path / "rapport").parent / "huvudman"
    assert {file.stem for file in folder.iterdir()} == {*KOMMUNER, REGION}
    assert (folder / f"{principal}.html").read_bytes() == alone.read_bytes()
    page = parse(alone.read_text(encoding="utf-8"))
    assert page.element("h1").text.endswith(NAMES[principal])
    assert "Strängnäs" not in page.text
    own, other = ("U11111", "U22222") if principal == "0484" else ("U22222", "U11111")
    assert set(rows(value_table(page, own))) == {NAMES[principal], "Riket"}
    assert "nyckeltalet finns bara för" in block(page, other).text


# --- safe, self-contained, readable -----------------------------------------------------------------------------------


def test_hostile_texts_stay_texts(full: Node, full_report: Path) -> None:
    assert {script.attrs.get("type", "run") for script in full.all("script")} == {"run", "application/json"}
    assert len(full.all("script", where=lambda n: "type" not in n.attrs)) == 3
    assert full.all("img") == []
    assert not full.all("strong", where=lambda n: n.text == "fet"), "what is written is no markup"
    (title,) = block(full, "N44444").all("h5")
    assert title.text.startswith("</script><script>alert('x')</script> & \"citat\" <img")
    assert "👩‍⚕️ {{ 7*7 }}" in title.text, "a template in a title is not run"
    assert HOSTILE not in full_report.read_text(encoding="utf-8")


def test_nothing_is_loaded_from_anywhere(full: Node) -> None:
    for node in full.walk():
        for name in ("src", "href", "srcset", "data", "action", "poster", "style", "xlink:href"):
            assert not re.search(r"(?i)https?:|//|url\(", node.attrs.get(name, "")), (node.tag, node.attrs)
        if node.tag == "a":
            assert re.fullmatch(r"#.+|csv/[a-z_]+\.csv", node.attrs["href"]), "inside the page, or beside it"
    assert not re.search(r"url\(|@import", full.element("style").source)
    assert full.all("link") == []


def test_every_link_leads_somewhere_and_every_id_is_unique(full: Node, full_report: Path) -> None:
    ids = [node.attrs["id"] for node in full.walk() if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    links = {a.attrs["href"] for a in full.all("a")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert all((full_report.parent / link).is_file() for link in links if not link.startswith("#"))
    for name in ("data-figure", "aria-labelledby"):
        assert {n.attrs[name] for n in full.walk() if name in n.attrs} <= set(ids)


def test_the_policy_admits_the_scripts_of_the_page_and_no_other(pages: Pages) -> None:
    policy = pages().element("meta", http_equiv="Content-Security-Policy").attrs["content"]
    scripts = [script.source for script in pages().all("script", where=lambda n: "type" not in n.attrs)]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"].split() == hashes


def test_headings_descend_one_level_at_a_time_and_landmarks_exist(full: Node) -> None:
    levels = [int(node.tag[1]) for node in full.walk() if re.fullmatch(r"h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert full.element("html").attrs["lang"] == "sv"
    assert full.element("a", class_name="skip").attrs["href"] == f"#{full.element('main').attrs['id']}"
    assert all(nav.attrs.get("aria-label") or nav.attrs.get("aria-labelledby") for nav in full.all("nav"))


def test_tables_have_captions_and_scopes_and_scroll_in_a_labelled_box(full: Node) -> None:
    for table in full.all("table"):
        assert table.element("caption").text
        assert all(th.attrs.get("scope") for th in table.all("th"))
        assert table.parent is not None
        box = table.parent.attrs
        assert (box["tabindex"], box["class"], box["role"]) == ("0", "scroll", "group")
        assert box["aria-label"]


def test_every_chart_has_a_heading_a_text_a_table_and_a_file_beside_it(full: Node, full_report: Path) -> None:
    charts = full.all(class_name="chart")
    assert len(charts) > 4
    for chart in charts:
        assert chart.attrs["role"] == "img"
        assert re.search(r"\d{4}", chart.attrs["aria-label"])
        figure = chart.up(lambda n: n.tag == "figure")
        kpi = chart.up(lambda n: "kpi" in n.attrs.get("class", "").split())
        assert figure is not None
        assert kpi is not None
        assert figure.all(class_name="chart-heading")
        assert kpi.all("table", data_kalla="oforandrad") or kpi.all("table", data_kalla="blandad")
        (link,) = [a.attrs["href"] for a in kpi.all("a") if a.attrs["href"].endswith(".csv")]
        assert (full_report.parent / link).is_file()


def test_the_charts_hold_the_numbers_of_the_tables(pages: Pages) -> None:
    figure = json.loads(pages().element("script", id="nyckeltal-U11111-jamforelse").source)
    labels = [re.sub("</?i>", "", label["text"]) for label in figure["layout"]["annotations"]]
    table = value_table(pages(), "U11111")
    newest = columns(table).index("2025")
    printed = {name: row[newest] for name, row in rows(table).items()}
    names = figure["layout"]["yaxis"]["ticktext"]
    assert {n: t for n, t in zip(names, labels, strict=True) if not n.startswith("Kommunernas medel")} == printed
    interval = figure["data"][0]["error_x"]
    assert (interval["arrayminus"][0], interval["array"][0]) == (4.5, 1.25), "as far as it reaches on either side"


def test_sizes_follow_the_reader() -> None:
    assert not re.search(r"font(-size)?:[^;]*\dpx", "".join(file.read_text("utf-8") for file in STATIC.glob("*.css")))


def test_the_vendored_chart_library_is_what_it_says(pages: Pages) -> None:
    bundle = (STATIC / "plotly-basic.min.js").read_bytes()
    digest, name = (STATIC / "plotly-basic.sha256.txt").read_text(encoding="utf-8").split()
    assert (name, hashlib.sha256(bundle).hexdigest()) == ("plotly-basic.min.js", digest)
    version = re.search(rb"plotly\.js \(basic - minified\) v([\d.]+)", bundle)
    assert version is not None
    assert version[1].decode() == plotly.offline.get_plotlyjs_version(), "the figures are made for another version"
    assert "MIT License" in (STATIC / "plotly-basic.LICENSE.txt").read_text(encoding="utf-8")
    assert any(script.source.encode() == bundle for script in pages().all("script"))
