"""The uppföljningar as tables: uppfoljningar.yaml → uppfoljning and what hangs on it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog.follow_ups import FollowUp
from pipelines.warehouse.frames import polars_schema
from pipelines.warehouse.schema import BY_NAME

FOLLOW_UP_TABLES = (
    "uppfoljning",
    "uppfoljning_mote",
    "uppfoljning_forslag",
    "uppfoljning_sammanfattning",
    "uppfoljning_rattelse",
)


def follow_up_frames(follow_ups: Sequence[FollowUp]) -> dict[str, pl.DataFrame]:
    """Table name → frame, in the order of the tables' columns."""
    rows: dict[str, list[tuple[object, ...]]] = {
        "uppfoljning": [
            (
                f.id,
                f.number,
                f.name,
                f.status,
                f.as_of,
                f.version,
                f.case_number,
                f.document_number,
                f.officer,
                f.sent,
                f.board_day,
                f.decided,
            )
            for f in follow_ups
        ],
        "uppfoljning_mote": [
            (f.id, n, meeting.body, meeting.day) for f in follow_ups for n, meeting in enumerate(f.chain, start=1)
        ],
        "uppfoljning_forslag": [(f.id, n, text) for f in follow_ups for n, text in enumerate(f.proposals, start=1)],
        "uppfoljning_sammanfattning": [
            (f.id, a.goal_area, n, sentence, a.by, a.day)
            for f in follow_ups
            for a in f.approved
            for n, sentence in enumerate(a.sentences, start=1)
        ],
        "uppfoljning_rattelse": [(f.id, r.version, r.day, r.reason) for f in follow_ups for r in f.rectifications],
    }
    return {
        name: pl.DataFrame(rows[name], schema=polars_schema(BY_NAME[name]), orient="row") for name in FOLLOW_UP_TABLES
    }
