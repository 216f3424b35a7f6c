"""A small Kolada with every kind of row, and a plain HTTP client: the server is always asked over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import polars as pl
import pytest

from pipelines.standin.dataset import KPI_FIELDS, Dataset
from pipelines.standin.server import running

MUNICIPALITIES = [
    {"id": "0000", "title": "Riket", "type": "L"},
    {"id": "0003", "title": "Region Uppsala", "type": "L"},
    {"id": "0004", "title": "Region Sörmland", "type": "L"},
    {"id": "0380", "title": "Uppsala", "type": "K"},
    {"id": "0461", "title": "Gnesta", "type": "K"},
    {"id": "0484", "title": "Eskilstuna", "type": "K"},
]
GROUPS = [
    {
        "id": "G10",
        "title": "Tre kommuner (ovägt medel)",
        "members": [
            {"member_id": "0484", "member_title": "Eskilstuna"},
            {"member_id": "0380", "member_title": "Uppsala"},
            {"member_id": "0461", "member_title": "Gnesta"},
        ],
    },
    {
        "id": "G9",
        "title": "Två regioner (ovägt medel)",
        "members": [
            {"member_id": "0003", "member_title": "Region Uppsala"},
            {"member_id": "0004", "member_title": "Region Sörmland"},
        ],
    },
]
ROWS = [
    # kpi, area, year, gender, value, status, deleted, changed
    ("N00001", "0000", 2023, "T", 50.25, "", False, date(2026, 1, 1)),
    ("N00001", "0380", 2023, "T", 0.1, "", False, date(2026, 1, 1)),
    ("N00001", "0461", 2023, "T", 0.2, "", False, date(2026, 6, 1)),
    ("N00001", "0461", 2023, "K", None, "Missing", False, date(2026, 1, 1)),
    ("N00001", "0461", 2023, "M", 3.262e-05, "", False, date(2026, 1, 1)),
    ("N00001", "0484", 2023, "T", 0.7, "", False, date(2026, 1, 1)),
    ("N00001", "0484", 2024, "T", None, "", False, date(2026, 1, 1)),
    ("N00001", "0461", 2024, "T", None, 'odd "status"', False, date(2026, 1, 1)),
    # Deleted: the value is not served any more, and counts in no group.
    ("N00001", "0484", 2025, "T", 0.9, "", True, date(2026, 7, 1)),
    ("N00001", "0461", 2025, "T", 0.0, "", False, date(2026, 1, 1)),
    ("N00002", "0004", 2023, "T", -123456789.5, "", False, date(2026, 1, 1)),
    ("N00002", "0004", 2022, "T", 1e22, "", False, date(2026, 1, 1)),
    # A KPI that the catalogue does not list.
    ("U99999", "0484", 2023, "K", 5.0, "", False, date(2026, 1, 1)),
]
COLUMNS = ("kpi", "area", "year", "gender", "value", "status", "deleted", "changed")


def kpi(kpi_id: str, title: str) -> dict[str, Any]:
    """A KPI as the catalogue has it."""
    entry: dict[str, Any] = dict.fromkeys(KPI_FIELDS)
    return entry | {
        "id": kpi_id,
        "title": title,
        "description": "Syntetiskt exempel.",
        "is_divided_by_gender": True,
        "municipality_type": "K",
        "operating_area": "Äldre",
        "has_ou_data": False,
    }


def small_dataset() -> Dataset:
    return Dataset(
        kpis=[
            kpi("N00001", "Nöjda, ÄLDRE"),
            kpi("N00002", "Nettokostnadsavvikelse"),
            kpi("N00003", "Utan"),
        ],
        municipalities=MUNICIPALITIES,
        groups=GROUPS,
        values=pl.DataFrame(ROWS, schema=list(COLUMNS), orient="row").cast({"year": pl.Int32}),
        loaded=date(2026, 11, 1),
    )


@pytest.fixture(scope="package")
def base() -> Iterator[str]:
    """The base URL of a server with the small dataset."""
    with running(small_dataset(), "syntetisk") as url:
        yield url


@pytest.fixture(scope="package")
def client(base: str) -> Iterator[httpx.Client]:
    """A client of that server that follows no redirects."""
    with httpx.Client(base_url=base, trust_env=False, timeout=300) as http:
        yield http
