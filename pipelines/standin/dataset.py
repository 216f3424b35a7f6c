"""What the stand-in serves: Kolada's catalogue and values, held as plain data.

Here: the `Dataset` and the reading of an archive folder, with a clear error for what does not hold together. How values
become answers is `records`, the HTTP side is `server`, and the made-up figures are `sample`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import ConfigError

KPI_FIELDS = (
    "id",
    "title",
    "description",
    "is_divided_by_gender",
    "municipality_type",
    "auspice",
    "operating_area",
    "perspective",
    "prel_publication_date",
    "publication_date",
    "publ_period",
    "has_ou_data",
)
MUNICIPALITY_FIELDS = ("id", "title", "type")
GROUP_FIELDS = ("id", "title", "members")
MEMBER_FIELDS = ("member_id", "member_title")

REQUIRED_COLUMNS: dict[str, pl.DataType] = {
    "kpi": pl.String(),
    "area": pl.String(),
    "year": pl.Int32(),
    "gender": pl.String(),
    "value": pl.Float64(),
}
OPTIONAL_COLUMNS: dict[str, pl.DataType] = {
    "status": pl.String(),
    "count": pl.Int32(),
    "deleted": pl.Boolean(),
    "changed": pl.Date(),
}
NULLABLE = ("value",)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One vintage of Kolada: the three catalogue lists (v3 objects, sorted by id) and the values.

    `values`: kpi, area, year, gender T/K/M, value (NULL = answered without a value). Optional columns: status ("" when
    absent), count (1 with a value, 0 without, when absent), deleted (false when absent; a deleted value is served as
    null) and changed, the date when the value last changed (`loaded` when absent). KPIs outside the catalogue may have
    values and are then served.
    Group values are never stored: the server computes them.
    """

    kpis: Sequence[dict[str, Any]]
    municipalities: Sequence[dict[str, Any]]
    groups: Sequence[dict[str, Any]]
    values: pl.DataFrame
    loaded: date

    def __post_init__(self) -> None:
        groups = {group["id"] for group in self.groups}
        stored = sorted(groups.intersection(self.values["area"].unique()))
        if stored:
            raise ConfigError(
                f"values: {stored[0]} is a group and has rows of its own; expected rows of kommuner, regions and 0000 "
                "only, because the stand-in computes group values → leave the rows of groups out"
            )


def load_archive(folder: Path, values: Path | None = None) -> Dataset:
    """The archive folder's catalogue with its own values.parquet, or with the values of another file.

    Errors: ConfigError when the folder or a file is missing, unreadable, or not in the form of an archive folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such archive folder → name a folder with kpi.json.gz and its companions")
    values_file = values if values is not None else folder / "values.parquet"
    return Dataset(
        kpis=_objects(folder / "kpi.json.gz", KPI_FIELDS),
        municipalities=_objects(folder / "municipality.json.gz", MUNICIPALITY_FIELDS),
        groups=_groups(folder / "municipality_groups.json.gz"),
        values=_values(values_file),
        loaded=datetime.now(UTC).date(),
    )


def _objects(file: Path, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """The JSON array in `file`, each object with its v3 fields first and in v3's order, sorted by id."""
    try:
        array = json.loads(gzip.decompress(file.read_bytes()))
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: missing from the archive folder → add it, or name another folder") from error
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(f"{file}: expected gzipped JSON, it is not ({error}) → fetch it again") from error
    if not isinstance(array, list):
        raise ConfigError(
            f"{file}: expected an array of v3 objects, found {type(array).__name__} → save only the values"
        )
    objects = [_fields(item, fields, f"{file}, object {number}") for number, item in enumerate(array, start=1)]
    return sorted(objects, key=lambda item: str(item["id"]))


def _groups(file: Path) -> list[dict[str, Any]]:
    groups = _objects(file, GROUP_FIELDS)
    for group in groups:
        where = f"{file}, group {group['id']}"
        if not isinstance(group["members"], list):
            raise ConfigError(f"{where}: expected a list of members, found {group['members']!r} → save v3 objects")
        group["members"] = [_fields(member, MEMBER_FIELDS, f"{where}, a member") for member in group["members"]]
    return groups


def _fields(item: object, fields: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ConfigError(f"{where}: expected an object, found {type(item).__name__} → save v3 objects")
    missing = [field for field in fields if field not in item]
    if missing:
        raise ConfigError(f"{where}: the v3 field {missing[0]} is missing, found {', '.join(item)} → save v3 objects")
    return {field: item[field] for field in fields} | item


def _values(file: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(file)
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: missing → name the values with --values, or add the file") from error
    except (OSError, pl.exceptions.ComputeError) as error:
        raise ConfigError(f"{file}: expected a Parquet file, it is not ({error}) → fetch it again") from error
    known = REQUIRED_COLUMNS | OPTIONAL_COLUMNS
    missing = [name for name in REQUIRED_COLUMNS if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in known]
    if missing or unknown:
        wrong = f"the column {missing[0]} is missing" if missing else f"the column {unknown[0]} is unknown"
        raise ConfigError(
            f"{file}: {wrong}; expected {', '.join(REQUIRED_COLUMNS)} and at most {', '.join(OPTIONAL_COLUMNS)}, "
            f"found {', '.join(frame.columns)} → rewrite the file"
        )
    try:
        frame = frame.cast({name: known[name] for name in frame.columns})
    except pl.exceptions.PolarsError as error:
        raise ConfigError(f"{file}: a column has the wrong type ({error}) → rewrite the file") from error
    empty = [name for name in frame.columns if name not in NULLABLE and frame[name].null_count()]
    if empty:
        raise ConfigError(f"{file}: {frame[empty[0]].null_count()} rows have no {empty[0]} → rewrite the file")
    genders = set(frame["gender"].unique()) - {"T", "K", "M"}
    if genders:
        raise ConfigError(f"{file}: gender {min(genders)!r} is unknown; expected T, K or M → rewrite the file")
    infinite = frame.filter(~pl.col("value").is_finite())
    if infinite.height:
        kpi, area, year, gender, value = infinite.select(list(REQUIRED_COLUMNS)).row(0)
        raise ConfigError(
            f"{file}: {kpi} {area} {year} {gender} is {value}, which JSON cannot carry; "
            "expected a number or NULL → rewrite the file"
        )
    return frame
