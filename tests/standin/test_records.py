"""Data records: what a value looks like, group values, the order of genders, from_date."""

from __future__ import annotations

import json
import math
import random
import struct
from datetime import date
from typing import Any

import httpx
import polars as pl
import pytest

from pipelines.standin.dataset import Dataset
from pipelines.standin.server import running
from tests.standin.conftest import GROUPS, MUNICIPALITIES, small_dataset


def values(client: httpx.Client, path: str) -> dict[tuple[str, int, str, str], dict[str, Any]]:
    """(kpi, year, area, gender) → the value object."""
    answer = client.get(path)
    assert answer.status_code == 200
    return {
        (record["kpi"], record["period"], record["municipality"], value["gender"]): value
        for record in answer.json()["values"]
        for value in record["values"]
    }


def serve(values: pl.DataFrame) -> Dataset:
    return Dataset(kpis=[], municipalities=MUNICIPALITIES, groups=GROUPS, values=values, loaded=date(2026, 11, 1))


def test_a_record_has_v3_keys_in_v3_order(client: httpx.Client) -> None:
    (record,) = client.get("/data/kpi/U99999/municipality/0484").json()["values"]
    assert json.dumps(record) == (
        '{"values": [{"gender": "K", "count": 1, "status": "", "value": 5.0, "isdeleted": false}], '
        '"kpi": "U99999", "period": 2023, "municipality": "0484"}'
    )


def test_missing_deleted_and_zero_are_three_things(client: httpx.Client) -> None:
    cells = values(client, "/data/kpi/N00001/municipality/0461,0484")
    gone = {"gender": "T", "count": 0, "status": "", "value": None, "isdeleted": True}
    assert cells[("N00001", 2023, "0461", "K")] == gone | {"gender": "K", "status": "Missing", "isdeleted": False}
    assert cells[("N00001", 2024, "0484", "T")] == gone | {"isdeleted": False}
    assert cells[("N00001", 2024, "0461", "T")] == gone | {"status": 'odd "status"', "isdeleted": False}
    assert cells[("N00001", 2025, "0484", "T")] == gone
    assert cells[("N00001", 2025, "0461", "T")] == gone | {"count": 1, "value": 0.0, "isdeleted": False}


def test_group_value_is_the_unweighted_mean_of_the_members_that_have_one(client: httpx.Client) -> None:
    cells = values(client, "/data/kpi/N00001,N00002/municipality/G10,G9")
    plain = {"gender": "T", "status": "", "isdeleted": False}
    # In the group's own order of members: 0484, 0380, 0461.
    assert cells[("N00001", 2023, "G10", "T")] == plain | {"count": 3, "value": (0.7 + 0.1 + 0.2) / 3}
    assert cells[("N00001", 2023, "G10", "M")] == plain | {"gender": "M", "count": 1, "value": 3.262e-05}
    # Members answered, but without a value.
    assert cells[("N00001", 2023, "G10", "K")] == plain | {"gender": "K", "count": 0, "value": None}
    assert cells[("N00001", 2024, "G10", "T")] == plain | {"count": 0, "value": None}
    # A deleted member is none; a real 0 counts.
    assert cells[("N00001", 2025, "G10", "T")] == plain | {"count": 1, "value": 0.0}
    # No member has a row in N00001.
    assert not [key for key in cells if key[0] == "N00001" and key[2] == "G9"]


def test_group_members_are_added_in_the_groups_own_order() -> None:
    rows = [
        ("N00001", "0380", 2020, "T", -1e16),
        ("N00001", "0461", 2020, "T", 0.3),
        ("N00001", "0484", 2020, "T", 1e16),
    ]
    frame = pl.DataFrame(rows, schema=["kpi", "area", "year", "gender", "value"], orient="row")
    with running(serve(frame), "syntetisk") as base, httpx.Client(base_url=base, trust_env=False, timeout=300) as http:
        mean = values(http, "/data/kpi/N00001/municipality/G10")[("N00001", 2020, "G10", "T")]
    # 0484, 0380, 0461: in the order of ids, the 0.3 would be lost.
    assert mean["value"] == (1e16 - 1e16 + 0.3) / 3


def test_genders_come_in_every_order_but_always_the_same() -> None:
    frame = pl.DataFrame(
        [("N00001", "0484", year, gender, float(year)) for year in range(1970, 2030) for gender in "TKM"],
        schema=["kpi", "area", "year", "gender", "value"],
        orient="row",
    )

    def orders() -> list[str]:
        with running(serve(frame), "syntetisk") as base:
            records = httpx.get(f"{base}/data/kpi/N00001/municipality/0484", trust_env=False, timeout=300).json()[
                "values"
            ]
        return ["".join(value["gender"] for value in record["values"]) for record in records]

    assert set(orders()) == {"TKM", "TMK", "KTM", "KMT", "MTK", "MKT"}
    assert orders() == orders()


def test_every_number_reads_back_as_the_same_float() -> None:
    chance = random.Random(1)
    drawn = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(2_000)]
    hard = [3.262e-05, 1e-300, 5e-324, 1.7976931348623157e308, 1e22, 123456789012345680.0, 0.1, 1 / 3, -0.0, 100.0]
    numbers = [number for number in drawn if math.isfinite(number)] + hard
    frame = pl.DataFrame(
        {"kpi": "N00001", "area": "0484", "year": range(len(numbers)), "gender": "T", "value": numbers}
    )
    served: list[float] = []
    with running(serve(frame), "syntetisk") as base, httpx.Client(trust_env=False, timeout=300) as http:
        url: str | None = f"{base}/data/kpi/N00001/municipality/0484"
        while url is not None:
            answer = http.get(url).json()
            served += [record["values"][0]["value"] for record in answer["values"]]
            url = answer["next_url"]
    assert [struct.pack("<d", n) for n in served] == [struct.pack("<d", n) for n in numbers]


@pytest.mark.parametrize(
    ("since", "cells"),
    [
        ("2026-06-02", {("0484", 2025, "T")}),
        ("2026-06-01", {("0461", 2023, "T"), ("0484", 2025, "T")}),
        ("2026-07-02", set()),
    ],
)
def test_from_date_gives_what_has_changed_since(
    client: httpx.Client, since: str, cells: set[tuple[str, int, str]]
) -> None:
    changed = values(client, f"/data/kpi/N00001/municipality/0461,0484?from_date={since}")
    assert {(area, year, gender) for _, year, area, gender in changed} == cells


def test_from_date_tells_of_deletions_and_of_groups_with_a_changed_member(client: httpx.Client) -> None:
    changed = values(client, "/data/kpi/N00001/municipality/0484,G10?from_date=2026-06-01")
    assert changed[("N00001", 2025, "0484", "T")]["isdeleted"] is True
    assert {key[1:3] for key in changed} == {(2023, "G10"), (2025, "0484"), (2025, "G10")}


def test_without_dates_of_change_all_changed_when_loaded() -> None:
    plain = serve(small_dataset().values.drop("changed", "status", "deleted"))
    with running(plain, "syntetisk") as base, httpx.Client(base_url=base, trust_env=False, timeout=300) as http:
        assert len(values(http, "/data/kpi/N00001/municipality/0484?from_date=2026-11-01")) == 3
        assert values(http, "/data/kpi/N00001/municipality/0484?from_date=2026-11-02") == {}
