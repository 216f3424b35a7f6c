"""From a fetch's archived answers to accepted and refused values, batch by batch.

A batch is screened by itself: what it was not asked for is refused there, so no value can come in by another
batch's answer.
"""

from __future__ import annotations

import polars as pl

from pipelines.kolada.archive import RawArchive
from pipelines.kolada.fetch import Fetch, read_batch
from pipelines.kolada.observations import to_frame
from pipelines.validation.quarantine import Screened, screen


def screen_fetch(archive: RawArchive, fetch: Fetch, this_year: int) -> Screened:
    """Everything that a fetch brought, also when it asked for nothing."""
    batches = [screen(to_frame([]), {}, this_year)]
    for batch in fetch.batches:
        frame = to_frame(read_batch(archive, batch))
        # Most answers of a night that asks for changes are empty.
        if frame.height:
            batches.append(screen(frame, dict.fromkeys(batch.kpis, batch.areas), this_year))
    return Screened(pl.concat([batch.accepted for batch in batches]), pl.concat([batch.refused for batch in batches]))
