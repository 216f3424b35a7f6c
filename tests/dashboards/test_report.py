"""The page: every number is the database's, nothing missing is blank or zero, every figure says whose it is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import duckdb
import plotly.offline
import pytest

import dashboards
from dashboards.report import build_report
from pipelines.errors import ConfigError, MalbildError
from tests.dashboards.page import Node, columns, matrix_rows, number, parse, rows, value_table, value_text
from tests.dashboards.published import HOSTILE, KOMMUNER, build

STATIC = Path(dashboards.__file__).parent / "static"
SYNTHETIC = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"
NAMES = {**{kommun: name for kommun, (name, _) in KOMMUNER.items()}, "0004": "Region Sörmland", "0000": "Riket"}
MISSING_WORDS = {"saknas", "sekretess", "bortfall", "gäller ej"}

Pages = Callable[..., Node]
Paths = Callable[..., Path]


# --- the same bytes, whole or not at all -----------------------------------------------------------------------------


def test_a_report_that_cannot_be_built_leaves_the_old_one(databases: Paths, tmp_path: Path) -> None:
    target = build_report(databases(), tmp_path / "index.html")
    before = target.read_bytes()
    with pytest.raises(ConfigError, match=r"no published database here → run `malbild run`"):
        build_report(tmp_path / "finns-inte.duckdb", target)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "index.html"]


# --- the numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kpi_id", ["U11111", "U22222", "U88888", "N44444"])
def test_the_tables_hold_the_values_of_the_database(pages: Pages, databases: Paths, kpi_id: str) -> None:
    table = value_table(pages(), kpi_id)
    years = [int(name) for name in columns(table) if name.isdigit()]
    printed = rows(table)
    with duckdb.connect(str(databases()), read_only=True) as connection:
        stored = connection.sql(
            "SELECT omrade_id, ar, varde FROM matvarde WHERE nyckeltal_id = ? AND kon = 'T' AND omrade_id <> '0180'",
            params=[kpi_id],
        ).fetchall()
    seen = 0
    for area, year, value in stored:
        cell = printed[NAMES[area]][years.index(year)]
        if value is None:
            assert cell in MISSING_WORDS
        elif cell.startswith("<"):
            assert 0 < value < number(cell[1:])
        else:
            assert number(cell) == pytest.approx(value, abs=0.051)
            seen += 1
    assert seen > 5


def test_a_missing_value_says_why_and_a_zero_is_a_zero(pages: Pages) -> None:
    table = value_table(pages(), "U11111")
    newest = columns(table).index("2025")
    cells = {name: row[newest] for name, row in rows(table).items()}
    assert (cells["Trosa"], cells["Vingåker"], cells["Gnesta"]) == ("sekretess", "bortfall", "saknas")
    assert cells["Flen"] == "0,0"


def test_no_cell_of_any_table_is_blank(pages: Pages) -> None:
    blank = [
        (table.one("caption").text, row.text)
        for table in pages().all("table")
        for row in table.all("tr")
        for cell in row.all(where=lambda n: n.tag in ("td", "th"))
        if not cell.text
    ]
    assert blank == []


def test_women_and_men_and_the_margin_stand_beside_the_newest_year(pages: Pages) -> None:
    table = value_table(pages(), "U11111")
    names = columns(table)
    eskilstuna, gnesta = rows(table)["Eskilstuna"], rows(table)["Gnesta"]
    assert names[-3:] == ["Osäkerhet ± 2025", "Kvinnor 2025", "Män 2025"]
    assert eskilstuna[-3].replace("\u00a0", " ") == "± 4,5"
    assert number(eskilstuna[-2]) - number(eskilstuna[-1]) == pytest.approx(2.0)
    assert gnesta[-3:] == ["saknas"] * 3


def test_a_series_for_one_gender_only_says_so(pages: Pages) -> None:
    kpi = pages().one("div", id="nyckeltal-U66666")
    assert "Uppgiften gäller kvinnor" in kpi.text
    assert "Enhet: %, kvinnor" in value_table(pages(), "U66666").text
    assert number(rows(value_table(pages(), "U66666"))["Flen"][-1]) == 12


def test_awkward_sizes_are_printed_in_full(pages: Pages) -> None:
    printed = rows(value_table(pages(), "N44444"))
    assert printed["Eskilstuna"] == ["1\u202f000\u202f000\u202f000,0"]
    assert printed["Strängnäs"] == ["<0,1"], "3.262e-05 is not zero"
    assert printed["Katrineholm"] == ["\u22127,5"]


def test_a_preliminary_value_says_so(pages: Pages) -> None:
    assert rows(value_table(pages(), "U22222"))["Region Sörmland"][-1].endswith("prel.")


def test_the_county_mean_tells_how_many_kommuner_it_stands_for(pages: Pages) -> None:
    table = next(
        t for t in pages().one("div", id="nyckeltal-U11111").all("table") if t.one("caption").text.startswith("Länets")
    )
    newest = columns(table).index("2025")
    newest_values = {name: row[newest] for name, row in rows(value_table(pages(), "U11111")).items()}
    kommuner = [number(v) for name, v in newest_values.items() if name != "Riket" and v not in MISSING_WORDS]
    assert number(rows(table)["Ovägt medel av kommunerna"][newest]) == pytest.approx(
        sum(kommuner) / len(kommuner), abs=0.11
    )
    assert rows(table)["Antal kommuner med uppgift"][newest] == str(len(kommuner)) == "6"


def test_the_sentence_says_what_the_newest_year_shows(pages: Pages) -> None:
    (says,) = pages().one("div", id="nyckeltal-U11111").all(class_name="says")
    text = says.text.replace("\u00a0", " ")
    assert "År 2025 har sex av länets nio kommuner uppgift." in text
    assert "Värdena går från 0,0 % (Flen) till 84,6 % (Oxelösund)." in text
    assert "Utan uppgift: Vingåker (bortfall), Gnesta (saknas) och Trosa (sekretess)." in text
    assert "riket har 90,6 %. Jämfört med riket: alla sex ligger lägre." in text
    assert "ökar för Eskilstuna och ingen säkerställd trend för sju kommuner" in text


def test_the_change_per_year_stands_only_where_a_direction_does(pages: Pages) -> None:
    tables = pages().all("table", class_name="position-table")
    cells = [cell.text for table in tables for cell in table.all("td")]
    cells = [text for text in cells if text.startswith(("ökar", "ingen säkerställd trend"))]
    assert {text.split()[0] for text in cells} == {"ökar", "ingen"}
    assert all(("per år" in text) == text.startswith("ökar") for text in cells)
    (mine,) = [row for row in pages().one("div", id="nyckeltal-U11111").all("tr") if "per år" in row.text]
    assert "+1,3 procentenheter per år" in mine.text


def test_the_method_tells_the_rules_with_their_versions(pages: Pages) -> None:
    text = pages().one("section", id="metod").text
    assert "Riktning (version 1, 5 mätningar, p ≤ 0,05): Mann–Kendall" in text
    assert "Band (version 1, fjärdedelar)" in text


def test_codes_are_not_averaged_ranked_or_drawn(pages: Pages) -> None:
    kpi = pages().one("div", id="nyckeltal-U55555")
    assert "Värdena är koder för svar" in kpi.text
    assert "2 för Flen och Trosa" in kpi.text
    assert [t.attrs["data-kalla"] for t in kpi.all("table")] == ["oforandrad"]
    assert kpi.all(class_name="chart") == []


# --- the look-up table -----------------------------------------------------------------------------------------------


def test_the_overview_table_has_the_newest_value_and_its_year(pages: Pages) -> None:
    head, found = next((h, c) for h, c in matrix_rows(pages()).items() if "U11111" in h)
    assert head.endswith("U11111: %, 2025")
    texts = [value_text(cell) for cell in found]
    heads = [th.text for th in pages().one("table", class_name="matrix").one("thead").all("tr")[1].all("th")]
    assert heads[-2:] == ["Region Sörmland", "Riket"]
    by_name = dict(zip(heads, texts, strict=True))
    assert by_name["Eskilstuna"] == "63,6"
    assert by_name["Trosa"] == "87,0 2024", "the newest value that there is, with its own year"
    assert by_name["Flen"] == "0,0"
    assert by_name["Gnesta"] == "saknas"
    assert by_name["Region Sörmland"] == "gäller ej"


def test_the_overview_table_tells_the_place_among_all_and_draws_the_years(pages: Pages) -> None:
    _, found = next((h, c) for h, c in matrix_rows(pages()).items() if "U11111" in h)
    place = found[0].one("small", class_name="place")
    assert place.text == "6 av 7"
    assert place.one("use").attrs["href"] == "#f-lage-jamnt"
    assert found[0].all("svg", class_name="spark")
    assert not found[-1].all("small", class_name="place"), "riket has no place"


def test_the_year_stands_once_when_it_is_the_same_for_all(pages: Pages) -> None:
    head, cells = next((h, c) for h, c in matrix_rows(pages()).items() if "U88888" in h)
    assert head.endswith("U88888: %, 2025")
    assert [value_text(cell) for cell in cells][:2] == ["80", "81"]


def test_a_matt_of_both_principals_shows_both_and_every_matt_has_a_row(pages: Pages) -> None:
    heads = list(matrix_rows(pages()))
    assert [h for h in heads if h.startswith("Samordning av vårdkontakter")][:2] == [
        "Samordning av vårdkontakter U22222: index 0–100, 2024, upphört 2024",
        "Samordning av vårdkontakter U88888: %, 2025",
    ]
    told = {head.split(" U")[0].split(" N")[0]: cells[0].text for head, cells in matrix_rows(pages()).items()}
    assert told["Rapporterade distansbesök, region"] == "Finns inte i Kolada"
    assert told["Våldsutsatthet"] == "Lämpligt mått saknas"
    assert told["Inget mått"] == "Ej klart: indikatorn har inget mått"


def test_every_row_of_the_overview_table_spans_all_columns(pages: Pages) -> None:
    for head, cells in matrix_rows(pages()).items():
        assert sum(int(cell.attrs.get("colspan", "1")) for cell in cells) == len(KOMMUNER) + 2, head


def test_lansdelar_are_marked_as_unconfirmed_and_order_the_columns(pages: Pages) -> None:
    groups, names = pages().one("table", class_name="matrix").one("thead").all("tr")
    assert [th.text for th in groups.all("th")][1:4] == [
        "Norra länsdelen (ej bekräftad)",
        "Västra länsdelen (ej bekräftad)",
        "Södra länsdelen (ej bekräftad)",
    ]
    assert [th.text for th in names.all("th")][:5] == ["Eskilstuna", "Strängnäs", "Flen", "Katrineholm", "Vingåker"]


# --- what is missing, and what is proposed ---------------------------------------------------------------------------


def test_the_overview_counts_with_denominators_and_names_what_is_missing(pages: Pages) -> None:
    overview = pages().one("section", id="overblick").text
    assert "5 av 9 mått har uppgifter för minst en huvudman." in overview
    assert "1 av 9 mått belyses bara indirekt" in overview
    assert "1 av 9 mått finns inte i Kolada" in overview
    assert "1 av 9 mått har nyckeltal men inga värden" in overview
    assert "Rehabiliterande: indikatorn har inget mått." in overview
    assert "Våldsutsatthet: inget lämpligt mått har hittats." in overview
    assert "Finns inte i Kolada: Rapporterade distansbesök, region." in overview
    assert "Patientrapporterad delaktighet, region (U22222) upphörde 2024; föreslagen efterträdare N33333." in overview
    assert "föreslaget – ej beslutat av ägarna" in overview
    assert "Inga målvärden är beslutade." in overview


def test_a_matt_without_figures_says_why_and_where(pages: Pages) -> None:
    def box(anchor: str) -> str:
        return pages().one("article", id=f"matt-{anchor}").all(class_name="box")[0].text

    assert "måttet finns inte i Kolada" in box("distans")
    assert "Uppgiften finns här: regionens vårddatalager" in box("distans")
    assert "inget lämpligt mått har hittats" in box("vald")
    assert "N33333 finns inte i Koladas katalog" in box("ny")
    indicator = pages().one("section", id="indikator-rehabiliterande").text
    assert "Uppgift saknas: indikatorn har inget mått." in indicator
    assert "Det saknas förslag för indikatorn rehabilitering." in indicator


def test_indirect_nyckeltal_are_named_as_such_and_folded_where_they_measure_nothing(pages: Pages) -> None:
    sip = pages().one("article", id="matt-sip")
    assert "Belyses bara indirekt" in sip.text
    assert "Roll: indirekt" in sip.one("div", id="nyckeltal-U55555").text
    assert not sip.all("details", class_name="more")
    distans = pages().one("article", id="matt-distans").one("details", class_name="more")
    assert "Indirekta nyckeltal (mäter inte måttet)" in distans.text
    assert "N77777" in distans.text


def test_every_choice_says_that_it_is_proposed(pages: Pages) -> None:
    facts = pages().all("p", class_name="kpi-facts")
    assert len(facts) > 5
    assert all("föreslagna – ej beslutade av ägarna" in fact.text for fact in facts)


def test_a_decided_choice_is_not_called_proposed(tmp_path: Path) -> None:
    database = build(tmp_path / "analys.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE nyckeltal SET riktning_beslut = 'beslutad' WHERE nyckeltal_id = 'U11111'")
        connection.execute("UPDATE matt_nyckeltal SET beslut = 'beslutad' WHERE nyckeltal_id = 'U11111'")
    page = parse(build_report(database, tmp_path / "r.html").read_text(encoding="utf-8"))
    (fact,) = page.one("div", id="nyckeltal-U11111").all("p", class_name="kpi-facts")
    assert "beslutade av ägarna" in fact.text
    assert "ej" not in fact.text
    assert "En del av valen" in page.one("section", id="overblick").text


def test_a_matt_of_two_indikatorer_stands_in_full_once(pages: Pages) -> None:
    assert len(pages().all(id="matt-kontakter")) == 1
    reference = pages().one("section", id="indikator-kontinuitet").one(class_name="measure--reference")
    assert "hör också till Samordning och visas där" in reference.text
    assert reference.one("a").attrs["href"] == "#matt-kontakter"


def test_a_nyckeltal_of_two_matt_is_drawn_once_where_its_role_is_strongest(pages: Pages) -> None:
    assert pages().one(id="nyckeltal-U88888").up(lambda n: n.attrs.get("id") == "matt-kontakter")
    reference = pages().one("article", id="matt-brukare").all(class_name="kpi--reference")[0]
    assert "U88888" in reference.text
    assert reference.one("a").attrs["href"] == "#nyckeltal-U88888"


def test_every_nyckeltal_the_refused_and_the_run_stand_in_the_method(pages: Pages) -> None:
    method = pages().one("section", id="metod")
    tables = {t.one("caption").text: rows(t) for t in method.all("table")}
    kpis = next(t for caption, t in tables.items() if caption.startswith("Alla nyckeltal"))
    assert len(kpis) == 9
    assert kpis["N33333"][-1] == "nej"
    refused = next(t for caption, t in tables.items() if "inte släpptes in" in caption)
    assert refused == {"orimligt år": ["1\u202f234"], "okänt <b>kön</b>": ["5"]}
    assert "Sammanlagt 1\u202f239 värden" in method.text
    assert "k-2" in method.text, "the newest finished run, not the one that failed after it"
    assert "1.2.3" in method.text


# --- whose figures ---------------------------------------------------------------------------------------------------


def test_the_cover_tells_what_whose_and_how_fresh(pages: Pages) -> None:
    cover = pages().one("header", class_name="cover")
    assert cover.one("h1").text.replace("\u00a0", " ") == "Uppföljning av Nära vård i Sörmland"
    assert "Nämnden för samverkan kring socialtjänst och vård (NSV)" in cover.text
    assert "Utkast" in cover.text
    assert "Data hämtade t.o.m. 22 november 2026" in cover.text, "the day in Sweden of the newest finished run"
    fields = {row.one("dt").text: row.one("dd").text for row in cover.one("dl").all("div")}
    assert fields["Diarienummer"] == fields["Handläggare"] == "ej ifyllt"


def test_synthetic_figures_say_so_everywhere(pages: Pages) -> None:
    page = pages("syntetisk")
    assert SYNTHETIC in page.one("header", class_name="cover").one(class_name="banner--synthetic").text
    assert page.one("p", class_name="strip").text == SYNTHETIC
    assert SYNTHETIC in page.one("title").text
    for section in page.all("section"):
        assert any(mark.text == SYNTHETIC for mark in section.all("p", class_name="mark")), section.attrs
    for table in page.all("table", data_kalla="oforandrad"):
        assert SYNTHETIC in table.one("caption").text
    for table in page.all("table", data_kalla="egen"):
        assert "Egen bearbetning av syntetiska uppgifter" in table.one("caption").text
    assert "@top-left" in page.one("style").source, "every printed page carries it"
    assert "Källa: Kolada" not in page.text


def test_real_figures_carry_no_synthetic_mark(pages: Pages, reports: Paths) -> None:
    assert "SYNTETISK" not in reports().read_text(encoding="utf-8").upper()
    assert pages().all(class_name="strip") == pages().all(class_name="banner") == pages().all(class_name="mark") == []


def test_kolada_is_the_source_of_unchanged_values_and_of_nothing_else(pages: Pages) -> None:
    page = pages()
    for table in page.all("table", data_kalla="oforandrad"):
        assert "Källa: Kolada" in table.one("caption").text
    own = page.all(data_kalla="egen")
    assert len(own) > 10
    for part in own:
        assert "Kolada" not in part.text, part.text
        assert "gen bearbetning" in part.text
    for place in page.all(where=lambda n: "Källa: Kolada" in "".join(c for c in n.children if isinstance(c, str))):
        inside_own = place.up(lambda n: n.attrs.get("data-kalla") == "egen")
        assert inside_own is None


def test_another_address_is_named_and_is_not_kolada(pages: Pages) -> None:
    page = pages("http://127.0.0.1:8765/v3")
    told = "Källa: http://127.0.0.1:8765/v3 (inte hämtat från Kolada)"
    assert told in page.one("header", class_name="cover").text
    assert all(told in table.one("caption").text for table in page.all("table", data_kalla="oforandrad"))
    assert "Källa: Kolada" not in page.text
    assert "inte hämtade från Kolada" in page.one("p", class_name="strip").text


def test_figures_of_two_sources_are_refused(tmp_path: Path) -> None:
    database = build(tmp_path / "analys.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "UPDATE matvarde SET kalla = 'syntetisk' WHERE nyckeltal_id = 'U88888' AND omrade_id = '0484'"
        )
    with pytest.raises(MalbildError, match=r"U88888 0484 2019 comes from 'syntetisk', but run k-2 from 'kolada'"):
        build_report(database, tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_a_run_that_fetched_only_a_part_says_so(tmp_path: Path) -> None:
    database = build(tmp_path / "analys.duckdb", complete=False)
    page = parse(build_report(database, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "den senaste fullständiga hämtningen gjordes 1 oktober 2026" in page.one("header", class_name="cover").text


# --- a principal, nothing -------------------------------------------------------------------------------------------


def test_a_principal_gets_its_own_values_only(databases: Paths, tmp_path: Path) -> None:
    page = parse(build_report(databases(), tmp_path / "0484.html", principal="0484").read_text(encoding="utf-8"))
    assert page.one("h1").text.endswith("Eskilstuna")
    assert set(rows(value_table(page, "U11111"))) == {"Eskilstuna", "Riket"}
    assert "Strängnäs" not in page.text
    assert "ovägt medel av länets kommuner" in page.one("div", id="nyckeltal-U11111").text
    assert "nyckeltalet finns bara för regioner" in page.one("div", id="nyckeltal-U22222").text
    overview = page.one("section", id="overblick").text
    assert "4 av 9 mått har uppgifter för Eskilstuna." in overview
    assert "2 av 9 mått gäller den andra huvudmannen" in overview, "a kommun lacks nothing that only regions have"


def test_an_unknown_principal_is_refused_with_those_that_exist(databases: Paths, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--huvudman 0180: .* choose one of 0484 Eskilstuna, .*0004 Region Sörmland"):
        build_report(databases(), tmp_path / "r.html", principal="0180")


def test_without_a_finished_run_there_is_no_report(tmp_path: Path) -> None:
    database = build(tmp_path / "analys.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE korning SET utfall = 'misslyckad'")
    with pytest.raises(ConfigError, match="no finished run in table korning → run `malbild run` first"):
        build_report(database, tmp_path / "r.html")


# --- safe, self-contained, readable ----------------------------------------------------------------------------------


def test_hostile_texts_stay_texts(pages: Pages, reports: Paths) -> None:
    page = pages()
    assert {script.attrs.get("type", "run") for script in page.all("script")} == {"run", "application/json"}
    assert len(page.all("script", where=lambda n: "type" not in n.attrs)) == 3
    assert page.all("img") == []
    assert "<script>alert" in page.one("article", id="matt-brukare").all(class_name="kpi--reference")[1].text
    (title,) = page.one("div", id="nyckeltal-N44444").all("h5")
    assert title.text.startswith("</script><script>alert('x')</script> & \"citat\" <img")
    assert "👩‍⚕️ {{ 7*7 }}" in title.text, "a template in a title is not run"
    assert HOSTILE not in reports().read_text(encoding="utf-8")


def test_nothing_is_loaded_from_anywhere(pages: Pages) -> None:
    for node in pages().walk():
        for name in ("src", "href", "srcset", "data", "action", "poster", "style", "xlink:href"):
            assert not re.search(r"(?i)https?:|//|url\(", node.attrs.get(name, "")), (node.tag, node.attrs)
        if node.tag == "a":
            assert re.fullmatch(r"#.+|csv/[a-z_]+\.csv", node.attrs["href"]), "inside the page, or beside it"
    assert "url(" not in pages().one("style").source
    assert "@import" not in pages().one("style").source
    assert pages().all("link") == []


def test_every_link_leads_somewhere_and_every_id_is_unique(pages: Pages, reports: Paths) -> None:
    ids = [node.attrs["id"] for node in pages().walk() if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    links = {a.attrs["href"] for a in pages().all("a")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert all((reports().parent / link).is_file() for link in links if not link.startswith("#"))
    assert {n.attrs["data-figure"] for n in pages().walk() if "data-figure" in n.attrs} <= set(ids)
    assert {n.attrs["aria-labelledby"] for n in pages().walk() if "aria-labelledby" in n.attrs} <= set(ids)


def test_the_policy_admits_the_scripts_of_the_page_and_no_other(pages: Pages) -> None:
    policy = pages().one("meta", http_equiv="Content-Security-Policy").attrs["content"]
    scripts = [script.source for script in pages().all("script", where=lambda n: "type" not in n.attrs)]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"].split() == hashes


def test_headings_descend_one_level_at_a_time_and_landmarks_exist(pages: Pages) -> None:
    page = pages()
    levels = [int(node.tag[1]) for node in page.walk() if re.fullmatch(r"h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert page.one("html").attrs["lang"] == "sv"
    assert page.one("a", class_name="skip").attrs["href"] == f"#{page.one('main').attrs['id']}"
    assert all(nav.attrs.get("aria-label") or nav.attrs.get("aria-labelledby") for nav in page.all("nav"))


def test_tables_have_captions_and_scopes_and_scroll_in_a_labelled_box(pages: Pages) -> None:
    for table in pages().all("table"):
        assert table.one("caption").text
        assert all(th.attrs.get("scope") for th in table.all("th"))
        assert table.parent is not None
        box = table.parent.attrs
        assert (box["tabindex"], box["class"], box["role"]) == ("0", "scroll", "group")
        assert box["aria-label"]


def test_every_chart_has_a_text_and_a_table_beside_it(pages: Pages) -> None:
    charts = pages().all(class_name="chart")
    assert len(charts) > 4
    for chart in charts:
        assert chart.attrs["role"] == "img"
        assert re.search(r"\d{4}", chart.attrs["aria-label"])
        kpi = chart.up(lambda n: "kpi" in n.attrs.get("class", "").split())
        assert kpi is not None
        assert kpi.all("table", data_kalla="oforandrad")


def test_the_charts_hold_the_numbers_of_the_tables(pages: Pages) -> None:
    island = pages().one("script", id="nyckeltal-U11111-jamforelse")
    figure = json.loads(island.source)
    labels = [re.sub("</?i>", "", label["text"]) for label in figure["layout"]["annotations"]]
    names = figure["layout"]["yaxis"]["ticktext"]
    table = value_table(pages(), "U11111")
    newest = columns(table).index("2025")
    printed = {name: row[newest] for name, row in rows(table).items()}
    assert {n: t for n, t in zip(names, labels, strict=True) if n != "Länets ovägda medel"} == printed


def test_sizes_follow_the_reader() -> None:
    assert not re.search(r"font(-size)?:[^;]*\dpx", "".join(file.read_text("utf-8") for file in STATIC.glob("*.css")))


def test_the_vendored_chart_library_is_what_it_says(pages: Pages) -> None:
    bundle = (STATIC / "plotly-basic.min.js").read_bytes()
    told, name = (STATIC / "plotly-basic.sha256.txt").read_text(encoding="utf-8").split()
    assert name == "plotly-basic.min.js"
    assert hashlib.sha256(bundle).hexdigest() == told
    version = re.search(rb"plotly\.js \(basic - minified\) v([\d.]+)", bundle)
    assert version is not None
    assert version[1].decode() == plotly.offline.get_plotlyjs_version(), "the figures are made for another version"
    assert "MIT License" in (STATIC / "plotly-basic.LICENSE.txt").read_text(encoding="utf-8")
    assert any(script.source.encode() == bundle for script in pages().all("script"))
