"""Texts that speak of a change, and which of them the YAML has answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.catalog.break_texts import mentions, unanswered
from pipelines.catalog.load import load_catalog
from tests.conftest import ROOT
from tests.small import own_catalog


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("Till och med 2016 ingår bara personer 65 år och äldre, därefter alla åldrar.", [2016]),
        ("T.o.m. 2016 räknades dagkirurgi.", [2016]),
        ("Uppgiften avser alla åldrar fr.o.m. 2017.", [2017]),
        ("Från och med år 2020 ingår ensamkommande.", [2020]),
        ("Ny definition från 2019.", [2019]),
        ("Enkäten byttes 2018 till en annan.", [2018]),
        ("Urvalet är 16 år och äldre, för 2020 och tidigare 16–84 år.", [2020]),
        ("Definitionen ändrades 2012 och fr.o.m. 2015 ingår vårdval.", [2012, 2015]),
        # No change of what is measured.
        ("Data fr.o.m. 2012. Källa: undersökningen.", []),
        ("Undersökningen gjordes 2017 och 2022.", []),
        ("Kolada har inga värden för 2021.", []),
        ("Nyckeltalet avser 31 december.", []),
    ],
)
def test_which_years_a_text_speaks_of_as_a_change(text: str, years: list[int]) -> None:
    assert [mention.year for mention in mentions(text)] == years


def test_each_change_that_the_repositorys_own_files_speak_of_is_answered() -> None:
    catalog = own_catalog()
    kpi = catalog.kpis["N20403"]
    assert [series_break.year for series_break in kpi.breaks] == [2017]
    assert not list(unanswered(kpi, " ".join(kpi.caveats)))
    # Which year it was between 2013 and 2017 is not known.
    unsure = kpi.model_copy(update={"breaks": (kpi.breaks[0].model_copy(update={"last_old_year": 2013}),)})
    assert [mention.year for mention in unanswered(unsure, "Ny definition från 2014. Ny definition från 2012.")] == [
        2012
    ]
    bare = kpi.model_copy(update={"breaks": (), "no_breaks": ()})
    assert [mention.year for mention in unanswered(bare, " ".join(kpi.caveats))] == [2016]


def test_a_change_that_nothing_answers_is_refused_with_file_and_line(tmp_path: Path) -> None:
    for file in ROOT.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    indicators = tmp_path / "indikatorer.yaml"
    text = indicators.read_text(encoding="utf-8")
    caveat = "      - Kolada har inga värden för 2021.\n"
    indicators.write_text(
        text.replace(caveat, f"{caveat}      - Till och med 2019 svarade bara kvinnor.\n", 1), "utf-8"
    )
    line = text.splitlines().index(caveat.rstrip("\n")) + 2
    with pytest.raises(Exception, match="Till och med 2019") as error:
        load_catalog(tmp_path)
    assert f"indikatorer.yaml:{line}" in str(error.value)
    assert "inget_brott" in str(error.value)
