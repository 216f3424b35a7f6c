"""PNG of the pictures of a report: beside every SVG one of the same name, drawn by the Chromium that is installed.

A page draws many of them, each on a canvas, and is read back with the drawings in it: screenshots take twice the time.
Each PNG carries the title, the spoken words and the source of its SVG as text chunks. What a picture shows is
`dashboards.pictures`.
"""

from __future__ import annotations

import base64
import io
import math
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dashboards.figures.picture import SOURCE
from pipelines.errors import MalbildError
from pipelines.files import replacing
from pipelines.followups.chromium import INSTALL, require_chromium, run_chromium

PIXELS = 1760
"""How wide a PNG is."""
# Pictures of a page: many share one start of Chromium, and all of them are in its memory at once.
_TOGETHER = 20
# Pages at a time; two cores are what malbild is made for.
_PAGES = 2
_SECONDS = 180.0
_SVG = "{http://www.w3.org/2000/svg}"
# Hidden, because laying out a text of a million letters takes longer than drawing the picture.
_PAGE = """<!doctype html><meta charset="utf-8"><style>img {{ width: 1px }}</style>{images}<script>
onload = () => {{
  for (const image of [...document.images]) {{
    const canvas = document.createElement("canvas"), drawn = document.createElement("pre");
    canvas.width = {width};
    canvas.height = image.dataset.height;
    canvas.getContext("2d", {{ willReadFrequently: true }}).drawImage(image, 0, 0, canvas.width, canvas.height);
    drawn.hidden = true;
    drawn.textContent = canvas.toDataURL("image/png");
    image.replaceWith(drawn);
  }}
}};
</script>"""
_DRAWN = re.compile(rb">data:image/png;base64,([^<]*)<")


@dataclass(frozen=True, slots=True)
class _Svg:
    """A picture: its file, what is in it, how high its PNG is in pixels, and the texts that it carries by their PNG
    keyword.
    """

    path: Path
    content: bytes
    height: int
    texts: tuple[tuple[str, str], ...]


def write_pngs(folder: Path) -> list[Path]:
    """Write a PNG beside every SVG in `folder` and the folders in it, and return them, by path.

    Raises MalbildError when there is no Chromium or it does not draw them.
    """
    require_chromium("PNG")
    pictures = [_read(path) for path in sorted(folder.rglob("*.svg"))]
    # As many pages as are drawn at a time, so that none waits for a short one.
    together = min(_TOGETHER, math.ceil(len(pictures) / _PAGES)) or 1
    pages = [pictures[start : start + together] for start in range(0, len(pictures), together)]
    with ThreadPoolExecutor(_PAGES) as pool:
        return [png for pngs in pool.map(_write_page, pages) for png in pngs]


def _read(path: Path) -> _Svg:
    content = path.read_bytes()
    root = ElementTree.fromstring(content)
    source = " ".join("".join(text.itertext()) for text in root.iter(f"{_SVG}text") if text.get("class") == SOURCE)
    texts = (
        ("Title", root.findtext(f"{_SVG}title")),
        ("Description", root.findtext(f"{_SVG}desc")),
        ("Source", source),
    )
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    return _Svg(path, content, round(height * PIXELS / width), tuple((keyword, text or "") for keyword, text in texts))


def _write_page(pictures: Sequence[_Svg]) -> list[Path]:
    """Draw these pictures by one Chromium and write their PNG."""
    images = "".join(
        f'<img data-height="{picture.height}" src="data:image/svg+xml;base64,{_base64(picture.content)}">'
        for picture in pictures
    )
    with tempfile.TemporaryDirectory(prefix="malbild-png-") as name:
        page = Path(name) / "bilder.html"
        page.write_text(_PAGE.format(images=images, width=PIXELS), encoding="utf-8")
        outcome = run_chromium("PNG", page, ["--dump-dom"], _SECONDS)
    drawn = _DRAWN.findall(outcome.output)
    if len(drawn) != len(pictures):
        raise MalbildError(
            f"no PNG: Chromium drew {len(drawn)} of {len(pictures)} pictures "
            f"({outcome.last_line or 'it said nothing'}) → {INSTALL}, or go without PNG"
        )
    return [_write_png(picture, base64.b64decode(png)) for picture, png in zip(pictures, drawn, strict=True)]


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _write_png(picture: _Svg, drawn: bytes) -> Path:
    info = PngInfo()
    for keyword, text in picture.texts:
        info.add_itxt(keyword, text, lang="sv")
    target = picture.path.with_suffix(".png")
    with Image.open(io.BytesIO(drawn)) as opened, replacing(target) as partial:
        # A picture has few colours: a palette takes a third of the bytes. It makes white 254.
        image = opened.convert("RGB").quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        image.putpalette([255 if part == 254 else part for part in image.getpalette() or ()])
        image.save(partial, "PNG", pnginfo=info)
    return target
