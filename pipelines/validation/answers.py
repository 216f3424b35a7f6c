"""From a fetch's archived answers to accepted and refused values, batch by batch.

A batch is screened by itself: what it was not asked for is refused there, so no value can come in by another
batch's answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.kolada.archive import RawArchive
from pipelines.kolada.fetch import Fetch, read_batch
from pipelines.kolada.observations import to_frame
from pipelines.validation.quarantine import Screened, screen


def screened(archive: RawArchive, fetch: Fetch, this_year: int) -> Iterator[Screened]:
    """The batches of a fetch, screened, in order."""
    for batch in fetch.batches:
        asked = dict.fromkeys(batch.kpis, batch.areas)
        yield screen(to_frame(read_batch(archive, batch)), asked, this_year)
