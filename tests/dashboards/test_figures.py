"""The charts, both ways they are drawn: missing years, breaks, close ends, names with markup, and awkward sizes."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import pytest

from dashboards.figures.dots import dots_figure
from dashboards.figures.model import (
    BETTER,
    COUNTRY,
    COUNTY,
    MAYBE_WORSE,
    UNKNOWN,
    WORSE,
    Dot,
    Line,
    Mark,
    Point,
    Reach,
    Target,
    Trend,
    apart,
    pieces,
    starts_at_zero,
    value_range,
)
from dashboards.figures.style import as_json
from dashboards.figures.svg_trend import dots_svg, glyph, tick_names, ticks, trend_svg
from dashboards.figures.trend import trend_figure
from tests.dashboards.page import Node, parse

HOSTILE = '<a href="http://ond.example">Flen</a></script>'


def line(kind: str, name: str, values: dict[int, float], *, mark: str = "", own: bool = True) -> Line:
    points = tuple(
        Point(year, value, str(value), mark if year == max(values) else "") for year, value in values.items()
    )
    return Line(kind, name, f"{name} {points[-1].value}", points, own)


def figure(trend: Trend) -> dict[str, Any]:
    """As the page carries it; plotly itself must take it."""
    parsed: dict[str, Any] = json.loads(as_json(trend_figure(trend)))
    go.Figure(data=parsed["data"], layout=parsed["layout"])
    return parsed


def drawing(svg: str) -> Node:
    return parse(svg).element("svg")


def labels(of_figure: dict[str, Any]) -> list[str]:
    return [re.sub("</?b>", "", label["text"]) for label in of_figure["layout"]["annotations"]]


COUNTY_LINE = line(COUNTY, "Länet", {2020: 1.0, 2021: 2.0, 2023: 3.0})
COUNTRY_LINE = line(COUNTRY, "Riket", {2020: 2.0, 2021: 2.0, 2022: 2.0, 2023: 2.5}, own=False)


def test_a_missing_year_breaks_the_line_instead_of_being_bridged() -> None:
    trend = Trend((COUNTY_LINE, COUNTRY_LINE), ())
    assert list(pieces(trend, [2020, 2021, 2023])) == [[2020, 2021], [2023]]
    county = next(t for t in figure(trend)["data"] if t["line"]["width"] == 3)
    assert county["x"] == [2020, 2021, None, 2023]
    paths = [p.attrs["d"] for p in drawing(trend_svg(trend, "x")).all("path", stroke="#12436d")]
    assert [path.count("L") for path in paths] == [1], "2020 to 2021, and 2023 is a dot alone"


def test_no_line_crosses_a_break_or_a_switch_of_survey_but_rikets_goes_on() -> None:
    years = dict.fromkeys(range(2018, 2024), 5.0)
    lines = (line(COUNTY, "Länet", years), line(COUNTRY, "Riket", years, own=False))
    band = tuple(Reach(year, 1.0, 9.0, "") for year in years)
    trend = Trend(lines, band, cuts=((2019, 2020),), surveys=frozenset({2022}))
    assert list(pieces(trend, years)) == [[2018, 2019], [2020, 2021], [2022], [2023]]
    assert list(pieces(trend, years, own=False)) == [[2018, 2019], [2020, 2021, 2022, 2023]]
    drawn = drawing(trend_svg(trend, "x"))
    assert [path.attrs["d"].count("L") for path in drawn.all("path", stroke="#12436d")] == [1, 1]
    assert len(drawn.all("path", fill="#dbe4ec")) == 4, "the band is in as many pieces"


def test_a_year_between_the_two_of_a_break_is_joined_to_no_other() -> None:
    trend = Trend((line(COUNTY, "Länet", dict.fromkeys(range(2018, 2023), 1.0)),), (), cuts=((2019, 2021),))
    assert list(pieces(trend, range(2018, 2023))) == [[2018, 2019], [2020], [2021, 2022]]


def test_end_labels_do_not_cover_each_other_and_tell_an_earlier_end() -> None:
    lines = (line(COUNTY, "Länet", {2020: 40.0, 2022: 50.0}), line(COUNTRY, "Riket", {2020: 50.0, 2021: 50.01}))
    trend = Trend(lines, (Reach(2022, 49.9, 50.1, ""),), ends=((49.9, "Flen 49,9"), (50.1, "Trosa 50,1")))
    of_figure = figure(trend)
    low, high = of_figure["layout"]["yaxis"]["range"]
    heights = sorted(label["y"] for label in of_figure["layout"]["annotations"])
    assert all(later - earlier > (high - low) * 0.07 for earlier, later in pairwise(heights))
    assert low <= heights[0]
    assert heights[-1] <= high
    assert set(labels(of_figure)) == {"Länet 50.0", "Riket 50.01 (2021)", "Flen 49,9", "Trosa 50,1"}
    words = [text for text in drawing(trend_svg(trend, "x")).all("text") if "," in text.text or "." in text.text]
    at = sorted(float(text.attrs["y"]) for text in words if text.text in labels(of_figure))
    assert all(later - earlier >= 13.9 for earlier, later in pairwise(at))


def test_labels_stay_between_their_limits_in_their_order() -> None:
    assert apart([5.0, 5.0, 5.0], 2.0, 0.0, 10.0) == [5.0, 7.0, 9.0]
    assert apart([9.5, 9.5, 1.0], 2.0, 0.0, 10.0) == [8.0, 10.0, 1.0]


def test_a_marked_point_has_a_ring_and_its_word_on_hover() -> None:
    marked = Trend((line(COUNTY, "Flen", {2021: 1.0, 2022: 2.0}, mark="<b>rättat"),), ())
    of_line, ring = figure(marked)["data"]
    assert (ring["x"], ring["marker"]["symbol"]) == ([2022], "circle-open")
    assert of_line["text"] == ["<b>Flen</b> 2021: 1.0", "<b>Flen</b> 2022: 2.0 (&lt;b&gt;rättat)"]
    assert len(drawing(trend_svg(marked, "x")).all("circle", r="7")) == 1


def test_a_target_has_a_line_and_a_pace_only_when_it_is_decided() -> None:
    years = (line(COUNTY, "Regionen", {2022: 48.0, 2025: 55.0}),)
    assert figure(Trend(years, ()))["layout"]["shapes"] == []
    decided = figure(Trend(years, (), target=Target(70.0, 2035, "Mål 2035: 70 %", (2025, 55.0))))
    (shape,) = decided["layout"]["shapes"]
    assert (shape["y0"], shape["y1"]) == (70.0, 70.0)
    assert (decided["data"][-1]["x"], decided["data"][-1]["y"]) == ([2025, 2035], [55.0, 70.0])
    assert 2035 in decided["layout"]["xaxis"]["tickvals"]
    assert "Mål 2035: 70 %" in labels(decided)
    svg = drawing(trend_svg(Trend(years, (), target=Target(70.0, 2035, "Mål 2035: 70 %", None)), "x"))
    assert "Mål 2035: 70 %" in [text.text for text in svg.all("text")]


def test_marks_of_neighbouring_years_stand_on_rows_of_their_own() -> None:
    years = (line(COUNTY, "Länet", dict.fromkeys(range(2018, 2024), 1.0)),)
    marks = (Mark(2019.5, "Nytt sätt att mäta 2020", is_break=True), Mark(2020.2, "▼ Satsning", is_break=False))
    svg = drawing(trend_svg(Trend(years, (), marks=marks), "x"))
    at = [float(text.attrs["y"]) for text in svg.all("text") if text.text in {mark.text for mark in marks}]
    assert abs(at[0] - at[1]) >= 14
    assert figure(Trend(years, (), marks=marks))["layout"]["margin"]["t"] == 40


def test_the_axis_starts_at_zero_unless_that_would_hide_the_differences() -> None:
    assert value_range([5.0, 60.0])[0] == 0
    assert starts_at_zero([5.0, 60.0])
    assert not starts_at_zero([80.0, 90.0])
    low, high = value_range([-5.0, 10.0])
    assert low < -5
    assert high > 10
    low, high = value_range([7.0, 7.0])
    assert low < 7 < high


@pytest.mark.parametrize(
    ("low", "high", "names"),
    [
        (0.0, 82.0, ["0", "20", "40", "60", "80"]),
        (0.0, 1.0, ["0,0", "0,2", "0,4", "0,6", "0,8", "1,0"]),
        (2.0, 2.9, ["2,0", "2,2", "2,4", "2,6", "2,8"]),
        (-3.0, 1e9, ["0", "200\u202f000\u202f000", "400\u202f000\u202f000", "600\u202f000\u202f000",
                     "800\u202f000\u202f000", "1\u202f000\u202f000\u202f000"]),
    ],
)  # fmt: skip
def test_ticks_are_round_numbers_in_swedish(low: float, high: float, names: list[str]) -> None:
    assert tick_names(ticks(low, high)) == names


def test_a_missing_value_has_no_dot_but_its_reason_in_words() -> None:
    dots = [
        Dot("Flen", "v", 61.5, "61,5", WORSE, 57.5, 63.0),
        Dot("Trosa", "s", None, "sekretess"),
        Dot("Gnesta", "s", 70.0, "70,0", UNKNOWN),
    ]
    parsed = json.loads(as_json(dots_figure(dots, 66.0)))
    go.Figure(data=parsed["data"], layout=parsed["layout"])
    assert sorted(x for trace in parsed["data"] for x in trace["x"]) == [61.5, 70.0]
    interval = next(trace["error_x"] for trace in parsed["data"] if "error_x" in trace)
    assert (interval["array"], interval["arrayminus"]) == ([1.5], [4.0]), "an interval need not be symmetric"
    assert [label["text"] for label in parsed["layout"]["annotations"]] == ["61,5", "<i>sekretess</i>", "70,0"]
    assert parsed["layout"]["shapes"][0]["x0"] == 66.0
    svg = drawing(dots_svg(dots, 66.0, "Punktdiagram"))
    assert [text.text for text in svg.all("text") if text.text in ("sekretess", "61,5", "70,0")] == [
        "61,5",
        "sekretess",
        "70,0",
    ]
    assert svg.attrs["aria-label"] == "Punktdiagram"


def test_good_and_bad_differ_in_form_and_sure_from_likely_in_fill() -> None:
    better, worse, likely = glyph(BETTER, 8, 8), glyph(WORSE, 8, 8), glyph(MAYBE_WORSE, 8, 8)
    assert better.startswith("<circle")
    assert worse.startswith("<path")
    assert 'fill="#fff"' in likely
    assert 'fill="#fff"' not in worse


@pytest.mark.parametrize("value", [0.0, -7.5, 1e9, 3.262e-05])
def test_awkward_sizes_are_drawn(value: float) -> None:
    for values in ({2024: value}, {2023: value, 2024: value}, {2023: value, 2024: value + 1}):
        svg = trend_svg(Trend((line(COUNTY, "Länet", values),), ()), "x")
        assert not re.search(r"nan|inf|e[+-]\d", re.sub(r"<text.*?</text>", "", svg))
        assert figure(Trend((line(COUNTY, "Länet", values),), ()))["data"]
    assert "<circle" in dots_svg([Dot("Flen", "", value, "x")], None, "x")


def test_markup_in_names_is_text_both_ways() -> None:
    dots = [Dot(HOSTILE, "", 1.5, "1,5")]
    assert "<" not in as_json(dots_figure(dots, None))
    svg = drawing(dots_svg(dots, None, HOSTILE))
    assert svg.attrs["aria-label"] == HOSTILE
    assert svg.all("a") == []
    assert HOSTILE in [text.text for text in svg.all("text")]


def test_coordinates_have_one_decimal_and_the_same_data_the_same_text() -> None:
    trend = Trend((COUNTY_LINE, COUNTRY_LINE), (Reach(2020, 1 / 3, 3.0, ""), Reach(2021, 1 / 7, 3.0, "")))
    text = trend_svg(trend, "x")
    assert text == trend_svg(trend, "x")
    assert not re.search(r"\d\.\d\d", re.sub(r'<text.*?</text>|stroke-width="[^"]*"', "", text))


def test_the_figure_carries_rounded_values() -> None:
    data = figure(Trend((line(COUNTRY, "Riket", {2020: 1 / 3, 2021: 1e9}),), ()))["data"]
    assert data[0]["y"] == [0.333333, 1e9]
    assert str(1 / 3) in data[0]["text"][0]
