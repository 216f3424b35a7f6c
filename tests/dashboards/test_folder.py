"""The folder of a report: its figures are the database's, its links resolve, and nothing in it is from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from dashboards.pages import links
from tests.dashboards import audit
from tests.dashboards.conftest import build_site
from tests.dashboards.page import Node, parse
from tests.dashboards.published import HOSTILE

Paths = Callable[..., Path]
Site = Callable[..., Node]


def pages(folder: Path) -> Iterator[tuple[str, Node]]:
    for path in sorted(folder.rglob("*.html")):
        yield path.relative_to(folder).as_posix(), parse(path.read_text(encoding="utf-8"))


def articles(folder: Path) -> Iterator[tuple[str, Node]]:
    """The pages that are read on a screen, with navigation; the others are sheets that stand alone on paper."""
    for path, page in pages(folder):
        if page.all("nav", id="delar"):
            yield path, page


# --- the figures ------------------------------------------------------------------------------------------------------


def test_every_figure_is_the_database_s(
    reports: Paths, databases: Paths, full_report: Path, full_database: Path
) -> None:
    for folder, database in ((reports().parent, databases()), (full_report.parent, full_database)):
        known = list(audit.figures(folder))
        assert len(known) > 400
        kinds = {figure.page.split("/")[0] for figure in known}
        assert kinds >= {links.INDEX, "huvudman", "matt", "lansdel", links.METOD, links.STYRKEDJA, links.PICTURES}
        assert audit.deviations(folder, database) == []


@pytest.mark.parametrize(
    ("figure", "fault"),
    [
        ('<data value="1.5" data-ur="matvarde/U11111/0484/2025/T/varde">1,5</data>', "the page says 1.5"),
        ('<data value="63.55" data-ur="matvarde/U11111/0484/2024/T/varde">63,6</data>', "the page says 63.55"),
        ('<data value="63.55" data-ur="matvarde/U11111/0484/2025/K/varde">63,6</data>', "the page says 63.55"),
        ('<data value="63.55" data-ur="matvarde/U11111/0484/2025/T/varde">63,5</data>', "'63,5' is shown"),
        ('<data value="9" data-ur="csv/sammanfattning.csv/Styrkedjan/led/Mått/antal">8</data>', "'8' is shown"),
        ('<data value="8" data-ur="csv/sammanfattning.csv/Styrkedjan/led/Mått/antal">8</data>', "the page says 8.0"),
    ],
)
def test_the_audit_sees_a_wrong_value_a_wrong_place_and_a_wrong_text(
    databases: Paths, reports: Paths, tmp_path: Path, figure: str, fault: str
) -> None:
    (tmp_path / "csv").mkdir()
    summary = reports().parent / links.SUMMARY_CSV
    (tmp_path / links.SUMMARY_CSV).write_bytes(summary.read_bytes())
    (tmp_path / "sida.html").write_text(f"<p>{figure}</p>", encoding="utf-8")
    (deviation,) = audit.deviations(tmp_path, databases())
    assert fault in deviation


def test_no_table_cell_holds_a_figure_without_its_mark(reports: Paths, full_report: Path) -> None:
    for folder in (reports().parent, full_report.parent):
        assert {path: audit.unmarked(page) for path, page in pages(folder) if audit.unmarked(page)} == {}


# --- links, parts and names -------------------------------------------------------------------------------------------


def test_every_link_leads_somewhere_and_every_id_is_unique(full_report: Path) -> None:
    folder = full_report.parent
    ids = {
        path.relative_to(folder).as_posix(): [
            n.attrs["id"] for n in parse(path.read_text("utf-8")).walk() if "id" in n.attrs
        ]
        for path in folder.rglob("*.html")
    }
    for path, page in pages(folder):
        assert len(ids[path]) == len(set(ids[path])), path
        for link in [a.attrs["href"] for a in page.all("a")]:
            file, _, part = link.partition("#")
            target = (folder / path).parent / file if file else folder / path
            assert target.is_file(), (path, link)
            name = target.resolve().relative_to(folder.resolve()).as_posix()
            assert not part or part in ids[name], (path, link)
        for name in ("data-figure", "aria-labelledby", "for"):
            assert {n.attrs[name] for n in page.walk() if name in n.attrs} <= set(ids[path]), (path, name)


def test_the_navigation_is_the_same_everywhere_and_names_each_page_as_it_names_itself(reports: Paths) -> None:
    for path, page in articles(reports().parent):
        root = "../" * path.count("/")
        nav = {a.attrs["href"].removeprefix(root): a.text for a in page.element("nav", id="delar").all("a")}
        assert nav.items() <= links.NAMES.items(), path
        assert len(nav) == 10
        current = [a.attrs["href"] for a in page.all("a", aria_current="page")]
        assert current == ([path] if path in links.NAMES else [])
        if path in links.NAMES:
            assert page.element("h1").text == links.NAMES[path]
        assert page.element("title").text.startswith(page.element("h1").text.split(" U")[0][:20])


def test_headings_descend_one_level_at_a_time_and_landmarks_exist(full_report: Path) -> None:
    for path, page in pages(full_report.parent):
        levels = [int(node.tag[1]) for node in page.walk() if re.fullmatch(r"h[1-6]", node.tag)]
        assert (levels[0], levels.count(1)) == (1, 1), path
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), path
        assert page.element("html").attrs["lang"] == "sv"
        assert page.element("a", class_name="skip").attrs["href"] == f"#{page.element('main').attrs['id']}"
        assert all(nav.attrs.get("aria-label") for nav in page.all("nav"))


def test_tables_have_captions_and_scopes_and_scroll_in_a_labelled_box(full_report: Path) -> None:
    for path, page in articles(full_report.parent):
        for table in page.all("table"):
            assert table.element("caption").text, path
            assert all(th.attrs.get("scope") for th in table.all("th")), path
            assert table.parent is not None
            box = table.parent.attrs
            assert (box["tabindex"], box["class"], box["role"]) == ("0", "scroll", "group")
            assert box["aria-label"]


# --- whose figures ----------------------------------------------------------------------------------------------------

SYNTHETIC = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"


def test_synthetic_figures_say_so_once_on_each_page_fixed_and_real_ones_nowhere(reports: Paths) -> None:
    for _, page in pages(reports("syntetisk").parent):
        (mark,) = page.all("aside", aria_label="Om uppgifterna")
        assert mark.text.startswith(SYNTHETIC)
        assert page.element("title").text.endswith(SYNTHETIC)
        assert "@top-left" in page.element("style").source, "every printed page carries it"
        assert "gen bearbetning av syntetiska uppgifter" in page.all("footer")[0].text
        assert "Källa: Kolada" not in page.text
    for _, page in pages(reports().parent):
        assert "SYNTETISK" not in page.text.upper()
        assert all(re.search("Källa: Kolada.*gen bearbetning", footer.text) for footer in page.all("footer"))


def test_another_address_is_named_and_is_not_kolada(reports: Paths) -> None:
    for _, page in pages(reports("http://127.0.0.1:8765/v3").parent):
        assert "http://127.0.0.1:8765/v3 (inte hämtat från Kolada)" in page.all("footer")[0].text
        assert "Källa: Kolada" not in page.text


def test_kolada_is_never_named_where_we_have_computed(full_report: Path) -> None:
    for path, page in pages(full_report.parent):
        for part in page.all(data_kalla="egen"):
            assert "Källa: Kolada" not in part.text, path


def test_a_draft_for_a_meeting_says_so_across_every_page(full_report: Path) -> None:
    for _, page in pages(full_report.parent):
        assert "Utkast" in page.all("header")[0].text


# --- nothing from elsewhere -------------------------------------------------------------------------------------------


def test_pages_load_the_shared_files_and_nothing_else(full_report: Path) -> None:
    shared = {"rapport.css", "plotly-basic.min.js", "diagram.js", "sok.js"}
    for path, page in pages(full_report.parent):
        root = "../" * path.count("/")
        for node in page.walk():
            for name in ("src", "href", "srcset", "data", "action", "poster", "style", "xlink:href"):
                value = node.attrs.get(name, "")
                assert not re.search(r"(?i)https?:|//|url\(", value), (path, node.tag, node.attrs)
                if node.tag in ("script", "link") and value:
                    assert value.removeprefix(root) in shared, path
        policy = page.element("meta", http_equiv="Content-Security-Policy").attrs["content"]
        assert "default-src 'none'" in policy
        runs = bool(page.all("script", where=lambda n: "src" in n.attrs))
        assert f"script-src {chr(39)}{'self' if runs else 'none'}{chr(39)};" in policy
    css = (full_report.parent / "rapport.css").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(", css)


def test_hostile_texts_stay_texts_on_every_page(full_report: Path) -> None:
    for path, page in pages(full_report.parent):
        assert page.all("img") == [], path
        assert not page.all("strong", where=lambda n: n.text == "fet"), "what is written is no markup"
        assert HOSTILE not in (full_report.parent / path).read_text(encoding="utf-8")


# --- Swedish ----------------------------------------------------------------------------------------------------------

# What these pages must not say. Texts of the catalogue, the owners and the table of rules are theirs, and left out.
_FORBIDDEN = [
    r"\bserie(n|r|rna)?\b", r"(?i)seriebrott", r"\d,5 av \d",
    r"\b(för|av|är) en mått\b", r"\ben (mått|nyckeltal|värde)\b",
    r"\bett (kommun|region|indikator)\b", r"[Vv]ärdena går från", r"huvudmännens \d",
    r"inget värde[.,]", r"Riktning över tid",
    r"\b1 (kommuner|mått är|år sedan)\b", r"  ", r"\(\)", r"\.\.", r" ,", r"\bNone\b",
    r"åt fel håll för", r"plats \d+,\d",
]  # fmt: skip
_FOREIGN = ("catalogue-text", "quote", "definition-text", "comment-block", "entries", "kpi-list", "rules")


def sentences(page: Node) -> str:
    """The text of a page but for what others have written."""

    def own_words(node: Node) -> Iterator[str]:
        for child in node.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in ("script", "style", "svg") and not set(child.attrs.get("class", "").split()) & {
                *_FOREIGN
            }:
                yield from own_words(child)

    return re.sub(r"[ \n]+", " ", "".join(own_words(page.element("main"))))


def test_no_page_says_what_it_must_not(reports: Paths) -> None:
    faults = []
    for path, page in pages(reports().parent):
        text = sentences(page)
        for pattern in _FORBIDDEN:
            faults += [(path, pattern, text[max(0, m.start() - 40) : m.end() + 40]) for m in re.finditer(pattern, text)]
    assert faults == []


def test_once_a_page_is_once(reports: Paths) -> None:
    for path, page in pages(reports().parent):
        if path.startswith(("matt/", "lansdel/")):
            assert page.text.count("gen bearbetning") == 1, path
            assert len(re.findall("föreslag", page.text)) <= 2, path
        for block in page.all("div", class_name="answer"):
            assert block.text.count("kan inte bedömas") <= 1, path


# --- another county ---------------------------------------------------------------------------------------------------


def test_another_county_gets_no_name_of_this_one(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("DELETE FROM styrning.rapport")
        connection.execute("DELETE FROM styrning.lansdel")
        connection.execute("UPDATE omrade SET lansdel = NULL")
        connection.execute(
            "UPDATE styrning.lan SET lan = 'Kronobergs län', forslag_fran = 'Södermanlands län', malbild_ar = NULL"
        )
        connection.execute("UPDATE omrade SET namn = 'Region Kronoberg' WHERE omrade_id = '0004'")
    site = build_site(database)
    for path in (links.STYRKEDJA, links.METOD, links.SATSNINGAR, "matt/fall.html"):
        page = site(path)
        assert "Nära vård i Kronobergs län" in page.element("header").text
        assert "Kronobergs län har inte beslutat något av dem" in page.element("footer", class_name="foot").text
        assert "Länsstyrgruppen" not in page.text
    with pytest.raises(KeyError):
        site("lansdel/1.html")
    assert "kommunerna och Region Kronoberg" in site("matt/fall.html").text
