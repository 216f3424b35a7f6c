"""Answers near the documented form: typed records, or an answer that is unreadable; no value is lost on the way."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import httpx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.errors import SourceError
from pipelines.kolada.client import KoladaClient, _retry_after
from pipelines.kolada.contract import (
    Group,
    KpiRecord,
    Municipality,
    Record,
    UnreadableAnswerError,
    all_stated,
    read_page,
)
from pipelines.kolada.fetch import ArchivedPage
from pipelines.kolada.observations import to_frame
from pipelines.validation.bounds import bounds
from pipelines.validation.quarantine import KEY, screen
from tests.fuzz.cases import cases, mutated, scrambled
from tests.small import kpi

NOW = datetime(2026, 11, 28, 4, 15)
ASKED = {"N00003": ["0461", "0484"], "U00001": ["0484", "0000"]}


def value(gender: str, number: float | None, **more: Any) -> dict[str, Any]:
    return {"gender": gender, "value": number, "count": 1, "status": "", "isdeleted": False, **more}


def record(kpi_id: str, area: str, period: int, *values: dict[str, Any]) -> dict[str, Any]:
    return {"kpi": kpi_id, "municipality": area, "period": period, "values": list(values)}


def page(*rows: Any) -> dict[str, Any]:
    return {"values": list(rows), "count": len(rows), "next_url": None, "previous_url": None}


FORMS: dict[type, dict[str, Any]] = {
    Record: page(
        record("N00003", "0484", 2024, value("T", 12.5), value("K", None, status="Missing"), value("M", 0)),
        record("U00001", "0484", 2023, value("T", 1e3, isdeleted=True)),
        record("U00001", "0000", 2024, {"gender": "T", "count": None}),
        record("N00003", "0461", 2024),
    ),
    KpiRecord: page(kpi("N00003", "Nyckeltal, andel (%)", "K"), kpi("U00001", "Gammal fråga, andel (%) (-2024)", "A")),
    Municipality: page({"id": "0484", "title": "Västby", "type": "K"}, {"id": "0000", "title": "Riket", "type": "L"}),
    Group: page({"id": "G1", "title": "Grupp", "members": [{"member_id": "0484", "member_title": "Västby"}]}),
}


@st.composite
def bodies(draw: st.DrawFn) -> tuple[type, bytes]:
    kind = draw(st.sampled_from([Record, Record, Record, *FORMS]))
    if draw(st.integers(0, 3)) == 0:
        return kind, draw(scrambled(st.just(json.dumps(FORMS[kind], indent=1))))
    tree = draw(mutated(st.just(FORMS[kind])))
    if isinstance(tree, dict) and isinstance(tree.get("values"), list) and draw(st.booleans()):
        tree["count"] = len(tree["values"])
    return kind, json.dumps(tree).encode("utf-8", "surrogatepass")


@given(case=bodies())
@cases(30)
def test_an_answer_is_records_or_unreadable(case: tuple[type, bytes]) -> None:
    kind, body = case
    try:
        answer = read_page(body, kind)
        answer.next()
        assert all(isinstance(row, kind) for row in answer.values)
        if kind is not Record:
            return
        frame = to_frame([(ArchivedPage("", NOW), body)])
        if all_stated(answer.values):
            assert_frame_equal(to_frame([(ArchivedPage("", NOW, True), body)]), frame)
    except UnreadableAnswerError as error:
        assert str(error)
        return
    came = [len(row.values) for row in answer.values]
    # A record without values is nothing, or one row that is refused.
    assert frame.height - sum(came) in (0, came.count(0))
    screened = screen(frame, ASKED, 2026, bounds([]))
    accepted, refused = screened.accepted, screened.refused
    assert accepted.height + refused.height == frame.height, "rows in = rows out + refused"
    assert refused["orsak"].null_count() == 0
    assert not accepted.select(pl.struct(KEY).is_duplicated().any()).item()
    assert accepted.filter(~pl.col("varde").is_finite()).is_empty()
    assert all(area in ASKED[kpi_id] for kpi_id, area in accepted.select("nyckeltal_id", "omrade_id").iter_rows())


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_STATED = st.fixed_dictionaries(
    {
        "gender": _TEXT,
        "value": st.none() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False),
    },
    optional={
        "count": st.none() | st.integers(-(2**63), 2**63 - 1),
        "status": st.none() | _TEXT,
        "isdeleted": st.booleans(),
        "added": st.recursive(st.none() | _TEXT | st.floats(), lambda inner: st.dictionaries(_TEXT, inner, max_size=2)),
    },
)


@given(
    values=st.lists(st.lists(_STATED, min_size=1, max_size=3), max_size=4),
    area=_TEXT,
    year=st.integers(-(2**63), 2**63 - 1),
    ascii_only=st.booleans(),
)
@cases(30)
def test_reading_into_columns_gives_what_reading_value_by_value_gives(
    values: list[list[dict[str, Any]]], area: str, year: int, ascii_only: bool
) -> None:
    tree = page(*(record("N00003", area, year, *stated) for stated in values))
    body = json.dumps(tree, ensure_ascii=ascii_only).encode()
    try:
        assert all_stated(read_page(body, Record).values)
    except UnreadableAnswerError:
        return
    assert_frame_equal(to_frame([(ArchivedPage("", NOW, True), body)]), to_frame([(ArchivedPage("", NOW), body)]))


BASE = "https://kolada.test/v3"
# fmt: off
_PARTS = [
    "https://", "http://", "//", "/", "kolada.test", "kolada.test:443", "kolada.test:99999", "evil.test", "user@",
    "v3", "v3/", "data", "..", "%2e%2e", "%252e%252e", "..%2f", "%5c", "\\", ";", "?page=2", "#x", "[", "]", ":", "@",
    "\x00", "\n", "\t", " ", "å", "ö.test", "xn--", "%", "%zz", "file://", "javascript:", "data:",
    "https:kolada.test/v3/a",
]
# fmt: on


@given(there=st.one_of(st.lists(st.sampled_from(_PARTS), max_size=8).map("".join), st.text(max_size=20)))
@cases(30)
def test_a_next_url_leads_below_our_own_address_or_nowhere(there: str) -> None:
    client = KoladaClient(BASE, lambda *_: "")
    try:
        target = client.next_address(f"{BASE}/data?per_page=2", there, set())
    except SourceError as error:
        assert "→" in str(error)
        assert str(error).isprintable()
        return
    assert target is not None
    sent = httpx.URL(target)
    assert (sent.scheme, sent.host, sent.port, sent.userinfo) == ("https", "kolada.test", None, b"")
    assert sent.path.startswith("/v3/")
    assert b".." not in sent.raw_path.partition(b"?")[0].replace(b"%2e", b".").replace(b"%2E", b".").split(b"/")


# fmt: off
_WAITS = [
    "0", "7", "9" * 400, "-1", "1.5", "²", "inf", "Sat, 28 Nov 2026 04:15:30 GMT", "Mon, 01 Jan 0001 00:00:00 +2359",
    "Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 99999 23:59:59 GMT", "Sat, 99 Nov 2026 99:99:99 GMT", ",", "x x x",
]
# fmt: on


@given(text=st.one_of(st.sampled_from(_WAITS), scrambled(st.sampled_from(_WAITS)).map(lambda b: b.decode("latin-1"))))
@cases(20)
def test_a_wait_that_a_server_asks_for_is_a_number_or_none(text: str) -> None:
    wait = _retry_after(httpx.Headers({"Retry-After": text.encode("latin-1")}), NOW)
    assert wait is None or 0 <= wait <= 366 * 86400


@pytest.mark.parametrize(
    "there",
    [
        "https://kolada.test/v3/../admin",
        "https://kolada.test/v3/%2e%2e/admin",
        "https://kolada.test/v3/%252e%252e/admin",
        "https://kolada.test/v3/..%2fadmin",
        "https://kolada.test/v3/..\\admin",
        "https://kolada.test/v3/..%5cadmin",
        "https://kolada.test/v3/..;/admin",
        "https://user:pass@kolada.test/v3/data",
        "https://evil.test\\@kolada.test/v3/data",
        "https://kolada.test:99999/v3/data",
        "https://[kolada.test/v3/data",
        "//evil.test/v3/data",
    ],
)
def test_a_next_url_that_climbs_is_refused(there: str) -> None:
    with pytest.raises(SourceError, match="away from"):
        KoladaClient(BASE, lambda *_: "").next_address(f"{BASE}/data", there, set())


def test_the_default_port_is_our_own_address() -> None:
    there = "https://kolada.test:443/v3/data?page=2"
    assert KoladaClient(BASE, lambda *_: "").next_address(f"{BASE}/data", there, set()) == there
