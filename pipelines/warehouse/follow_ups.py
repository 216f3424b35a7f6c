"""The uppföljningar as tables: uppfoljningar.yaml → uppfoljning and what hangs on it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog.follow_ups import FollowUp
from pipelines.warehouse.frames import as_frame, row


def follow_up_frames(follow_ups: Sequence[FollowUp]) -> dict[str, pl.DataFrame]:
    """Table name → frame."""
    rows = {
        "uppfoljning": [row("uppfoljning", f, version=f.version) for f in follow_ups],
        "uppfoljning_mote": [
            row("uppfoljning_mote", meeting, uppfoljning_id=f.id, ordning=n)
            for f in follow_ups
            for n, meeting in enumerate(f.chain, start=1)
        ],
        "uppfoljning_forslag": [
            {"uppfoljning_id": f.id, "ordning": n, "text": text}
            for f in follow_ups
            for n, text in enumerate(f.proposals, start=1)
        ],
        "uppfoljning_sammanfattning": [
            row("uppfoljning_sammanfattning", approved, uppfoljning_id=f.id, ordning=n, mening=sentence)
            for f in follow_ups
            for approved in f.approved
            for n, sentence in enumerate(approved.sentences, start=1)
        ],
        "uppfoljning_rattelse": [
            row("uppfoljning_rattelse", rectification, uppfoljning_id=f.id)
            for f in follow_ups
            for rectification in f.rectifications
        ],
    }
    return {name: as_frame(name, table_rows) for name, table_rows in rows.items()}
