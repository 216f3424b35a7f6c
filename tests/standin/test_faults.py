"""Each fault as a plain HTTP client meets it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from pipelines.standin.faults import Fault, FaultPlan, FaultyAnswer, Kind
from pipelines.standin.server import RequestLog, running
from tests.standin.conftest import small_dataset

Get = Callable[..., httpx.Response]


@contextmanager
def faulty(*faults: Fault, log: RequestLog | None = None, plan: FaultPlan | None = None) -> Iterator[Get]:
    """A server with these faults; yields how to ask it."""
    with (
        running(small_dataset(), "syntetisk", faults=plan or FaultPlan(*faults), log=log) as base,
        httpx.Client(base_url=base, trust_env=False, timeout=300) as http,
    ):
        yield http.get


def test_a_status_comes_as_often_as_asked_for_and_then_the_right_answer() -> None:
    with faulty(Fault("/kpi", "status", status=429, retry_after="7"), Fault("/kpi", "status", status=502)) as get:
        first, second, third = get("/kpi"), get("/kpi"), get("/kpi")
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    assert (second.status_code, "retry-after" in second.headers) == (502, False)
    assert second.headers["X-Malbild-Standin"] == "syntetisk"
    assert (third.status_code, third.json()["count"]) == (200, 3)


def test_only_matching_requests_are_struck_query_included() -> None:
    with faulty(Fault(r"/data/.*page=2", "status", times=None)) as get:
        assert get("/kpi?page=2").status_code == 200
        assert get("/data/kpi/N00001/year/2023").status_code == 200
        assert [get("/data/kpi/N00001/year/2023?page=2").status_code for _ in range(3)] == [503, 503, 503]


def test_a_fault_can_be_added_while_the_server_runs() -> None:
    plan = FaultPlan()
    with faulty(plan=plan) as get:
        assert get("/kpi").status_code == 200
        plan.add(Fault("/kpi", "status", status=500))
        assert get("/kpi").status_code == 500


@pytest.mark.parametrize(("kind", "start"), [("html", "<!doctype html>"), ("empty", "")])
def test_another_body_with_status_200(kind: Kind, start: str) -> None:
    with faulty(Fault("/kpi", kind)) as get:
        answer = get("/kpi")
    assert answer.status_code == 200
    assert answer.text[: len(start) or None] == start


@pytest.mark.parametrize(
    ("kind", "share", "errors"),
    [
        ("truncated", 2, httpx.RemoteProtocolError),
        ("late_reset", 2, (httpx.ReadError, httpx.RemoteProtocolError)),
        ("reset", None, httpx.ReadError),
    ],
)
def test_a_transfer_that_breaks(kind: Kind, share: int | None, errors: type[Exception]) -> None:
    log = RequestLog()
    with faulty(Fault("/kpi", kind), log=log) as get:
        with pytest.raises(errors):
            get("/kpi")
        whole = get("/kpi")
    assert whole.json()["count"] == 3
    assert [entry.size for entry in log.entries] == [len(whole.content) // share if share else 0, len(whole.content)]


def test_a_slow_answer_is_right_but_late() -> None:
    with faulty(Fault("/kpi", "slow", delay=600), Fault("/kpi", "slow", delay=0.01)) as get:
        with pytest.raises(httpx.ReadTimeout):
            get("/kpi", timeout=0.2)
        assert get("/kpi").json()["count"] == 3


def test_a_next_url_to_the_request_itself_or_to_another_host() -> None:
    with faulty(Fault("/data", "cycle"), Fault("/kpi", "cross_host")) as get:
        cycle, other = get("/data/kpi/N00001/municipality/0484?per_page=1&page=2"), get("/kpi?per_page=1")
    assert cycle.json()["next_url"] == str(cycle.url)
    assert other.json()["next_url"] == "http://annan-vard.invalid/v3/kpi?per_page=1"


@contextmanager
def endless_answer(kind: Kind) -> Iterator[Iterator[bytes]]:
    """The pieces of an answer that does not end."""
    with (
        running(small_dataset(), "syntetisk", faults=FaultPlan(Fault("/kpi", kind))) as base,
        httpx.stream("GET", f"{base}/kpi", trust_env=False, timeout=300) as answer,
    ):
        yield answer.iter_bytes()


def test_an_endless_answer_goes_on_after_the_right_one() -> None:
    with endless_answer("endless") as pieces:
        body = b""
        while len(body) < 1_000_000:
            body += next(pieces)
    assert json.loads(body)["count"] == 3


def test_a_dripping_answer_comes_byte_by_byte() -> None:
    with endless_answer("drip") as pieces:
        assert [next(pieces), next(pieces)] == [b"{", b'"']


def test_a_made_answer_is_what_was_made_of_the_right_one() -> None:
    def make(right: FaultyAnswer) -> FaultyAnswer:
        return FaultyAnswer(202, right.body + b"x", {"location": "?om"})

    with faulty(Fault("/kpi", "made", make=make)) as get:
        answer, right = get("/kpi"), get("/kpi")
    assert (answer.status_code, answer.headers["location"], answer.content) == (202, "?om", right.content + b"x")
