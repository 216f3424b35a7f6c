"""Each fault as a plain HTTP client meets it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from pipelines.standin.faults import Fault, FaultPlan, Made
from pipelines.standin.server import RequestLog, running
from tests.standin.conftest import small_dataset

Get = Callable[..., httpx.Response]


@contextmanager
def faulty(*faults: Fault, log: RequestLog | None = None) -> Iterator[Get]:
    """A server with these faults; yields how to ask it."""
    plan = FaultPlan(*faults)
    with (
        running(small_dataset(), "syntetisk", faults=plan, log=log) as base,
        httpx.Client(base_url=base, trust_env=False, timeout=30) as http,
    ):
        yield http.get


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_status_once_then_the_right_answer(status: int) -> None:
    with faulty(Fault("/kpi", "status", status=status)) as get:
        first, second = get("/kpi"), get("/kpi")
    assert first.status_code == status
    assert "retry-after" not in first.headers
    assert first.headers["X-Malbild-Standin"] == "syntetisk"
    assert (second.status_code, second.json()["count"]) == (200, 3)


def test_status_with_retry_after() -> None:
    with faulty(Fault("/kpi", "status", status=429, retry_after="7")) as get:
        assert get("/kpi").headers["retry-after"] == "7"


def test_only_matching_requests_are_struck_query_included() -> None:
    with faulty(Fault(r"/data/.*page=2", "status", times=None)) as get:
        assert get("/kpi?page=2").status_code == 200
        assert get("/data/kpi/N00001/year/2023").status_code == 200
        assert [get("/data/kpi/N00001/year/2023?page=2").status_code for _ in range(3)] == [503, 503, 503]


def test_faults_strike_in_their_order() -> None:
    plan = (Fault("/kpi", "status", times=2, status=429), Fault("/kpi", "status", status=502))
    with faulty(*plan) as get:
        assert [get("/kpi").status_code for _ in range(4)] == [429, 429, 502, 200]


def test_a_fault_can_be_added_while_the_server_runs() -> None:
    plan = FaultPlan()
    with running(small_dataset(), "syntetisk", faults=plan) as base:
        assert httpx.get(f"{base}/kpi", trust_env=False).status_code == 200
        plan.add(Fault("/kpi", "status", status=500))
        assert httpx.get(f"{base}/kpi", trust_env=False).status_code == 500


def test_html_with_status_200() -> None:
    with faulty(Fault("/kpi", "html")) as get:
        answer = get("/kpi")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert answer.text.startswith("<!doctype html>")


def test_empty_body_with_status_200() -> None:
    with faulty(Fault("/kpi", "empty")) as get:
        answer = get("/kpi")
    assert (answer.status_code, answer.content) == (200, b"")


def test_truncated_body_breaks_the_transfer() -> None:
    log = RequestLog()
    with faulty(Fault("/kpi", "truncated"), log=log) as get:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            get("/kpi")
        whole = get("/kpi")
    assert whole.json()["count"] == 3
    assert [entry.size for entry in log.entries] == [len(whole.content) // 2, len(whole.content)]


def test_reset_connection_gives_no_answer() -> None:
    log = RequestLog()
    with faulty(Fault("/kpi", "reset"), log=log) as get:
        with pytest.raises(httpx.ReadError):
            get("/kpi")
        assert get("/kpi").status_code == 200
    assert [entry.status for entry in log.entries] == [0, 200]


def test_slow_answer_is_right_but_late() -> None:
    with faulty(Fault("/kpi", "slow", delay=30), Fault("/kpi", "slow", delay=0.01)) as get:
        with pytest.raises(httpx.ReadTimeout):
            get("/kpi", timeout=0.2)
        assert get("/kpi").json()["count"] == 3


def test_cycle_leads_back_to_the_request_itself() -> None:
    with faulty(Fault("/data", "cycle", times=None)) as get:
        answer = get("/data/kpi/N00001/municipality/0484?per_page=1&page=2")
    assert answer.json()["next_url"] == str(answer.url)
    assert len(answer.json()["values"]) == 1


def test_next_url_to_another_host() -> None:
    with faulty(Fault("/kpi", "cross_host")) as get:
        answer = get("/kpi?per_page=1")
    assert answer.json()["next_url"] == "http://annan-vard.invalid/v3/kpi?per_page=1"
    assert json.loads(answer.text)["count"] == 1


def test_late_reset_breaks_the_transfer_after_half_the_body() -> None:
    log = RequestLog()
    with faulty(Fault("/kpi", "late_reset"), log=log) as get:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            get("/kpi")
        whole = get("/kpi")
    assert [(entry.status, entry.size) for entry in log.entries] == [
        (200, len(whole.content) // 2),
        (200, len(whole.content)),
    ]


def test_an_endless_answer_goes_on_after_the_right_one() -> None:
    with running(small_dataset(), "syntetisk", faults=FaultPlan(Fault("/kpi", "endless"))) as base:
        with httpx.stream("GET", f"{base}/kpi", trust_env=False) as answer:
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > 1_000_000:
                    break
        assert json.loads(body)["count"] == 3
        assert httpx.get(f"{base}/kpi", trust_env=False).status_code == 200


def test_a_dripping_answer_has_begun_and_does_not_end() -> None:
    plan = FaultPlan(Fault("/kpi", "drip"))
    with running(small_dataset(), "syntetisk", faults=plan) as base:
        with httpx.stream("GET", f"{base}/kpi", trust_env=False) as answer:
            assert next(answer.iter_bytes()) == b"{"
        assert httpx.get(f"{base}/kpi", trust_env=False).status_code == 200


def test_a_made_answer_is_what_was_made_of_the_right_one() -> None:
    def make(right: Made) -> Made:
        return Made(202, right.body + b"x", {"location": "?om"})

    with faulty(Fault("/kpi", "made", make=make)) as get:
        made, right = get("/kpi"), get("/kpi")
    assert (made.status_code, made.headers["location"], made.content) == (202, "?om", right.content + b"x")
