"""What is shown of months and quarters: whose, the limits and special causes in words, every figure as it is stored."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from dashboards.pages import links
from pipelines.analysis.xmr import xmr
from tests.dashboards.audit import deviations, unmarked
from tests.dashboards.conftest import build_site
from tests.dashboards.page import Node

KPI, MEASURE = "U99999", "vald"
# Eskilstuna has limits and a month that stands out, Flen a preliminary pair, Trosa too few; all of them differ.
SERIES = {
    "0484": [1.0, 4, 1, 4, 18, 1, 4, 1, 4, 1, 4, 1, 4, 1],
    "0482": [30.0, 31, 30, 32, 30, 31, 33, 30, 31, 30],
    "0488": [70.0, 71, 72],
}


def months(series: dict[str, list[float]] = SERIES, gender: str = "T") -> pl.DataFrame:
    rows = [
        (KPI, area, gender, 2024 + at // 12, f"{2024 + at // 12}-{at % 12 + 1:02}", value)
        for area, values in series.items()
        for at, value in enumerate(values)
    ]
    return pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "kon", "ar", "period", "varde"], orient="row")


def store(database: Path) -> None:
    women = months({"0484": [500.0 + at for at in range(14)]}, "K")
    table = xmr(pl.concat([months(), women]))
    with duckdb.connect(str(database)) as connection:
        connection.register("diagram", table)
        connection.execute("INSERT INTO xmr BY NAME SELECT * FROM diagram")


@pytest.fixture
def page(database: Path) -> Node:
    store(database)
    built = build_site(database)(links.measure_page(MEASURE))
    assert deviations(database.with_name("rapport"), database) == []
    return built


def test_each_huvudman_has_a_chart_with_its_words(page: Node) -> None:
    part = page.element("section", id="perioder")
    charts = part.all("div", class_name="period-chart")
    said = {chart.element("h3").text.split(":")[0]: chart.element("p").text for chart in charts}
    assert list(said) == ["Eskilstuna", "Flen", "Trosa"]
    pictures = [a.attrs["href"] for a in part.all("a") if a.attrs["href"].endswith(".svg")]
    assert pictures == [f"../bilder/{MEASURE}/{KPI}-perioder-{area}.svg" for area in SERIES]
    assert "Gränser för den vanliga variationen" in said["Eskilstuna"]
    assert "Särskild orsak: utanför gränserna (2024-05)" in said["Eskilstuna"]
    assert "Preliminära gränser" in said["Flen"]
    assert "Ingen särskild orsak" in said["Flen"]
    assert "för få perioder för gränser" in said["Trosa"]
    assert "variationen" not in said["Trosa"]
    drawings = part.all("svg")
    assert [len([c for c in svg.all("circle") if c.attrs["class"] == "x-orsak"]) for svg in drawings] == [1, 0, 0]
    assert [len([c for c in svg.all("line") if c.attrs["class"] == "x-grans"]) for svg in drawings] == [2, 2, 0]
    assert all(svg.attrs["aria-label"].startswith(name) for svg, name in zip(drawings, said, strict=True))
    assert unmarked(part) == []
    assert "501" not in part.text


def test_no_line_is_drawn_over_a_month_that_is_lacking_or_hidden(database: Path) -> None:
    gap = months().filter((pl.col("omrade_id") == "0488") & (pl.col("period") != "2024-02"))
    with duckdb.connect(str(database)) as connection:
        connection.register("diagram", xmr(gap))
        connection.execute("INSERT INTO xmr BY NAME SELECT * FROM diagram")
    (drawing,) = build_site(database)(links.measure_page(MEASURE)).element("section", id="perioder").all("svg")
    assert len(drawing.all("circle")) == 2
    assert drawing.all("path") == []


def test_a_mått_without_months_has_no_such_part(database: Path) -> None:
    page = build_site(database)(links.measure_page(MEASURE))
    assert not [node for node in page.all("section") if node.attrs.get("id") == "perioder"]
