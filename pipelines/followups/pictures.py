"""PNG of the pictures of a report: beside every SVG one of the same name, drawn by the Chromium that is installed.

One screenshot is a sheet of many pictures, which is cut; each PNG carries the title, the spoken words and the source of
its SVG as text chunks. What a picture shows is `dashboards.pictures`.
"""

from __future__ import annotations

import html
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dashboards.figures.picture import SOURCE, WIDTH
from pipelines.errors import MalbildError
from pipelines.files import replacing
from pipelines.followups.chromium import INSTALL, require_chromium, run_chromium

PIXELS = 1760
"""How wide a PNG is."""
_SCALE = PIXELS // WIDTH
# Chromium draws no image that is higher.
_MOST_PIXELS = 16_000
# It opens no window that is narrower.
_WINDOW = 520
_SECONDS = 60.0
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class _Svg:
    """A picture: its file, its height in its own units, whole, and the texts that it carries by their PNG keyword."""

    path: Path
    height: int
    texts: tuple[tuple[str, str], ...]


def write_pngs(folder: Path) -> list[Path]:
    """Write a PNG beside every SVG in `folder` and the folders in it, and return them, by path.

    Raises MalbildError when there is no Chromium or it does not draw them.
    """
    require_chromium("PNG")
    pictures = [_read(path) for path in sorted(folder.rglob("*.svg"))]
    return [png for sheet in _sheets(pictures) for png in _write_sheet(sheet)]


def _read(path: Path) -> _Svg:
    root = ElementTree.parse(path).getroot()
    source = " ".join("".join(text.itertext()) for text in root.iter(f"{_SVG}text") if text.get("class") == SOURCE)
    texts = (
        ("Title", root.findtext(f"{_SVG}title")),
        ("Description", root.findtext(f"{_SVG}desc")),
        ("Source", source),
    )
    height = math.ceil(float(root.attrib["viewBox"].split()[3]))
    return _Svg(path, height, tuple((keyword, text or "") for keyword, text in texts))


def _sheets(pictures: Sequence[_Svg]) -> Iterator[list[_Svg]]:
    """As many below each other as one screenshot holds."""
    sheet: list[_Svg] = []
    for picture in pictures:
        if sheet and sum(p.height for p in (*sheet, picture)) * _SCALE > _MOST_PIXELS:
            yield sheet
            sheet = []
        sheet.append(picture)
    if sheet:
        yield sheet


def _write_sheet(sheet: Sequence[_Svg]) -> list[Path]:
    images = "".join(
        f'<img src="{html.escape(picture.path.resolve().as_uri())}" style="height:{picture.height}px">'
        for picture in sheet
    )
    page = (
        '<!doctype html><meta charset="utf-8"><style>body{margin:0}'
        f"img{{display:block;width:{WIDTH}px;object-fit:contain;object-position:top}}</style>{images}"
    )
    height = sum(picture.height for picture in sheet)
    with tempfile.TemporaryDirectory(prefix="malbild-png-") as name:
        document, output = Path(name) / "ark.html", Path(name) / "ark.png"
        document.write_text(page, encoding="utf-8")
        last_line = run_chromium(
            "PNG",
            document,
            (
                f"--screenshot={output}",
                f"--window-size={_WINDOW},{height}",
                f"--force-device-scale-factor={_SCALE}",
                "--hide-scrollbars",
            ),
            _SECONDS,
        )
        try:
            with Image.open(output) as screenshot:
                drawn = screenshot.convert("RGB")
        except OSError:
            raise MalbildError(
                f"no PNG: Chromium ended without a picture ({last_line or 'it said nothing'}) → {INSTALL}, or go "
                "without PNG"
            ) from None
        if drawn.height < height * _SCALE or drawn.width < PIXELS:
            raise MalbildError(
                f"no PNG: Chromium drew {drawn.width} × {drawn.height} pixels instead of at least {PIXELS} × "
                f"{height * _SCALE} → {INSTALL}, or go without PNG"
            )
        return list(_cut(drawn, sheet))


def _cut(drawn: Image.Image, sheet: Sequence[_Svg]) -> Iterator[Path]:
    top = 0
    for picture in sheet:
        info = PngInfo()
        for keyword, text in picture.texts:
            info.add_itxt(keyword, text, lang="sv")
        below = top + picture.height * _SCALE
        target = picture.path.with_suffix(".png")
        with replacing(target) as partial:
            # A picture has few colours: a palette takes a third of the bytes. It makes white 254.
            image = drawn.crop((0, top, PIXELS, below)).quantize(
                128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
            )
            image.putpalette([255 if part == 254 else part for part in image.getpalette() or ()])
            image.save(partial, "PNG", pnginfo=info)
        top = below
        yield target
