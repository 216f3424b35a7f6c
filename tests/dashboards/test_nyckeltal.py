"""The block of one nyckeltal: three statuses apart, what has changed, women and men, likvärdighet, and its CSV.

U11111 has intervals and gaps of every kind, U88888 a break between 2023 and 2024, U22222 a decided target.
"""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

from dashboards.csvfiles import COLUMNS, csv_files
from dashboards.data import load
from dashboards.report import build_report
from tests.dashboards.page import Node, columns, number, parse, rows, value_table
from tests.dashboards.published import HOSTILE, build


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = build(tmp_path_factory.mktemp("nyckeltal") / "analys.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            UPDATE jamforelse SET nedre = varde - 4.5, ovre = varde + 1.25, intervall = 'Wilson'
            WHERE nyckeltal_id = 'U11111' AND kon = 'T'
        """)
        connection.execute("""
            UPDATE jamforelse SET mot_riket = CASE omrade_id WHEN '0484' THEN 'sämre' ELSE 'kan ej bedömas' END
            WHERE nyckeltal_id = 'U11111' AND kon = 'T'
        """)
        connection.execute("UPDATE jamforelse SET intervall_orsak = 'registeruppgift: inget urvalsfel' "
                           "WHERE nyckeltal_id = 'U88888'")  # fmt: skip
        connection.execute("INSERT INTO nyckeltal_brott VALUES ('U88888', 2024, 2023, 'Ny fråga från 2024.')")
        connection.execute("""
            INSERT INTO konsskillnad
            SELECT k.nyckeltal_id, k.omrade_id, k.ar, k.varde, m.varde, k.varde - m.varde, marginal,
                CASE WHEN marginal IS NULL THEN 'skillnaden kan bero på slump: osäkerhetstal saknas'
                     WHEN abs(k.varde - m.varde) > marginal THEN 'säkerställd skillnad'
                     ELSE 'skillnaden kan bero på slump' END
            FROM (SELECT *, CASE omrade_id WHEN '0484' THEN 1.5 WHEN '0486' THEN 2.5 END AS marginal
                  FROM matvarde WHERE kon = 'K' AND varde IS NOT NULL AND omrade_id <> '0000') k
            JOIN matvarde m ON m.kon = 'M' AND m.varde IS NOT NULL AND (m.nyckeltal_id, m.omrade_id, m.ar)
                = (k.nyckeltal_id, k.omrade_id, k.ar)
        """)
        connection.execute("""
            INSERT INTO spridning BY NAME
            SELECT nyckeltal_id, ar, kon, count(*) AS antal, min(varde) AS lagst, max(varde) AS hogst,
                CASE WHEN count(*) > 1 THEN max(varde) - min(varde) END AS spannvidd, median(varde) AS median,
                avg(varde) AS medel, stddev_samp(varde) AS standardavvikelse
            FROM matvarde SEMI JOIN (FROM omrade WHERE i_malbild AND typ = 'kommun') USING (omrade_id)
            WHERE varde IS NOT NULL GROUP BY ALL
        """)
        connection.execute("""
            INSERT INTO mal BY NAME
            SELECT 'U22222' AS nyckeltal_id, '0004' AS omrade_id, 'T' AS kon, 'långsamt' AS status, 90.0 AS malvarde,
                2035 AS mal_ar, 2022 AS bas_ar, -10.345 AS bas_varde, 2024 AS ar, -8.345 AS varde, 98.345 AS gap,
                8.940455 AS kravd_takt, 1.0 AS observerad_takt, 'takt mot planerad takt' AS orsak, 'mål 1' AS metod
        """)
        connection.execute("""
            INSERT INTO satsning BY NAME
            SELECT id AS satsning_id, namn, 'satsning' AS slag, start, 'Protokoll' AS kalla, ordning
            FROM (VALUES ('s1', 'Samtal <b>först', DATE '2022-07-01', 1), ('s2', 'Utan start', NULL, 2))
                t(id, namn, start, ordning)
        """)
        connection.execute("""
            INSERT INTO uppfoljningsmatt BY NAME
            SELECT id AS uppfoljningsmatt_id, satsning_id, 'Andel' AS namn, 'utfall' AS typ, 'brukare' AS matt_id,
                'Protokoll' AS kalla, 1 AS ordning
            FROM (VALUES ('u1', 's1'), ('u2', 's2')) t(id, satsning_id)
        """)
    return path


@pytest.fixture(scope="module")
def report(database: Path) -> Path:
    return build_report(database, database.parent / "rapport" / "index.html")


@pytest.fixture(scope="module")
def page(report: Path) -> Node:
    return parse(report.read_text(encoding="utf-8"))


def block(page: Node, kpi_id: str) -> Node:
    return page.one("div", id=f"nyckeltal-{kpi_id}")


def own_table(page: Node, kpi_id: str, begins: str) -> dict[str, list[str]]:
    (table,) = [t for t in block(page, kpi_id).all("table") if t.one("caption").text.startswith(begins)]
    return rows(table)


def figure(page: Node, island: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(page.one("script", id=island).source)
    return found


def csv_rows(report: Path, measure: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((report.parent / "csv" / f"{measure}.csv").read_text(encoding="utf-8"))))


# --- three statuses --------------------------------------------------------------------------------------------------


def test_lage_riktning_and_mal_stand_apart_in_one_line_each_with_a_word_and_a_shape(page: Node) -> None:
    for standing in page.all(class_name="standing"):
        kinds = [item.one("span", class_name="what").text for item in standing.all("li")]
        assert kinds == ["Läge:", "Riktning:", "Mål:"]
        for item in standing.all("li"):
            assert item.one("b").text, "a word, readable without colour"
            assert item.one("use").attrs["href"][1:] in {s.attrs["id"] for s in page.all("symbol")}
    assert len(page.all(class_name="standing")) > 3


def test_a_target_that_is_not_decided_has_a_word_and_no_line(page: Node) -> None:
    (standing,) = block(page, "U11111").all(class_name="standing")
    assert standing.all("li")[2].one("b").text == "Målvärde ej beslutat"
    drawn = figure(page, "nyckeltal-U11111-utveckling")["layout"]
    assert not [shape for shape in drawn["shapes"] if shape["y0"] == shape["y1"]]  # type: ignore[union-attr,attr-defined]
    assert "Mål 2035" not in json.dumps(drawn)


def test_a_decided_target_has_its_line_its_pace_and_its_own_word(page: Node) -> None:
    (standing,) = block(page, "U22222").all(class_name="standing")
    assert standing.one("p").text.startswith("Region Sörmland")
    assert standing.all("li")[2].one("b").text == "Långsamt"
    island = figure(page, "nyckeltal-U22222-utveckling")
    (line,) = island["layout"]["shapes"]  # type: ignore[misc]
    assert line["y0"] == 90.0
    assert island["data"][-1]["x"] == [2024, 2035]  # type: ignore[index]
    told = own_table(page, "U22222", "Läge, riktning och mål")["Region Sörmland"][-1].replace("\u00a0", " ")
    assert told == "långsamt mål 90,0 år 2035; krävd takt +8,9 per år"


# --- intervals and changes -------------------------------------------------------------------------------------------


def test_an_interval_is_told_with_how_it_was_made_and_drawn_as_far_as_it_reaches(page: Node) -> None:
    table = own_table(page, "U11111", "Förändring")
    # 63.55 - 4.5 and + 1.25
    assert table["Eskilstuna"][1] == "59,1 till 64,8 Wilson"
    assert table["Gnesta"] == ["saknas"] * 4
    (kommuner, *_) = figure(page, "nyckeltal-U11111-jamforelse")["data"]
    assert (kommuner["error_x"]["arrayminus"][0], kommuner["error_x"]["array"][0]) == (4.5, 1.25)  # type: ignore[index]
    assert "Wilsons 95-procentsintervall" in block(page, "U11111").text


def test_without_intervals_the_reason_is_told(page: Node) -> None:
    assert "Inga intervall: registeruppgift: inget urvalsfel." in block(page, "U88888").text


def test_a_change_is_the_difference_and_never_crosses_a_break(page: Node) -> None:
    table = own_table(page, "U11111", "Förändring")
    assert table["Eskilstuna"][2:] == ["+0,6 från 2024", "+1,7"], "0.55 and 3 × 0.55 procentenheter"
    assert table["Trosa"][0] == "2024", "the newest year that it has"
    broken = own_table(page, "U88888", "Förändring")
    assert broken["Eskilstuna"] == ["2025", "0 från 2024", "seriebrott"]
    text = block(page, "U88888").text
    assert "Seriebrott 2024: ny fråga från 2024." in text
    assert "Sedan 2022" in text
    assert "ingen förändring sedan 2022 anges" in text
    assert "Seriebrott 2024: åren före och efter kan inte jämföras." in value_table(page, "U88888").text


# --- women and men, likvärdighet -------------------------------------------------------------------------------------


def test_a_gap_is_called_sure_only_where_it_is_and_chance_where_nothing_is_known(page: Node) -> None:
    table = own_table(page, "U11111", "Skillnad mellan kvinnor och män 2025")
    assert table["Eskilstuna"] == ["+2,0", "±\u00a01,5", "säkerställd"]
    assert table["Strängnäs"] == ["+2,0", "±\u00a02,5", "kan bero på slump"]
    assert table["Katrineholm"] == ["+2,0", "saknas", "kan bero på slump: osäkerhetstal saknas"]
    assert table["Trosa"][0] == "sekretess", "the reason and not a zero"
    assert table["Riket"] == ["+2,0", "saknas", "prövas inte"]
    says = block(page, "U11111").text
    assert "Skillnaden är säkerställd i Eskilstuna; i övrigt kan den bero på slump." in says


def test_women_and_men_are_drawn_for_every_area_and_a_missing_one_is_a_word(page: Node) -> None:
    island = figure(page, "nyckeltal-U11111-kon")
    names = island["layout"]["yaxis"]["ticktext"]  # type: ignore[index]
    texts = [re.sub("</?i>", "", one["text"]) for one in island["layout"]["annotations"]]  # type: ignore[union-attr,index,attr-defined]
    told = dict(zip(names, texts, strict=True))
    assert (told["Eskilstuna"], told["Vingåker"], told["Gnesta"]) == ("+2,0", "bortfall", "saknas")


def test_the_distance_between_the_kommuner_is_told_with_how_many_they_are(page: Node) -> None:
    text = block(page, "U11111").text
    # 84.55 (Oxelösund) - 0.0 (Flen) in 2025; in 2022 Trosa 85.9 - Eskilstuna 61.9
    assert "Avståndet mellan högsta och lägsta kommun är 84,6 procentenheter år 2025, större än 2022" in text
    assert "(8 år 2022, 6 år 2025)" in text
    assert "inte prövad mot slumpen" in text
    table = own_table(page, "U11111", "Länets")
    newest = columns(value_table(page, "U11111")).index("2025")
    assert table["Avstånd mellan dem"][newest] == "84,6"
    assert table["Antal kommuner med uppgift"][newest] == "6"


def test_the_distance_of_a_few_kommuner_stands_for_no_county(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "analys.duckdb"
    copy.write_bytes(database.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("UPDATE spridning SET antal = 4 WHERE nyckeltal_id = 'U11111'")
    page = parse(build_report(copy, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "Färre än hälften av kommunerna har uppgift" in block(page, "U11111").text
    assert page.all("script", id="nyckeltal-U11111-spridning") == []


def test_a_satsning_is_marked_where_it_began_under_the_matt_that_it_steers_towards(page: Node) -> None:
    layout = figure(page, "nyckeltal-U11111-utveckling")["layout"]
    (line,) = layout["shapes"]  # type: ignore[misc]
    assert line["x0"] == pytest.approx(2022.5, abs=0.01)
    assert "Samtal &lt;b&gt;först" in json.dumps(layout, ensure_ascii=False)
    assert "Samtal <b>först började 1 juli 2022; linjen säger inget om orsak." in block(page, "U11111").text
    assert "Utan start" not in block(page, "U11111").text
    assert "shapes" not in figure(page, "nyckeltal-U66666-utveckling")["layout"]


# --- every chart -----------------------------------------------------------------------------------------------------


def test_every_chart_says_what_it_shows_and_its_matt_has_a_file(page: Node, report: Path) -> None:
    assert len(block(page, "U11111").all("figure")) == 4
    for kpi in page.all(class_name="kpi"):
        for chart in kpi.all("figure"):
            assert chart.all(class_name="chart-heading")
            assert chart.one("div", class_name="chart").attrs["aria-label"]
            if not chart.one("div", class_name="chart").attrs["data-figure"].endswith("-utveckling"):
                assert chart.all(class_name="chart-says")
        if kpi.all("figure"):
            (link,) = [a.attrs["href"] for a in kpi.all("a") if a.attrs["href"].endswith(".csv")]
            assert (report.parent / link).is_file()


def test_one_year_only_has_no_line_and_awkward_sizes_are_drawn_and_written_in_full(page: Node, report: Path) -> None:
    assert page.all("script", id="nyckeltal-N44444-utveckling") == []
    kommuner = figure(page, "nyckeltal-N44444-jamforelse")["data"][0]
    assert kommuner["x"][0] == 1e9  # type: ignore[index]
    assert -7.5 in kommuner["x"]  # type: ignore[index]
    values = {row["omrade"]: row["varde"] for row in csv_rows(report, "fall") if row["varde"]}
    assert float(values["Eskilstuna"]) == 1e9
    assert float(values["Strängnäs"]) == 3.262e-05
    assert float(values["Katrineholm"]) == -7.5


# --- the CSV ---------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[+\u2212]?\d[\d\u202f]*(?:,\d+)?")
# The rules' own: 95 % intervals, p ≤ 0,05, at least five measurements, 1 is best.
_RULES = {Decimal("95"), Decimal("0.05"), Decimal("5"), Decimal("1")}


def numbers_of(node: Node) -> set[str]:
    # What is too small to print is told as less than the smallest number that can be.
    return set(_TOKEN.findall(re.sub(r"[A-Z]\d{4,6}|<\S+", "", node.text)))


@pytest.mark.parametrize("measure", ["brukare", "patient", "kontakter", "fall", "rokning"])
def test_every_number_in_the_text_is_found_in_the_csv(page: Node, report: Path, measure: str) -> None:
    cells = [value for row in csv_rows(report, measure) for value in row.values()]
    known = [Decimal(value) for value in cells if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value)]
    known += [Decimal(found) for value in cells for found in re.findall(r"(?<![\w.])\d+(?![\w.])", value)]
    article = page.one("article", id=f"matt-{measure}")
    told: set[str] = set()
    for kpi in article.all(class_name="kpi"):
        for part in [*kpi.all("td"), *kpi.all(class_name="says"), *kpi.all(class_name="chart-says")]:
            told |= numbers_of(part)
        for standing in kpi.all(class_name="standing"):
            told |= numbers_of(standing)
    # The scale in the unit's name is no figure.
    told -= {"0", "100", "000", "100\u202f000"}
    missing = []
    for text in told:
        value = Decimal(text.replace("\u202f", "").replace("\u2212", "-").replace(",", ".").lstrip("+"))
        step = Decimal(1).scaleb(value.as_tuple().exponent)  # type: ignore[arg-type]
        rounded = (one.quantize(step, rounding=ROUND_HALF_UP) for one in known if abs(one) < 10**12)
        if value not in _RULES and not any(abs(one) == abs(value) for one in rounded):
            missing.append(text)
    assert len(told) > 5
    assert missing == []


def test_every_row_says_whose_it_is_and_no_row_holds_both(report: Path) -> None:
    for path in sorted((report.parent / "csv").iterdir()):
        for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))):
            if path.name == "sammanfattning.csv":
                assert row["kalla"] == "Egen bearbetning"
                continue
            assert row["kalla"] in ("Källa: Kolada", "Egen bearbetning")
            own = [row[name] for name in COLUMNS[COLUMNS.index("nedre_95") : -1]]
            if row["kalla"] == "Källa: Kolada":
                assert not any(own), row
            else:
                assert not row["varde"], row


def test_a_missing_value_is_empty_with_its_status_and_a_zero_is_a_zero(report: Path) -> None:
    of = {
        row["omrade"]: row
        for row in csv_rows(report, "brukare")
        if (row["nyckeltal_id"], row["ar"], row["kon"]) == ("U11111", "2025", "T") and row["status"]
    }
    assert (of["Trosa"]["varde"], of["Trosa"]["status"]) == ("", "sekretess")
    assert (of["Vingåker"]["varde"], of["Vingåker"]["status"]) == ("", "bortfall")
    assert (float(of["Flen"]["varde"]), of["Flen"]["status"]) == (0.0, "publicerad")
    assert of["Eskilstuna"]["osakerhetstal"] == "4.5"
    assert "Gnesta" not in of, "the source has no row"


def test_the_csv_holds_what_was_computed_in_full_precision(report: Path) -> None:
    found = csv_rows(report, "brukare")
    (own,) = [
        row
        for row in found
        if (row["nyckeltal_id"], row["omrade"], row["ar"], row["kon"], row["kalla"])
        == ("U11111", "Eskilstuna", "2025", "T", "Egen bearbetning")
    ]
    assert float(own["nedre_95"]) == 60.25 + 6 * 0.55 - 4.5
    assert float(own["forandring_sedan_2022"]) == pytest.approx(1.65, rel=1e-12)
    assert (own["intervall"], own["mot_riket"], own["trend"]) == ("Wilson", "sämre", "ökar")
    assert (float(own["skillnad_kvinnor_man"]), own["skillnad_bedomning"]) == (2.0, "säkerställd skillnad")
    (county,) = [
        row for row in found if (row["nyckeltal_id"], row["omrade"], row["ar"]) == ("U11111", "Länets kommuner", "2025")
    ]
    assert float(county["avstand"]) == 84.55
    assert county["antal_kommuner"] == "6"
    (target,) = [row for row in csv_rows(report, "patient") if row["malvarde"]]
    assert (target["mal"], float(target["malvarde"]), target["mal_ar"]) == ("långsamt", 90.0, "2035")


def test_text_that_a_spreadsheet_would_run_is_quoted_and_hostile_titles_are_one_cell(
    database: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "analys.duckdb"
    copy.write_bytes(database.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("UPDATE nyckeltal SET titel = '=HYPERLINK(1)' WHERE nyckeltal_id = 'U11111'")
    files = csv_files(load(copy))
    assert files == csv_files(load(copy)), "the same bytes for the same data"
    titles = {
        row["nyckeltal"]
        for path, contents in files.items()
        if path != "csv/sammanfattning.csv"
        for row in csv.DictReader(io.StringIO(contents.decode("utf-8")))
    }
    assert "'=HYPERLINK(1)" in titles
    assert HOSTILE in titles
    assert not any(title.startswith(("=", "+", "-", "@")) for title in titles)


def test_a_matt_without_figures_has_a_file_with_its_header(report: Path) -> None:
    text = (report.parent / "csv" / "vald.csv").read_text(encoding="utf-8")
    assert text == ",".join(COLUMNS) + "\n"


def test_a_report_on_one_principal_has_files_of_its_own(database: Path, tmp_path: Path) -> None:
    build_report(database, tmp_path / "0484.html", principal="0484")
    found = list(csv.DictReader(io.StringIO((tmp_path / "csv-0484" / "brukare.csv").read_text(encoding="utf-8"))))
    assert {row["omrade"] for row in found if row["varde"]} == {"Eskilstuna", "Riket"}
    assert not (tmp_path / "csv").exists()


def test_the_statuses_and_the_sentences_survive_without_any_figure(page: Node) -> None:
    assert number(rows(value_table(page, "U66666"))["Flen"][-1]) == 12
    coded = block(page, "U55555")
    assert coded.all("figure") == []
    assert coded.all(class_name="standing") == [], "codes have no place, direction or target"
    assert "Uppgift saknas" in block(page, "N77777").text
    assert block(page, "N77777").all(class_name="standing") == []
