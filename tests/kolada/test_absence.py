"""A list that moves while it is read: nothing that exists is taken for deleted, and what is gone is."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import polars as pl
import pytest

from pipelines.kolada import client as kolada_client
from pipelines.kolada.archive import RawArchive
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.fetch import Fetch, absent, fetch_batches
from pipelines.kolada.plan import MAX_IDS, PAIRS_OF_A_PAGE, PER_PAGE, Batch, plan_again
from pipelines.validation.accepted import write_accepted
from pipelines.validation.answers import screen_answers
from pipelines.validation.bounds import bounds
from pipelines.validation.quarantine import KEY, PAIR

KPIS, AREAS, YEARS = ("N00001", "N00002", "N00003"), ("0428", "0461", "0480", "0484"), range(2018, 2026)
EVERY_KEY = [(kpi, area, year) for kpi in KPIS for area in AREAS for year in YEARS]
Key = tuple[str, str, int]


class MovingKolada:
    """Answers in pages of `size`; between two pages its list may lose or gain a record before the page, or be
    in another order.
    """

    def __init__(self, keys: set[Key], size: int, seed: int) -> None:
        self.keys, self.size, self.random = keys, size, random.Random(seed)

    def handle(self, request: httpx.Request) -> httpx.Response:
        match = re.search(r"/data/kpi/([^/]+)/municipality/([^?]+)", str(request.url))
        assert match
        kpis, areas = match[1].split(","), match[2].split(",")
        rows = sorted(key for key in self.keys if key[0] in kpis and key[1] in areas)
        number = int(request.url.params.get("page", 1))
        if number > 1:
            self.move(rows)
        start = (number - 1) * self.size
        part, is_last = rows[start : start + self.size], start + self.size >= len(rows)
        values = [
            {"kpi": kpi, "municipality": area, "period": year, "values": [{"gender": "T", "value": 1.0, "count": 1}]}
            for kpi, area, year in part
        ]
        next_url = None if is_last else str(request.url.copy_set_param("page", number + 1))
        body = json.dumps({"values": values, "count": len(values), "next_url": next_url}).encode()
        return httpx.Response(200, stream=httpx.ByteStream(body))

    def move(self, rows: list[Key]) -> None:
        match self.random.choice(["still", "one fewer before", "one more before", "shuffled"]):
            case "one fewer before":
                rows.pop(0)
            case "one more before":
                rows.insert(0, rows[0])
            case "shuffled":
                self.random.shuffle(rows)


def frame(keys: set[Key]) -> pl.DataFrame:
    rows = [(kpi, area, year, "T") for kpi, area, year in sorted(keys)]
    schema = dict.fromkeys(KEY, pl.String) | {"ar": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


def night(kolada: MovingKolada, stored: set[Key], folder: Path) -> tuple[set[Key], int]:
    """What would be taken for deleted, and how many pairs were asked for once more."""
    archive = RawArchive(folder / "ra")

    async def ask(batches: list[Batch]) -> Fetch:
        def store(url: str, status: int, body: bytes, received: datetime) -> str:
            return archive.store_blob(body)

        async with KoladaClient(
            "https://kolada.test/v3", store, transport=httpx.MockTransport(kolada.handle)
        ) as client:
            return Fetch(await fetch_batches(client, batches, lambda *_: None), True)

    def accepted(fetch: Fetch, *, more: bool) -> pl.DataFrame:
        screened = screen_answers(archive, fetch, datetime.now(UTC).year, bounds([]))
        return write_accepted(folder, screened, more=more)[0].of(KPIS)

    first = asyncio.run(ask([Batch(KPIS, AREAS)]))
    came = accepted(first, more=False)
    pairs = absent(came.lazy(), frame(stored), first.pairs().filter("hel"), frame(set()).select(PAIR))
    if pairs:
        came = accepted(asyncio.run(ask(plan_again(pairs))), more=True)
    assert came.select(KEY).is_unique().all(), "a value that came twice is one"
    return stored - {(kpi, area, year) for kpi, area, year, _ in came.select(KEY).iter_rows()}, len(pairs)


# `make faults` plays a thousand.
NIGHTS = 1000 if os.environ.get("FAULTS") == "all" else 20


def test_nights_of_moving_lists_delete_what_is_gone_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A page of twenty records, of which a pair has eight: as with Kolada's 5,000, a pair is never on two pages.
    monkeypatch.setattr(kolada_client, "PER_PAGE", 20)
    monkeypatch.setattr("pipelines.kolada.plan.PAIRS_OF_A_PAGE", 2)
    asked_again = 0
    for seed in range(NIGHTS):
        gone = set(random.Random(seed).sample(EVERY_KEY, seed % 4))
        deleted, pairs = night(MovingKolada(set(EVERY_KEY) - gone, 20, seed), set(EVERY_KEY), tmp_path)
        assert deleted == gone, seed
        asked_again += pairs
    assert asked_again > NIGHTS, "the lists have moved"


def test_what_is_asked_again_is_one_page() -> None:
    pairs = {f"N{number:05}": [f"{area:04}" for area in range(300)] for number in range(60)}
    pairs["N00007"] = ["0484"]
    batches = plan_again(pairs)
    asked = [(kpi, area) for batch in batches for kpi in batch.kpis for area in batch.areas]
    assert sorted(asked) == sorted((kpi, area) for kpi, areas in pairs.items() for area in areas)
    assert all(len(batch.kpis) * len(batch.areas) <= PAIRS_OF_A_PAGE and batch.size <= MAX_IDS for batch in batches)
    assert PAIRS_OF_A_PAGE * 60 <= PER_PAGE, "sixty years of each"


@pytest.mark.parametrize(
    ("whole", "refused", "expected"),
    [
        ([("N00001", "0428")], [], {"N00001": ["0428"]}),
        ([("N00001", "0461")], [], {}),
        ([("N00001", "0428")], [("N00001", "0428")], {}),
    ],
)
def test_only_what_was_asked_whole_and_came_unhindered_is_absent(
    whole: list[tuple[str, str]], refused: list[tuple[str, str]], expected: dict[str, list[str]]
) -> None:
    stored = frame({("N00001", "0428", 2023), ("N00001", "0461", 2023)})
    pairs, doubted = (
        pl.DataFrame(rows, schema=dict.fromkeys(PAIR, pl.String), orient="row") for rows in (whole, refused)
    )
    came = frame({("N00001", "0461", 2023)}).cast({"ar": pl.Int64})
    assert absent(came.lazy(), stored, pairs, doubted) == expected
