"""Archive folders that do not hold together are refused with the file and the fault, never served."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from pipelines.errors import ConfigError
from pipelines.standin.dataset import load_archive
from pipelines.standin.server import running
from tests.standin.conftest import GROUPS, MUNICIPALITIES, kpi

VALUES = pl.DataFrame(
    {"kpi": ["N00001"] * 2, "area": ["0484", "0461"], "year": [2020] * 2, "gender": ["T"] * 2, "value": [1.5, None]}
)


def write_json(file: Path, content: Any) -> None:
    file.write_bytes(gzip.compress(json.dumps(content).encode()))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A sound archive folder."""
    write_json(tmp_path / "kpi.json.gz", [kpi("N00002", "Andra"), kpi("N00001", "Första")])
    write_json(tmp_path / "municipality.json.gz", MUNICIPALITIES)
    write_json(tmp_path / "municipality_groups.json.gz", GROUPS)
    VALUES.write_parquet(tmp_path / "values.parquet")
    return tmp_path


def test_archive_is_served_in_v3_form(archive: Path) -> None:
    # Groups of an older vintage have their keys in another order, and lists come in any order.
    write_json(archive / "municipality_groups.json.gz", [{"members": g["members"], **g} for g in GROUPS][::-1])
    with (
        running(load_archive(archive), "arkiv") as base,
        httpx.Client(base_url=base, trust_env=False, timeout=300) as http,
    ):
        assert [k["id"] for k in http.get("/kpi").json()["values"]] == ["N00001", "N00002"]
        groups = http.get("/municipality_groups").json()["values"]
        assert [list(g) for g in groups] == [["id", "title", "members"]] * 2
        records = http.get("/data/kpi/N00001/municipality/0461,0484").json()["values"]
    assert [(r["municipality"], r["values"][0]["value"], r["values"][0]["count"]) for r in records] == [
        ("0461", None, 0),
        ("0484", 1.5, 1),
    ]


def test_values_of_another_file_can_be_served(archive: Path, tmp_path: Path) -> None:
    (archive / "values.parquet").unlink()
    other = tmp_path / "other.parquet"
    VALUES.with_columns(value=pl.lit(9.0)).write_parquet(other)
    assert load_archive(archive, other).values["value"].to_list() == [9.0, 9.0]


@pytest.mark.parametrize(
    "name", ["kpi.json.gz", "municipality.json.gz", "municipality_groups.json.gz", "values.parquet"]
)
@pytest.mark.parametrize("damage", ["missing", "cut off", "something else"])
def test_a_missing_or_broken_file_is_named(archive: Path, name: str, damage: str) -> None:
    file = archive / name
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:40] if damage == "cut off" else b"<html>")
    with pytest.raises(ConfigError, match=name.replace(".", r"\.")):
        load_archive(archive)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: no such archive folder"):
        load_archive(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("kpi.json.gz", {"values": []}, "expected an array of v3 objects, found dict"),
        ("kpi.json.gz", [{"id": "N1", "title": "x"}], "object 1: the v3 field description is missing"),
        ("municipality.json.gz", ["0484"], "object 1: expected an object, found str"),
        ("municipality_groups.json.gz", [{"id": "G1", "title": "x", "members": None}], "group G1: expected a list"),
        ("municipality_groups.json.gz", [{"id": "G1", "title": "x", "members": [{}]}], "field member_id is missing"),
    ],
)
def test_json_of_another_form_is_refused(archive: Path, name: str, content: Any, message: str) -> None:
    write_json(archive / name, content)
    with pytest.raises(ConfigError, match=message):
        load_archive(archive)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (VALUES.drop("gender"), "the column gender is missing"),
        (VALUES.rename({"kpi": "nyckeltal"}), "the column kpi is missing"),
        (VALUES.with_columns(extra=pl.lit(1)), "the column extra is unknown"),
        (VALUES.with_columns(value=pl.lit("much")), "a column has the wrong type"),
        (VALUES.with_columns(area=pl.lit(None, dtype=pl.String)), "2 rows have no area"),
        (VALUES.with_columns(gender=pl.lit("F")), "gender 'F' is unknown"),
        (VALUES.with_columns(value=pl.lit(float("nan"))), "N00001 0484 2020 T is nan"),
        (VALUES.with_columns(value=pl.lit(float("inf"))), "which JSON cannot carry"),
        (VALUES.with_columns(area=pl.lit("G10")), "G10 is a group"),
    ],
)
def test_values_of_another_form_are_refused(archive: Path, values: pl.DataFrame, message: str) -> None:
    values.write_parquet(archive / "values.parquet")
    with pytest.raises(ConfigError, match=message):
        load_archive(archive)
