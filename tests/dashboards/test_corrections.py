"""Values that the owners have corrected: marked wherever they are shown, and never as Kolada's.

The page of everything (`full`) has three of U11111; `odd` has what is rarer.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dashboards.conftest import change, report
from tests.dashboards.page import Node, columns, matrix_rows, notes, rows, value_table
from tests.dashboards.published import CORRECTION, FLEN, TROSA, build, correct, leave_out

OWN = "Rättade av ägarna, egen bearbetning: "
REST = "Källa: Kolada för övriga värden."
HOSTILE_ID = "</li><script>alert(1)</script>{{ 7*7 }}"


def cells(page: Node, kpi_id: str, column: str) -> dict[str, str]:
    """Område → its cell of a column, spaces and minus signs as they are typed."""
    table = value_table(page, kpi_id)
    place = columns(table).index(column)
    return {name: plain(row[place]) for name, row in rows(table).items()}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2212", "-")


@pytest.fixture(scope="module")
def odd(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Node:
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
    return report(database)


def test_a_replaced_value_is_marked_in_its_cell_and_only_there(full: Node) -> None:
    newest, earlier = cells(full, "U11111", "2025"), cells(full, "U11111", "2024")
    assert (newest["Flen"], newest["Oxelösund"]) == ("66,5 rättat", "utelämnad")
    assert cells(full, "U11111", "Kvinnor 2025")["Trosa"] == "71,5 rättat"
    rest = [*(text for name, text in newest.items() if name != "Flen"), *earlier.values()]
    assert "rättat" not in " ".join(rest)
    (says,) = full.element("div", id="nyckeltal-U11111").all(class_name="says")
    assert "Värdet för Flen är rättat av ägarna." in says.text
    assert "84,6" not in plain(says.text), "what is left out is not the highest value"


def test_the_notes_give_kolada_s_own_value_and_the_source_names_the_cells(full: Node) -> None:
    table = value_table(full, "U11111")
    assert [plain(note) for note in notes(table)] == [
        f"Flen 2025: 66,5 % är rättat av ägarna, egen bearbetning. Kolada anger 0,0 % (korrigering {CORRECTION}).",
        "Oxelösund 2025: utelämnad av ägarna. Kolada anger 84,6 % (korrigering trosa-fel).",
        "Trosa 2025 kvinnor: 71,5 % är rättat av ägarna, egen bearbetning. Kolada har inget värde "
        "(korrigering trosa-kvinnor).",
    ]
    source = table.element("span", class_name="source").text
    assert source == f"{OWN}Flen 2025, Oxelösund 2025 (utelämnad) och Trosa 2025 kvinnor. {REST}"


def test_no_corrected_value_stands_under_kolada_s_name_alone(full: Node) -> None:
    marked = [t for t in full.all("table") if any(w in c.text for c in t.all("td") for w in ("rättat", "utelämnad"))]
    assert len(marked) == 4, "of the nyckeltal, of every mått, Flen's own, and of the trygghetsvy"
    for table in marked:
        assert table.attrs["data-kalla"] == "blandad"
        assert OWN in table.element("caption").text
    for part in full.all(data_kalla="oforandrad"):
        assert not {"rättat", "utelämnad"} & set(part.text.split())
    for part in full.all(data_kalla="egen"):
        assert "Kolada" not in part.text


def test_the_cover_the_foot_and_the_method_tell_of_corrections_only_where_there_are_any(
    full: Node, pages: Callable[..., Node]
) -> None:
    text = f"{OWN}värden märkta ”rättat” eller ”utelämnad”. {REST}"
    assert full.element("p", class_name="cover-source").text + "." == text
    assert text in full.element("footer", class_name="foot").text
    assert "korrigeringar.yaml" in full.element("section", id="metod").text
    assert pages().element("p", class_name="cover-source").text == "Källa: Kolada"
    assert "Ägarna har inte rättat något värde i rapporten." in pages().element("section", id="metod").text


def test_the_charts_mark_it_in_words_and_except_it_from_the_source(full: Node) -> None:
    def drawn(name: str) -> str:
        return json.dumps(json.loads(full.element("script", id=f"nyckeltal-U11111-{name}").source), ensure_ascii=False)

    assert '"66,5\u00a0% (rättat)"' in drawn("utveckling")
    assert all(words in drawn("jamforelse") for words in ('"Flen (rättat)"', '"<i>utelämnad</i>"'))
    captions = [plain(f.text) for f in full.element("div", id="nyckeltal-U11111").all("figcaption")]
    assert f"Ring: rättat. {OWN}Flen 2025. {REST}" in captions[0], "on paper nothing hovers"
    assert f"{OWN}Flen 2025 och Oxelösund 2025 (utelämnad). {REST}" in captions[1]
    spoken = full.element("div", data_figure="nyckeltal-U11111-jamforelse").attrs["aria-label"]
    assert "Rättat av ägarna: Flen 2025 och Oxelösund 2025 (utelämnad)." in spoken


def test_a_replaced_value_has_no_interval_of_kolada_s_and_a_corrected_margin_is_marked(full: Node, odd: Node) -> None:
    assert cells(full, "U11111", "Osäkerhet ± 2025")["Flen"] == "saknas"
    assert cells(full, "U11111", "Osäkerhet ± 2025")["Eskilstuna"] == "± 4,5"
    (position,) = full.element("div", id="nyckeltal-U11111").all("table", class_name="position-table")
    assert notes(position)[0] == "Räknade på värden som är rättade av ägarna: Flen."
    assert cells(odd, "U11111", "Osäkerhet ± 2025")["Eskilstuna"] == "± 9,5 rättat"
    assert "osäkerhetstalet för Eskilstuna 2025" in value_table(odd, "U11111").element("caption").text
    assert plain(notes(value_table(odd, "U11111"))[0]).startswith("Osäkerhetstalet för Eskilstuna 2025: 9,5 % är")


def test_what_kolada_itself_says_is_told_apart(odd: Node) -> None:
    own = [plain(note) for note in notes(value_table(odd, "U11111"))]
    assert any("66,6 % är rättat" in note and "Kolada anger 66,5500 %" in note for note in own)
    assert any(f"(korrigering {HOSTILE_ID})" in note for note in own), "a text, whatever it holds"
    assert any(note.startswith("Trosa 2025: utelämnad av ägarna. Kolada har inget värde") for note in own)
    newest = cells(odd, "U11111", "2025")
    assert (newest["Trosa"], newest["Gnesta"]) == ("utelämnad", "saknas")
    assert len(odd.all("script", where=lambda n: "type" not in n.attrs)) == 3


def test_a_correction_stays_when_the_nyckeltal_has_left_the_catalogue(odd: Node) -> None:
    newest = cells(odd, "U66666", "2025")
    assert (newest["Eskilstuna"], newest["Strängnäs"]) == ("70,0 rättat", "utelämnad")


def test_a_code_and_riket_s_value_are_marked_and_two_rows_have_one_note(odd: Node) -> None:
    says = {
        kpi: odd.element("div", id=f"nyckeltal-{kpi}").all(class_name="says")[0].text for kpi in ("U55555", "U22222")
    }
    assert "Värdet för Flen är rättat av ägarna." in says["U55555"]
    assert "riket 70,0. Värdena för Region Sörmland och riket är rättade av ägarna." in plain(says["U22222"])
    assert sum("U22222" in head for head in matrix_rows(odd)) == 2
    in_matrix = [plain(note) for note in notes(odd.element("table", class_name="matrix"))]
    assert len([note for note in in_matrix if note.startswith("U22222 Region Sörmland 2024: -9,0 är rättat")]) == 1


def test_a_flagged_value_is_kolada_s_with_a_remark(odd: Node) -> None:
    assert cells(odd, "U88888", "2025")["Eskilstuna"] == "80,0 anm."
    table = value_table(odd, "U88888")
    assert table.element("span", class_name="source").text == "Källa: Kolada."
    assert notes(table) == ["Eskilstuna 2025: oförändrat, med anmärkning av ägarna (korrigering flagga-1)."]


def test_a_year_and_a_nyckeltal_of_which_everything_is_left_out_say_so(database: Path) -> None:
    change(
        database,
        "DELETE FROM matvarde WHERE nyckeltal_id = 'U22222' AND (kon <> 'T' OR ar = 2024 AND omrade_id = '0000')",
    )
    leave_out(database, "U22222", "0004", 2024)
    page = report(database)
    assert columns(value_table(page, "U22222")) == ["2020", "2022", "2024"]
    assert cells(page, "U22222", "2024")["Region Sörmland"] == "utelämnad"
    assert "Region Sörmland hade -10,3 år 2022" in plain(page.element("div", id="nyckeltal-U22222").text)

    change(database, "DELETE FROM matvarde WHERE nyckeltal_id = 'U22222' AND ar < 2024")
    page = report(database)
    (box,) = page.element("div", id="nyckeltal-U22222").all(class_name="box")
    assert plain(box.text) == (
        "Uppgift saknas. Inga värden för Region Sörmland visas. Region Sörmland 2024: utelämnad av ägarna. "
        "Kolada anger -8,35 (korrigering trosa-fel)."
    )
    assert next(c for h, c in matrix_rows(page).items() if "U22222" in h)[-2].text == "utelämnad"


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
    assert own in table.element("caption").text
    assert says in notes(table)[0]
    assert "Kolada anger" not in page.text
    assert "Källa: Kolada" not in page.text
    if source == "syntetisk":
        assert "SYNTETISKA UPPGIFTER" in table.element("caption").text
