"""The report on paper: printed by Chromium, with tags, language, an outline and numbered pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pypdf
import pytest

from pipelines.followups.chromium import find_chromium
from pipelines.followups.pdf import print_pdf
from tests.followups.conftest import DRAFT, Place

pytestmark = pytest.mark.lang

WHEN = datetime(2026, 11, 22, 4, 30)


@pytest.fixture(scope="module")
def pdf(first_night: Place, tmp_path_factory: pytest.TempPathFactory) -> pypdf.PdfReader:
    if find_chromium() is None:
        pytest.skip("no Chromium: install it with `apt-get install chromium` to run the PDF tests")
    page = first_night.settings.draft_report
    target = tmp_path_factory.mktemp("pdf") / "rapport.pdf"
    # A draft for a meeting, so that its watermark is on the paper too.
    draft = target.with_name("utkast.html")
    mark = "Utkast till arbetsgrupperna 25 november 2026"
    draft.write_text(page.read_text(encoding="utf-8").replace("<body>", f'<body data-utkast="{mark}">'), "utf-8")
    return pypdf.PdfReader(print_pdf(draft, target, WHEN))


def test_it_is_tagged_swedish_and_has_an_outline(pdf: pypdf.PdfReader) -> None:
    root = pdf.root_object
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "sv"
    tree = root["/StructTreeRoot"]
    kinds = {str(node.get_object().get("/S")) for node in walk(tree)}
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/Link"} <= kinds
    assert "Läget på en sida" in titles(pdf.outline)


def titles(outline: object) -> list[str]:
    if isinstance(outline, list):
        return [title for item in outline for title in titles(item)]
    return [str(getattr(outline, "title", ""))]


def walk(node: object) -> Iterator[pypdf.generic.DictionaryObject]:
    inner = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(inner, pypdf.generic.DictionaryObject):
        yield inner
        inner = inner.get("/K")
        inner = inner.get_object() if hasattr(inner, "get_object") else inner
    if isinstance(inner, list):
        for child in inner:
            yield from walk(child)
    elif isinstance(inner, pypdf.generic.DictionaryObject):
        yield from walk(inner)


def test_its_pages_are_a4_numbered_and_say_that_the_figures_are_synthetic(pdf: pypdf.PdfReader) -> None:
    pages = pdf.pages
    assert 3 <= len(pages) <= 12, "a board reads no more"
    sizes = {tuple(sorted(round(float(side)) for side in (p.mediabox.width, p.mediabox.height))) for p in pages}
    assert sizes == {(595, 842)} or sizes <= {(594, 841), (595, 842), (595, 841), (594, 842)}
    texts = [page.extract_text() for page in pages]
    for number, text in enumerate(texts, start=1):
        assert f"{number} ({len(pages)})" in text
        assert "SYNTETISKA" in text
        assert "Utkast till arbetsgrupperna" in text.replace("\n", " "), f"no watermark on page {number}"


def test_it_says_nothing_of_the_clock(pdf: pypdf.PdfReader) -> None:
    assert pdf.metadata is not None
    assert pdf.metadata.creation_date is not None
    assert pdf.metadata.creation_date.replace(tzinfo=None) == WHEN
    assert pdf.metadata.modification_date is not None
    assert pdf.metadata.modification_date.replace(tzinfo=None) == WHEN


@pytest.mark.lang
def test_every_huvudman_gets_its_file_on_paper_too(place: Place) -> None:
    if find_chromium() is None:
        pytest.skip("no Chromium: install it with `apt-get install chromium` to run the PDF tests")
    written = place.did("report", "--huvudman", "0484", "--pdf").split()
    tonight = place.settings.draft_dir / "huvudman"
    assert written == [str(tonight / "0484.html"), str(tonight / "0484.pdf")]
    place.yaml.write_text(DRAFT)
    written = place.did("report", "--uppfoljning", "2026-var", "--huvudman", "alla", "--pdf").split()
    folder = place.reports / "2026-var" / "huvudman"
    pages = {str(path) for path in folder.glob("*.html")}
    assert len(pages) == 3
    assert sorted(written) == sorted(pages | {page.replace(".html", ".pdf") for page in pages})
    assert all(len(pypdf.PdfReader(path).pages) == 2 for path in written if path.endswith(".pdf"))
    assert {path.name for path in tonight.glob("*.html")} == {path.name for path in folder.glob("*.html")}


def test_links_to_the_pages_beside_it_hold_wherever_the_folder_goes(tmp_path: Path) -> None:
    if find_chromium() is None:
        pytest.skip("no Chromium: install it with `apt-get install chromium` to run the PDF tests")
    folder = tmp_path / "rapport (utkast)" / "huvudman"
    folder.mkdir(parents=True)
    links = ["../matt/vald.html#tabell", "0461.html", "https://www.kolada.se/?q=(1)"]
    page = folder / "0484.html"
    page.write_text("<!doctype html><title>Västby</title>" + "".join(f'<p><a href="{href}">x</a>' for href in links))
    printed = print_pdf(page, folder / "0484.pdf", WHEN)
    assert str(tmp_path).encode() not in printed.read_bytes()
    (sheet,) = pypdf.PdfReader(printed).pages
    assert [link.get_object()["/A"]["/URI"] for link in sheet["/Annots"]] == links
