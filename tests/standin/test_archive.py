"""Real values through the server, compared with the file they came from, value by value."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest

from pipelines.standin.dataset import Dataset, load_archive
from pipelines.standin.server import running

# Above 100 %, K alone, very small numbers, K and M without T, regions, an id with two meanings, a survey by gender.
KPIS = ["N03103", "N05826", "N09810", "N18712", "N20402", "U07417", "U21463"]


@pytest.fixture(scope="module")
def archive(shared_data: Path) -> Dataset:
    return load_archive(shared_data / "kolada-2024")


@pytest.fixture(scope="module")
def http(archive: Dataset) -> Iterator[httpx.Client]:
    with running(archive, "arkiv") as base, httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
        yield client


def fetch(http: httpx.Client, kpis: list[str], areas: list[str]) -> list[dict[str, object]]:
    records: list[dict[str, object]] = []
    for start in range(0, len(areas), 25):
        url: str | None = f"/data/kpi/{','.join(kpis)}/municipality/{','.join(areas[start : start + 25])}"
        while url is not None:
            answer = http.get(url).json()
            assert answer["count"] == len(answer["values"]) <= 5000
            records += answer["values"]
            url = answer["next_url"]
    return records


def cells(records: list[dict[str, object]]) -> pl.DataFrame:
    rows = [
        (record["kpi"], record["municipality"], record["period"], value["gender"], value["value"], value["count"])
        for record in records
        for value in record["values"]  # type: ignore[attr-defined]
    ]
    schema = {"kpi": pl.String, "area": pl.String, "year": pl.Int32, "gender": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema | {"count": pl.Int64}, orient="row").sort("kpi", "area", "year", "gender")


def test_every_value_is_the_files_to_the_last_bit(http: httpx.Client, archive: Dataset) -> None:
    areas = [m["id"] for m in archive.municipalities]
    served = cells(fetch(http, KPIS, areas))
    stored = archive.values.filter(pl.col("kpi").is_in(KPIS)).sort("kpi", "area", "year", "gender")
    assert stored["kpi"].n_unique() == len(KPIS)
    assert served.drop("count").equals(stored)
    assert (served["count"] == served["value"].is_not_null().cast(pl.Int64)).all()


def test_group_values_are_the_members_unweighted_means(http: httpx.Client, archive: Dataset) -> None:
    groups = [g for g in archive.groups if g["id"] in ("G33614", "G2328", "G2329", "G37360")]
    served = cells(fetch(http, KPIS, [g["id"] for g in groups]))
    members = {g["id"]: {m["member_id"] for m in g["members"]} for g in groups}
    collected: dict[tuple[str, str, int, str], list[float]] = defaultdict(list)
    stored = archive.values.filter(pl.col("kpi").is_in(KPIS))
    for kpi, area, year, gender, value in stored.iter_rows():
        for group, ids in members.items():
            if area in ids:
                collected[kpi, group, year, gender] += [] if value is None else [value]
    assert {row[:4] for row in served.iter_rows()} == set(collected)
    for kpi, group, year, gender, value, count in served.iter_rows():
        contributed = collected[kpi, group, year, gender]
        assert count == len(contributed)
        if contributed:
            # One exact rounding, where the server adds one by one.
            assert value == pytest.approx(math.fsum(contributed) / count, rel=1e-12)
        else:
            assert value is None


def test_one_year_of_a_kpi_brings_all_areas_and_groups(http: httpx.Client, archive: Dataset) -> None:
    found = {r["municipality"] for r in http.get("/data/kpi/N00945/year/2022").json()["values"]}
    groups = {g["id"] for g in archive.groups}
    assert {"0000", "0484", "G33614", "G2328"} <= found
    assert len(found & groups) > 3000
    assert found - groups == {m["id"] for m in archive.municipalities}


def test_catalogue_of_another_vintage_with_these_values(shared_data: Path) -> None:
    values = shared_data / "kolada-2024" / "values.parquet"
    with running(load_archive(shared_data / "kolada-2026", values), "arkiv") as base:
        pages = []
        url: str | None = f"{base}/kpi"
        while url is not None:
            answer = httpx.get(url, trust_env=False).json()
            pages.append(answer["count"])
            url = answer["next_url"]
        groups = httpx.get(f"{base}/municipality_groups", trust_env=False).json()
        # Not in the catalogue of 2026, but among the values: still served.
        old = httpx.get(f"{base}/data/kpi/U07417/municipality/0484", trust_env=False).json()
    assert pages == [5000, 1099]
    assert (groups["count"], groups["values"][0]["id"]) == (3630, "G114418")
    assert old["count"] > 0
