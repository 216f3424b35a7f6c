"""The plot of `make bench`: seconds against koladapy's, every contender at every size, as an SVG file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from urllib.parse import unquote

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

_WIDTH, _HEIGHT = 900, 460
_COLORS = ("#1b6ca8", "#c45500", "#3b7d3b", "#7a4ea3")


def draw(sizes: Sequence[tuple[Mapping[str, list[float]], int]], names: dict[str, str], target: Path) -> None:
    """Write the plot.

    Args:
        sizes: For each size: contender → its seconds by koladapy's, smallest first; and how many KPIs.
        names: Contender → its name; the first one is drawn uppermost.
        target: The SVG file.

    Raises:
        SystemExit: There is no Chromium, which draws it.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit(f"{target} was not drawn: no Chromium → install it with `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(_figure(sizes, names).to_html(include_plotlyjs=True))
        address = page.evaluate(
            "size => Plotly.toImage(document.querySelector('.plotly-graph-div'), {format: 'svg', ...size})",
            {"width": _WIDTH, "height": _HEIGHT},
        )
        browser.close()
    target.write_text(unquote(address.partition(",")[2]) + "\n", encoding="utf-8")


def _figure(sizes: Sequence[tuple[Mapping[str, list[float]], int]], names: dict[str, str]) -> go.Figure:
    figure = go.Figure()
    order = [key for key in reversed(names) if any(key in ratios for ratios, _ in sizes)]
    for number, (ratios, kpis) in enumerate(sizes):
        keys = [key for key in order if key in ratios]
        middle = {key: median(ratios[key]) for key in keys}
        figure.add_scatter(
            x=list(middle.values()),
            y=[order.index(key) + 0.2 * (len(sizes) / 2 - number) for key in keys],
            error_x={
                "array": [ratios[key][-1] - middle[key] for key in keys],
                "arrayminus": [middle[key] - ratios[key][0] for key in keys],
            },
            mode="markers",
            marker={"color": _COLORS[number % len(_COLORS)], "size": 9},
            name=f"{kpis} nyckeltal",
        )
    figure.add_vline(x=1, line_dash="dot", line_color="#555")
    figure.update_layout(
        template="plotly_white",
        title="Tid mot koladapys hämtning av samma nyckeltal (1 = lika länge; median, minsta och största)",
        title_font_size=15,
        xaxis={"type": "log", "title": "gånger koladapys tid", "tickvals": [0.1, 0.2, 0.5, 1, 2, 5, 10, 20]},
        yaxis={"tickvals": list(range(len(order))), "ticktext": [names[key] for key in order]},
        legend={"orientation": "h", "y": -0.2},
        margin={"l": 260, "t": 50, "r": 20},
        separators=", ",
    )
    return figure
