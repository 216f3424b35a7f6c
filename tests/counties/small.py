"""A small Kolada of two counties, named and numbered as Kolada names and numbers them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from pipelines.standin.dataset import Dataset
from tests.small import KPIS, kpi

HOME, OTHER = "Södermanlands län", "Västmanlands län"
AREAS = {
    "0000": ("Riket", "L"),
    "0004": ("Region Sörmland", "L"),
    "0019": ("Region Västmanland", "L"),
    "0461": ("Östby", "K"),
    "0484": ("Västby", "K"),
    "1980": ("Storby", "K"),
    "1981": ("Lillby", "K"),
    "1982": ("Mellanby", "K"),
}
_KOMMUNER = [area for area, (_, kind) in AREAS.items() if kind == "K"]
_REGIONS = ["0004", "0019"]


def _groups() -> dict[str, tuple[str, list[str]]]:
    groups = {
        "G2328": ("Alla kommuner (ovägt medel)", _KOMMUNER),
        "G2329": ("Alla regioner (ovägt medel)", _REGIONS),
        "G33614": (f"{HOME}s kommuner (ovägt medel)", ["0461", "0484"]),
        "G33626": (f"{OTHER}s kommuner (ovägt medel)", ["1980", "1981", "1982"]),
    }
    for number, subject in enumerate((" äldreomsorg", " socioekonomi"), start=1):
        for area in _KOMMUNER:
            others = [other for other in _KOMMUNER if other != area]
            groups[f"G17{number}{area}"] = (f"Liknande kommuner{subject}, {AREAS[area][0]}, 2024", others[:2])
    for number, subject in enumerate((", hälso- och sjukvård (inkl läkemedel)", " socioekonomi"), start=3):
        for area in _REGIONS:
            others = [other for other in _REGIONS if other != area]
            groups[f"G17{number}{area}"] = (f"Liknande regioner{subject}, {AREAS[area][0]}, 2024", others)
    return groups


def value(kpi_id: str, area: str, year: int) -> float:
    """Every value tells its KPI, area and year apart."""
    return int(kpi_id[-1]) * 10 + int(area) / 1000 + (year - 2022) / 4


def two_counties() -> Dataset:
    """Every KPI of tests.small for every area of its level, 2022–2024, T."""
    rows = [
        (kpi_id, area, year, "T", value(kpi_id, area, year))
        for kpi_id, (_, level) in KPIS.items()
        for area, (_, kind) in AREAS.items()
        if level in ("A", kind) or area == "0000"
        for year in (2022, 2023, 2024)
    ]
    figures = pl.DataFrame(rows, schema=["kpi", "area", "year", "gender", "value"], orient="row")
    return Dataset(
        kpis=[kpi(kpi_id, title, level) for kpi_id, (title, level) in sorted(KPIS.items())],
        municipalities=[{"id": area, "title": title, "type": kind} for area, (title, kind) in AREAS.items()],
        groups=[group(group_id, title, members) for group_id, (title, members) in sorted(_groups().items())],
        values=figures.with_columns(pl.col("year").cast(pl.Int32)),
        loaded=date(2026, 11, 1),
    )


def group(group_id: str, title: str, members: list[str]) -> dict[str, Any]:
    return {
        "id": group_id,
        "title": title,
        "members": [{"member_id": member, "member_title": AREAS[member][0]} for member in members],
    }


def without_kommuner(dataset: Dataset) -> Dataset:
    """The other county's group is there, and none of its kommuner."""
    left = [area for area in dataset.municipalities if not area["id"].startswith("198")]
    return replace(dataset, municipalities=left)
