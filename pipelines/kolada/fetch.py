"""Fetching observations: every batch of a plan, and the record of which answers hold what.

A batch that fails stops the whole fetch. The record (`Fetch`) is all that later steps know of it; the bodies are in
the raw archive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

import msgspec
import polars as pl

from pipelines.kolada.archive import RawArchive
from pipelines.kolada.client import Answer, KoladaClient, TooManyIdsError
from pipelines.kolada.contract import Record, all_stated
from pipelines.kolada.plan import MAX_IDS, Batch


class ArchivedPage(msgspec.Struct, frozen=True, array_like=True):
    """A page in the raw archive, its time of arrival (UTC), and whether every record on it stated a value for every
    kön: a null in it is a null then, and nothing else (False: not so, or not known).
    """

    sha256: str
    received: datetime
    stated: bool = False


class FetchedBatch(msgspec.Struct, frozen=True):
    """What was asked for in one batch, and its answers in page order."""

    kpis: tuple[str, ...]
    areas: tuple[str, ...]
    answers: tuple[ArchivedPage, ...]
    since: date | None = None
    """None: all years; else what changed since."""


class Fetch(msgspec.Struct, frozen=True):
    """A finished fetch. `complete`: every followed KPI for every area was asked for, whole or since a date."""

    batches: tuple[FetchedBatch, ...]
    complete: bool

    def pairs(self) -> pl.DataFrame:
        """Columns nyckeltal_id, omrade_id, hel: every pair that was asked for, and whether all years were."""
        grids = [
            pl.DataFrame({"nyckeltal_id": batch.kpis})
            .join(pl.DataFrame({"omrade_id": batch.areas}), how="cross")
            .with_columns(hel=pl.lit(batch.since is None))
            for batch in self.batches
        ]
        none = pl.DataFrame(schema={"nyckeltal_id": pl.String, "omrade_id": pl.String, "hel": pl.Boolean})
        # What was asked again is one pair.
        return pl.concat([none, *grids]).unique(maintain_order=True)

    def encoded(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decoded(cls, content: bytes) -> Fetch:
        return msgspec.json.decode(content, type=cls)


async def fetch_batches(
    client: KoladaClient, batches: Sequence[Batch], on_answer: Callable[[Answer, bool], None]
) -> tuple[FetchedBatch, ...]:
    """Every batch, in the order of the plan. `on_answer(answer, is_last_of_its_batch)` is called for each page.

    A batch that has more ids than Kolada takes is asked for in halves; so are then those that come after it.

    Raises the first error of any batch, after the others have been stopped.
    """
    most = MAX_IDS

    async def fetch_parts(batch: Batch, *, is_last: bool = True) -> list[FetchedBatch]:
        nonlocal most
        parts = list(batch.split(most))
        if len(parts) == 1:
            try:
                return [await fetch_batch(batch, is_last=is_last)]
            except TooManyIdsError:
                if batch.size == 1:
                    raise
                most = min(most, batch.size // 2)
                parts = list(batch.split(most))
        return [
            fetched
            for number, part in enumerate(parts, start=1)
            for fetched in await fetch_parts(part, is_last=is_last and number == len(parts))
        ]

    async def fetch_batch(batch: Batch, *, is_last: bool) -> FetchedBatch:
        pages: list[ArchivedPage] = []
        params = [("from_date", batch.since.isoformat())] if batch.since else []
        last = None
        async for answer, records in client.pages(batch.path, Record, params):
            if last:
                on_answer(last, False)
            last = answer
            pages.append(ArchivedPage(answer.sha256, answer.received, all_stated(records)))
            del records
        assert last, "a list has at least one page"
        on_answer(last, is_last)
        return FetchedBatch(batch.kpis, batch.areas, tuple(pages), batch.since)

    # The first one shows how many ids Kolada takes.
    first = [fetched for batch in batches[:1] for fetched in await fetch_parts(batch)]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch_parts(batch)) for batch in batches[1:]]
    except* Exception as errors:  # noqa: BLE001 - raised on below
        raise _first(errors) from None
    return (*first, *(fetched for task in tasks for fetched in task.result()))


def absent(
    arrived: pl.LazyFrame, stored: pl.DataFrame, whole: pl.DataFrame, refused: pl.DataFrame
) -> dict[str, list[str]]:
    """KPI → areas that were asked for whole, and of which a stored value did not come: a page may have lost it.

    Args:
        arrived: What was accepted: nyckeltal_id, omrade_id, ar, kon.
        stored: What is stored of Kolada's, the same columns.
        whole, refused: nyckeltal_id, omrade_id of what was asked whole, and of what came and was refused.
    """
    key, pair = ["nyckeltal_id", "omrade_id", "ar", "kon"], ["nyckeltal_id", "omrade_id"]
    missing = stored.lazy().join(whole.lazy(), on=pair, how="semi").join(refused.lazy(), on=pair, how="anti")
    missing = missing.with_columns(pl.col("ar").cast(pl.Int64)).join(arrived.select(key), on=key, how="anti")
    areas = (
        missing.select(pair)
        .unique()
        .sort(pair)
        .group_by("nyckeltal_id", maintain_order=True)
        .agg("omrade_id")
        .collect()
    )
    return dict(areas.iter_rows())


def read_batch(archive: RawArchive, batch: FetchedBatch) -> Iterator[tuple[ArchivedPage, bytes]]:
    """A batch's pages and their bodies, from the raw archive."""
    for page in batch.answers:
        yield page, archive.get(page.sha256)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
