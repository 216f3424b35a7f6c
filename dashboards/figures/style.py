"""The look that every chart shares: palette, template, and what a figure is written as.

The palette is the one of `static/rapport.css`; blue, orange and grey differ in lightness and every line has its own
dash or marker, so that nothing depends on colour alone.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from dashboards.cite import plain

INK, SOFT, RULE = "#16202b", "#4b5563", "#dfe3e8"
BLUE, ORANGE, GREY = "#12436d", "#b5480a", "#8a94a0"
# The reach of the kommuner behind the county's line.
REACH = "#dbe4ec"

# Our own, because plotly's default template alone is 6.5 kB. The page carries it once and lays it under every figure.
TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {"family": "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif", "size": 12, "color": SOFT},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "separators": ",\u202f",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": INK, "bordercolor": INK, "font": {"color": "#ffffff"}},
        "xaxis": {"fixedrange": True, "zeroline": False, "showgrid": False, "linecolor": GREY, "automargin": True},
        "yaxis": {"fixedrange": True, "zeroline": False, "gridcolor": RULE, "automargin": True},
        # Words beside the plot, at the height of what they belong to.
        "annotationdefaults": {
            "x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "yref": "y", "yanchor": "middle",
            "showarrow": False, "align": "left", "font": {"color": INK},
        },
    }
}  # fmt: skip
_NUMBERS = {"exponentformat": "none", "separatethousands": True}

# A figure as plotly.js takes it: `data` and `layout`.
Figure = dict[str, Any]


def label(text: str) -> str:
    """Text inside a figure, without marks: plotly reads tags in it, so they are escaped."""
    return html.escape(plain(text), quote=False)


def room(texts: Sequence[str]) -> int:
    """The margin, in pixels, for the longest of the texts beside a figure."""
    return min(190, 14 + round(6.8 * longest(texts)))


def longest(texts: Sequence[str]) -> int:
    """How many letters the longest of the texts shows."""
    return max((len(plain(text)) for text in texts), default=0)


def value_axis(**own: Any) -> dict[str, Any]:
    """An axis of values with Swedish numbers."""
    return {**_NUMBERS, "nticks": 6, **own}


def drawn(value: float) -> float:
    """A value as a figure carries it: six figures are finer than any screen, and a third of the bytes.

    Tables and hover texts are made from the whole value.
    """
    return float(f"{value:.6g}")


def as_json(figure: Figure) -> str:
    """The figure as JSON that is safe inside a script element, the same bytes for the same data."""
    text = json.dumps(figure, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
