"""The synthetic sample: the same everywhere, openly synthetic, plausible, and with every awkward case in it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import httpx
import polars as pl
import pytest

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.standin import sample
from pipelines.standin.dataset import KPI_FIELDS, Dataset
from pipelines.standin.sample import synthetic_dataset
from pipelines.standin.server import running

COUNTY = ["0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def synthetic() -> Dataset:
    return synthetic_dataset()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT)


@pytest.fixture(scope="module")
def with_value(synthetic: Dataset) -> pl.DataFrame:
    return synthetic.values.drop_nulls("value")


def series(values: pl.DataFrame, kpi: str, area: str, gender: str = "T") -> pl.DataFrame:
    return values.filter(pl.col("kpi") == kpi, pl.col("area") == area, pl.col("gender") == gender).sort("year")


def titles(synthetic: Dataset) -> dict[str, str]:
    return {kpi["id"]: kpi["title"] for kpi in synthetic.kpis}


def test_two_builds_are_equal(synthetic: Dataset) -> None:
    again = synthetic_dataset()
    assert again.values.equals(synthetic.values)
    assert (again.kpis, again.municipalities, again.groups) == (
        synthetic.kpis,
        synthetic.municipalities,
        synthetic.groups,
    )


def test_every_kpi_says_that_it_is_synthetic_and_names_no_other_source(synthetic: Dataset) -> None:
    for kpi in synthetic.kpis:
        assert tuple(kpi) == KPI_FIELDS
        assert kpi["description"].startswith("Syntetiskt exempel: ")
        assert "Kolada" not in kpi["description"]


def test_areas_are_all_of_swedens_and_groups_those_of_kommuner_yaml(synthetic: Dataset, catalog: Catalog) -> None:
    types = [m["type"] for m in synthetic.municipalities]
    assert (types.count("K"), types.count("L")) == (290, 22)
    groups = {group["id"]: [m["member_id"] for m in group["members"]] for group in synthetic.groups}
    assert groups["G33614"] == COUNTY
    assert len(groups["G2328"]) == 290
    assert len(groups["G2329"]) == 21
    wanted = {*catalog.geography.kommun_groups(), *catalog.geography.region_groups()}
    assert wanted <= set(groups)
    assert {m for members in groups.values() for m in members} <= {m["id"] for m in synthetic.municipalities}


def test_a_demo_stays_quick(synthetic: Dataset) -> None:
    assert 400_000 <= synthetic.values.height <= 650_000


def test_rows_are_unique(synthetic: Dataset) -> None:
    assert not synthetic.values.select("kpi", "area", "year", "gender").is_duplicated().any()


def test_kpis_have_values_at_their_level_only(synthetic: Dataset) -> None:
    level = {kpi["id"]: kpi["municipality_type"] for kpi in synthetic.kpis}
    kind = {m["id"]: "riket" if m["id"] == "0000" else m["type"] for m in synthetic.municipalities}
    kinds = synthetic.values.select(
        level=pl.col("kpi").replace_strict(level), kind=pl.col("area").replace_strict(kind)
    ).unique()
    found = {lvl: sorted(part["kind"]) for (lvl,), part in kinds.partition_by("level", as_dict=True).items()}
    assert found == {"K": ["K", "riket"], "L": ["L", "riket"], "A": ["K", "L", "riket"]}


def test_values_fit_their_unit(with_value: pl.DataFrame, catalog: Catalog) -> None:
    bounds = with_value.group_by("kpi").agg(low=pl.col("value").min(), high=pl.col("value").max())
    for kpi_id, low, high in bounds.iter_rows():
        unit = catalog.kpis[kpi_id].unit if kpi_id in catalog.kpis else ""
        if unit in ("%", "procentenheter", "index 0–100", "medelvärde 0–100"):
            assert 0 <= low <= high <= 100, kpi_id
        elif unit == "medelvärde 0–1":
            assert 0 <= low <= high <= 1, kpi_id
        elif unit.startswith("kod"):
            codes = set(with_value.filter(pl.col("kpi") == kpi_id)["value"])
            assert codes == ({0.0, 1.0} if unit == "kod 0 eller 1" else {0.0, 1.0, 2.0}), kpi_id
        elif unit:
            assert low > 0, kpi_id


def test_total_lies_between_women_and_men(with_value: pl.DataFrame, catalog: Catalog) -> None:
    margins = [kpi.uncertainty for kpi in catalog.kpis.values() if kpi.uncertainty]
    wide = with_value.filter(~pl.col("kpi").is_in([*margins, sample.UNPAIRED_ID])).pivot(
        on="gender", index=["kpi", "area", "year"], values="value"
    )
    all_three = wide.drop_nulls()
    assert all_three.height > 100_000
    low, high = pl.min_horizontal("K", "M"), pl.max_horizontal("K", "M")
    strays = all_three.filter(~pl.col("T").is_between(low - 1e-6, high + 1e-6))
    assert strays.is_empty()


def test_small_kommuner_are_noisier_than_large_ones(with_value: pl.DataFrame, catalog: Catalog) -> None:
    yearly = {k.id for k in catalog.kpis.values() if k.level == "K" and k.unit == "%"}
    noise = (
        with_value.filter(pl.col("kpi").is_in(yearly), pl.col("gender") == "T")
        .sort("kpi", "area", "year")
        .with_columns(step=pl.col("value").diff().over("kpi", "area").abs())
        .group_by("area")
        .agg(pl.col("step").mean())
    )
    step = dict(noise.iter_rows())
    assert min(step["0461"], step["0481"], step["0488"]) > 1.3 * step["0484"]


def test_trends_go_both_ways(with_value: pl.DataFrame) -> None:
    country = with_value.filter(pl.col("area") == "0000", pl.col("gender") == "T").sort("kpi", "year")
    change = country.group_by("kpi").agg(
        rise=(pl.col("value").last() - pl.col("value").first()) / pl.col("value").first().abs()
    )
    assert (change["rise"] > 0.05).sum() > 10
    assert (change["rise"] < -0.05).sum() > 10


# The awkward cases.


def test_surveys_skip_2021_and_come_every_other_year(with_value: pl.DataFrame, catalog: Catalog) -> None:
    assert 2021 not in series(with_value, "U21463", "0484")["year"]
    assert {2020, 2022} <= set(series(with_value, "U21463", "0000")["year"])
    alternate = [k.id for k in catalog.kpis.values() if k.periodicity == "vartannat år"]
    assert alternate
    for kpi in alternate:
        assert set(series(with_value, kpi, "0004")["year"].diff().drop_nulls()) <= {2, 4}


def test_some_kpis_have_values_only_in_some_years_per_kommun(with_value: pl.DataFrame) -> None:
    years = {area: tuple(series(with_value, "U01405", area)["year"]) for area in COUNTY[1:]}
    assert len(set(years.values())) > 1
    assert max(map(len, years.values())) <= 4


def test_series_begin_in_different_years(with_value: pl.DataFrame) -> None:
    first = with_value.group_by("kpi").agg(pl.col("year").min())["year"]
    assert (first <= 2013).any()
    assert (first >= 2021).any()


def test_rows_without_a_value_say_why_or_nothing(synthetic: Dataset) -> None:
    empty = synthetic.values.filter(pl.col("value").is_null())
    assert set(empty["status"]) == {"", "Missing", "Private"}
    assert set(synthetic.values.filter(pl.col("value").is_not_null())["status"]) == {""}
    deleted = synthetic.values.filter("deleted")
    assert deleted.height > 0
    assert deleted["value"].null_count() == deleted.height
    for kind in (pl.col("status") == "Missing", pl.col("deleted"), (pl.col("status") == "") & ~pl.col("deleted")):
        assert empty.filter(kind, pl.col("area").is_in([*COUNTY, "0004"])).height > 0


def test_total_can_be_missing_where_women_and_men_exist(synthetic: Dataset) -> None:
    genders = synthetic.values.group_by("kpi", "area", "year").agg(pl.col("gender").sort().str.join(""))
    assert genders.filter(pl.col("gender") == "KM").height > 0


def test_a_kpi_can_have_women_alone(synthetic: Dataset) -> None:
    genders = synthetic.values.group_by("kpi").agg(pl.col("gender").unique().sort().str.join(""))
    assert genders.filter(pl.col("gender") == "K").height == 1


def test_paired_margins_stand_beside_their_values(synthetic: Dataset, catalog: Catalog) -> None:
    pairs = [(kpi.id, kpi.uncertainty) for kpi in catalog.kpis.values() if kpi.uncertainty]
    assert len(pairs) == 17
    for kpi, companion in pairs:
        value = synthetic.values.filter(pl.col("kpi") == kpi)
        margin = synthetic.values.filter(pl.col("kpi") == companion)
        both = margin.join(value, on=["area", "year", "gender"])
        assert both.height == margin.height > 0
        assert both["value"].is_null().equals(both["value_right"].is_null())
        # No wider than the value allows, and never of zero width.
        assert both.filter(pl.col("value") <= 0).is_empty()
        assert (both["value"] < 35).all()


def test_margin_agrees_with_the_number_of_respondents(with_value: pl.DataFrame) -> None:
    value, margin, count = (
        with_value.filter(pl.col("kpi") == kpi, pl.col("gender") == "T") for kpi in ("U21478", "N21457", "U23592")
    )
    all_three = value.join(margin, on=["area", "year"], suffix="_m").join(count, on=["area", "year"], suffix="_n")
    share, answered = pl.col("value"), pl.col("value_n")
    expected = all_three.select(expected=1.96 * (share * (100 - share) / answered).sqrt())["expected"]
    assert ((expected - all_three["value_m"]).abs() < 1e-4).all()
    few = with_value.filter(pl.col("kpi") == "N23590").join(count, on=["area", "year"], suffix="_n")
    assert (few["value"] == (few["value_n"] < 30).cast(pl.Float64)).all()


def test_one_margin_is_new_and_unpaired(synthetic: Dataset, catalog: Catalog) -> None:
    assert sample.UNPAIRED_ID not in catalog.kpis
    title = titles(synthetic)[sample.UNPAIRED_ID]
    assert title.removeprefix("Osäkerhetstal - ") in {t for kpi in catalog.kpis.values() for t in kpi.titles}
    assert title.startswith("Osäkerhetstal - ")
    assert synthetic.values.filter(pl.col("kpi") == sample.UNPAIRED_ID).height > 0


def test_ended_series_end_with_the_year_of_their_title(synthetic: Dataset, with_value: pl.DataFrame) -> None:
    ended = {
        kpi: int(marker.group(1))
        for kpi, title in titles(synthetic).items()
        if (marker := re.search(r"\(- ?(\d{4})\)$", title))
    }
    assert len(ended) == 8
    last = dict(with_value.group_by("kpi").agg(pl.col("year").max()).iter_rows())
    assert {kpi: last[kpi] for kpi in ended} == ended


def test_one_kpi_has_an_older_confirmed_title_and_the_others_the_current(synthetic: Dataset, catalog: Catalog) -> None:
    served = titles(synthetic)
    current = {kpi.id: kpi.titles[0] for kpi in catalog.kpis.values()}
    other = {kpi_id: title for kpi_id, title in served.items() if title != current.get(kpi_id, title)}
    ((kpi_id, title),) = other.items()
    assert title in catalog.kpis[kpi_id].titles


def test_one_kpi_of_ours_is_missing_from_the_catalogue_and_has_no_values(synthetic: Dataset, catalog: Catalog) -> None:
    (missing,) = set(catalog.kpis) - set(titles(synthetic))
    assert synthetic.values.filter(pl.col("kpi") == missing).is_empty()


def test_one_kommun_kpi_has_no_row_in_the_county(synthetic: Dataset) -> None:
    kommun = {kpi["id"] for kpi in synthetic.kpis if kpi["municipality_type"] in "KA"}
    found = set(synthetic.values.filter(pl.col("area").is_in(COUNTY))["kpi"])
    (absent,) = kommun - found
    assert synthetic.values.filter(pl.col("kpi") == absent).height > 1000


def test_the_region_has_values_in_every_region_kpi(synthetic: Dataset, with_value: pl.DataFrame) -> None:
    region = {kpi["id"] for kpi in synthetic.kpis if kpi["municipality_type"] == "L"}
    assert region <= set(with_value.filter(pl.col("area") == sample.REGION)["kpi"])


def test_one_kommun_has_very_few_kpis(synthetic: Dataset) -> None:
    kpis = dict(synthetic.values.group_by("area").agg(pl.col("kpi").n_unique()).iter_rows())
    assert 0 < kpis[sample.SPARSE_KOMMUN] < 0.3 * min(kpis[area] for area in COUNTY if area != sample.SPARSE_KOMMUN)


def test_negative_values_and_a_real_zero(with_value: pl.DataFrame, catalog: Catalog) -> None:
    assert set(with_value.filter(pl.col("value") < 0)["kpi"]) == {sample.NEGATIVE_ID}
    shares = [kpi.id for kpi in catalog.kpis.values() if kpi.unit == "%"]
    zeros = with_value.filter(pl.col("value") == 0, pl.col("kpi").is_in(shares))
    assert zeros.select("area", "year").unique().rows() == [(sample.ZERO_KOMMUN, 2025)]


def test_publication_dates_are_ahead_behind_preliminary_and_absent(synthetic: Dataset) -> None:
    reference = date(2026, 11, 1).isoformat()
    kinds = set()
    for kpi in synthetic.kpis:
        preliminary, final, period = kpi["prel_publication_date"], kpi["publication_date"], kpi["publ_period"]
        assert (final is None) == (period is None)
        for text in filter(None, (preliminary, final)):
            date.fromisoformat(text)
        if preliminary:
            assert preliminary <= reference < final
            kinds.add("preliminary")
        else:
            kinds.add("absent" if final is None else "ahead" if final > reference else "behind")
    assert kinds == {"preliminary", "absent", "ahead", "behind"}


def test_a_catalogue_folder_decides_which_kpis_there_are(tmp_path: Path) -> None:
    minimal = ROOT / "tests" / "data" / "catalog-minimal"
    found = set(titles(synthetic_dataset(minimal)))
    assert found - {sample.UNPAIRED_ID, sample.NEGATIVE_ID} == set(load_catalog(minimal).kpis)


def test_the_server_serves_it(synthetic: Dataset) -> None:
    with running(synthetic, "syntetisk") as base, httpx.Client(base_url=base, trust_env=False) as http:
        answer = http.get("/data/kpi/U21463/municipality/0484,G33614/year/2025")
    assert answer.headers["X-Malbild-Standin"] == "syntetisk"
    mine, county = answer.json()["values"]
    expected = dict(
        synthetic.values.filter(pl.col("kpi") == "U21463", pl.col("area") == "0484", pl.col("year") == 2025)
        .select("gender", "value")
        .iter_rows()
    )
    assert {value["gender"]: value["value"] for value in mine["values"]} == expected
    assert all(1 < value["count"] <= 9 for value in county["values"])
