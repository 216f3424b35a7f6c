"""`malbild bilder`: the report's figures as files to take along, PNG where there is a Chromium to draw them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from pipelines.errors import MalbildError
from pipelines.followups.chromium import find_chromium
from pipelines.followups.pictures import PIXELS, write_pngs
from tests.followups.conftest import Place
from tests.followups.test_refusals import DRAFT


@pytest.fixture
def figures(first_night: Place, tmp_path: Path) -> Path:
    """The SVG files of a report."""
    if find_chromium() is None:
        pytest.skip("no Chromium: install it with `apt-get install chromium` to draw PNG")
    return Path(shutil.copytree(first_night.settings.draft_dir / "bilder", tmp_path / "bilder"))


def test_each_png_is_wide_says_what_it_shows_and_is_cut_where_its_figure_ends(figures: Path) -> None:
    drawn = write_pngs(figures)
    svgs = sorted(figures.rglob("*.svg"))
    assert drawn == [path.with_suffix(".png") for path in svgs]
    assert len(drawn) > 2, "more than a figure on a sheet"
    for path in drawn:
        with Image.open(path) as image:
            assert image.width == PIXELS >= 1600
            assert image.text["Description"].startswith(("Linjediagram", "Punktdiagram"))
            assert "Påhittade exempelvärden" in image.text["Source"]
            assert image.text["Title"]
            colors = image.convert("RGB")
            # The mark of synthetic figures begins every picture; what is last in it is its margin.
            assert colors.getpixel((5, 5)) == pytest.approx((0x8F, 0x36, 0x06), abs=8)
            last = colors.crop((0, image.height - 30, PIXELS, image.height))
            assert ImageChops.invert(last).getbbox() is None, path
            assert ImageChops.invert(colors.crop((0, image.height // 2, PIXELS, image.height))).getbbox(), path


def test_without_chromium_the_svg_and_slides_come_and_one_line_says_why_there_are_no_png(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    code, output = place.malbild("bilder", "--pptx")
    assert code == 1
    folder, *decks, line = output.strip().splitlines()
    assert Path(folder) / "uppfoljning.pptx" == Path(decks[0])
    assert all(Path(deck).read_bytes().startswith(b"PK") for deck in decks)
    assert len(decks) == 1 + len(list((place.settings.draft_dir / "huvudman").glob("*.html")))
    assert line.startswith("malbild: no PNG: no Chromium is installed")
    assert "→ install one" in line
    assert Path(folder) == place.settings.data_dir / "bilder" / "utkast"
    of_report = place.settings.draft_dir / "bilder"
    names = sorted(path.relative_to(of_report) for path in of_report.rglob("*.svg"))
    assert sorted(path.relative_to(folder) for path in Path(folder).rglob("*.svg")) == names
    assert not list(Path(folder).rglob("*.png"))
    assert all((of_report / name).read_bytes() == (Path(folder) / name).read_bytes() for name in names)


def test_a_chromium_that_draws_nothing_is_no_picture(figures: Path, fake_chromium: Callable[[str], Path]) -> None:
    fake_chromium("echo kaputt >&2")
    with pytest.raises(MalbildError, match="ended without a picture \\(kaputt\\) → install one"):
        write_pngs(figures)
    assert not list(figures.rglob("*.png"))


def test_of_an_issue_that_is_frozen_they_are_of_what_was_frozen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "is not defined" in place.refused("bilder", "2026-var")
    place.freeze(DRAFT)
    _, output = place.malbild("bilder", "2026-var")
    folder = Path(output.splitlines()[0])
    of_report = place.settings.report_dir / "2026-var" / "bilder"
    names = sorted(path.relative_to(of_report) for path in of_report.rglob("*.svg"))
    assert names
    assert all((of_report / name).read_bytes() == (folder / name).read_bytes() for name in names)
    assert "2026-var, nr 1, utkast" in (folder / names[0]).read_text(encoding="utf-8")
