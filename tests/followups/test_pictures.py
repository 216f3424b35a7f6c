"""`malbild bilder`: PNG of every picture of a report and decks of slides, and what is said where that cannot be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from pipelines.followups.chromium import find_chromium
from tests.followups.conftest import DRAFT, Place

pytestmark = pytest.mark.lang

needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="no Chromium: `apt-get install chromium`")


def svgs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.svg"))


@needs_chromium
def test_every_picture_is_a_png_that_carries_its_title_words_and_source(place: Place) -> None:
    folder = place.settings.draft_dir / "bilder"
    written = [Path(line) for line in place.did("bilder").splitlines()]
    assert written == [path.with_suffix(".png") for path in svgs(folder)]
    assert len(written) > 1
    colours = set()
    for png in written:
        root = ElementTree.parse(png.with_suffix(".svg")).getroot()
        with Image.open(png) as image:
            assert image.width >= 1600
            height = float(root.attrib["viewBox"].split()[3])
            assert 0 <= image.height - height * image.width / 440 < 4, "cut where the next one begins"
            assert image.text["Title"] == root.findtext("{http://www.w3.org/2000/svg}title")
            assert image.text["Description"] == root.findtext("{http://www.w3.org/2000/svg}desc")
            assert "Påhittade exempelvärden" in image.text["Source"]
            shown = image.convert("RGB")
            # The mark of synthetic figures at the top, white at the bottom, and something drawn between.
            assert shown.getpixel((20, 20)) == pytest.approx((143, 54, 6), abs=6)
            assert min(shown.getpixel((x, image.height - 4))[0] for x in range(0, image.width, 9)) == 255
            colours.add(len(shown.crop((0, image.height // 2, image.width, image.height // 2 + 600)).getcolors(9999)))
    assert min(colours) > 5


def test_without_a_browser_there_are_svg_and_slides_and_a_word_on_why_there_is_no_png(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, output = place.malbild("bilder", "--pptx")
    *written, line = output.splitlines()
    assert code == 1
    assert line.startswith("malbild: no PNG: no Chromium is installed (chromium, ")
    assert "→ install one (Debian: `apt-get install chromium`), or go without PNG" in line
    folder = place.settings.draft_dir / "bilder"
    assert {Path(path).name for path in written} == {
        "presentation.pptx",
        *(f"presentation-{a}.pptx" for a in ("0004", "0461", "0484")),
    }
    assert all(Path(path).parent == folder and Path(path).stat().st_size > 10_000 for path in written)
    assert svgs(folder)
    assert not list(folder.rglob("*.png"))


DECIDE = ("uppfoljning", "faststall", "2026-var", "--datum", "2026-11-24")


@needs_chromium
def test_a_decision_makes_the_png_too_and_they_are_packed_but_not_made_again(approved: Place) -> None:
    approved.did(*DECIDE)
    decided = approved.reports / "2026-var"
    pngs = sorted(decided.rglob("*.png"))
    assert pngs == [path.with_suffix(".png") for path in svgs(decided)]
    assert pngs
    approved.did("uppfoljning", "verifiera", decided / "arkiv.zip")
    approved.did("uppfoljning", "verifiera", decided)
    assert "byte for byte" in approved.did("report", "--uppfoljning", "2026-var")


def test_what_is_decided_is_not_written_but_its_pictures_and_slides_can_be_had(
    approved: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved.did(*DECIDE, "--utan-pdf")
    decided = approved.reports / "2026-var"
    before = {path: path.read_bytes() for path in decided.rglob("*") if path.is_file()}
    line = approved.refused("bilder", "2026-var", "--pptx")
    assert "is fastställd and is never changed; nothing was written → name a folder" in line
    monkeypatch.setenv("PATH", str(tmp_path))
    target = tmp_path / "bilder"
    assert approved.malbild("bilder", "2026-var", "--pptx", "--till", target)[0] == 1
    assert [path.read_bytes() for path in svgs(target)] == [path.read_bytes() for path in svgs(decided)]
    assert (target / "presentation.pptx").is_file()
    assert {path: path.read_bytes() for path in decided.rglob("*") if path.is_file()} == before
    assert "no empty folder" in approved.refused("bilder", "2026-var", "--till", target)
    # JSON and pictures are of the decided report, and are compared when it is built again.
    sums = json.loads((approved.settings.follow_up_dir / "2026-var" / "v1" / "manifest.json").read_text())["rapport"]
    assert any(name.startswith("bilder/") for name in sums)
    assert any(name.startswith("data/") for name in sums)
    assert "byte for byte" in approved.did("report", "--uppfoljning", "2026-var")


def test_a_report_that_is_not_there_or_has_no_pictures_is_named_with_the_next_step(place: Place) -> None:
    place.yaml.write_text(DRAFT)
    assert "→ `malbild report --uppfoljning 2026-var` first" in place.refused("bilder", "2026-var")
    assert "uppföljning 2027-var is not defined" in place.refused("bilder", "2027-var")
    shutil.rmtree(place.settings.draft_dir / "bilder")
    assert "the report has no pictures → `malbild report` first" in place.refused("bilder")
