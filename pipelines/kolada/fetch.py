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
from pipelines.kolada.client import Answer, KoladaClient
from pipelines.kolada.contract import Record, read_page
from pipelines.kolada.plan import Batch


class FetchedBatch(msgspec.Struct, frozen=True):
    """What was asked for in one batch, and its answers in page order."""

    kpis: tuple[str, ...]
    areas: tuple[str, ...]
    answers: tuple[tuple[str, datetime], ...]
    """sha256 and time of arrival (UTC) of each page."""
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
        return pl.concat([none, *grids])

    def encoded(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decoded(cls, content: bytes) -> Fetch:
        return msgspec.json.decode(content, type=cls)


async def fetch_batches(
    client: KoladaClient, batches: Sequence[Batch], on_answer: Callable[[Answer, bool], None]
) -> tuple[FetchedBatch, ...]:
    """Every batch, in the order of the plan. `on_answer(answer, is_last_of_its_batch)` is told of each page.

    Raises the first error of any batch, after the others have been stopped.
    """

    async def one(batch: Batch) -> FetchedBatch:
        pages: list[Answer] = []
        params = [("from_date", batch.since.isoformat())] if batch.since else []
        async for answer, _ in client.pages(batch.path, Record, params):
            if pages:
                on_answer(pages[-1], False)
            pages.append(answer)
        on_answer(pages[-1], True)
        return FetchedBatch(batch.kpis, batch.areas, tuple((page.sha256, page.received) for page in pages), batch.since)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(batch)) for batch in batches]
    except* Exception as errors:  # noqa: BLE001 - raised on below
        raise _first(errors) from None
    return tuple(task.result() for task in tasks)


def read_batch(archive: RawArchive, batch: FetchedBatch) -> Iterator[tuple[datetime, list[Record]]]:
    """A batch's pages from the raw archive: time of arrival (UTC) and records."""
    for sha256, received in batch.answers:
        yield received, read_page(archive.get(sha256), Record).values


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
