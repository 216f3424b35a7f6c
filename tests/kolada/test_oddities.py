"""Kolada's oddities where they are none of ours, and a limit that is lower than the one we know: over real HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.errors import SourceError
from pipelines.kolada.catalogue import Catalogue, fetch_catalogue
from pipelines.kolada.client import KoladaClient, Traffic, store_nothing
from pipelines.kolada.fetch import FetchedBatch, fetch_batches
from pipelines.kolada.plan import Batch
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault, FaultyAnswer
from pipelines.standin.server import RequestLog
from tests.small import AREAS, GROUPS, KPIS, dataset, kolada

OUR_KPIS, OUR_GROUPS, OUR_AREAS = ["U00001", "U00002"], ["G1", "G2"], ["0461", "0484", "0004", "0000"]
Rows = list[dict[str, Any]]


def catalogue(served: Dataset, *faults: Fault, whole: bool = True) -> tuple[Catalogue, Traffic]:
    async def ask(url: str) -> tuple[Catalogue, Traffic]:
        async with KoladaClient(url, store_nothing, patience=0) as client:
            return await fetch_catalogue(client, OUR_KPIS, OUR_GROUPS, OUR_AREAS, whole=whole), client.traffic

    with kolada(served, *faults) as url:
        return asyncio.run(ask(url))


def rows(match: str, change: Callable[[Rows], object]) -> Fault:
    """What the list that `match` names answers, after `change` of its rows."""

    def make(right: FaultyAnswer) -> FaultyAnswer:
        content = json.loads(right.body)
        change(content["values"])
        content["count"] = len(content["values"])
        return FaultyAnswer(200, json.dumps(content).encode())

    return Fault(match, "made", times=None, make=make)


def row_with(row_id: str, **fields: object) -> Callable[[Rows], object]:
    return lambda rows: next(row for row in rows if row["id"] == row_id).update(fields)


LISTS = {
    "/v3/kpi": ("N00003", "U00001"),
    "/v3/municipality_groups": ("G9", "G1"),
    "/v3/municipality[?]": ("1000", "0484"),
}
ODD = [
    ("/v3/kpi", {"title": None}),
    ("/v3/kpi", {"municipality_type": 7}),
    ("/v3/municipality_groups", {"members": None}),
    ("/v3/municipality_groups", {"members": [{"member_id": "0484", "member_title": None}]}),
    ("/v3/municipality[?]", {"title": None}),
    ("/v3/municipality[?]", {"type": "X"}),
    ("/v3/municipality[?]", {"id": "SE01"}),
    ("/v3/municipality[?]", {"id": None}),
]


@pytest.mark.parametrize(("match", "fields"), ODD)
def test_a_row_that_is_none_of_ours_is_skipped_counted_and_logged(
    match: str, fields: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    theirs, _ = LISTS[match]
    with caplog.at_level(logging.WARNING, "malbild.kolada"):
        fetched, traffic = catalogue(dataset(), rows(match, row_with(theirs, **fields)))
    assert traffic.skipped == 1
    assert "1 rows that are none of ours are skipped" in caplog.text
    assert fetched.kpis.keys() == set(OUR_KPIS)
    assert fetched.groups.keys() == set(OUR_GROUPS)
    assert {area.id for area in fetched.areas} == AREAS.keys() - ({"1000"} if "municipality[" in match else set())


@pytest.mark.parametrize(("match", "fields"), [case for case in ODD if "id" not in case[1]])
def test_the_same_oddity_of_ours_stops_the_night(match: str, fields: dict[str, object]) -> None:
    _, ours = LISTS[match]
    with pytest.raises(SourceError, match=r"unreadable|has type 'X'"):
        catalogue(dataset(), rows(match, row_with(ours, **fields)))


def test_a_row_that_comes_twice_stops_the_night_when_it_is_ours() -> None:
    def twice(row_id: str) -> Callable[[Rows], object]:
        return lambda rows: rows.append(next(row for row in rows if row["id"] == row_id))

    fetched, traffic = catalogue(dataset(), rows("/v3/municipality[?]", twice("1000")))
    assert (len(fetched.areas), traffic.skipped) == (len(AREAS), 1)
    with pytest.raises(SourceError, match="0484 came twice"):
        catalogue(dataset(), rows("/v3/municipality[?]", twice("0484")))


def too_many(most: int, segment: str) -> Fault:
    """More than so many ids in that part of the path are refused."""
    return Fault(rf"{segment}[^/?]*(,[^/?,]+){{{most}}}", "status", times=None, status=422)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_a_lower_limit_is_met_by_smaller_batches(most: int) -> None:
    batches = [Batch(tuple(KPIS), tuple(AREAS)), Batch(tuple(KPIS), tuple(GROUPS))]
    log = RequestLog()

    async def ask(url: str) -> tuple[FetchedBatch, ...]:
        answers: list[bool] = []
        async with KoladaClient(url, store_nothing) as client:
            fetched = await fetch_batches(client, batches, lambda answer, done: answers.append(done))
        assert answers.count(True) == len(batches), "progress counts the batches of the plan"
        return fetched

    limits = [too_many(most, "/data/kpi/"), too_many(most, "/municipality/")]
    with kolada(None, *limits, log=log) as url:
        fetched = asyncio.run(ask(url))
    pairs = [(kpi, area) for batch in fetched for kpi in batch.kpis for area in batch.areas]
    assert sorted(pairs) == sorted((kpi, area) for batch in batches for kpi in batch.kpis for area in batch.areas)
    assert max(len(batch.kpis) for batch in fetched) <= most
    refused = sum(entry.status == 422 for entry in log.entries)
    assert refused < 6, "the limit is learned once"


def test_a_catalogue_asked_for_by_id_meets_a_lower_limit_too() -> None:
    fetched, _ = catalogue(dataset(), too_many(1, "/v3/kpi/"), too_many(1, "groups/"), whole=False)
    assert fetched.kpis.keys() == set(OUR_KPIS)
    assert fetched.groups.keys() == set(OUR_GROUPS)


def test_what_one_id_is_refused_for_is_no_limit() -> None:
    with pytest.raises(SourceError, match="status 422, expected 200"):
        catalogue(dataset(), too_many(0, "/v3/kpi/"), whole=False)
