"""From a fetch's archived answers to accepted and refused values, batch by batch.

A batch is screened by itself: what it was not asked for is refused there, so no value can come in by another
batch's answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import polars as pl

from pipelines.kolada.archive import RawArchive
from pipelines.kolada.fetch import Fetch, FetchedBatch, read_batch
from pipelines.kolada.observations import to_frame
from pipelines.streaming import prefetch
from pipelines.validation.quarantine import Screened, screen


def screen_answers(archive: RawArchive, fetch: Fetch, this_year: int, limits: pl.DataFrame) -> Iterator[Screened]:
    """Screen all answers of a fetch, a batch's nyckeltal at a time; the first result is empty, even without answers.
    `limits`: as of `bounds.bounds`.
    """
    yield screen(to_frame([]), {}, this_year, limits)

    def screened(batches: list[FetchedBatch]) -> list[Screened]:
        parts = []
        for batch in batches:
            frame = to_frame(read_batch(archive, batch))
            # Most answers of a night that asks for changes are empty.
            if frame.height:
                parts.append(screen(frame, dict.fromkeys(batch.kpis, batch.areas), this_year, limits))
        return parts

    same_kpis = (list(batches) for _, batches in groupby(fetch.batches, key=lambda batch: batch.kpis))
    # While one thread decodes, which is Python's, the other unpacks, judges or writes, which is not.
    for results in prefetch(screened, same_kpis, threads=2):
        if results:
            yield _together(results)


def screen_fetch(archive: RawArchive, fetch: Fetch, this_year: int, limits: pl.DataFrame) -> Screened:
    """As `screen_answers`, all at once."""
    return _together(list(screen_answers(archive, fetch, this_year, limits)))


def _together(screened: list[Screened]) -> Screened:
    return Screened(
        pl.concat([result.accepted for result in screened]), pl.concat([result.refused for result in screened])
    )
