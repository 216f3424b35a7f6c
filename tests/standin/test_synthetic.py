"""The synthetic sample: the same everywhere, openly synthetic, plausible, and with every awkward case in it."""

from __future__ import annotations

import re
from datetime import date

import httpx
import polars as pl
import pytest

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.standin.dataset import KPI_FIELDS, Dataset
from pipelines.standin.server import running
from pipelines.standin.synthetic import (
    NEGATIVE_ID,
    POPULATION_ID,
    REGION,
    SPARSE_KOMMUN,
    UNPAIRED_ID,
    ZERO_KOMMUN,
    synthetic_dataset,
)
from tests.small import CATALOG, own_catalog

COUNTY = ["0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488"]
CELL = ["kpi", "area", "year"]


@pytest.fixture(scope="module")
def synthetic() -> Dataset:
    return synthetic_dataset()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return own_catalog()


@pytest.fixture(scope="module")
def with_value(synthetic: Dataset) -> pl.DataFrame:
    return synthetic.values.drop_nulls("value")


def series(values: pl.DataFrame, kpi: str, area: str, gender: str = "T") -> pl.DataFrame:
    return values.filter(pl.col("kpi") == kpi, pl.col("area") == area, pl.col("gender") == gender).sort("year")


def titles(synthetic: Dataset) -> dict[str, str]:
    return {kpi["id"]: kpi["title"] for kpi in synthetic.kpis}


@pytest.mark.lang
def test_two_builds_are_equal() -> None:
    first, again = synthetic_dataset(CATALOG), synthetic_dataset(CATALOG)
    assert again.values.equals(first.values)
    assert (again.kpis, again.municipalities, again.groups) == (first.kpis, first.municipalities, first.groups)


def test_every_kpi_says_that_it_is_synthetic_and_names_no_other_source(synthetic: Dataset) -> None:
    for kpi in synthetic.kpis:
        assert tuple(kpi) == KPI_FIELDS
        assert kpi["description"].startswith("Syntetiskt exempel: ")
        assert "Kolada" not in kpi["description"]


def test_areas_are_all_of_swedens_and_groups_those_of_kommuner_yaml(synthetic: Dataset, catalog: Catalog) -> None:
    types = [area["type"] for area in synthetic.municipalities]
    assert (types.count("K"), types.count("L")) == (290, 22)
    groups = {group["id"]: [m["member_id"] for m in group["members"]] for group in synthetic.groups}
    assert groups["G33614"] == COUNTY
    assert (len(groups["G2328"]), len(groups["G2329"])) == (290, 21)
    assert {*catalog.geography.kommun_groups(), *catalog.geography.region_groups()} <= set(groups)
    assert {m for members in groups.values() for m in members} <= {m["id"] for m in synthetic.municipalities}


def test_rows_are_unique_and_few_enough_for_a_quick_demo(synthetic: Dataset) -> None:
    assert not synthetic.values.select(*CELL, "gender").is_duplicated().any()
    assert 400_000 <= synthetic.values.height <= 700_000


def test_kpis_have_values_at_their_level_only(synthetic: Dataset) -> None:
    level = {kpi["id"]: kpi["municipality_type"] for kpi in synthetic.kpis}
    kind = {m["id"]: "riket" if m["id"] == "0000" else m["type"] for m in synthetic.municipalities}
    kinds = synthetic.values.select(pl.col("kpi").replace_strict(level), pl.col("area").replace_strict(kind)).unique()
    assert sorted(kinds.rows()) == [
        *(("A", "K"), ("A", "L"), ("A", "riket")),
        *(("K", "K"), ("K", "riket"), ("L", "L"), ("L", "riket")),
    ]


_LIMITS = {
    **dict.fromkeys(("%", "procentenheter", "index 0–100", "medelvärde 0–100"), (0, 100)),
    **{
        "medelvärde 0–1": (0, 1),
        "kod 0 eller 1": (0, 1),
        "kod 0, 1 eller 2": (0, 2),
        "": (float("-inf"), float("inf")),
    },
}


def test_values_fit_their_unit(with_value: pl.DataFrame, catalog: Catalog) -> None:
    bounds = with_value.group_by("kpi").agg(low=pl.col("value").min(), high=pl.col("value").max())
    for kpi_id, low, high in bounds.iter_rows():
        unit = catalog.kpis[kpi_id].unit if kpi_id in catalog.kpis else ""
        kind = "kod" if unit.startswith("kod") and unit not in _LIMITS else unit
        lowest, highest = _LIMITS.get(kind, (1e-9, float("inf")))
        assert lowest <= low <= high <= highest, (kpi_id, unit)
        if unit.startswith("kod"):
            assert set(with_value.filter(pl.col("kpi") == kpi_id)["value"]) <= {0.0, 1.0, 2.0}


def test_total_lies_between_women_and_men(with_value: pl.DataFrame, catalog: Catalog) -> None:
    margins = [kpi.uncertainty for kpi in catalog.kpis.values() if kpi.uncertainty]
    values = with_value.filter(~pl.col("kpi").is_in([*margins, UNPAIRED_ID, POPULATION_ID]))
    all_three = values.pivot(on="gender", index=CELL, values="value").drop_nulls()
    assert all_three.height > 100_000
    low, high = pl.min_horizontal("K", "M"), pl.max_horizontal("K", "M")
    assert all_three.filter(~pl.col("T").is_between(low - 1e-6, high + 1e-6)).is_empty()


def test_small_kommuner_are_noisier_than_large_ones(with_value: pl.DataFrame, catalog: Catalog) -> None:
    shares = [kpi.id for kpi in catalog.kpis.values() if kpi.level == "K" and kpi.unit == "%"]
    values = with_value.filter(pl.col("kpi").is_in(shares), pl.col("gender") == "T").sort(CELL)
    steps = values.with_columns(step=pl.col("value").diff().over("kpi", "area").abs())
    step = dict(steps.group_by("area").agg(pl.col("step").mean()).iter_rows())
    assert min(step["0461"], step["0481"], step["0488"]) > 1.3 * step["0484"]


def test_trends_go_both_ways(with_value: pl.DataFrame) -> None:
    country = with_value.filter(pl.col("area") == "0000", pl.col("gender") == "T").sort("kpi", "year")
    first, last = pl.col("value").first(), pl.col("value").last()
    change = country.group_by("kpi").agg(rise=(last - first) / first.abs())["rise"]
    assert min((change > 0.05).sum(), (change < -0.05).sum()) > 10


# --- the awkward cases ----------------------------------------------------------------------------------------------


def test_series_have_gaps_and_begin_in_different_years(with_value: pl.DataFrame, catalog: Catalog) -> None:
    assert 2021 not in series(with_value, "U21463", "0484")["year"]
    alternate = [kpi.id for kpi in catalog.kpis.values() if kpi.periodicity == "vartannat år"]
    steps = [set(series(with_value, kpi, "0004")["year"].diff().drop_nulls()) for kpi in alternate]
    assert alternate
    assert set().union(*steps) <= {2, 4}
    years = [tuple(series(with_value, "U01405", area)["year"]) for area in COUNTY[1:]]
    assert len(set(years)) > 1
    first = with_value.group_by("kpi").agg(pl.col("year").min())["year"]
    assert first.min() <= 2013  # type: ignore[operator]
    assert first.max() >= 2021  # type: ignore[operator]


def test_rows_without_a_value_say_why_or_nothing(synthetic: Dataset) -> None:
    empty = synthetic.values.filter(pl.col("value").is_null())
    assert set(empty["status"]) == {"", "Missing", "Private"}
    assert set(synthetic.values.filter(pl.col("value").is_not_null())["status"]) == {""}
    assert synthetic.values.filter(pl.col("deleted") & pl.col("value").is_not_null()).is_empty()
    ours = empty.filter(pl.col("area").is_in([*COUNTY, "0004"]))
    kinds = set(ours.select("status", "deleted").unique().rows())
    assert kinds >= {("", False), ("Missing", False)}
    assert any(deleted for _, deleted in kinds)


def test_genders_can_be_without_a_total_and_women_alone(synthetic: Dataset) -> None:
    genders = synthetic.values.group_by(CELL).agg(pl.col("gender").sort().str.join(""))
    assert "KM" in set(genders["gender"])
    of_kpi = synthetic.values.group_by("kpi").agg(pl.col("gender").unique().sort().str.join(""))
    assert of_kpi.filter(pl.col("gender") == "K").height == 1


def test_paired_margins_are_beside_their_values(synthetic: Dataset, catalog: Catalog) -> None:
    pairs = [(kpi.id, kpi.uncertainty) for kpi in catalog.kpis.values() if kpi.uncertainty]
    assert len(pairs) == 17
    for kpi, companion in pairs:
        margin = synthetic.values.filter(pl.col("kpi") == companion)
        value = synthetic.values.filter(pl.col("kpi") == kpi)
        both = margin.join(value, on=["area", "year", "gender"])
        assert both.height == margin.height > 0
        assert both["value"].is_null().equals(both["value_right"].is_null())
        # No wider than the value allows, and never of zero width.
        assert both.filter((pl.col("value") <= 0) | (pl.col("value") >= 35)).is_empty()


def test_a_margin_agrees_with_the_number_of_respondents(with_value: pl.DataFrame) -> None:
    value, margin, count, few = (
        with_value.filter(pl.col("kpi") == kpi, pl.col("gender") == "T").select("area", "year", "value")
        for kpi in ("U21478", "N21457", "U23592", "N23590")
    )
    both = value.join(margin, on=["area", "year"], suffix="_m").join(count, on=["area", "year"], suffix="_n")
    expected = 1.96 * (pl.col("value") * (100 - pl.col("value")) / pl.col("value_n")).sqrt()
    assert both.filter((expected - pl.col("value_m")).abs() > 1e-4).is_empty()
    flagged = few.join(count, on=["area", "year"], suffix="_n")
    assert flagged.filter((pl.col("value") == 1) != (pl.col("value_n") < 30)).is_empty()


def test_one_margin_is_new_and_unpaired(synthetic: Dataset, catalog: Catalog) -> None:
    assert UNPAIRED_ID not in catalog.kpis
    subject = titles(synthetic)[UNPAIRED_ID].removeprefix("Osäkerhetstal - ")
    assert subject in {title for kpi in catalog.kpis.values() for title in kpi.titles}
    assert UNPAIRED_ID in set(synthetic.values["kpi"])


def test_ended_series_end_with_the_year_of_their_title(synthetic: Dataset, with_value: pl.DataFrame) -> None:
    markers = {kpi: re.search(r"\(- ?(\d{4})\)$", title) for kpi, title in titles(synthetic).items()}
    ended = {kpi: int(marker[1]) for kpi, marker in markers.items() if marker}
    assert len(ended) == 8
    last = dict(with_value.group_by("kpi").agg(pl.col("year").max()).iter_rows())
    assert {kpi: last[kpi] for kpi in ended} == ended


def test_one_kpi_has_an_older_confirmed_title_and_one_is_missing(synthetic: Dataset, catalog: Catalog) -> None:
    served = titles(synthetic)
    ((other, title),) = {
        k: t for k, t in served.items() if k in catalog.kpis and t != catalog.kpis[k].titles[0]
    }.items()
    assert title in catalog.kpis[other].titles
    (missing,) = set(catalog.kpis) - set(served)
    assert missing not in set(synthetic.values["kpi"])


def test_areas_without_values(synthetic: Dataset, with_value: pl.DataFrame) -> None:
    levels = {level: {k["id"] for k in synthetic.kpis if k["municipality_type"] in level} for level in ("KA", "L")}
    (absent,) = levels["KA"] - set(synthetic.values.filter(pl.col("area").is_in(COUNTY))["kpi"])
    assert synthetic.values.filter(pl.col("kpi") == absent).height > 1000
    assert levels["L"] <= set(with_value.filter(pl.col("area") == REGION)["kpi"])
    kpis = dict(synthetic.values.group_by("area").agg(pl.col("kpi").n_unique()).iter_rows())
    others = [kpis[area] for area in COUNTY if area != SPARSE_KOMMUN]
    assert 0 < kpis[SPARSE_KOMMUN] < 0.3 * min(others)


def test_negative_values_and_a_real_zero(with_value: pl.DataFrame, catalog: Catalog) -> None:
    assert set(with_value.filter(pl.col("value") < 0)["kpi"]) == {NEGATIVE_ID}
    shares = [kpi.id for kpi in catalog.kpis.values() if kpi.unit == "%"]
    zeros = with_value.filter(pl.col("value") == 0, pl.col("kpi").is_in(shares))
    assert zeros.select("area", "year").unique().rows() == [(ZERO_KOMMUN, 2025)]


def test_publication_dates_are_ahead_behind_preliminary_and_absent(synthetic: Dataset) -> None:
    today = date(2026, 11, 1).isoformat()
    kinds = set()
    for kpi in synthetic.kpis:
        preliminary, final, period = kpi["prel_publication_date"], kpi["publication_date"], kpi["publ_period"]
        assert (final is None) == (period is None)
        for text in filter(None, (preliminary, final)):
            date.fromisoformat(text)
        if preliminary:
            assert preliminary <= today < final
            kinds.add("preliminary")
        else:
            kinds.add("absent" if final is None else "ahead" if final > today else "behind")
    assert kinds == {"preliminary", "absent", "ahead", "behind"}


def test_a_catalogue_folder_decides_which_kpis_there_are() -> None:
    kpis = set(titles(synthetic_dataset(CATALOG)))
    assert kpis - {UNPAIRED_ID, NEGATIVE_ID} == set(load_catalog(CATALOG).kpis)


def test_the_server_serves_it(synthetic: Dataset) -> None:
    with running(synthetic, "syntetisk") as base:
        answer = httpx.get(f"{base}/data/kpi/U21463/municipality/0484,G33614/year/2025", trust_env=False, timeout=300)
    eskilstuna, county = answer.json()["values"]
    rows = synthetic.values.filter(pl.col("kpi") == "U21463", pl.col("area") == "0484", pl.col("year") == 2025)
    assert {v["gender"]: v["value"] for v in eskilstuna["values"]} == dict(rows.select("gender", "value").iter_rows())
    assert all(1 < value["count"] <= 9 for value in county["values"])
