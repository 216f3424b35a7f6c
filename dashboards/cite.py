"""Every figure that is shown knows where it comes from: table/nyckeltal/område/år/kön/kolumn.

A figure is marked inside the text it stands in, so that sentences stay plain strings that can be joined and worded; the
templates turn the marks into `<data value="…" data-ur="…">` when they print (`as_html`). In attributes, file names and
tests the text without marks is wanted (`plain`).
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from pipelines.errors import MalbildError

# Characters of Unicode's private use area, which no text of ours holds.
_OPEN, _SOURCE, _TEXT, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
_MARK = re.compile(f"{_OPEN}([^{_OPEN}-{_CLOSE}]*){_SOURCE}([^{_OPEN}-{_CLOSE}]*){_TEXT}([^{_OPEN}-{_CLOSE}]*){_CLOSE}")
_WORD = re.compile(f"(?:{_OPEN}[^{_CLOSE}]*{_CLOSE}|[^ {_OPEN}])+")
# Stands where the table has no such column.
NONE = "-"


def place(
    table: str, kpi_id: str, area_id: str | None, year: int | None, gender: str | None = "T", column: str = "varde"
) -> str:
    """'jamforelse/U21463/0484/2022/T/lan_ovagt': where a figure of the database stands."""
    return "/".join((table, kpi_id, area_id or NONE, str(year or NONE), gender or NONE, column))


def figure(text: str, value: float, source: str) -> str:
    """A figure as it is written, with its full value and where it stands."""
    return f"{_OPEN}{value!r}{_SOURCE}{source}{_TEXT}{text}{_CLOSE}"


def plain(text: str) -> str:
    """The text without its marks."""
    return _MARK.sub(r"\3", text)


def words(text: str) -> list[str]:
    """The text at its spaces; a figure is never taken apart."""
    return _WORD.findall(text)


def as_html(text: str) -> Markup:
    """The text, escaped, with a `<data>` for every figure."""
    html = _MARK.sub(r'<data value="\1" data-ur="\2">\3</data>', str(escape(text)))
    if _OPEN in html or _CLOSE in html:
        raise MalbildError(f"a figure has lost part of its mark: {plain(text)!r} → mark it where it is written, once")
    return Markup(html)


def finalized(value: object) -> object:
    """What a template prints: marked texts become HTML, everything else stays as it is."""
    if isinstance(value, str) and not isinstance(value, Markup) and _OPEN in value:
        return as_html(value)
    return value
