"""How a page is made of templates: the environment, the files that go into it, and how it is put in place.

What the pages say is `pages`, which pages there are is `report` and `startpage`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from dashboards.cite import finalized, plain

_HERE = Path(__file__).parent
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


@cache
def environment() -> jinja2.Environment:
    """Everything is escaped, and a name that is not there is a fault."""
    environment = jinja2.Environment(
        # The indentation of the templates is for who reads them; in a page it would be tens of kilobytes.
        loader=jinja2.FunctionLoader(lambda name: _INDENT.sub("", (_HERE / "templates" / name).read_text("utf-8"))),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    environment.filters["embedded"] = _embedded
    return environment


def _embedded(picture: str, spoken: str) -> str:
    """What shows a figure on another web page, without any script; to be copied."""
    return f'<img src="{picture}" alt="{escape(plain(spoken))}">'


def static(name: str) -> str:
    """The text of a file in `static`."""
    return (_HERE / "static" / name).read_text(encoding="utf-8")


def standalone(style: str, script: str = "") -> dict[str, str]:
    """What a page that stands on its own carries in itself: style sheet and script, by their names in `static`.

    Its policy allows no requests at all, and no script but that one, identified by its hash.
    """
    text = static(script) if script else ""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    allowed = _policy(f"'sha256-{digest}'" if script else "'none'", "'unsafe-inline'")
    return {"policy": allowed, "css": Markup(static(style)), "script": Markup(text)}


def css_string(text: str) -> Markup:
    """A CSS string literal in which every character that could end it is escaped."""
    return Markup(
        '"' + "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):x} " for c in text) + '"'
    )


def shared_policy(*, scripts: bool) -> str:
    """Files beside the pages and nothing else; works from disk and over http. scripts: whether the page runs any."""
    return _policy("'self'" if scripts else "'none'", "'self' 'unsafe-inline'")


def _policy(scripts: str, styles: str) -> str:
    # Plotly writes style attributes and a <style> of its own; it makes images as data or blob addresses.
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
