"""bilder/<mått>/<figur>.svg: a figure that leaves the report has its title, source, day and words with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from dashboards import cite
from dashboards.figures.model import Dot
from dashboards.figures.picture import WIDTH, Picture, picture_svg
from dashboards.figures.svg_trend import dots_svg, glyph_svg
from dashboards.report import build_report
from tests.dashboards import audit
from tests.dashboards.conftest import change
from tests.dashboards.page import Node
from tests.dashboards.published import HOSTILE

Paths = Callable[..., Path]
Site = Callable[..., Node]
SVG = "{http://www.w3.org/2000/svg}"
SYNTHETIC = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"


def pictures(folder: Path) -> dict[str, ElementTree.Element]:
    """By address in the report; every one is whole XML."""
    return {
        path.relative_to(folder).as_posix(): ElementTree.parse(path).getroot()
        for path in sorted((folder / "bilder").rglob("*"))
        if path.is_file()
    }


def shown(picture: ElementTree.Element) -> str:
    """What stands in it to be read, lines joined."""
    return " ".join("".join(text.itertext()) for text in picture.iter(f"{SVG}text"))


def source(picture: ElementTree.Element) -> str:
    return " ".join("".join(text.itertext()) for text in picture.iter(f"{SVG}text") if text.get("class") == "kalla")


def test_every_figure_of_every_matt_is_a_file_and_every_file_is_linked_under_its_figure(
    full_report: Path, full_site: Site
) -> None:
    folder = full_report.parent
    linked = []
    for page in sorted(path.relative_to(folder).as_posix() for path in (folder / "matt").glob("*.html")):
        for figure in full_site(page).all("figure", class_name="chart-box"):
            use = figure.element("details", class_name="use")
            address = use.element("a").attrs["href"].removeprefix("../")
            linked.append(address)
            assert address.startswith(f"bilder/{Path(page).stem}/")
            assert f'<img src="{address}" alt="' in use.element("code").text
    assert sorted(linked) == list(pictures(folder))
    assert {"bilder/brukare/U11111-utveckling.svg", "bilder/brukare/U11111-jamforelse.svg"} <= set(linked)


def test_it_says_what_it_is_whose_it_is_and_of_when_and_to_who_cannot_see_it(reports: Paths, full_report: Path) -> None:
    for folder in (reports().parent, full_report.parent):
        for address, picture in pictures(folder).items():
            title, spoken = picture.findtext(f"{SVG}title"), picture.findtext(f"{SVG}desc")
            assert title, address
            assert (spoken or "").startswith(("Linjediagram, 20", "Punktdiagram, 20")), address
            assert "Källa: Kolada" in str(spoken)
            line = source(picture)
            assert "Källa: Kolada (oförändrade värden). Egen bearbetning" in line, address
            assert "Data hämtade t.o.m. 22 november 2026." in line
            assert f"matt/{address.split('/')[1]}.html" in line
    picture = pictures(full_report.parent)["bilder/brukare/U11111-jamforelse.svg"]
    assert "Rättade av ägarna, egen bearbetning: Flen 2025" in source(picture)
    assert "Kommun för kommun 2025, % (U11111)" in shown(picture)
    assert "säkert sämre än riket" in shown(picture), "the key of the shapes"


def test_synthetic_figures_say_so_first_and_name_kolada_nowhere(reports: Paths) -> None:
    found = pictures(reports("syntetisk").parent)
    assert len(found) > 3
    for picture in found.values():
        assert shown(picture).startswith(SYNTHETIC)
        assert "Kolada" not in shown(picture).replace(SYNTHETIC, "")
        assert "Påhittade exempelvärden" in str(picture.findtext(f"{SVG}desc"))
    assert not any("SYNTETISK" in shown(picture) for picture in pictures(reports().parent).values())


def test_its_drawing_is_the_page_s_and_its_figures_have_their_places(reports: Paths, site: Site) -> None:
    page = site("matt/kontakter.html").all("svg", class_name="still")[0]
    picture = pictures(reports().parent)["bilder/kontakter/U88888-utveckling.svg"]
    paths = [path.get("d") for path in picture.iter(f"{SVG}path")]
    assert [path.attrs["d"] for path in page.all("path")] == paths
    places = {
        figure.place for figure in audit.figures(reports().parent) if figure.page.endswith("U88888-utveckling.svg")
    }
    assert "matvarde/U88888/0000/2025/T/varde" in places
    assert len(places) >= 3


def test_it_stands_alone(full_report: Path) -> None:
    for path in (full_report.parent / "bilder").rglob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "").replace("http://ond.example", "")
        for word in ("<style", "<script", "<image", "<use", "url(", 'aria-label="'):
            assert word not in text, (path, word)


def test_hidden_values_make_no_figure_and_a_hostile_title_stays_a_text(database: Path) -> None:
    change(database, "UPDATE matvarde SET varde = NULL, status = 'sekretess' WHERE nyckeltal_id = 'U88888'")
    found = pictures(build_report(database, database.with_name("rapport")).parent)
    assert not any("U88888" in address for address in found)
    assert any("U11111" in address for address in found)


def test_long_words_are_cut_and_no_line_is_wider_than_the_picture() -> None:
    figure = cite.figure("63,6\u00a0%", 63.55, "matvarde/U11111/0484/2025/T/varde")
    drawing = dots_svg([Dot("Eskilstuna", "", 63.55, figure)], None, "Punktdiagram")
    text = picture_svg(
        Picture(
            title=f"{HOSTILE} {'Ö' * 200}",
            heading="2025, % \x0b",
            sentences=[f"Eskilstuna har {figure} och {'x' * 70} {figure}."],
            drawing=drawing,
            key=[(glyph_svg("battre"), "säkert bättre än riket " * 2)] * 3,
            notes=["Kort."],
            source=["Källa: Kolada."],
            mark=None,
            spoken="Linjediagram",
        )
    )
    picture = ElementTree.fromstring(text)
    lines = ["".join(line.itertext()) for line in picture.findall(f"{SVG}text")]
    assert max(map(len, lines)) * 10.5 * 0.5 < WIDTH
    assert "63,6\u00a0%" in " ".join(lines), "a figure is never cut"
    assert [node.get("data-value") for node in picture.iter(f"{SVG}tspan")] == ["63.55"] * 3
    assert "<script>alert" in "".join(lines).replace(" ", "")
