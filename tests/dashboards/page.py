"""A report as a reader's program sees it: a small tree of elements, from the standard library's HTML parser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "img", "input", "hr", "source", "base"}


@dataclass
class Node:
    """An element with its children; text stands as str among them."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)
    parent: Node | None = None

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def all(self, tag: str | None = None, where: Callable[[Node], bool] = lambda _: True, **attrs: str) -> list[Node]:
        """Elements in document order; `class_name` asks for one of the classes."""
        name = attrs.pop("class_name", None)
        return [
            node
            for node in self.walk()
            if (tag is None or node.tag == tag)
            and (name is None or name in node.attrs.get("class", "").split())
            and all(node.attrs.get(key.replace("_", "-")) == value for key, value in attrs.items())
            and where(node)
        ]

    def element(self, tag: str | None = None, **attrs: str) -> Node:
        elements = self.all(tag, **attrs)
        assert len(elements) == 1, f"{len(elements)} × {tag} {attrs}"
        return elements[0]

    @property
    def text(self) -> str:
        """The text a reader meets, spaces collapsed; scripts and styles are not text."""
        return (
            " ".join(self._raw().replace("\n", " ").split(" ")).strip() if self.tag not in ("script", "style") else ""
        )

    def _raw(self) -> str:
        if self.tag in ("script", "style"):
            return ""
        return "".join(child if isinstance(child, str) else child._raw() for child in self.children)

    @property
    def source(self) -> str:
        """The literal contents of a script or style."""
        return "".join(child for child in self.children if isinstance(child, str))

    def up(self, test: Callable[[Node], bool]) -> Node | None:
        """The nearest ancestor (or the node itself) for which `test` holds."""
        node: Node | None = self
        while node is not None and not test(node):
            node = node.parent
        return node


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("document")
        self.here = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {key: value or "" for key, value in attrs}, parent=self.here)
        self.here.children.append(node)
        if tag not in _VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.children.append(Node(tag, {key: value or "" for key, value in attrs}, parent=self.here))

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


# Many tests look at the same pages.
@lru_cache(maxsize=100)
def parse(html: str) -> Node:
    """The document, which tests only read; fails when the tags do not match."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.here is builder.root, f"<{builder.here.tag}> is never closed"
    return builder.root


def rows(table: Node) -> dict[str, list[str]]:
    """Row heading → its cells' text, of a table's body."""
    cells: dict[str, list[str]] = {}
    for row in table.all("tr", where=lambda n: bool(n.all("td"))):
        heads = row.all("th")
        cells[heads[0].text] = [cell.text for cell in row.all("td")]
    return cells


def number(text: str) -> float:
    """A printed number back to a float; the note in small type (year, prel.) is left out."""
    return float(text.split(" ")[0].replace("\u202f", "").replace("\u2212", "-").replace(",", "."))


def value_table(page: Node, kpi_id: str) -> Node:
    """The table with the values of a nyckeltal."""
    return next(
        t
        for t in page.element("div", id=f"nyckeltal-{kpi_id}").all("table")
        if t.element("caption").text.startswith(f"{kpi_id} per")
    )


def columns(table: Node) -> list[str]:
    """The column headings but the first."""
    return [head.text for head in table.element("thead").all("th")][1:]


def matrix_rows(page: Node) -> dict[str, list[Node]]:
    """Row heading → cells of the table of every mått."""
    return {
        row.all("th")[0].text: row.all("td")
        for row in page.element("table", class_name="matrix").all("tr")
        if row.all("td")
    }


def value_text(cell: Node) -> str:
    """What a cell of that table says of its value, without the place below it."""
    below = " ".join(node.text for node in cell.all("small", class_name="place"))
    return cell.text.removesuffix(below).strip()


def notes(table: Node) -> list[str]:
    """The sentences under a table."""
    assert table.parent is not None
    assert table.parent.parent is not None
    beside = [node for node in table.parent.parent.children if isinstance(node, Node)]
    below = beside[beside.index(table.parent) + 1 :][:1]
    return [item.text for node in below if node.attrs.get("class") == "notes" for item in node.all("li")]


def contrast(foreground: str, background: str) -> float:
    """WCAG 2.1's contrast ratio of two #rrggbb colours."""

    def light(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    bright, dark = sorted((light(foreground), light(background)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)
