"""Values that the owners have corrected: told in words wherever they are shown, and never as Kolada's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboards.report import build_report
from tests.dashboards.page import Node, columns, matrix_rows, notes, parse, rows, value_table, value_text
from tests.dashboards.published import FLEN, GNESTA, TROSA, build

ID = "flen-aterinskrivning-2023"
OWN = "Rättade av ägarna, egen bearbetning: "
REST = "Källa: Kolada för övriga värden."


def correct(
    database: Path,
    kpi_id: str,
    area: str,
    year: int,
    value: float | None,
    *,
    gender: str = "T",
    status: str = "ersatt",
    correction: str = ID,
) -> None:
    """As a run leaves a correction: the stored value becomes `originalvarde`."""
    with duckdb.connect(str(database)) as connection:
        key = [kpi_id, area, year, gender]
        where = "nyckeltal_id = ? AND omrade_id = ? AND ar = ? AND kon = ?"
        connection.execute(
            f"UPDATE matvarde SET originalvarde = varde, varde = ?, status = ?, korrigering = ? WHERE {where}",
            [value, status, correction, *key],
        )
        (changed,) = connection.sql(
            f"SELECT count(*) FROM matvarde WHERE {where} AND korrigering = ?", params=[*key, correction]
        ).fetchall()[0]
        assert changed == 1
        if value is None:
            connection.execute(f"DELETE FROM jamforelse WHERE {where}", key)


def leave_out(database: Path, kpi_id: str, area: str, year: int, gender: str = "T") -> None:
    correct(database, kpi_id, area, year, None, gender=gender, status="utelämnad", correction="trosa-fel")


def report(database: Path, principal: str | None = None) -> Node:
    target = build_report(database, database.with_name("r.html"), principal=principal)
    return parse(target.read_text(encoding="utf-8"))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return build(tmp_path / "analys.duckdb")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Flen's newest total and Trosa's women of 2025 are replaced, Oxelösund's newest total is left out."""
    database = build(tmp_path_factory.mktemp("rattat") / "analys.duckdb")
    correct(database, "U11111", FLEN, 2025, 66.5)
    correct(database, "U11111", TROSA, 2025, 71.5, gender="K", correction="trosa-kvinnor")
    leave_out(database, "U11111", "0481", 2025)
    return report(database)


def cells(page: Node, kpi_id: str, column: str) -> dict[str, str]:
    table = value_table(page, kpi_id)
    place = columns(table).index(column)
    return {name: row[place] for name, row in rows(table).items()}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2212", "-")


def test_a_replaced_value_is_marked_in_its_cell_and_only_there(page: Node) -> None:
    newest, earlier = cells(page, "U11111", "2025"), cells(page, "U11111", "2024")
    assert newest["Flen"] == "66,5 rättat"
    assert newest["Oxelösund"] == "utelämnad"
    assert cells(page, "U11111", "Kvinnor 2025")["Trosa"] == "71,5 rättat"
    rest = [*(text for name, text in newest.items() if name != "Flen"), *earlier.values()]
    assert "rättat" not in " ".join(rest)


def test_the_note_under_the_table_tells_kolada_s_own_value_and_the_correction(page: Node) -> None:
    assert [plain(note) for note in notes(value_table(page, "U11111"))] == [
        f"Flen 2025: 66,5 % är rättat av ägarna, egen bearbetning. Kolada anger 0,0 % (korrigering {ID}).",
        "Oxelösund 2025: utelämnad av ägarna. Kolada anger 84,6 % (korrigering trosa-fel).",
        "Trosa 2025 kvinnor: 71,5 % är rättat av ägarna, egen bearbetning. Kolada har inget värde "
        "(korrigering trosa-kvinnor).",
    ]


def test_the_source_line_names_the_cells_that_are_not_kolada_s(page: Node) -> None:
    source = value_table(page, "U11111").one("span", class_name="source").text
    assert source == f"{OWN}Flen 2025, Oxelösund 2025 (utelämnad) och Trosa 2025 kvinnor. {REST}"


def test_no_corrected_value_stands_under_kolada_s_name_alone(page: Node) -> None:
    marked = [t for t in page.all("table") if any(w in c.text for c in t.all("td") for w in ("rättat", "utelämnad"))]
    assert len(marked) == 3, "the table of the nyckeltal, the table of every mått, and Flen's own"
    for table in marked:
        assert table.attrs["data-kalla"] == "blandad"
        assert OWN in table.one("caption").text
    for part in page.all(data_kalla="oforandrad"):
        assert "rättat" not in part.text
        assert "utelämnad" not in part.text
    for part in page.all(data_kalla="egen"):
        assert "Kolada" not in part.text


def test_the_cover_and_the_foot_except_what_is_corrected(page: Node, pages: Callable[..., Node]) -> None:
    told = f"{OWN}värden märkta ”rättat” eller ”utelämnad”. {REST}"
    assert page.one("p", class_name="cover-source").text + "." == told
    assert told in page.one("footer", class_name="foot").text
    assert pages().one("p", class_name="cover-source").text == "Källa: Kolada"


def test_the_table_of_every_matt_marks_notes_and_has_legend_words(page: Node) -> None:
    head, found = next((h, c) for h, c in matrix_rows(page).items() if "U11111" in h)
    assert head.endswith("2025")
    texts = [value_text(cell) for cell in found]
    assert "66,5 rättat" in texts
    assert "84,0 2024" in texts, "the newest value that is shown of Oxelösund"
    table = page.one("table", class_name="matrix")
    assert f"{OWN}U11111 Flen 2025. {REST}" in table.one("caption").text
    assert plain(notes(table)[0]).startswith("U11111 Flen 2025: 66,5 % är rättat av ägarna")
    key = page.one("p", class_name="key").text
    assert "Rättat: ägarna har ersatt" in key
    assert "Utelämnad: ägarna visar inte" in key
    assert "Anm.: oförändrat värde" in key


def test_a_nyckeltal_in_two_rows_of_the_table_is_noted_once(database: Path) -> None:
    correct(database, "U22222", "0004", 2024, -9.0)
    page = report(database)
    assert sum("U22222" in head for head in matrix_rows(page)) == 2
    (note,) = notes(page.one("table", class_name="matrix"))
    assert plain(note).startswith("U22222 Region Sörmland 2024: -9,0 är rättat av ägarna")


def test_the_sentence_tells_which_values_are_the_owners(page: Node) -> None:
    (says,) = page.one("div", id="nyckeltal-U11111").all(class_name="says")
    assert "Värdet för Flen är rättat av ägarna." in says.text
    assert "84,6" not in plain(says.text), "what is left out is not the highest value"


def test_a_huvudman_s_own_sentence_and_riket_s_value_tell_it_too(database: Path) -> None:
    correct(database, "U22222", "0000", 2024, 70.0)
    says = report(database, "0004").one("div", id="nyckeltal-U22222").all(class_name="says")
    assert "riket 70,0. Värdet för riket är rättat av ägarna." in says[0].text


def test_a_code_that_is_replaced_is_told(database: Path) -> None:
    correct(database, "U55555", FLEN, 2025, 1.0)
    says = report(database).one("div", id="nyckeltal-U55555").all(class_name="says")
    assert "Värdet för Flen är rättat av ägarna." in says[0].text


def test_the_charts_mark_it_in_words_and_except_it_from_the_source(page: Node) -> None:
    def figure(name: str) -> dict[str, object]:
        parsed: dict[str, object] = json.loads(page.one("script", id=f"nyckeltal-U11111-{name}").source)
        return parsed

    drawn = json.dumps(figure("utveckling"), ensure_ascii=False)
    assert '"66,5\u00a0% (rättat)"' in drawn
    compared = json.dumps(figure("jamforelse"), ensure_ascii=False)
    assert '"Flen (rättat)"' in compared
    assert '"<i>utelämnad</i>"' in compared
    captions = [plain(f.text) for f in page.one("div", id="nyckeltal-U11111").all("figcaption")]
    assert f"Ring: rättat. {OWN}Flen 2025. {REST}" in captions[0], "on paper nothing hovers"
    assert f"{OWN}Flen 2025 och Oxelösund 2025 (utelämnad). {REST}" in captions[1]
    spoken = page.one("div", data_figure="nyckeltal-U11111-jamforelse").attrs["aria-label"]
    assert "Rättat av ägarna: Flen 2025 och Oxelösund 2025 (utelämnad)." in spoken


def test_a_replaced_value_has_no_interval_of_kolada_s(page: Node) -> None:
    margins = cells(page, "U11111", "Osäkerhet ± 2025")
    assert margins["Flen"] == "saknas"
    assert plain(margins["Eskilstuna"]) == "± 4,5"


def test_a_corrected_margin_is_marked_and_named(database: Path) -> None:
    correct(database, "U11119", "0484", 2025, 9.5)
    page = report(database)
    assert plain(cells(page, "U11111", "Osäkerhet ± 2025")["Eskilstuna"]) == "± 9,5 rättat"
    assert "osäkerhetstalet för Eskilstuna 2025" in value_table(page, "U11111").one("caption").text
    assert plain(notes(value_table(page, "U11111"))[0]).startswith("Osäkerhetstalet för Eskilstuna 2025: 9,5 % är")
    figure = page.one("div", id="nyckeltal-U11111").all("figcaption")[1].text
    assert "osäkerhetstalet för Eskilstuna 2025" in figure


def test_a_flagged_value_is_kolada_s_with_a_remark(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "UPDATE matvarde SET originalvarde = varde, korrigering = 'flagga-1' "
            "WHERE nyckeltal_id = 'U88888' AND omrade_id = '0484' AND ar = 2025"
        )
    page = report(database)
    assert cells(page, "U88888", "2025")["Eskilstuna"] == "80 anm."
    table = value_table(page, "U88888")
    assert table.one("span", class_name="source").text == "Källa: Kolada."
    assert notes(table) == ["Eskilstuna 2025: oförändrat, med anmärkning av ägarna (korrigering flagga-1)."]
    assert page.one("p", class_name="cover-source").text == "Källa: Kolada"


def test_a_correction_is_told_when_the_nyckeltal_has_left_the_catalogue(database: Path) -> None:
    correct(database, "U88888", "0484", 2025, 70.0, status="nyckeltal borttaget")
    correct(database, "U88888", "0486", 2025, None, status="nyckeltal borttaget")
    newest = cells(report(database), "U88888", "2025")
    assert (newest["Eskilstuna"], newest["Strängnäs"]) == ("70 rättat", "utelämnad")


def test_kolada_s_own_value_is_told_apart_from_the_one_that_is_shown(database: Path) -> None:
    correct(database, "U11111", "0484", 2025, 63.5502)
    (note,) = notes(value_table(report(database), "U11111"))
    assert "63,6 % är rättat" in plain(note)
    assert "Kolada anger 63,5500 %" in plain(note)


def test_a_year_whose_only_value_is_left_out_keeps_its_column(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("DELETE FROM matvarde WHERE nyckeltal_id = 'U22222' AND ar = 2024 AND omrade_id = '0000'")
    leave_out(database, "U22222", "0004", 2024)
    page = report(database)
    assert columns(value_table(page, "U22222")) == ["2020", "2022", "2024"]
    assert cells(page, "U22222", "2024")["Region Sörmland"] == "utelämnad"
    assert "Region Sörmland hade -10,3 år 2022" in plain(page.one("div", id="nyckeltal-U22222").text)


def test_a_nyckeltal_of_which_everything_is_left_out_says_so(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("DELETE FROM matvarde WHERE nyckeltal_id = 'U22222' AND ar < 2024")
    leave_out(database, "U22222", "0004", 2024)
    page = report(database)
    (box,) = page.one("div", id="nyckeltal-U22222").all(class_name="box")
    assert plain(box.text) == (
        "Uppgift saknas. Inga värden för Region Sörmland visas. Region Sörmland 2024: utelämnad av ägarna. "
        "Kolada anger -8,35 (korrigering trosa-fel)."
    )
    cell = next(c for h, c in matrix_rows(page).items() if "U22222" in h)[-2]
    assert cell.text == "utelämnad"


def test_where_kolada_has_no_value_a_left_out_one_is_still_the_owners(database: Path) -> None:
    leave_out(database, "U11111", TROSA, 2025)
    page = report(database)
    assert cells(page, "U11111", "2025")["Trosa"] == "utelämnad"
    assert "Kolada har inget värde" in notes(value_table(page, "U11111"))[0]
    (says,) = page.one("div", id="nyckeltal-U11111").all(class_name="says")
    assert "Trosa (utelämnad)" in says.text
    assert cells(page, "U11111", "2025")["Gnesta"] == "saknas"
    assert GNESTA not in page.text


def test_places_that_stand_on_a_replaced_value_say_so(page: Node) -> None:
    (position,) = page.one("div", id="nyckeltal-U11111").all("table", class_name="position-table")
    assert notes(position)[0] == "Räknade på värden som är rättade av ägarna: Flen."


def test_the_method_explains_corrections_where_there_are_any(page: Node, pages: Callable[..., Node]) -> None:
    assert "korrigeringar.yaml" in page.one("section", id="metod").text
    assert "Ägarna har inte rättat något värde i rapporten." in pages().one("section", id="metod").text


@pytest.mark.parametrize(
    ("source", "own", "says"),
    [
        ("syntetisk", "Rättade av ägarna, egen bearbetning av syntetiska uppgifter: Flen 2025.", "Det påhittade"),
        ("http://127.0.0.1:8765/v3", OWN + "Flen 2025.", "Källan anger"),
    ],
)
def test_corrections_of_other_sources_never_speak_of_kolada_s_values(
    tmp_path: Path, source: str, own: str, says: str
) -> None:
    database = build(tmp_path / "analys.duckdb", source=source)
    correct(database, "U11111", FLEN, 2025, 66.5)
    page = report(database)
    table = value_table(page, "U11111")
    assert own in table.one("caption").text
    assert says in notes(table)[0]
    assert "Kolada anger" not in page.text
    assert "Källa: Kolada" not in page.text
    if source == "syntetisk":
        assert "SYNTETISKA UPPGIFTER" in table.one("caption").text


def test_a_hostile_correction_id_stays_a_text(database: Path) -> None:
    hostile = "</li><script>alert(1)</script>{{ 7*7 }}"
    correct(database, "U11111", FLEN, 2025, 66.5, correction=hostile)
    page = report(database)
    assert f"(korrigering {hostile})" in notes(value_table(page, "U11111"))[0]
    assert len(page.all("script", where=lambda n: "type" not in n.attrs)) == 3
