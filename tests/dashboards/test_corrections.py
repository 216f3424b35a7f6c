"""Values that the owners have corrected: marked wherever they are shown, and never as Kolada's.

The report of everything (`full_site`) has three of U11111; `odd` has what is rarer.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboards.pages import links
from tests.dashboards.conftest import build_site
from tests.dashboards.page import Node, columns, notes, rows
from tests.dashboards.published import CORRECTION, FLEN, TROSA, build, correct, leave_out
from tests.warehouse.small import change

pytestmark = pytest.mark.lang

OWN = "Rättade av ägarna, egen bearbetning: "
REST = "Källa: Kolada för övriga värden."
HOSTILE_ID = "</li><script>alert(1)</script>{{ 7*7 }}"
PAGES = {"U11111": "brukare", "U22222": "patient", "U88888": "kontakter", "U55555": "sip", "U66666": "rokning"}

Site = Callable[..., Node]


def block(site: Site, kpi_id: str) -> Node:
    return site(links.measure_page(PAGES[kpi_id])).element("section", id=f"nyckeltal-{kpi_id}")


def table_of(site: Site, kpi_id: str, caption: str = "Värden") -> Node:
    return next(t for t in block(site, kpi_id).all("table") if t.element("caption").text.startswith(caption))


def cells(site: Site, kpi_id: str, column: str, caption: str = "Värden") -> dict[str, str]:
    """Område → its cell of a column, spaces and minus signs as they are typed."""
    table = table_of(site, kpi_id, caption)
    place = columns(table).index(column)
    return {name: plain(row[place]) for name, row in rows(table).items()}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2212", "-")


@pytest.fixture(scope="module")
def odd(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A margin, a code, a value that is flagged only, values of a nyckeltal that has left the catalogue, one that looks
    as before, riket's and one of a nyckeltal in two mått; one left out where Kolada has none.
    """
    database = Path(shutil.copy(databases(), tmp_path_factory.mktemp("rattat") / "analys.duckdb"))
    correct(database, "U11119", "0484", 2025, 9.5)
    correct(database, "U55555", FLEN, 2025, 1.0)
    correct(database, "U11111", "0486", 2025, 66.5502, correction=HOSTILE_ID)
    correct(database, "U22222", "0004", 2024, -9.0)
    correct(database, "U22222", "0000", 2024, 70.0)
    correct(database, "U66666", "0484", 2025, 70.0, gender="K", status="nyckeltal borttaget")
    correct(database, "U66666", "0486", 2025, None, gender="K", status="nyckeltal borttaget")
    leave_out(database, "U11111", TROSA, 2025)
    change(
        database,
        "UPDATE matvarde SET originalvarde = varde, korrigering = 'flagga-1' "
        "WHERE nyckeltal_id = 'U88888' AND omrade_id = '0484' AND ar = 2025 AND kon = 'T'",
    )
    return build_site(database)


def test_a_replaced_value_is_marked_in_its_cell_and_only_there(full_site: Site) -> None:
    newest, earlier = cells(full_site, "U11111", "2025"), cells(full_site, "U11111", "2024")
    assert (newest["Flen"], newest["Oxelösund"]) == ("66,5 rättat", "utelämnad")
    assert cells(full_site, "U11111", "Kvinnor", "Kvinnor och män")["Trosa"] == "71,5 rättat"
    rest = [*(text for name, text in newest.items() if name != "Flen"), *earlier.values()]
    assert "rättat" not in " ".join(rest)
    says = block(full_site, "U11111").element("div", class_name="answer").text
    assert "Värdet för Flen är rättat av ägarna." in says
    assert "84,6" not in plain(says), "what is left out is not the highest value"


def test_the_notes_give_kolada_s_own_value_and_the_source_names_the_cells(full_site: Site) -> None:
    table = table_of(full_site, "U11111")
    assert [plain(note) for note in notes(table)] == [
        f"Flen 2025: 66,5 % är rättat av ägarna, egen bearbetning. Kolada anger 0,0 % (korrigering {CORRECTION}).",
        "Oxelösund 2025: utelämnad av ägarna. Kolada anger 84,6 % (korrigering trosa-fel).",
    ]
    source = table.element("span", class_name="source").text
    assert source == f"{OWN}Flen 2025 och Oxelösund 2025 (utelämnad). {REST}"
    assert [plain(note) for note in notes(table_of(full_site, "U11111", "Kvinnor och män"))] == [
        "Trosa 2025 kvinnor: 71,5 % är rättat av ägarna, egen bearbetning. Kolada har inget värde "
        "(korrigering trosa-kvinnor).",
    ]


def test_no_corrected_value_stands_under_kolada_s_name_alone(full_site: Site) -> None:
    pages = [full_site(links.measure_page("brukare")), full_site(links.SATSNINGAR), full_site(links.part_page(3))]
    for page in pages:
        for table in page.all("table"):
            if any(word in cell.text for cell in table.all("td") for word in ("rättat", "utelämnad")):
                assert table.attrs["data-kalla"] == "blandad"
        for part in page.all(data_kalla="oforandrad"):
            assert not {"rättat", "utelämnad"} & set(part.text.split())
    assert OWN in pages[1].element("table", class_name="safety").element("caption").text


def test_the_foot_and_the_method_tell_of_corrections_only_where_there_are_any(full_site: Site, site: Site) -> None:
    assert "Rättade värden är ägarnas." in full_site(links.METOD).element("footer", class_name="foot").text
    assert "korrigeringar.yaml" in full_site(links.METOD).text
    assert "Rättade" not in site(links.METOD).element("footer", class_name="foot").text
    assert "Ägarna har inte rättat något värde i rapporten." in site(links.METOD).text


def test_the_charts_mark_it_in_words_and_except_it_from_the_source(full_site: Site) -> None:
    page = full_site(links.measure_page("brukare"))
    figure = json.dumps(json.loads(page.element("script", id="nyckeltal-U11111-jamforelse").source), ensure_ascii=False)
    assert all(words in figure for words in ('"Flen (rättat)"', '"<i>utelämnad</i>"'))
    figures = block(full_site, "U11111").all("figure")
    assert f"{OWN}Flen 2025 och Oxelösund 2025 (utelämnad). {REST}" in plain(figures[1].text)
    assert figures[1].attrs["data-kalla"] == "blandad"
    assert "Flen (rättat)" in [text.text for text in figures[1].element("svg", class_name="still").all("text")]


def test_a_corrected_value_of_the_region_has_a_ring(odd: Site) -> None:
    (figure,) = block(odd, "U22222").all("figure")
    assert "Ring: rättat." in figure.text, "on paper nothing hovers"
    assert len(figure.element("svg", class_name="still").all("circle", r="7")) == 2, "the region's and riket's"


def test_a_replaced_value_has_no_margin_of_kolada_s_and_a_corrected_margin_is_marked(
    full_site: Site, odd: Site
) -> None:
    assert cells(full_site, "U11111", "Osäkerhet ± 2025")["Flen"] == "saknas"
    assert cells(full_site, "U11111", "Osäkerhet ± 2025")["Eskilstuna"] == "± 4,5"
    assert notes(table_of(full_site, "U11111", "Läge"))[0] == "Räknade på värden som är rättade av ägarna: Flen."
    assert cells(odd, "U11111", "Osäkerhet ± 2025")["Eskilstuna"] == "± 9,5 rättat"
    assert "osäkerhetstalet för Eskilstuna 2025" in table_of(odd, "U11111").element("caption").text
    assert plain(notes(table_of(odd, "U11111"))[0]).startswith("Osäkerhetstalet för Eskilstuna 2025: 9,5 % är")


def test_what_kolada_itself_says_is_told_apart(odd: Site) -> None:
    own = [plain(note) for note in notes(table_of(odd, "U11111"))]
    assert any("66,6 % är rättat" in note and "Kolada anger 66,5500 %" in note for note in own)
    assert any(f"(korrigering {HOSTILE_ID})" in note for note in own), "a text, whatever it holds"
    assert any(note.startswith("Trosa 2025: utelämnad av ägarna. Kolada har inget värde") for note in own)
    newest = cells(odd, "U11111", "2025")
    assert (newest["Trosa"], newest["Gnesta"]) == ("utelämnad", "saknas")


def test_a_correction_stays_when_the_nyckeltal_has_left_the_catalogue(odd: Site) -> None:
    newest = cells(odd, "U66666", "2025")
    assert {newest["Eskilstuna"].split(",")[0].split(" ")[0], newest["Strängnäs"]} == {"70", "utelämnad"}
    assert newest["Eskilstuna"].endswith("rättat")


def test_a_code_and_riket_s_value_are_named_in_the_answer(odd: Site) -> None:
    says = {kpi: block(odd, kpi).element("div", class_name="answer").text for kpi in ("U55555", "U22222")}
    assert "Värdet för Flen är rättat av ägarna." in says["U55555"]
    assert "riket 70,0." in plain(says["U22222"])
    assert "Värdena för Region Sörmland och riket är rättade av ägarna." in says["U22222"]


def test_a_flagged_value_is_kolada_s_with_a_remark(odd: Site) -> None:
    assert cells(odd, "U88888", "2025")["Eskilstuna"] == "80,0 anm."
    table = table_of(odd, "U88888")
    assert table.all("span", class_name="source") == [], "the page says whose values these are"
    assert notes(table) == ["Eskilstuna 2025: oförändrat, med anmärkning av ägarna (korrigering flagga-1)."]


def test_a_year_and_a_nyckeltal_of_which_everything_is_left_out_say_so(database: Path) -> None:
    change(
        database,
        "DELETE FROM matvarde WHERE nyckeltal_id = 'U22222' AND (kon <> 'T' OR ar = 2024 AND omrade_id = '0000')",
    )
    leave_out(database, "U22222", "0004", 2024)
    site = build_site(database)
    assert columns(table_of(site, "U22222")) == ["2020", "2022", "2024"]
    assert cells(site, "U22222", "2024")["Region Sörmland"] == "utelämnad"
    assert "Region Sörmland: -10,3 (2022)" in plain(block(site, "U22222").text)

    change(database, "DELETE FROM matvarde WHERE nyckeltal_id = 'U22222' AND ar < 2024")
    lines = build_site(database)(links.measure_page("patient")).element("ul", class_name="entries").all("li")
    assert "Region Sörmland 2024: utelämnad av ägarna. Kolada anger -8,3 (korrigering trosa-fel)." in plain(
        lines[0].text
    )


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
    site = build_site(database)
    table = table_of(site, "U11111")
    assert own in table.element("caption").text
    assert says in notes(table)[0]
    page = site(links.measure_page("brukare"))
    assert "Kolada anger" not in page.text
    assert "Källa: Kolada" not in page.text
