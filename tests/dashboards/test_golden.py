"""The pages as text, against those that were looked through by a person.

What it says is guarded here, word for word; why it must say so is in the other files. After a change that is meant:

    GOLDEN=1 python -m pytest tests/dashboards/test_golden.py && git diff tests/dashboards/golden
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dashboards.pages import links
from tests.dashboards.page import Node
from tests.dashboards.published import HOSTILE

GOLDEN = Path(__file__).parent / "golden"
BLOCKS = ("p", "li", "dt", "dd", "figcaption", "summary", "caption", "blockquote", "footer", "title")


def lines(node: Node) -> Iterator[str]:
    """A line for each heading, paragraph, row of a table and chart, in the order of the page."""
    if node.tag in ("style", "symbol") or (node.tag == "script" and "type" not in node.attrs):
        return
    if node.tag == "script":
        yield from figure(node)
    elif re.fullmatch(r"h[1-6]", node.tag):
        yield ""
        yield f"{'#' * int(node.tag[1])} {node.text}"
    elif node.tag == "text":
        yield node.text
    elif node.tag == "tr":
        yield " | ".join(shown(cell) for cell in node.children if isinstance(cell, Node))
    elif node.tag in BLOCKS and not any(child.tag in (*BLOCKS, "table") for child in node.walk() if child is not node):
        yield f"{node.tag}: {shown(node)}"
    else:
        for child in node.children:
            if isinstance(child, Node):
                yield from lines(child)
            elif child.strip():
                yield " ".join(child.split())


def shown(node: Node) -> str:
    """The text, and the shapes that stand beside it."""
    shapes = [f"[{use.attrs['href'].removeprefix('#f-')}]" for use in node.all("use")]
    return " ".join([*shapes, *node.text.split()])


def figure(script: Node) -> Iterator[str]:
    """What a chart draws: its lines with their numbers, and its labels."""
    drawn = json.loads(script.source)
    if "data" not in drawn:
        return
    yield f"figure {script.attrs['id']}"
    for trace in drawn["data"]:
        yield f"  {trace.get('name', '')}: {trace['x']} {trace['y']}"
    yield f"  labels: {' · '.join(label['text'] for label in drawn['layout'].get('annotations', ()))}"


def text_of(nodes: Iterable[Node]) -> str:
    text = "\n".join(line for node in nodes for line in lines(node)) + "\n"
    return text.replace(" ".join(HOSTILE.split()), "FIENTLIG")


def compare(name: str, text: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if "GOLDEN" in os.environ:
        file.write_text(text, encoding="utf-8")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()


PAGES = (
    "matt/brukare.html", "matt/patient.html", "matt/sip.html", "matt/vald.html", "lansdel/3.html",
    links.STYRKEDJA, links.SATSNINGAR, links.BEKRAFTA, links.METOD,
)  # fmt: skip


def test_the_pages_say_what_they_said(full_site: Callable[[str], Node]) -> None:
    compare("sidor", text_of([full_site(path).element("main") for path in PAGES]))


def test_what_is_printed_for_the_board_and_its_members_says_what_it_said(full_site: Callable[[str], Node]) -> None:
    pages = ("index.html", "huvudman/0484.html", "huvudman/0004.html")
    compare("utskrift", text_of([full_site(path) for path in pages]))


def test_with_synthetic_figures_and_nothing_decided_they_say_so(site: Callable[..., Node]) -> None:
    paths = ("matt/kontakter.html", links.STYRKEDJA, links.SATSNINGAR, links.BEKRAFTA)
    compare("syntetisk", text_of([site(path, "syntetisk").element("body") for path in paths]))
