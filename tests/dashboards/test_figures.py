"""The charts: what is drawn where a value is missing, where lines end close together, and where names hold markup."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import polars as pl

from dashboards.figures.comparison import comparison_figure
from dashboards.figures.style import as_json
from dashboards.figures.trend import starts_at_zero, trend_figure, value_range

_LINE = ["slag", "namn", "etikett", "ar", "varde", "text", "marke"]
_ROW = ["slag", "namn", "grupp", "varde", "osakerhet", "text"]


def lines(*rows: tuple[str, str, str, int, float]) -> pl.DataFrame:
    return pl.DataFrame([(*row, str(row[-1]), "") for row in rows], schema=_LINE, orient="row")


def drawn(figure: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(as_json(figure))
    return parsed


def test_a_missing_year_breaks_the_line_instead_of_being_bridged() -> None:
    figure = drawn(
        trend_figure(
            lines(
                ("huvudman", "Flen", "Flen", 2021, 1.0),
                ("huvudman", "Flen", "Flen", 2023, 3.0),
                ("riket", "Riket", "Riket", 2021, 2.0),
                ("riket", "Riket", "Riket", 2022, 2.0),
                ("riket", "Riket", "Riket", 2023, 2.0),
            )
        )
    )
    flen = next(trace for trace in figure["data"] if trace["customdata"][0] == "Flen")
    assert (flen["x"], flen["y"]) == ([2021, 2022, 2023], [1.0, None, 3.0])


def test_two_kommuner_in_one_trace_are_never_joined() -> None:
    figure = drawn(
        trend_figure(
            lines(
                ("kommun", "Flen", "Flen", 2021, 1.0),
                ("kommun", "Flen", "Flen", 2022, 2.0),
                ("kommun", "Trosa", "Trosa", 2021, 8.0),
                ("kommun", "Trosa", "Trosa", 2022, 9.0),
            )
        )
    )
    (faint,) = figure["data"]
    assert faint["y"] == [1.0, 2.0, None, 8.0, 9.0]


def test_end_labels_do_not_cover_each_other_and_tell_an_earlier_end() -> None:
    figure = drawn(
        trend_figure(
            lines(
                ("riket", "Riket", "Riket", 2020, 50.0),
                ("riket", "Riket", "Riket", 2022, 50.01),
                ("län", "Länets medel", "Länet", 2020, 40.0),
                ("län", "Länets medel", "Länet", 2022, 50.0),
                ("huvudman", "Regionen", "Regionen", 2021, 50.02),
            )
        )
    )
    labels = figure["layout"]["annotations"]
    low, high = figure["layout"]["yaxis"]["range"]
    heights = sorted(label["y"] for label in labels)
    assert all(later - earlier > (high - low) * 0.06 for earlier, later in pairwise(heights))
    assert {label["text"] for label in labels} == {"Riket", "Länet", "Regionen (2021)"}


def test_a_marked_point_has_a_ring_and_its_word_on_hover() -> None:
    marked = lines(("kommun", "Flen", "Flen", 2021, 1.0), ("kommun", "Flen", "Flen", 2022, 2.0)).with_columns(
        marke=pl.when(pl.col("ar") == 2022).then(pl.lit("<b>rättat")).otherwise(pl.lit(""))
    )
    line, ring = drawn(trend_figure(marked))["data"]
    assert (ring["x"], ring["y"], ring["marker"]["symbol"]) == ([2022], [2.0], "circle-open")
    assert line["text"] == ["1.0", "2.0 (&lt;b&gt;rättat)"]
    assert ring["text"] == ["2.0 (&lt;b&gt;rättat)"]
    assert len(drawn(trend_figure(marked.with_columns(marke=pl.lit(""))))["data"]) == 1


def test_the_axis_starts_at_zero_unless_that_would_hide_the_differences() -> None:
    assert value_range([5.0, 60.0])[0] == 0
    assert starts_at_zero([5.0, 60.0])
    assert not starts_at_zero([80.0, 90.0])
    low, high = value_range([-5.0, 10.0])
    assert low < -5
    assert high > 10
    low, high = value_range([7.0, 7.0])
    assert low < 7 < high


def test_a_missing_value_has_no_dot_but_its_reason_in_words() -> None:
    figure = drawn(
        comparison_figure(
            pl.DataFrame(
                [
                    ("kommun", "Flen", "v", 61.5, 4.0, "61,5"),
                    ("kommun", "Trosa", "s", None, None, "sekretess"),
                    ("riket", "Riket", "", 70.0, None, "70,0"),
                ],
                schema=_ROW,
                orient="row",
            )
        )
    )
    assert [trace["x"] for trace in figure["data"]] == [[61.5], [70.0]]
    assert figure["data"][0]["error_x"]["array"] == [4.0]
    assert "error_x" not in figure["data"][1], "no interval is drawn where none is known"
    assert [label["text"] for label in figure["layout"]["annotations"]] == ["61,5", "<i>sekretess</i>", "70,0"]
    assert figure["layout"]["xaxis"]["range"][0] < 57.5, "the whole interval is inside the axis"


def test_markup_in_names_is_text() -> None:
    name = '<a href="http://ond.example">Flen</a></script>'
    figure = comparison_figure(pl.DataFrame([("kommun", name, "", 1.5, None, "1,5")], schema=_ROW, orient="row"))
    text = as_json(figure)
    assert "<" not in text
    assert json.loads(text)["layout"]["yaxis"]["ticktext"] == [
        '&lt;a href="http://ond.example"&gt;Flen&lt;/a&gt;&lt;/script&gt;'
    ]
