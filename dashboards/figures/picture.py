"""A figure as a file of its own: the page's drawing with title, what it shows, notes, source and date around it.

Pure: the same words and the same drawing give the same bytes. The file needs nothing beside it, neither style sheet nor
font, and says in `title` and `desc` what it shows to who cannot see it. What the words are is decided by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from dashboards import cite, formatting
from dashboards.figures import svg
from dashboards.figures.style import INK, SOFT

WIDTH = 440
_MARGIN = 20
_INNER = WIDTH - 2 * _MARGIN
# How wide a letter of running text is, in sizes of the font.
_LETTER = 0.57
_GLYPH = 15
# Of a line: its height in sizes of the font.
_LEADING = 1.35
# The class of the lines that say whose the figures are; whoever makes another format of the file reads them.
SOURCE = "kalla"
_BOX = re.compile(r'<svg class="[a-z]+" viewBox="0 0 (\d+) ([\d.]+)"')
_CLASS = re.compile('^<svg class="[a-z]+"')
_CLASSES = re.compile('class="([a-z -]+)"')
# The size that a drawing has on its page, by the reader's own text size.
_SIZE = re.compile(r' width="[\d.]+rem" height="[\d.]+rem"')


@dataclass(frozen=True, slots=True)
class Picture:
    """title: what is measured. heading: years and unit. sentences: what it shows, with their marks. drawing, key: as
    the page has them. notes: how to read it. source: whose the figures are, and of when. mark: what must not be missed,
    or None. spoken: what it says to who cannot see it. styles: the CSS of
    each class that the drawing has.
    """

    title: str
    heading: str
    sentences: Sequence[str]
    drawing: Markup
    key: Sequence[tuple[Markup, str]]
    notes: Sequence[str]
    source: Sequence[str]
    mark: str | None
    spoken: str
    styles: Mapping[str, str] = field(default_factory=dict)


def picture_svg(picture: Picture) -> str:
    """The file."""
    parts: list[str] = []
    y = 0.0
    if picture.mark:
        lines = _wrapped(picture.mark, 11)
        height = len(lines) * 15 + 7.0
        parts.append(f'<rect width="{WIDTH}" height="{svg.coordinate(height)}" fill="#8f3606"/>')
        parts += [_text(WIDTH / 2, 15 + n * 15, words, 11, "#fff", "middle", 700) for n, words in enumerate(lines)]
        y = height
    y += 14
    for text, size, color, weight in (
        (picture.title, 16.0, INK, 650),
        (" ".join(picture.sentences), 13.0, INK, 400),
        (picture.heading, 12.0, SOFT, 650),
    ):
        for words in _wrapped(text, size):
            y += size * _LEADING
            parts.append(_text(_MARGIN, y, words, size, color, weight=weight))
        y += 5
    for row in _rows(picture.key):
        x = float(_MARGIN)
        for glyph, words in row:
            parts.append(_placed(glyph, x, y + 1, _GLYPH, _GLYPH))
            parts.append(_text(x + _GLYPH + 4, y + 12.5, words, 11, SOFT))
            x += _room(words)
        y += 18
    y += 6
    box = _BOX.match(picture.drawing)
    assert box, "a drawing of ours"
    height = float(box[2]) * _INNER / float(box[1])
    parts.append(_styled(_placed(picture.drawing, _MARGIN, y, _INNER, height), picture.styles))
    y += height + 4
    for text, name in ((" ".join(picture.notes), ""), *((line, SOURCE) for line in picture.source)):
        for words in _wrapped(text, 10.5):
            y += 10.5 * _LEADING
            parts.append(_text(_MARGIN, y, words, 10.5, SOFT, name=name))
        y += 3
    y += 12
    frame = f'viewBox="0 0 {WIDTH} {svg.coordinate(y)}" width="{2 * WIDTH}" height="{svg.coordinate(2 * y)}"'
    described = f"{picture.spoken} {' '.join(picture.source)}"
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} xml:lang="sv" role="img" aria-labelledby="titel beskrivning" '
        "font-family=\"system-ui, 'Segoe UI', 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif\">"
        f'<title id="titel">{escape(cite.plain(picture.title))}, {escape(cite.plain(picture.heading))}</title>'
        f'<desc id="beskrivning">{escape(cite.plain(described))}</desc>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
    return formatting.xml_text(text)


def _text(
    x: float, y: float, words: str, size: float, color: str, anchor: str = "", weight: int = 400, name: str = ""
) -> str:
    c = svg.coordinate
    more = f' text-anchor="{anchor}"' if anchor else ""
    more += f' font-weight="{weight}"' if weight != 400 else ""
    more += f' class="{name}"' if name else ""
    return f'<text x="{c(x)}" y="{c(y)}" font-size="{c(size)}" fill="{color}"{more}>{svg.as_svg(words)}</text>'


def _placed(drawing: str, x: float, y: float, width: float, height: float) -> str:
    """A drawing of the page inside the picture: its class means nothing here."""
    c = svg.coordinate
    place = f'x="{c(x)}" y="{c(y)}" width="{c(width)}" height="{c(height)}"'
    # A presentation attribute would lose to the browser's own rule, which cuts what is inside.
    return _CLASS.sub(f'<svg {place} style="overflow:visible"', _SIZE.sub("", drawing, count=1))


def _styled(drawing: str, styles: Mapping[str, str]) -> str:
    """The drawing with the look of its classes written into it: the file has no style sheet."""
    return _CLASSES.sub(
        lambda match: f'style="{";".join(styles[name] for name in match[1].split())}"' if styles else match[0], drawing
    )


def _wrapped(text: str, size: float) -> list[str]:
    """The text in lines that fit; a word that is wider than a line is cut."""
    lines: list[str] = []
    most = int(_INNER / (_LETTER * size))
    for word in (piece for whole in cite.words(text) for piece in _pieces(whole, most)):
        if lines and len(cite.plain(f"{lines[-1]} {word}")) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _pieces(word: str, most: int) -> Iterator[str]:
    if word != cite.plain(word) or len(word) <= most:
        yield word
        return
    for start in range(0, len(word), most):
        yield word[start : start + most]


def _room(words: str) -> float:
    return _GLYPH + 4 + svg.width_of(words, 11) + 12


def _rows(key: Sequence[tuple[Markup, str]]) -> list[list[tuple[Markup, str]]]:
    """The glyphs with their words, in rows that fit."""
    rows: list[list[tuple[Markup, str]]] = []
    for entry in key:
        if rows and sum(_room(words) for _, words in (*rows[-1], entry)) <= _INNER:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    return rows
