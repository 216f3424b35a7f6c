"""Which values a nyckeltal's unit refuses."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Kpi
from pipelines.validation.bounds import bounds, outside
from tests.small import CATALOG, own_catalog

KPIS = load_catalog(CATALOG).kpis


def kpi(unit: str, **changed: Any) -> Kpi:
    return KPIS["U00001"].model_copy(update={"unit": unit, "uncertainty": None} | changed)


def reason(of: Kpi, value: float | None, area: str = "0484") -> str | None:
    row = pl.DataFrame(
        {"nyckeltal_id": of.id, "omrade_id": area, "varde": value}, schema_overrides={"varde": pl.Float64}
    )
    return row.join(bounds([of]), on="nyckeltal_id").select(outside()).item()


@pytest.mark.parametrize(
    ("unit", "within", "beyond"),
    [
        ("%", (0, 64, 100), (-0.1, 100.1, 640)),
        ("procentenheter", (-12.5, 0, 100), (-101, 250)),
        ("index 0–100", (0, 100), (-1, 101)),
        ("medelvärde 0–1", (0, 0.7, 1), (-0.1, 70)),
        ("kod 0 eller 1", (0, 1), (2, 0.5, -1)),
        ("kod 0, 1 eller 2", (0, 1, 2), (3, 1.5)),
        ("antal svarande", (0, 153), (152.5, -1)),
        ("antal per 100 000 invånare 80+", (0, 5598.9, 301000), (-1,)),
        ("dagar", (0, 2.5), (-2.5,)),
        ("kronor per invånare", (-117.62, 10_186), ()),
    ],
)
def test_a_unit_lets_in_what_it_promises(unit: str, within: tuple[float, ...], beyond: tuple[float, ...]) -> None:
    assert [reason(kpi(unit), value) for value in (*within, None)] == [None] * (len(within) + 1)
    assert all((reason(kpi(unit), value) or "").startswith("utanför enhetens gränser, väntade") for value in beyond)


def test_the_reason_says_what_was_expected() -> None:
    assert reason(kpi("%"), 640) == "utanför enhetens gränser, väntade högst 100"
    assert reason(kpi("dagar"), -2.5) == "utanför enhetens gränser, väntade minst 0"


def test_riket_and_groups_may_be_means_of_codes() -> None:
    for area in ("0000", "G33614"):
        assert reason(kpi("kod 0, 1 eller 2"), 1.5, area) is None
        assert reason(kpi("kod 0, 1 eller 2"), 2.5, area) is not None


def test_the_yaml_goes_before_the_unit() -> None:
    assert reason(kpi("%", highest=400), 250) is None
    assert reason(kpi("kronor", lowest=0), -1) == "utanför enhetens gränser, väntade minst 0"


def test_an_uncertainty_is_never_negative() -> None:
    owner = kpi("%", id="N00001", uncertainty="N00002")
    limits = bounds([owner, kpi("procentenheter", id="N00002")])
    assert limits["lagst"].to_list() == [0, 0]


def test_every_nyckeltal_of_the_malbild_has_bounds() -> None:
    kpis = own_catalog().kpis
    limits = bounds(kpis.values())
    assert limits.filter(pl.col("lagst").is_null())["nyckeltal_id"].to_list() == []
    without = {kpis[kpi_id].unit for kpi_id in limits.filter(pl.col("hogst").is_null())["nyckeltal_id"]}
    assert {unit for unit in without if not re.match("antal|dagar|vårddygn|årsarbetare|personer|kronor", unit)} == set()
