"""The small drawings: what they must not do."""

from __future__ import annotations

import pytest

from dashboards import cite
from dashboards.figures import svg


def comparable(before: int, after: int) -> bool:
    """A break between 2016 and 2017."""
    return after <= 2016 or before >= 2017


def test_no_line_is_drawn_across_a_break() -> None:
    values = [(2014, 5.0), (2015, 6.0), (2016, 5.5), (2017, 3.0), (2018, 2.0)]
    assert svg.segments(values, comparable) == [values[:3], values[3:]]
    drawing = svg.spark(values, [], [(2016, 2017)], comparable, "Dagar", label="2")
    assert drawing.count('class="l-lan"') == 2
    assert drawing.count('class="l-brott"') == 1


def test_marks_that_would_cover_each_other_go_upwards() -> None:
    marks = [svg.Mark(x, "lika", sure=False) for x in (0.5, 0.5, 0.501, 0.9)]
    assert sorted(step for _, _, step in svg.swarm(marks, 200)) == [0, 0, 1, 2]


@pytest.mark.parametrize(("kind", "sure", "tag"), [("battre", True, "circle"), ("samre", False, "path")])
def test_shape_carries_lage_and_filling_how_sure(kind: str, sure: bool, tag: str) -> None:
    glyph = svg.glyph(5, 5, kind, sure=sure)
    assert glyph.startswith(f"<{tag} ")
    assert ("m-hal" in glyph) is not sure


def test_text_is_text_and_a_figure_in_it_knows_its_place() -> None:
    source = cite.place("matvarde", "U1", "0484", 2022)
    drawn = svg.text(1, 2, f"<b> {cite.figure('6,4', 6.38, source)}", "t-namn")
    assert "&lt;b&gt;" in drawn
    assert '<tspan data-value="6.38" data-ur="matvarde/U1/0484/2022/T/varde">6,4</tspan>' in drawn


def test_the_spoken_sentence_has_no_marks() -> None:
    spoken = f'Nyköping {cite.figure("6,4", 6.38, "x")} " <'
    assert 'aria-label="Nyköping 6,4 &#34; &lt;"' in svg.drawing(1, 1, spoken, [])
