"""The probe against the stand-in, against servers that differ on purpose, and against none."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.catalog.load import load_catalog
from pipelines.errors import SourceError
from pipelines.kolada import probe as probing
from pipelines.kolada.assumptions import DIFFERS, HOLDS, UNTOLD, Finding, judge
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.contract import Municipality
from pipelines.kolada.probe import MAX_REQUESTS, probe, table
from pipelines.kolada.questions import (
    COUNTY_GROUP,
    KPI_A,
    KPIS_K,
    KPIS_L,
    OTHER_KOMMUNER,
    OUR_KOMMUNER,
    REGIONS,
    questions,
)
from pipelines.kolada.recorded import Recorded
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault, Protocol
from pipelines.standin.server import RequestLog, make_app
from tests import small
from tests.conftest import ROOT

# What no stand-in on loopback can tell.
ONLY_KOLADA_TELLS = {
    "The answers are Kolada's own, not a stand-in's",
    "/openapi.json lists the routes that we use",
    "Plain http redirects to https",
    "The catalogue has 5,000–7,500 KPIs, 312 areas and over 3,000 groups",
}

Body = dict[str, Any]
Change = Callable[[str, int, Body], tuple[int, Body]]


def a_kolada() -> Dataset:
    """Everything that the probe asks for, made up: some values missing, some deleted, some changed of late."""
    levels = dict.fromkeys(KPIS_K, "K") | dict.fromkeys(KPIS_L, "L") | {KPI_A: "A"}
    kommuner = [*OUR_KOMMUNER, *OTHER_KOMMUNER]
    areas = {"K": ["0000", *kommuner], "L": ["0000", *REGIONS], "A": ["0000", *REGIONS, *kommuner]}
    rows = [
        _row(kpi, area, year, gender)
        for kpi, level in levels.items()
        for area in areas[level]
        for year in ((2021, 2022, 2023) if kpi == KPIS_K[0] else (2022,))
        for gender in "TKM"
    ]
    columns = ["kpi", "area", "year", "gender", "value", "status", "deleted", "changed"]
    groups = {COUNTY_GROUP: OUR_KOMMUNER} | {f"G{number}": OTHER_KOMMUNER[:3] for number in range(10, 40)}
    return Dataset(
        kpis=[small.kpi(kpi, f"Påhittat {kpi}, andel (%)", level) for kpi, level in sorted(levels.items())],
        municipalities=[
            {"id": area, "title": f"Område {area}", "type": "K" if area in kommuner else "L"}
            for area in sorted(areas["A"])
        ],
        groups=[
            {
                "id": group,
                "title": f"Grupp {group} (ovägt medel)",
                "members": [{"member_id": member, "member_title": f"Område {member}"} for member in members],
            }
            for group, members in sorted(groups.items())
        ],
        values=pl.DataFrame(rows, schema=columns, orient="row").cast({"year": pl.Int32}),
        loaded=date(2026, 11, 1),
    )


def _row(kpi: str, area: str, year: int, gender: str) -> tuple[object, ...]:
    missing = area == "0428" and gender != "T"
    value = None if missing else int(kpi[-2:]) + int(area) / 700 + year % 7 + "TKM".index(gender) / 10
    changed = date.today() - timedelta(days=10) if year == 2023 else date(2020, 1, 1)
    return kpi, area, year, gender, value, "Missing" if missing else "", (kpi, area) == ("U21343", "0461"), changed


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """`app` on loopback; yields its base URL."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, http=Protocol, ws="none", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            while not server.started:
                thread.join(timeout=0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v3"
        finally:
            server.should_exit = True
            thread.join()


def altered(app: ASGIApp, change: Change, sent: dict[str, bytes] | None = None) -> ASGIApp:
    """`app`, with `change` (path and query, status, body) on every JSON answer; `sent` collects the bodies."""

    async def altering(scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await app(scope, receive, keep)
        query = scope["query_string"].decode()
        target = scope["raw_path"].decode() + (f"?{query}" if query else "")
        status, headers = start["status"], [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
        if body:
            status, found = change(target, status, json.loads(body))
            body = json.dumps(found, ensure_ascii=False).encode()
        if sent is not None:
            sent[target] = body
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return altering


def same(target: str, status: int, body: Body) -> tuple[int, Body]:
    return status, body


def against(app: ASGIApp, folder: Path) -> dict[str, Finding]:
    with serving(app) as url:
        return {finding.assumption: finding for finding in probe(url, folder, pause=0)}


@pytest.fixture(scope="module")
def standin() -> ASGIApp:
    return make_app(a_kolada(), label="syntetisk")


def verdicts(found: dict[str, Finding], verdict: str) -> set[str]:
    return {assumption for assumption, finding in found.items() if finding.verdict == verdict}


def test_what_we_assume_is_what_the_standin_does(standin: ASGIApp, tmp_path: Path) -> None:
    found = against(standin, tmp_path)
    assert verdicts(found, DIFFERS) == set()
    assert verdicts(found, UNTOLD) == ONLY_KOLADA_TELLS
    assert "syntetisk" in found["The answers are Kolada's own, not a stand-in's"].seen
    assert all(finding.seen and finding.matters_for for finding in found.values())


def test_a_kolada_without_our_kpis_is_told_apart_from_one_that_differs(tmp_path: Path) -> None:
    found = against(make_app(small.dataset(), label="syntetisk"), tmp_path)
    assert verdicts(found, DIFFERS) == set()
    assert "A group's value is the unweighted mean of its members, with their number" in verdicts(found, UNTOLD)


def test_one_request_at_a_time_none_twice_and_few(tmp_path: Path) -> None:
    log = RequestLog()
    against(make_app(a_kolada(), label="syntetisk", log=log), tmp_path)
    targets = [entry.target for entry in log.entries]
    assert 30 < len(targets) <= MAX_REQUESTS == 40
    assert len(targets) == len(set(targets))
    assert log.most_at_once == 1
    assert {entry.method for entry in log.entries} == {"GET"}


def test_it_waits_between_two_requests(standin: ASGIApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0 if seconds == 1 / 3 else seconds)

    with serving(standin) as url:
        monkeypatch.setattr(asyncio, "sleep", noted)
        probe(url, tmp_path)
    asked = len(json.loads((tmp_path / "index.json").read_text()))
    assert waits.count(1 / 3) == asked - 1


def test_it_says_who_it_is_as_the_client_does(standin: ASGIApp, tmp_path: Path) -> None:
    said: list[bytes] = []

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        said.append(dict(scope["headers"])[b"user-agent"])
        await standin(scope, receive, send)

    async def one_list(url: str) -> None:
        async with KoladaClient(url, lambda *_: "") as client:
            async for _ in client.pages("/municipality", Municipality):
                pass

    with serving(listening) as url:
        asyncio.run(one_list(url))
        probe(url, tmp_path, pause=0)
    assert len(set(said)) == 1
    assert said[0].startswith(b"malbild/")


# --- servers that differ on purpose


def limit_24(target: str, status: int, body: Body) -> tuple[int, Body]:
    longest = max(len(part.split(",")) for part in target.split("?")[0].split("/"))
    detail = {"type": "too_long", "loc": ["path"], "msg": "at most 24"}
    return (422, {"detail": [detail]}) if longest > 24 else (status, body)


def limit_30(target: str, status: int, body: Body) -> tuple[int, Body]:
    longest = max(len(part.split(",")) for part in target.split("/"))
    return (200, page_of([])) if longest == 26 else (status, body)


def page_of(rows: list[Body]) -> Body:
    return {"values": rows, "count": len(rows), "next_url": None, "previous_url": None}


def without_next_url(target: str, status: int, body: Body) -> tuple[int, Body]:
    return status, {name: value for name, value in body.items() if name != "next_url"}


def next_url_without_query(target: str, status: int, body: Body) -> tuple[int, Body]:
    following = body.get("next_url")
    return status, body | {"next_url": following.replace("per_page=2&", "")} if following else body


def next_url_elsewhere(target: str, status: int, body: Body) -> tuple[int, Body]:
    return status, body | {"next_url": f"http://annan-vard.invalid{target}&page=2"} if body.get("next_url") else body


def next_url_null(target: str, status: int, body: Body) -> tuple[int, Body]:
    return status, body | {"next_url": None} if "next_url" in body else body


def every_page_the_first(target: str, status: int, body: Body) -> tuple[int, Body]:
    if "per_page=2&page=2" not in target:
        return status, body
    return status, page_of([{"kpi": KPIS_K[0], "municipality": "0484", "period": 2022, "values": []}])


def count_is_total(target: str, status: int, body: Body) -> tuple[int, Body]:
    return status, body | {"count": 7} if "per_page=2" in target else body


def values_changed(change: Callable[[Body, Body], None]) -> Change:
    """Every value of every data record through `change(record, value)`."""

    def changed(target: str, status: int, body: Body) -> tuple[int, Body]:
        if "/data/" in target and status == 200:
            for record in body["values"]:
                for value in record["values"]:
                    change(record, value)
        return status, body

    return changed


def women_are_f(record: Body, value: Body) -> None:
    value["gender"] = {"K": "F"}.get(value["gender"], value["gender"])


def without_isdeleted(record: Body, value: Body) -> None:
    value.pop("isdeleted")


def null_counts_one(record: Body, value: Body) -> None:
    value["count"] = 1


def other_status(record: Body, value: Body) -> None:
    if value["value"] is None:
        value["status"] = "N"


def weighted(record: Body, value: Body) -> None:
    if record["municipality"] == COUNTY_GROUP and value["value"] is not None:
        value["value"] += 0.001


def nulls_left_out(target: str, status: int, body: Body) -> tuple[int, Body]:
    if "/data/" in target and status == 200:
        for record in body["values"]:
            record["values"] = [value for value in record["values"] if value["value"] is not None]
        return status, page_of([r for r in body["values"] if r["values"]]) | {
            name: body[name] for name in ("next_url", "previous_url")
        }
    return status, body


def periods_are_text(target: str, status: int, body: Body) -> tuple[int, Body]:
    if "/data/" in target and status == 200:
        for record in body["values"]:
            record["period"] = str(record["period"])
    return status, body


def records_twice(target: str, status: int, body: Body) -> tuple[int, Body]:
    if "l-on" in target or f"/{','.join(KPIS_L)}/" in target:
        return status, page_of(body["values"] * 2)
    return status, body


def from_date_ignored(standin: ASGIApp) -> ASGIApp:
    async def ignoring(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [part for part in scope["query_string"].split(b"&") if not part.startswith(b"from_date=")]
        await standin({**scope, "query_string": b"&".join(kept)}, receive, send)

    return ignoring


def from_date_forgets_the_old(target: str, status: int, body: Body) -> tuple[int, Body]:
    return status, page_of([]) if "from_date=2000" in target else body


def from_date_tells_other_values(target: str, status: int, body: Body) -> tuple[int, Body]:
    if f"/{COUNTY_GROUP}," in target and "from_date" in target:
        for record in body["values"]:
            for value in record["values"]:
                value["value"] = value["value"] and value["value"] + 1
    return status, body


def from_date_forgets_groups(target: str, status: int, body: Body) -> tuple[int, Body]:
    if f"/{COUNTY_GROUP}," in target and "from_date" in target:
        return status, page_of([r for r in body["values"] if r["municipality"] != COUNTY_GROUP])
    return status, body


def unknown_data_routes_are_200(target: str, status: int, body: Body) -> tuple[int, Body]:
    return (200, page_of([])) if status == 404 and "/data/" in target else (status, body)


def unknown_ids_are_404(target: str, status: int, body: Body) -> tuple[int, Body]:
    return (404, {"detail": "No such KPI"}) if "/N99999" in target else (status, body)


def any_unknown_id_is_404(target: str, status: int, body: Body) -> tuple[int, Body]:
    return (404, {"detail": "No such KPI"}) if ",N99999" in target else (status, body)


def ids_ignored(target: str, status: int, body: Body) -> tuple[int, Body]:
    known = f"/kpi/{KPIS_K[0]},{KPIS_K[1]}" in target and "/data/" not in target
    return status, page_of(body["values"][:3]) if known else body


def region_rows_of_kommun_kpis(target: str, status: int, body: Body) -> tuple[int, Body]:
    if f",{REGIONS[-1]}" in target:
        value = {"gender": "T", "count": 1, "status": "", "value": 3.25, "isdeleted": False}
        extra = {"kpi": KPIS_K[1], "period": 2022, "municipality": REGIONS[0], "values": [value]}
        return status, page_of([*body["values"], extra])
    return status, body


def riket_left_out(target: str, status: int, body: Body) -> tuple[int, Body]:
    if f",{REGIONS[-1]}" in target:
        return status, page_of([r for r in body["values"] if r["municipality"] != "0000"])
    return status, body


def groups_stay_with_region_type(target: str, status: int, body: Body) -> tuple[int, Body]:
    if "region_type=K" in target:
        group = body["values"][0] | {"municipality": COUNTY_GROUP}
        return status, page_of([*body["values"], group])
    return status, body


def plain_errors(target: str, status: int, body: Body) -> tuple[int, Body]:
    return status, {"error": "too many"} if status == 422 else body


def large_pages(target: str, status: int, body: Body) -> tuple[int, Body]:
    return (200, page_of([])) if "per_page=5001" in target else (status, body)


def empty_pages(target: str, status: int, body: Body) -> tuple[int, Body]:
    return (200, page_of([])) if "per_page=0" in target else (status, body)


def past_the_end_404(target: str, status: int, body: Body) -> tuple[int, Body]:
    return (404, {"detail": "Not Found"}) if "page=1000" in target else (status, body)


def v2_lives(target: str, status: int, body: Body) -> tuple[int, Body]:
    return (200, {"values": []}) if target.startswith("/v2") else (status, body)


def kpis_changed(**fields: object) -> Change:
    """One KPI of the catalogue with other fields."""

    def changed(target: str, status: int, body: Body) -> tuple[int, Body]:
        if target.startswith("/v3/kpi?") and status == 200:
            body["values"][2] |= fields
        return status, body

    return changed


def double_encoded(target: str, status: int, body: Body) -> tuple[int, Body]:
    if target.startswith("/v3/municipality_groups?"):
        body["values"][0]["title"] = "Södermanlands län".encode().decode("latin-1")
    return status, body


def third_kind_of_area(target: str, status: int, body: Body) -> tuple[int, Body]:
    if target.startswith("/v3/municipality?per_page=5000") and body["values"]:
        return status, page_of([*body["values"], {"id": "9000", "title": "Gränslandet", "type": "S"}])
    return status, body


CONTRACT = "Our contract can read every list"
DIFFERENT: dict[str, tuple[Change, dict[str, str]]] = {
    "24 ids at most": (
        limit_24,
        {
            "25 ids per segment are accepted, KPIs and areas": "status 422, expected 200",
            "/kpi/{25 ids} gives those KPIs": "status 422",
            "/municipality_groups/{25 ids} gives those groups": "status 422",
        },
    ),
    "26 ids are taken": (
        limit_30,
        {"26 ids in a segment are refused with 422, KPIs or areas": "KPIs: status 200; areas: status 200"},
    ),
    "no next_url": (
        without_next_url,
        {"Every list carries values, count, next_url and previous_url": "kpi lacks next_url"},
    ),
    "next_url drops a parameter": (
        next_url_without_query,
        {
            "next_url is absolute, on the same host, and keeps path and parameters": "0484?page=2 after",
            "A page goes on where the one before ended": "the second page is empty, after 2 of 3 rows",
        },
    ),
    "next_url leads away": (
        next_url_elsewhere,
        {"next_url is absolute, on the same host, and keeps path and parameters": "annan-vard.invalid"},
    ),
    "next_url is null too early": (
        next_url_null,
        {"next_url is absolute, on the same host, and keeps path and parameters": "null though 1 rows are left"},
    ),
    "pages overlap": (
        every_page_the_first,
        {"A page goes on where the one before ended": "1 rows stand on both pages"},
    ),
    "count is the total": (
        count_is_total,
        {"count is the number of rows on the page": "paged: count 7, 2 rows"},
    ),
    "gender F": (values_changed(women_are_f), {"gender is T, K or M, in any order": "'F'"}),
    "no isdeleted": (
        values_changed(without_isdeleted),
        {"Every value has isdeleted, true or false": "absent"},
    ),
    "null with count 1": (
        values_changed(null_counts_one),
        {
            "A missing value is a row of its own: value null, count 0": "count 1",
            "A group's value is the unweighted mean of its members, with their number": "with count 1; the mean of 9",
        },
    ),
    "nulls left out": (
        nulls_left_out,
        {"A missing value is a row of its own: value null, count 0": "no null among"},
    ),
    "status N": (values_changed(other_status), {'status is "", or on null values Missing or Private': "'N' null"}),
    "weighted groups": (
        values_changed(weighted),
        {"A group's value is the unweighted mean of its members, with their number": "U21463 G33614 2023 'T'"},
    ),
    "period as text": (periods_are_text, {"period is a whole number": "'2021'", CONTRACT: "Expected `int`, got `str`"}),
    "records twice": (
        records_twice,
        {"One record per KPI, area and period, and each gender once in it": "l-on-kommuner"},
    ),
    "old changes forgotten": (
        from_date_forgets_the_old,
        {"from_date long ago gives the rows that come without it": "areas: 0 values, 0 of the 9"},
    ),
    "changes with other values": (
        from_date_tells_other_values,
        {"from_date a year ago gives some of those rows, groups too, with the same values": "not those of the whole"},
    ),
    "changes of groups forgotten": (
        from_date_forgets_groups,
        {"from_date a year ago gives some of those rows, groups too, with the same values": "0 of them the group's"},
    ),
    "200 for an unknown route": (
        unknown_data_routes_are_200,
        {"/data/kpi/{id} without area or year is 404": "status 200, expected 404"},
    ),
    "404 for an unknown id": (unknown_ids_are_404, {"An unknown id is 200 and empty": "/kpi: status 404"}),
    "404 for one unknown id of several": (
        any_unknown_id_is_404,
        {"Of known and unknown ids the known ones come": "kpi-some-known: status 404"},
    ),
    "some ids ignored": (ids_ignored, {"/kpi/{25 ids} gives those KPIs": "25 asked, 25 of them in the list, 3 came"}),
    "kommun KPIs have values for regions": (
        region_rows_of_kommun_kpis,
        {"Kommun KPIs (K) have no values for regions": "1 values, e.g. U21343 0001 2022: 3.25"},
    ),
    "riket has no kommun KPIs": (
        riket_left_out,
        {"Riket (0000) has values of kommun KPIs": "0 of 20 KPIs"},
    ),
    "groups stay with region_type": (
        groups_stay_with_region_type,
        {"region_type K gives kommuner alone, L regions and riket, neither groups": "1 groups"},
    ),
    "other error bodies": (
        plain_errors,
        {'404 says {"detail": text}, 422 a list of type, loc and msg': '{"error": "too many"}'},
    ),
    "larger pages": (large_pages, {"per_page=5001 is refused with 422": "status 200"}),
    "empty pages": (empty_pages, {"per_page=0 is refused with 422": "status 200"}),
    "404 past the end": (past_the_end_404, {"A page past the end is 200 and empty": "status 404"}),
    "v2 lives": (v2_lives, {"v2 is gone: 410": "status 200"}),
    "KPI id of another kind": (kpis_changed(id="X1"), {"KPI ids are N or U and five digits": "'X1'"}),
    "KPI of another level": (kpis_changed(municipality_type="S"), {"municipality_type is K, L or A": "'S'"}),
    "flag as a number": (
        kpis_changed(is_divided_by_gender=1),
        {"is_divided_by_gender is true or false": ": is_divided"},
    ),
    "dates of another form": (
        kpis_changed(prel_publication_date="26-01-15"),
        {"Publication dates are YYYY-MM-DD or null": "'26-01-15'"},
    ),
    "periods of another form": (
        kpis_changed(publ_period="2025/26"),
        {"publ_period is a year as text, or null": "'2025/26'"},
    ),
    "titles encoded twice": (double_encoded, {"Titles are UTF-8, encoded once": "SÃ¶dermanlands"}),
    "a third kind of area": (third_kind_of_area, {"Areas are of type K or L, and riket is 0000 of type L": "'S' 1"}),
}


@pytest.fixture(scope="module")
def changeable(standin: ASGIApp) -> Iterator[tuple[str, list[Change]]]:
    """A stand-in's URL, and a list whose last change its answers go through."""
    changes: list[Change] = [same]
    with serving(altered(standin, lambda *answer: changes[-1](*answer))) as url:
        yield url, changes


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_told_with_what_was_seen(
    name: str, changeable: tuple[str, list[Change]], tmp_path: Path
) -> None:
    change, expected = DIFFERENT[name]
    url, changes = changeable
    changes.append(change)
    found = {finding.assumption: finding for finding in probe(url, tmp_path, pause=0)}
    assert verdicts(found, DIFFERS) == expected.keys()
    for assumption, words in expected.items():
        assert words in found[assumption].seen


def test_a_next_url_that_leads_away_is_not_followed(standin: ASGIApp, tmp_path: Path) -> None:
    found = against(altered(standin, next_url_elsewhere), tmp_path)
    paging = found["A page goes on where the one before ended"]
    assert (paging.verdict, paging.seen) == (UNTOLD, "not asked: next_url leads away, to http://annan-vard.invalid")


def test_lists_that_do_not_say_whether_they_are_whole_are_not_counted() -> None:
    rows = {"values": [{"id": "N00001"}], "count": 1}
    found = judged({"kpi": came("/kpi", rows)})["KPI ids are N or U and five digits"]
    assert (found.verdict, found.seen) == (UNTOLD, "kpi does not say whether it is whole (no next_url)")


def test_a_kpi_that_is_now_for_regions_too_says_nothing_about_kommun_kpis(standin: ASGIApp, tmp_path: Path) -> None:
    def now_for_all(target: str, status: int, body: Body) -> tuple[int, Body]:
        for kpi in body.get("values", []) if target.startswith("/v3/kpi?") else []:
            kpi["municipality_type"] = "A" if kpi["id"] == KPIS_K[1] else kpi["municipality_type"]
        return region_rows_of_kommun_kpis(target, status, body)

    found = against(altered(standin, now_for_all), tmp_path)["Kommun KPIs (K) have no values for regions"]
    assert found.verdict == HOLDS
    assert found.seen.startswith("19 KPIs with")


def test_a_from_date_that_is_ignored_is_noticed_in_both_forms(standin: ASGIApp, tmp_path: Path) -> None:
    found = against(from_date_ignored(standin), tmp_path)
    (differing,) = verdicts(found, DIFFERS)
    assert differing == "from_date in the future gives nothing, with areas and with a year"
    assert found[differing].seen == "areas: 3 of 3 rows; year: 76 of 76 rows"


def test_compressed_answers_are_read_and_told(standin: ASGIApp, tmp_path: Path) -> None:
    found = against(GZipMiddleware(standin), tmp_path)
    encoding = found["Content-Encoding is gzip, deflate, zstd or none"]
    assert (encoding.verdict, "gzip on" in encoding.seen) == (HOLDS, True)
    assert json.loads((tmp_path / "municipality.json").read_bytes())["count"] == 45


# --- what is kept


def test_answers_are_kept_byte_for_byte_with_an_index(standin: ASGIApp, tmp_path: Path) -> None:
    sent: dict[str, bytes] = {}

    async def with_cookie(scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(b"set-cookie", b"hemlig=1"), (b"etag", b'"abc"')]
            await send(message)

        await altered(standin, same, sent)(scope, receive, adding)

    found = against(with_cookie, tmp_path / "svar")
    index = json.loads((tmp_path / "svar" / "index.json").read_text())
    assert [httpx.URL(entry["url"]).raw_path.decode() for entry in index] == list(sent)
    for entry, body in zip(index, sent.values(), strict=True):
        assert (tmp_path / "svar" / entry["file"]).read_bytes() == body
    by_file = {entry["file"]: entry for entry in index}
    refused = by_file["per_page-5001.422.json"]
    assert (refused["status"], refused["received"].endswith("Z")) == (422, True)
    assert refused["headers"]["etag"] == '"abc"'
    assert refused["headers"]["x-malbild-standin"] == "syntetisk"
    assert "hemlig" not in (tmp_path / "svar" / "index.json").read_text()
    assert len(list((tmp_path / "svar").iterdir())) == len(index) + 1
    told = found["No ETag or Last-Modified: nothing can be asked for only if it changed"]
    assert (told.verdict, told.seen) == (DIFFERS, f'etag on {len(index)} of {len(index)}: "abc"')


# --- servers in trouble


def test_nobody_there_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match=r"ConnectError.*→ check the network and --kolada-url") as error:
        probe(f"http://127.0.0.1:{port}/v3", tmp_path, pause=0)
    assert "\n" not in str(error.value)


def test_a_server_that_only_says_503_is_not_there(tmp_path: Path) -> None:
    fault = Fault(".", "status", times=None)
    with small.kolada(None, fault) as url, pytest.raises(SourceError, match="status 503"):
        probe(url, tmp_path, pause=0)


def test_web_pages_in_place_of_answers_are_differences_and_no_traceback(tmp_path: Path) -> None:
    with small.kolada(a_kolada(), Fault(".", "html", times=None)) as url:
        found = {f.assumption: f for f in probe(url, tmp_path, pause=0)}
    lists = found["Every list carries values, count, next_url and previous_url"]
    assert lists.verdict == found[CONTRACT].verdict == DIFFERS
    assert 'is not JSON; it begins "<!doctype html>' in lists.seen
    assert (tmp_path / "municipality.txt").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize("kind", ["empty", "truncated", "reset", "html"])
def test_one_broken_answer_leaves_the_others_alone(kind: Any, tmp_path: Path) -> None:
    with small.kolada(a_kolada(), Fault("/data/kpi/U21463/municipality/0484$", kind, times=None)) as url:
        found = {f.assumption: f for f in probe(url, tmp_path, pause=0)}
    broken = kind in ("empty", "html")
    assert found[CONTRACT].verdict == (DIFFERS if broken else HOLDS)
    paging = found["A page goes on where the one before ended"]
    assert paging.verdict == (DIFFERS if broken else UNTOLD)
    assert paging.seen
    assert found["Kommun KPIs (K) have no values for regions"].verdict == HOLDS


def test_a_full_batch_that_times_out_at_kolada_is_told(tmp_path: Path) -> None:
    with small.kolada(a_kolada(), Fault(",G33614[?]", "status", times=None, status=504)) as url:
        found = {f.assumption: f for f in probe(url, tmp_path, pause=0)}
    (batch,) = (f for a, f in found.items() if a.startswith("A full batch"))
    assert (batch.verdict, batch.seen) == (DIFFERS, "status 504")


def test_after_429_nothing_more_is_asked(tmp_path: Path) -> None:
    log = RequestLog()
    with small.kolada(a_kolada(), Fault("/kpi", "status", status=429, retry_after="7"), log=log) as url:
        found = {f.assumption: f for f in probe(url, tmp_path, pause=0)}
    assert [entry.status for entry in log.entries] == [200, 404, 429]
    limit = found["No rate limit is met or announced"]
    assert (limit.verdict, limit.seen) == (DIFFERS, "status 429, Retry-After 7")
    assert found["v2 is gone: 410"].seen == "not asked: Kolada had answered 429, too many requests"


def test_a_server_that_goes_down_is_left_alone(tmp_path: Path) -> None:
    log = RequestLog()
    with small.kolada(a_kolada(), Fault("/data", "reset", times=None), log=log) as url:
        found = {f.assumption: f for f in probe(url, tmp_path, pause=0)}
    assert sum("/data" in entry.target for entry in log.entries) == 3
    year_form = found["/data/kpi/{id}/year/{year} gives kommuner, regions, riket and groups"]
    assert (year_form.verdict, year_form.seen) == (UNTOLD, "not asked: 3 requests in a row had failed")
    assert found["KPI ids are N or U and five digits"].verdict == HOLDS


def test_the_budget_is_kept_whatever_is_asked(
    standin: ASGIApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "MAX_REQUESTS", 10)
    found = against(standin, tmp_path)
    assert len(json.loads((tmp_path / "index.json").read_text())) == 10
    alone = found["/data/kpi/{id} without area or year is 404"]
    assert (alone.verdict, alone.seen) == (UNTOLD, "request budget used")
    assert found["KPI ids are N or U and five digits"].verdict == HOLDS


# --- judgements that only Kolada's own answers lead to


def judged(answers: dict[str, Recorded]) -> dict[str, Finding]:
    """The findings when only these answers came."""
    everything = {key: Recorded(fault="no answer") for key in questions("https://kolada.test/v3", date(2026, 11, 1))}
    assert answers.keys() <= everything.keys()
    return {finding.assumption: finding for finding in judge(everything | answers)}


def came(path: str, body: object = None, status: int = 200, **headers: str) -> Recorded:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Recorded(f"https://api.kolada.se/v3{path}", status, named, json.dumps(body).encode())


def test_nothing_came_so_nothing_is_told() -> None:
    assert verdicts(judged({}), UNTOLD) == judged({}).keys()


@pytest.mark.parametrize(
    ("status", "location", "verdict"),
    [
        (301, "https://api.kolada.se/v3/municipality/0484", HOLDS),
        (308, "https://api.kolada.se/v3/municipality/0484", HOLDS),
        (302, "http://api.kolada.se/v3/start", DIFFERS),
        (200, "", DIFFERS),
        (403, "", DIFFERS),
    ],
)
def test_where_plain_http_leads(status: int, location: str, verdict: str) -> None:
    found = judged({"http": came("/municipality/0484", None, status, location=location)})[
        "Plain http redirects to https"
    ]
    assert found.verdict == verdict
    assert str(status) in found.seen


def test_plain_http_is_asked_only_beside_https() -> None:
    ask = questions("https://kolada.test:8443/v3", date(2026, 11, 1))["http"]
    assert not isinstance(ask, str)
    assert ask({}) == "http://kolada.test/v3/municipality/0484"


@pytest.mark.parametrize(
    ("location", "verdict"),
    [
        ("https://api.kolada.se/v3/municipality/0484", HOLDS),
        ("/v3/municipality/0484", HOLDS),
        ("http://api.kolada.se/v3/municipality/0484", DIFFERS),
        ("https://annan-vard.invalid/v3/municipality/0484", DIFFERS),
        ("https://[/", DIFFERS),
    ],
)
def test_where_a_trailing_slash_leads(location: str, verdict: str) -> None:
    found = judged({"slash": came("/municipality/0484/", None, 307, location=location)})
    assert found["A trailing slash is answered, or redirected within the same host"].verdict == verdict


ROUTES: dict[str, Body] = {
    "/v3/kpi": {},
    "/v3/kpi/{id}": {},
    "/v3/municipality": {},
    "/v3/municipality_groups": {},
    "/v3/municipality_groups/{id}": {},
    "/v3/data/kpi/{kpi}/municipality/{municipality}/year/{year}": {},
    "/v3/data/kpi/{kpi}/municipality/{municipality}": {},
    "/v3/data/kpi/{kpi}/year/{year}": {},
    "/v3/data/municipality/{municipality}/year/{year}": {},
}


@pytest.mark.parametrize("prefix", ["/v3", ""])
def test_the_openapi_document_is_compared_with_our_routes(prefix: str) -> None:
    name = "/openapi.json lists the routes that we use"
    paths = {prefix + path.removeprefix("/v3"): item for path, item in ROUTES.items()}
    assert judged({"openapi": came("/openapi.json", {"paths": paths})})[name].verdict == HOLDS
    del paths[f"{prefix}/municipality_groups/{{id}}"]
    found = judged({"openapi": came("/openapi.json", {"paths": paths})})[name]
    assert (found.verdict, found.seen) == (DIFFERS, "8 routes, without /municipality_groups/{}")
    found = judged({"openapi": came("/openapi.json", {"message": "moved"})})[name]
    assert (found.verdict, found.seen) == (DIFFERS, "no object 'paths' in it, but message")


@pytest.mark.parametrize(("areas", "verdict"), [(312, HOLDS), (311, DIFFERS)])
def test_the_size_of_kolada_s_catalogue(areas: int, verdict: str) -> None:
    def rows(number: int) -> Body:
        return page_of([{"id": str(n)} for n in range(number)])

    more = rows(5000) | {"next_url": "https://api.kolada.se/v3/kpi?per_page=5000&page=2"}
    found = judged(
        {
            "kpi": came("/kpi", more),
            "kpi-page-2": came("/kpi", rows(1031)),
            "municipality": came("/municipality", rows(areas)),
            "municipality_groups": came("/municipality_groups", rows(3630)),
        }
    )
    sizes = found["The catalogue has 5,000–7,500 KPIs, 312 areas and over 3,000 groups"]
    assert (sizes.verdict, sizes.seen) == (verdict, f"6031 KPIs, {areas} areas, 3630 groups")
    assert found["The answers are Kolada's own, not a stand-in's"].verdict == HOLDS


def test_announced_rate_limits_are_told() -> None:
    found = judged({"v2": came("/kpi", None, 410, x_ratelimit_remaining="58")})["No rate limit is met or announced"]
    assert (found.verdict, found.seen) == (DIFFERS, "x-ratelimit-remaining on 1 of 1: 58")


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = tuple(questions("https://kolada.test/v3", date(2026, 11, 1)))
NAMES = ("id", "kpi", "municipality", "period", "values", "gender", "value", "count", "status", "isdeleted", "type")
OBJECT = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ODD))
RECORD = st.fixed_dictionaries(
    {"kpi": st.sampled_from(KPIS_K[:2]), "municipality": st.sampled_from(["0000", "0484", COUNTY_GROUP, "x"])},
    optional={"period": ODD, "values": st.lists(OBJECT, max_size=3) | ODD},
)
ANSWER = st.fixed_dictionaries(
    {}, optional={"values": st.lists(RECORD | OBJECT, max_size=4) | ODD, "count": ODD, "next_url": ODD, "detail": ODD}
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    bodies=st.dictionaries(st.sampled_from(KEYS), ANSWER | ODD, min_size=1, max_size=6),
    status=st.sampled_from([200, 200, 200, 404, 422, 307, 500]),
    location=st.text(max_size=12),
)
def test_no_answer_is_too_odd_to_be_told(bodies: dict[str, object], status: int, location: str) -> None:
    answers = {key: Recorded(fault="no answer") for key in KEYS}
    for key, body in bodies.items():
        url = f"https://api.kolada.se/v3/{key}"
        answers[key] = Recorded(url, status, {"location": location}, json.dumps(body).encode())
    findings = judge(answers)
    assert all("\n" not in finding.seen and len(finding.seen) <= 200 for finding in findings)
    assert table(findings)


# --- the table, and what is asked


def test_the_table_fits_and_tells_everything(standin: ASGIApp, tmp_path: Path) -> None:
    findings = list(against(altered(standin, limit_24), tmp_path).values())
    text = table(findings)
    assert max(map(len, text.splitlines())) <= 120
    told = " ".join(text.split())
    # The last line, which counts them, says it once more.
    assert told.count("could not tell") == sum(f.verdict == UNTOLD for f in findings) + 1
    # A sentence that is wrapped stands beside other columns: its first words tell that it is there.
    assert all(" ".join(finding.assumption.split()[:4]) in told for finding in findings)
    assert text.splitlines()[-1] == ", ".join(
        f"{verdict}: {sum(f.verdict == verdict for f in findings)}" for verdict in (HOLDS, DIFFERS, UNTOLD)
    )


def test_a_table_shows_no_control_characters_of_a_server(tmp_path: Path) -> None:
    def colourful(target: str, status: int, body: Body) -> tuple[int, Body]:
        return status, {"\x1b[31mred": "\x1b[2J\n"} if target.endswith("openapi.json") else body

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
        await send(start)
        await send({"type": "http.response.body", "body": b'{"detail": "x"}'})

    text = table(list(against(altered(app, colourful), tmp_path).values()))
    assert "[31mred" in text
    assert "\x1b" not in text


def test_the_ids_asked_for_are_ours() -> None:
    catalog = load_catalog(ROOT)
    levels = {kpi.id: kpi.level for kpi in catalog.followed_kpis()}
    asked = dict.fromkeys(KPIS_K, "K") | dict.fromkeys(KPIS_L, "L") | {KPI_A: "A"}
    assert {kpi: levels.get(kpi) for kpi in asked} == asked
    assert sorted(OUR_KOMMUNER) == sorted(kommun.id for kommun in catalog.geography.kommuner)
    assert COUNTY_GROUP in catalog.geography.kommun_groups()
