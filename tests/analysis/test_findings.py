"""Fynd: what is chosen, in which order, and in which words."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipelines.analysis.findings import Facts, findings

AREAS = pl.DataFrame(
    [("0484", "Eskilstuna", "kommun"), ("0480", "Nyköping", "kommun"), ("0004", "Region Sörmland", "region")],
    schema=["omrade_id", "namn", "typ"],
    orient="row",
)
KPI = {
    "nyckeltal_id": "N1", "matt_id": "trygghet", "titel": "Trygga, andel (%)", "enhet": "%", "niva": "K",
    "upphort_ar": None, "upphort": False, "eftertradare": None, "ersatt": False,
}  # fmt: skip
COMPARED = {
    "nyckeltal_id": "N1", "omrade_id": "0484", "ar": 2024, "varde": 60.0, "riket": 70.0, "liknande": 61.0,
    "mot_riket": "säkert sämre", "mot_liknande": "ingen säker skillnad", "halv_95": 4.0,
    "osakerhet_grund": "årsvariation",
}  # fmt: skip
TREND = {
    "nyckeltal_id": "N1", "omrade_id": "0484", "fran_ar": 2015, "till_ar": 2024, "lutning_per_ar": -1.0,
    "trend": "har försämrats", "mot_riket": "mer än riket", "senaste": None, "haller": True,
}  # fmt: skip
SPREAD = {
    "nyckeltal_id": "N1", "ar": 2024, "jamfort_med_ar": 2015, "antal_bada_ar": 9, "spridning_da": 4.0,
    "spridning_nu": 9.5, "spridning_osakerhet": 2.0, "spridning_andring": "har troligen vidgats",
}  # fmt: skip
BREAK = {"nyckeltal_id": "N1", "typ": "kommun", "fran_ar": 2020, "till_ar": 2022, "median_andring": -7.0}
OTHER_WAY = "men de två senaste mätningarna går åt andra hållet (5 → 4)"
TYPES = {
    "upphort_ar": pl.Int32, "eftertradare": pl.String, "senaste": pl.String, "mot_riket": pl.String,
    "mot_liknande": pl.String,
    "riket": pl.Float64, "liknande": pl.Float64, "halv_95": pl.Float64, "haller": pl.Boolean,
}  # fmt: skip


def frame(like: dict[str, Any], rows: list[dict[str, Any]]) -> pl.DataFrame:
    full = [like | row for row in rows]
    overrides = {name: dtype for name, dtype in TYPES.items() if name in like}
    return pl.DataFrame(full or [like], schema_overrides=overrides).head(len(full))


def findings_of(
    *,
    kpis: list[dict[str, Any]] | None = None,
    compared: list[dict[str, Any]] | None = None,
    trends: list[dict[str, Any]] | None = None,
    spread: list[dict[str, Any]] | None = None,
    breaks: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """The findings, without those of missing values unless nothing else is asked about."""
    facts = Facts(
        frame(KPI, kpis or [{}]),
        AREAS,
        frame(COMPARED, compared or []),
        frame(TREND, trends or []),
        frame(SPREAD, spread or []),
        frame(BREAK, breaks or []),
    )
    return [row for row in findings(facts).to_dicts() if row["slag"] != "värde saknas"]


def test_a_value_surely_worse_than_riket_is_a_finding_with_its_distance_and_ground() -> None:
    (row,) = findings_of(compared=[{}])
    assert row == {
        "slag": "säkert sämre än riket",
        "nyckeltal_id": "N1",
        "omrade_id": "0484",
        "ar": 2024,
        "varde": 60.0,
        "jamfort_med": "riket",
        "jamforelsetal": 70.0,
        "avstand": -2.5,
        "grund": "årsvariation",
        "haller": None,
        "fraga_till": "Eskilstuna",
        "mening": "Eskilstuna: ”Trygga, andel (%)” är 60 (2024), säkert sämre än riket (70).",
        "matt_id": "trygghet",
        "fynd_nr": 1,
        "ordning": 1,
    }


@pytest.mark.parametrize(
    ("compared", "kinds"),
    [
        ({"mot_riket": "troligen sämre"}, []),
        ({"mot_riket": "kan inte bedömas", "halv_95": None}, []),
        ({"mot_riket": "säkert bättre"}, ["säkert bättre än riket"]),
        ({"mot_riket": None, "riket": None, "mot_liknande": "säkert sämre"}, ["säkert sämre än liknande"]),
    ],
)
def test_only_what_is_sure_is_a_finding(compared: dict[str, Any], kinds: list[str]) -> None:
    assert [row["slag"] for row in findings_of(compared=[compared])] == kinds


def test_a_value_that_is_years_older_than_the_newest_is_no_finding() -> None:
    newest = {"omrade_id": "0480", "mot_riket": "ingen säker skillnad"}
    assert findings_of(compared=[{"ar": 2019}, newest]) == []
    assert len(findings_of(compared=[{"ar": 2023}, newest])) == 1


@pytest.mark.parametrize(
    ("trend", "kinds"),
    [
        ({}, ["har försämrats mer än riket"]),
        ({"mot_riket": "tvärtom mot riket"}, ["har försämrats mer än riket"]),
        ({"trend": "har förbättrats"}, ["har förbättrats mer än riket"]),
        # The country did the same; or it does not stand when many are tested.
        ({"mot_riket": "som riket"}, []),
        ({"mot_riket": None}, []),
        ({"haller": False}, []),
        (
            {
                "trend": "ingen säkerställd trend",
                "haller": False,
                "senaste": "de två senaste mätningarna går åt fel håll (2,4 → 3,6)",
            },
            ["har vänt åt fel håll"],
        ),
        ({"trend": "har förbättrats", "haller": False, "senaste": OTHER_WAY}, ["har vänt åt fel håll"]),
        ({"haller": False, "senaste": OTHER_WAY}, []),
    ],
)  # fmt: skip
def test_a_direction_is_a_finding_when_it_stands_and_is_not_the_countrys(
    trend: dict[str, Any], kinds: list[str]
) -> None:
    rows = findings_of(compared=[{"mot_riket": "ingen säker skillnad"}], trends=[trend])
    assert [row["slag"] for row in rows] == kinds


def test_a_spread_is_a_finding_of_all_kommuner() -> None:
    (row,) = findings_of(spread=[{}])
    assert (row["slag"], row["omrade_id"], row["fraga_till"]) == ("spridningen har vidgats", None, "alla kommuner")
    assert row["avstand"] == 2.75
    assert "2015–2024 (standardavvikelse 4 → 9,5, 9 kommuner)" in row["mening"]
    assert findings_of(spread=[{"spridning_andring": "ingen säker ändring"}]) == []


def test_a_possible_break_is_a_question_to_the_owners_and_named_once() -> None:
    rows = findings_of(breaks=[{}, {"typ": "region"}, {"fran_ar": 2013, "till_ar": 2014}])
    assert [(row["slag"], row["ar"], row["fraga_till"]) for row in rows] == [
        ("möjligt seriebrott", 2022, "målbildens ägare")
    ]


def test_an_ended_nyckeltal_is_one_finding_and_its_values_are_not_missing() -> None:
    rows = findings_of(kpis=[{"upphort": True, "upphort_ar": 2023}])
    assert [(row["slag"], row["ar"]) for row in rows] == [("nyckeltalet har upphört", 2023)]
    (proposed,) = findings_of(kpis=[{"upphort": True, "upphort_ar": 2023, "eftertradare": "N2"}])
    assert proposed["mening"].endswith("sista året är 2023, föreslagen efterträdare N2.")
    assert findings_of(kpis=[{"upphort": True, "upphort_ar": 2023, "eftertradare": "N2", "ersatt": True}]) == []


def test_who_should_have_a_value_and_has_none_is_named() -> None:
    nothing = (frame(TREND, []), frame(SPREAD, []), frame(BREAK, []))
    facts = Facts(frame(KPI, [{}]), AREAS, frame(COMPARED, [{"mot_riket": None}]), *nothing)
    # A nyckeltal of kommuner is none of the region's.
    assert findings(facts).select("slag", "omrade_id").rows() == [("värde saknas", "0480")]


def test_the_worst_comes_first_and_areas_of_a_nyckeltal_are_one_finding() -> None:
    rows = findings_of(
        kpis=[{}, {"nyckeltal_id": "N2", "matt_id": "annat"}, {"nyckeltal_id": "N3", "matt_id": "tredje"}],
        compared=[
            {},
            {"omrade_id": "0480", "varde": 50.0},
            {"nyckeltal_id": "N2", "varde": 40.0, "omrade_id": "0480"},
            {"nyckeltal_id": "N3", "mot_riket": "säkert bättre", "varde": 99.0},
        ],
    )
    assert [(row["fynd_nr"], row["ordning"], row["nyckeltal_id"], row["omrade_id"]) for row in rows] == [
        (1, 1, "N2", "0480"),
        (2, 1, "N1", "0480"),
        (2, 2, "N1", "0484"),
        (3, 1, "N3", "0484"),
    ]


def test_nothing_measured_gives_no_finding_but_what_is_missing() -> None:
    assert findings_of() == []
