"""Values that are held because their KPI's title is not confirmed, and how they come in once it is.

The values themselves wait in the raw archive; `hallet` knows which runs brought them. What becomes of `karantan` is
`refused`; which titles are confirmed is `catalog.titles`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from pipelines.catalog.model import Catalog
from pipelines.catalog.titles import is_confirmed
from pipelines.kolada.archive import FETCH_FILE, RawArchive
from pipelines.kolada.fetch import Fetch
from pipelines.validation.answers import screen_fetch
from pipelines.validation.bounds import bounds
from pipelines.validation.quarantine import KEY, PAIR, doubtful
from pipelines.warehouse import cursor


@dataclass(frozen=True, slots=True)
class Batch:
    """Screened values and what they cover.

    accepted, refused: as `validation.quarantine.Screened`. pairs: nyckeltal_id, omrade_id, hel (`Fetch.pairs`).
    unsure: the pairs of which a refused value may have been meant (`validation.quarantine.doubtful`).
    """

    accepted: pl.DataFrame
    refused: pl.DataFrame
    pairs: pl.DataFrame
    unsure: pl.DataFrame

    def only(self, kpis: Collection[str]) -> Batch:
        """The part of it that concerns these nyckeltal."""
        selection = pl.col("nyckeltal_id").is_in(list(kpis))
        return Batch(*(frame.filter(selection) for frame in (self.accepted, self.refused, self.pairs, self.unsure)))


def hold(
    connection: duckdb.DuckDBPyConnection, titles: Mapping[str, str], pairs: pl.DataFrame, run_id: str, when: datetime
) -> None:
    """Inside a transaction of the caller: note that this run's answers hold these KPIs, by id → Kolada's title.

    A KPI that comes under a title for the first time, and not whole, is fetched whole the night after: what was fetched
    before came under another title.
    """
    for kpi_id, title in titles.items():
        kpi_pairs = pairs.filter(pl.col("nyckeltal_id") == kpi_id)
        if kpi_pairs.is_empty():
            continue
        connection.execute("DELETE FROM hallet WHERE nyckeltal_id = $1 AND titel <> $2", [kpi_id, title])
        known = connection.sql("SELECT 1 FROM hallet WHERE nyckeltal_id = $1 LIMIT 1", params=[kpi_id]).fetchall()
        if not known and not kpi_pairs["hel"].all():
            cursor.forget(connection, [kpi_id])
        connection.execute(
            """INSERT INTO hallet BY NAME
               SELECT $1 AS nyckeltal_id, $2 AS korning_id, $3 AS titel, $4 AS observerad""",
            [kpi_id, run_id, title, when],
        )


def release(
    connection: duckdb.DuckDBPyConnection, archive: RawArchive, catalog: Catalog, held: Mapping[str, str]
) -> list[Batch]:
    """Inside a transaction of the caller: from the raw archive, oldest first, the values of KPIs that are held no
    longer; `latest_state` lays what came now over them.

    What was held under a title that nobody confirmed stays out.
    """
    rows = connection.sql("SELECT nyckeltal_id, korning_id, titel FROM hallet ORDER BY observerad").fetchall()
    ended = {kpi_id: title for kpi_id, _, title in rows if kpi_id not in held}
    kpis = {k for k, title in ended.items() if k in catalog.kpis and is_confirmed(catalog.kpis[k], title)}
    connection.execute("DELETE FROM hallet WHERE list_contains($1, nyckeltal_id)", [sorted(ended)])
    cursor.forget(connection, ended.keys() - kpis)
    limits = bounds(catalog.kpis.values())
    return [
        _archived(archive, run_id, [k for k, r, _ in rows if r == run_id and k in kpis], limits)
        for run_id in dict.fromkeys(run_id for kpi_id, run_id, _ in rows if kpi_id in kpis)
    ]


def _archived(archive: RawArchive, run_id: str, kpis: list[str], limits: pl.DataFrame) -> Batch:
    """What an earlier run fetched of these KPIs."""
    fetch = Fetch.decoded(archive.files(run_id)[FETCH_FILE])
    kpi_fetch = Fetch(tuple(batch for batch in fetch.batches if set(batch.kpis) & set(kpis)), complete=False)
    year = max((page.received.year for batch in kpi_fetch.batches for page in batch.answers), default=0)
    screened = screen_fetch(archive, kpi_fetch, year, limits)
    pairs = kpi_fetch.pairs()
    return Batch(screened.accepted, screened.refused, pairs, doubtful(pairs, screened.refused)).only(kpis)


def latest_state(earlier: list[Batch], now: Batch) -> Batch:
    """The state after all steps: a whole fetch of a pair replaces what came before it, other values replace their key.

    `now` counts as it is; of the earlier ones only pairs that were fetched whole under the confirmed title, so that no
    series is made of two measures.
    """
    if not earlier:
        return now
    steps = [*earlier, now]
    last = len(steps) - 1
    pairs = _numbered([step.pairs for step in steps])
    whole = pairs.filter("hel").group_by(PAIR).agg(helt=pl.col("steg").max())

    def still_holds(frames: list[pl.DataFrame]) -> pl.DataFrame:
        rows = _numbered(frames).join(whole, on=PAIR, how="left", maintain_order="left")
        return rows.filter((pl.col("steg") >= pl.col("helt")) | (pl.col("helt").is_null() & (pl.col("steg") == last)))

    accepted = still_holds([step.accepted for step in steps]).sort("steg", maintain_order=True)
    return Batch(
        accepted.unique(KEY, keep="last", maintain_order=True).select(steps[-1].accepted.columns),
        still_holds([step.refused for step in steps]).select(steps[-1].refused.columns),
        pairs.group_by(PAIR, maintain_order=True).agg(pl.col("hel").any()),
        # Also where a later step came whole: what is not taken for deleted now is looked at again next time.
        pl.concat([step.unsure for step in steps]).unique(),
    )


def _numbered(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([frame.with_columns(steg=pl.lit(number)) for number, frame in enumerate(frames)])
