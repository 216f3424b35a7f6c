"""Which data records answer a query, and their JSON text.

Here: selection, group values and encoding, all on polars columns; a row is encoded when it is asked for. Paging URLs,
limits and status codes are `server`.

What the source leaves open is chosen here: rows without a status get "", a group has no value of its own where no
member has a row, and `region_type` leaves groups out.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import polars as pl

from pipelines.standin.dataset import Dataset

# A page needs its records again for the next page; a run asks for three at once.
_KEPT_SELECTIONS = 8
_GENDERS = pl.Enum(["T", "K", "M"])
_KEY = ["kpi", "year", "area"]


@dataclass(frozen=True, slots=True)
class Query:
    """A data query; None = no restriction. Ids that do not exist simply match nothing."""

    kpis: frozenset[str] | None = None
    areas: frozenset[str] | None = None
    years: frozenset[int] | None = None
    from_date: date | None = None
    region_type: str | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """The records of an answer, in Kolada's order: kpi, period, area.

    `pieces` are the JSON texts of the single values; those that open or close a record carry its brackets as well.
    `starts` holds the position of each record's first piece, and one past the last.
    """

    pieces: pl.Series
    starts: list[int]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def page(self, first: int, size: int) -> tuple[str, int]:
        """The JSON texts of `size` records from number `first` (from 0), comma-separated, and how many they are."""
        begin, end = (self.starts[min(n, len(self))] for n in (first, first + size))
        count = min(first + size, len(self)) - min(first, len(self))
        # Every record's text begins with the comma that parts it from the one before.
        return (self.pieces.slice(begin, end - begin).str.join("").item()[1:], count) if count else ("", 0)


class RecordStore:
    """The values of a dataset, ready to be asked; safe to use from several threads."""

    def __init__(self, dataset: Dataset) -> None:
        values = dataset.values
        if not values["kpi"].is_sorted():
            values = values.sort("kpi", maintain_order=True)
        if "deleted" in values.columns:
            values = values.with_columns(pl.when(~pl.col("deleted")).then("value").alias("value"))
        areas = {m["id"] for m in dataset.municipalities} | {g["id"] for g in dataset.groups}
        members = [(g["id"], m["member_id"]) for g in dataset.groups for m in g["members"]]
        areas.update(values["area"].unique(), (member for _, member in members))
        self._areas = frozenset(areas)
        runs = values["kpi"].rle().struct.unnest()
        # Enums in sorted order: comparing and sorting ids costs no more than integers.
        self._area = pl.Enum(sorted(areas))
        self._kpi = pl.Enum(runs["value"].to_list())
        self._rows = values.cast({"kpi": self._kpi, "area": self._area, "gender": _GENDERS})
        ends = runs["len"].cum_sum()
        self._slices = {k: (e - n, n) for k, n, e in zip(runs["value"], runs["len"], ends, strict=True)}
        self._members = pl.DataFrame(members, schema={"group": self._area, "area": self._area}, orient="row")
        self._groups = {g["id"] for g in dataset.groups}
        self._types = {t: [m["id"] for m in dataset.municipalities if m["type"] == t] for t in ("K", "L")}
        self._loaded = dataset.loaded
        self._area_hash = _hashes(self._area)
        self._kpi_hash = _hashes(self._kpi)
        self.find = lru_cache(_KEPT_SELECTIONS)(self._find)

    def _find(self, query: Query) -> Records:
        """The records that answer `query`."""
        if query.kpis is None:
            rows = self._rows
        else:
            known = sorted(query.kpis.intersection(self._slices))
            rows = pl.concat([self._rows.clear(), *(self._rows.slice(*self._slices[kpi]) for kpi in known)])
        if query.years is not None:
            rows = rows.filter(pl.col("year").is_in(query.years))
        rows = pl.concat([self._ordinary(rows, query), self._group_rows(rows, query)], how="diagonal")
        if query.from_date is not None:
            if "changed" in rows.columns:
                rows = rows.filter(pl.col("changed") >= query.from_date)
            elif self._loaded < query.from_date:
                rows = rows.clear()
        return self._encode(rows)

    def _ordinary(self, rows: pl.DataFrame, query: Query) -> pl.DataFrame:
        wanted = query.areas
        if query.region_type is not None:
            of_type = frozenset(self._types.get(query.region_type, ()))
            wanted = of_type if wanted is None else wanted & of_type
        return rows if wanted is None else rows.filter(pl.col("area").is_in(self._ids(wanted)))

    def _group_rows(self, rows: pl.DataFrame, query: Query) -> pl.DataFrame:
        """Rows of the wanted groups: the members' values summed in the group's member order, divided by their number.

        `count` is the number of members that have a value: 0, with a null value, when members only answered without
        one. A group is deleted when all its members are, and changed when a member last was.
        """
        if query.region_type is not None:
            return rows.clear()
        wanted = self._groups if query.areas is None else self._groups & query.areas
        if not wanted:
            return rows.clear()
        members = self._members.filter(pl.col("group").is_in(self._ids(wanted)))
        value = pl.col("value").drop_nulls()
        aggregates = []
        if "deleted" in rows.columns:
            aggregates.append(pl.col("deleted").all())
        if "changed" in rows.columns:
            aggregates.append(pl.col("changed").max())
        return (
            members.join(rows, on="area", maintain_order="left")
            .drop("area")
            .rename({"group": "area"})
            .group_by("kpi", "area", "year", "gender", maintain_order=True)
            # A running sum adds one by one; `sum` may add in another order, which changes the last digit.
            .agg(*aggregates, total=value.cum_sum().last(), count=value.len().cast(pl.Int32))
            .with_columns(value=pl.col("total") / pl.col("count"))
            .drop("total")
        )

    def _ids(self, ids: Iterable[str]) -> list[str]:
        """The ids that exist: an Enum can be compared with nothing else."""
        return sorted(self._areas.intersection(ids))

    def _encode(self, rows: pl.DataFrame) -> Records:
        rows = rows.with_columns(order=_shuffled(self._kpi_hash, self._area_hash)).sort(*_KEY, "order")
        starts = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in _KEY).fill_null(True)
        rows = rows.with_columns(first=starts)
        closing = pl.concat_str(
            pl.lit('],"kpi":"'), "kpi", pl.lit('","period":'), "year", pl.lit(',"municipality":"'), "area", pl.lit('"}')
        )
        pieces = rows.select(
            pl.concat_str(
                pl.when("first").then(pl.lit(',{"values":[')).otherwise(pl.lit(",")),
                pl.lit('{"gender":"'),
                "gender",
                pl.lit('","count":'),
                _count(rows),
                pl.lit(',"status":'),
                _status(rows),
                pl.lit(',"value":'),
                # Polars writes the shortest text that reads back as the same number.
                pl.col("value").cast(pl.String).fill_null("null"),
                pl.lit(',"isdeleted":'),
                _deleted(rows),
                pl.when(pl.col("first").shift(-1).fill_null(True)).then(closing).otherwise(pl.lit("")),
            ).alias("piece")
        )["piece"]
        return Records(pieces, [*rows["first"].arg_true(), rows.height])


def _shuffled(kpi_hash: pl.Series, area_hash: pl.Series) -> pl.Expr:
    """The place of a gender in its record: one of the six orders, picked by the record's ids and year."""
    picked = (
        pl.lit(kpi_hash).gather(pl.col("kpi").to_physical())
        + pl.lit(area_hash).gather(pl.col("area").to_physical())
        + pl.col("year").cast(pl.UInt32) * 7919
    ) % 6
    # Multiplying by 1 or 2 and adding 0, 1 or 2 permutes the residues of 3 in all six ways.
    return (pl.col("gender").to_physical().cast(pl.UInt32) * (1 + picked // 3) + picked % 3) % 3


def _hashes(ids: pl.Enum) -> pl.Series:
    """A number below 2**16 per category, the same whatever the other categories are."""
    return pl.Series([zlib.crc32(text.encode()) % 65_536 for text in ids.categories], dtype=pl.UInt32)


def _count(rows: pl.DataFrame) -> pl.Expr:
    counted = pl.col("value").is_not_null().cast(pl.Int32)
    return (pl.col("count").fill_null(counted) if "count" in rows.columns else counted).cast(pl.String)


def _status(rows: pl.DataFrame) -> pl.Expr:
    if "status" not in rows.columns:
        return pl.lit('""')
    status = rows["status"].fill_null("")
    texts = {text: json.dumps(text) for text in status.unique()}
    return pl.col("status").fill_null("").replace_strict(texts, return_dtype=pl.String)


def _deleted(rows: pl.DataFrame) -> pl.Expr:
    if "deleted" not in rows.columns:
        return pl.lit("false}")
    return pl.when(pl.col("deleted").fill_null(False)).then(pl.lit("true}")).otherwise(pl.lit("false}"))
