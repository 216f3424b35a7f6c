"""The charts: what is drawn where a value is missing, where lines end close together, and where names hold markup."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import polars as pl
from dashboards.figures.comparison import comparison_figure
from dashboards.figures.gender import gender_figure
from dashboards.figures.spread import spread_figure

from dashboards.figures.sparkline import sparkline
from dashboards.figures.style import as_json
from dashboards.figures.trend import starts_at_zero, trend_figure, value_range

_LINE = ["slag", "namn", "etikett", "ar", "varde", "text", "marke", "nedre", "ovre"]
_ROW = ["slag", "namn", "grupp", "varde", "nedre", "ovre", "text"]
_REAL = {"varde": pl.Float64, "nedre": pl.Float64, "ovre": pl.Float64}


def series(kind: str, name: str, values: dict[int, float], width: float | None = None) -> pl.DataFrame:
    """width: every value has an interval so far down, and twice as far up."""
    rows = [
        (kind, name, name, year, value, str(value), "", width and value - width, width and value + 2 * width)
        for year, value in values.items()
    ]
    return pl.DataFrame(rows, schema=_LINE, orient="row", schema_overrides=_REAL)


def breaks(*pairs: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        pairs,
        schema=["sista_gamla_ar", "ar"],
        orient="row",
        schema_overrides={"sista_gamla_ar": pl.Int64, "ar": pl.Int64},
    )


def drawn(figure: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(as_json(figure))
    return parsed


def chart(*lines: pl.DataFrame, **parts: Any) -> dict[str, Any]:
    """The chart over time of these lines."""
    return drawn(trend_figure(pl.concat(lines), **parts))


def labels(figure: dict[str, Any]) -> list[str]:
    return [label["text"] for label in figure["layout"]["annotations"]]


def test_a_missing_year_breaks_the_line_instead_of_being_bridged() -> None:
    figure = chart(
        series("huvudman", "Flen", {2021: 1.0, 2023: 3.0}), series("riket", "Riket", {2021: 2.0, 2022: 2.0, 2023: 2.0})
    )
    flen = next(trace for trace in figure["data"] if trace["name"] == "Flen")
    assert (flen["x"], flen["y"]) == ([2021, 2022, 2023], [1.0, None, 3.0])


def test_two_kommuner_in_one_trace_are_never_joined() -> None:
    (faint,) = chart(
        series("kommun", "Flen", {2021: 1.0, 2022: 2.0}), series("kommun", "Trosa", {2021: 8.0, 2022: 9.0})
    )["data"]
    assert faint["y"] == [1.0, 2.0, None, 8.0, 9.0]


def test_end_labels_do_not_cover_each_other_and_tell_an_earlier_end() -> None:
    figure = chart(
        series("riket", "Riket", {2020: 50.0, 2022: 50.01}),
        series("län", "Länet", {2020: 40.0, 2022: 50.0}),
        series("huvudman", "Regionen", {2021: 50.02}),
    )
    low, high = figure["layout"]["yaxis"]["range"]
    heights = sorted(label["y"] for label in figure["layout"]["annotations"])
    assert all(later - earlier > (high - low) * 0.06 for earlier, later in pairwise(heights))
    assert set(labels(figure)) == {"Riket", "Länet", "Regionen (2021)"}


def test_a_marked_point_has_a_ring_and_its_word_on_hover() -> None:
    plain = series("kommun", "Flen", {2021: 1.0, 2022: 2.0})
    marked = plain.with_columns(marke=pl.when(pl.col("ar") == 2022).then(pl.lit("<b>rättat")).otherwise(pl.lit("")))
    line, ring = chart(marked)["data"]
    assert (ring["x"], ring["y"], ring["marker"]["symbol"]) == ([2022], [2.0], "circle-open")
    assert line["text"] == ["1.0", "2.0 (&lt;b&gt;rättat)"]
    assert ring["text"] == ["2.0 (&lt;b&gt;rättat)"]
    assert len(chart(plain)["data"]) == 1


def test_the_axis_starts_at_zero_unless_that_would_hide_the_differences() -> None:
    assert value_range([5.0, 60.0])[0] == 0
    assert starts_at_zero([5.0, 60.0])
    assert not starts_at_zero([80.0, 90.0])
    low, high = value_range([-5.0, 10.0])
    assert low < -5
    assert high > 10
    low, high = value_range([7.0, 7.0])
    assert low < 7 < high


def compared(*rows: tuple[str, str, str, float | None, float | None, float | None, str]) -> str:
    return as_json(comparison_figure(pl.DataFrame(rows, schema=_ROW, orient="row", schema_overrides=_REAL)))


def test_a_missing_value_has_no_dot_but_its_reason_in_words() -> None:
    figure = json.loads(
        compared(
            ("kommun", "Flen", "v", 61.5, 57.5, 63.0, "61,5"),
            ("kommun", "Trosa", "s", None, None, None, "sekretess"),
            ("riket", "Riket", "", 70.0, None, None, "70,0"),
        )
    )
    assert [trace["x"] for trace in figure["data"]] == [[61.5], [70.0]]
    interval = figure["data"][0]["error_x"]
    assert (interval["array"], interval["arrayminus"]) == ([1.5], [4.0]), "an interval need not be symmetric"
    assert interval["symmetric"] is False
    assert "error_x" not in figure["data"][1], "no interval is drawn where none is known"
    assert labels(figure) == ["61,5", "<i>sekretess</i>", "70,0"]
    assert figure["layout"]["xaxis"]["range"][0] < 57.5, "the whole interval is inside the axis"


def test_markup_in_names_is_text() -> None:
    text = compared(("kommun", '<a href="http://ond.example">Flen</a></script>', "", 1.5, None, None, "1,5"))
    assert "<" not in text
    (name,) = json.loads(text)["layout"]["yaxis"]["ticktext"]
    assert name == '&lt;a href="http://ond.example"&gt;Flen&lt;/a&gt;&lt;/script&gt;'


def test_a_line_never_crosses_a_break_and_the_break_is_named() -> None:
    riket = series("riket", "Riket", {2019: 1.0, 2020: 2.0, 2021: 3.0, 2022: 4.0, 2023: 5.0})
    figure = chart(riket, breaks=breaks((2020, 2022)))
    (line,) = figure["data"]
    # 2021 may belong to either series, and so to no line.
    assert line["x"] == [2019, 2020, None, 2021, None, 2022, 2023]
    assert line["y"] == [1.0, 2.0, None, 3.0, None, 4.0, 5.0]
    (mark,) = figure["layout"]["shapes"]
    assert (mark["x0"], mark["x1"], mark["line"]["dash"]) == (2021, 2021, "dot")
    assert "Seriebrott 2022" in labels(figure)


def test_a_break_outside_the_years_that_are_drawn_is_not_marked() -> None:
    figure = drawn(trend_figure(series("riket", "Riket", {2019: 1.0, 2020: 2.0}), breaks=breaks((2010, 2011))))
    assert "shapes" not in figure["layout"]
    assert figure["data"][0]["x"] == [2019, 2020]


def test_a_satsning_is_marked_with_its_name_where_it_began() -> None:
    began = pl.DataFrame([(2021.5, "Samtal <b>"), (2030.0, "Senare")], schema=["ar", "namn"], orient="row")
    figure = drawn(trend_figure(series("riket", "Riket", {2020: 1.0, 2021: 2.0, 2022: 2.0}), initiatives=began))
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [2021.5]
    texts = labels(figure)
    assert "▼ Samtal &lt;b&gt;" in texts
    assert not any("Senare" in text for text in texts)


def test_the_band_is_drawn_for_the_highlighted_line_only_and_breaks_with_it() -> None:
    both = pl.concat(
        [
            series("huvudman", "Regionen", {2019: 10.0, 2020: 11.0, 2022: 12.0, 2023: 13.0}, width=1.0),
            series("riket", "Riket", {2021: 9.0, 2022: 9.0}, width=5.0),
        ]
    )
    figure = drawn(trend_figure(both, breaks=breaks((2022, 2023))))
    band = figure["data"][0]
    assert band["fill"] == "toself"
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(band["x"], band["y"], strict=True):
        if x is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    assert pieces[0] == [(2019, 12.0), (2020, 13.0), (2020, 10.0), (2019, 9.0), (2019, 12.0)]
    assert [{round(x) for x, _ in piece} for piece in pieces] == [{2019, 2020}, {2022}, {2023}]
    assert sum("fill" in trace for trace in figure["data"]) == 1
    low, high = figure["layout"]["yaxis"]["range"]
    assert low <= 9.0
    assert high >= 15.0, "the whole band is inside the axis"


def test_a_target_has_a_line_and_a_pace_only_when_it_is_decided() -> None:
    years = series("huvudman", "Regionen", {2022: 48.0, 2025: 55.0})
    without = drawn(trend_figure(years))
    assert "shapes" not in without["layout"]
    assert len(without["data"]) == 1
    decided = pl.DataFrame(
        [(70.0, 2035, 2025, 55.0, "Mål 2035: 70 %")],
        schema=["malvarde", "mal_ar", "fran_ar", "fran_varde", "text"],
        orient="row",
    )
    figure = drawn(trend_figure(years, target=decided))
    (line,) = figure["layout"]["shapes"]
    assert (line["y0"], line["y1"]) == (70.0, 70.0)
    pace = figure["data"][-1]
    assert (pace["x"], pace["y"]) == ([2025, 2035], [55.0, 70.0])
    assert figure["layout"]["xaxis"]["range"][1] > 2035
    assert 2035 in figure["layout"]["xaxis"]["tickvals"]
    assert "Mål 2035: 70 %" in labels(figure)


def test_every_line_differs_by_more_than_its_colour() -> None:
    kinds = ("kvartil", "riket", "län", "huvudman")
    figure = drawn(trend_figure(pl.concat([series(kind, kind, {2020: 1.0, 2021: 2.0}) for kind in kinds])))
    looks = {(t["line"].get("dash", "solid"), t["mode"], t.get("marker", {}).get("symbol")) for t in figure["data"]}
    assert len(looks) == len(kinds)


def test_women_and_men_have_different_marks_and_a_missing_one_is_a_word() -> None:
    rows = pl.DataFrame(
        [
            ("Flen", "v", 61.5, 70.25, "61,5", "70,3", "−8,8"),
            ("Trosa", "s", None, 50.0, "sekretess", "50,0", "kvinnor: sekretess"),
            ("Gnesta", "s", None, None, "saknas", "saknas", "saknas"),
        ],
        schema=["namn", "grupp", "kvinnor", "man", "text_kvinnor", "text_man", "text"],
        orient="row",
    )
    figure = drawn(gender_figure(rows))
    between, women, men = figure["data"]
    assert between["x"] == [61.5, 70.25], "a line only where both are known"
    assert (women["x"], men["x"]) == ([61.5], [70.25, 50.0])
    assert women["marker"]["symbol"] != men["marker"]["symbol"]
    assert labels(figure) == [
        "−8,8", "<i>kvinnor: sekretess</i>", "<i>saknas</i>",
    ]  # fmt: skip


def test_the_spread_goes_from_the_lowest_to_the_highest_and_tells_how_many() -> None:
    rows = pl.DataFrame(
        [(2020, 40.0, 60.0, 50.0, 9, "20", "a"), (2023, 45.0, 55.0, 51.0, 8, "10", "b")],
        schema=["ar", "lagst", "hogst", "median", "antal", "spannvidd_text", "text"],
        orient="row",
    )
    figure = drawn(spread_figure(rows, breaks=breaks((2020, 2023))))
    bars, medians = figure["data"]
    assert (bars["base"], bars["y"]) == ([40.0, 45.0], [20.0, 10.0]), "from the lowest, as far as to the highest"
    assert bars["text"] == ["20", "10"]
    assert medians["y"] == [50.0, 51.0]
    assert figure["layout"]["xaxis"]["ticktext"] == ["2020<br>9", "2023<br>8"]
    assert labels(figure) == ["Seriebrott 2023"]


def test_a_sparkline_has_a_gap_at_a_missing_year_and_at_a_break() -> None:
    whole = sparkline([(2019, 1.0), (2020, 2.0), (2021, 3.0)])
    assert whole.count("M") == 1
    assert "M2 14h0L30 8L58 2" in whole
    assert '<circle cx="58" cy="2"' in whole
    gap = sparkline([(2019, 1.0), (2020, None), (2021, 3.0)])
    assert "M2 14h0M58 2h0" in gap
    broken = sparkline([(2019, 1.0), (2020, 2.0), (2021, 3.0)], breaks=breaks((2019, 2020)))
    assert "M2 14h0M30 8h0L58 2" in broken
    assert 'aria-hidden="true"' in whole


def test_a_sparkline_is_small_and_stands_for_awkward_series_too() -> None:
    assert len(sparkline([(2014 + n, n * 7.3 % 5) for n in range(10)])) <= 300
    assert sparkline([(2019, None), (2020, None)]) == sparkline([]) == ""
    for points in ([(2020, 1e9)], [(2019, 5.0), (2020, 5.0)], [(2019, -7.5), (2020, None)]):
        assert "<circle" in sparkline(points)
        assert "nan" not in sparkline(points)


def test_the_figure_carries_rounded_values_and_the_hover_text_whole_ones() -> None:
    figure = chart(series("riket", "Riket", {2020: 1 / 3, 2021: 1e9}))
    assert figure["data"][0]["y"] == [0.333333, 1e9]
    assert figure["data"][0]["text"][0] == str(1 / 3)
