"""Fetching observations: every batch of a plan, and the record of which answers hold what.

A batch that fails stops the whole fetch. The record (`Fetch`) is all that later steps know of it; the bodies are in
the raw archive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

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


class Fetch(msgspec.Struct, frozen=True):
    """A finished fetch. `complete`: every followed KPI for every area, all years."""

    batches: tuple[FetchedBatch, ...]
    complete: bool

    def asked(self) -> dict[str, set[str]]:
        """KPI id → the areas that were asked for it, all years."""
        asked: dict[str, set[str]] = {}
        for batch in self.batches:
            for kpi in batch.kpis:
                asked.setdefault(kpi, set()).update(batch.areas)
        return asked

    def pairs(self) -> pl.DataFrame:
        """Columns nyckeltal_id, omrade_id: every pair that was fetched whole."""
        rows = [(kpi, area) for kpi, areas in self.asked().items() for area in sorted(areas)]
        return pl.DataFrame(rows, schema={"nyckeltal_id": pl.String, "omrade_id": pl.String}, orient="row")

    def save(self, path: Path) -> None:
        path.write_bytes(msgspec.json.encode(self))

    @classmethod
    def load(cls, path: Path) -> Fetch:
        return msgspec.json.decode(path.read_bytes(), type=cls)


async def fetch_batches(
    client: KoladaClient, batches: Sequence[Batch], on_answer: Callable[[Answer, bool], None]
) -> tuple[FetchedBatch, ...]:
    """Every batch, in the order of the plan. `on_answer(answer, is_last_of_its_batch)` is told of each page.

    Raises the first error of any batch, after the others have been stopped.
    """

    async def one(batch: Batch) -> FetchedBatch:
        pages: list[Answer] = []
        async for answer, _ in client.pages(batch.path, Record):
            if pages:
                on_answer(pages[-1], False)
            pages.append(answer)
        on_answer(pages[-1], True)
        return FetchedBatch(batch.kpis, batch.areas, tuple((page.sha256, page.received) for page in pages))

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
