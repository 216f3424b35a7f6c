"""The probe: judgements of answers that differ on purpose, and how it asks servers of every kind, and none."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.findings import Finding
from pipelines.kolada.client import HEADERS
from pipelines.kolada.contract import Municipality
from pipelines.kolada.probe import asking
from pipelines.kolada.probe.answers import Recorded
from pipelines.kolada.probe.asking import MAX_REQUESTS, ask, probe
from pipelines.kolada.probe.checks import CHECKS, judge
from pipelines.kolada.probe.requests import (
    COUNTY_GROUP,
    KPIS_K,
    KPIS_L,
    OTHER_KOMMUNER,
    OUR_KOMMUNER,
    REGIONS,
    requests,
)
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault, FaultyAnswer
from pipelines.standin.server import RequestLog
from tests import small
from tests.small import own_catalog

Json = dict[str, Any]
BASE = "https://api.kolada.se/v3"


def a_kolada() -> Dataset:
    """Everything that the probe asks for, made up: some values missing, some deleted, some changed of late."""
    levels = dict.fromkeys(KPIS_K, "K") | dict.fromkeys(KPIS_L, "L")
    kommuner = [*OUR_KOMMUNER, *OTHER_KOMMUNER]
    areas = {"K": ["0000", *kommuner], "L": ["0000", *REGIONS]}
    rows = [
        _row(kpi, area, year, gender)
        for kpi, level in levels.items()
        for area in areas[level]
        for year in ((2021, 2022, 2023) if kpi == KPIS_K[0] else (2022,))
        for gender in "TKM"
    ]
    columns = ["kpi", "area", "year", "gender", "value", "status", "deleted", "changed"]
    groups = {COUNTY_GROUP: OUR_KOMMUNER} | {f"G{number}": OTHER_KOMMUNER[:3] for number in range(10, 40)}
    return replace(
        small.dataset({kpi: (f"Påhittat {kpi}, andel (%)", level) for kpi, level in levels.items()}),
        municipalities=[
            {"id": area, "title": f"Område {area}", "type": "K" if area in kommuner else "L"}
            for area in sorted({*areas["K"], *areas["L"]})
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
    )


def _row(kpi: str, area: str, year: int, gender: str) -> tuple[object, ...]:
    missing = area == "0428" and gender != "T"
    value = None if missing else int(kpi[-2:]) + int(area) / 700 + year % 7 + "TKM".index(gender) / 10
    changed = date.today() - timedelta(days=10) if year == 2023 else date(2020, 1, 1)
    return kpi, area, year, gender, value, "Missing" if missing else "", (kpi, area) == ("U21343", "0461"), changed


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Recorded]:
    """The answers of a Kolada that is as we lean on it to be."""
    with small.kolada(a_kolada()) as url:
        return asyncio.run(ask(url, tmp_path_factory.mktemp("probe"), 0))


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def names(findings: Mapping[str, Finding], level: str) -> set[str]:
    return {name for name, finding in findings.items() if finding.level == level}


def test_what_our_code_leans_on_is_what_the_standin_does(sound: Mapping[str, Recorded]) -> None:
    findings = by_name(judge(sound))
    # That it is Kolada no stand-in can show.
    assert names(findings, "unknown") == {"source"}
    assert names(findings, "ok") == {check.name for check in CHECKS} - {"source"}
    assert "a stand-in answers (syntetisk)" in findings["source"].message
    # Kolada itself is known by its address.
    first = Recorded(Municipality, f"{BASE}/municipality", 200, {}, sound["municipality"].body)
    assert by_name(judge({**sound, "municipality": first}))["source"].level == "ok"


# --- answers that differ on purpose


def changed(answer: Recorded, change: Callable[[Json], object]) -> Recorded:
    page = json.loads(answer.body)
    change(page)
    page["count"] = len(page["values"])
    return replace(answer, body=json.dumps(page).encode())


def values_changed(change: Callable[[Json, Json], object]) -> Callable[[Json], None]:
    """Every value of every record through `change(record, value)`."""

    def change_page(page: Json) -> None:
        for record in page["values"]:
            for value in record["values"]:
                change(record, value)

    return change_page


def kpi_changed(**fields: object) -> Callable[[Json], None]:
    return lambda page: page["values"][2].update(fields)


def with_region_values(page: Json) -> None:
    value = {"gender": "T", "count": 1, "status": "", "value": 3.25, "isdeleted": False}
    page["values"].append({"kpi": KPIS_K[1], "period": 2022, "municipality": REGIONS[0], "values": [value]})


def without_area(area: str) -> Callable[[Json], None]:
    def change(page: Json) -> None:
        page["values"] = [row for row in page["values"] if row["municipality"] != area]

    return change


def with_other_status(record: Json, value: Json) -> None:
    if value["value"] is None:
        value["status"] = "N"


DOUBLE_ENCODED = "Södermanlands län".encode().decode("latin-1")
# Check → the answer, the change made to it, and the text of the finding.
DIFFERENT: list[tuple[str, str, Callable[[Json], object], str]] = [
    ("contract", "batch", lambda page: page["values"][0].update(period="2022"), "Expected `int`, got `str`"),
    ("contract", "kpi", lambda page: page.pop("next_url"), "/kpi: the answer lacks count or next_url"),
    ("paging", "paged", lambda page: page.update(next_url=None), "next_url is null though 1 rows are left"),
    ("paging", "paged", lambda page: page.update(next_url="http://annan-vard.invalid/v3/x"), "annan-vard.invalid"),
    ("paging", "paged-page-2", lambda page: page["values"].clear(), "pages of 2 and 0 rows, of a list of 3"),
    ("paging", "paged-page-2", lambda page: page["values"][0].update(period=2021), "pages of 2 and 1 rows"),
    ("whole lists", "kpi", lambda page: page["values"].append(page["values"][0]), "KPIs: N70466 more than once"),
    ("whole lists", "municipality", lambda page: page["values"].append(page["values"][0]), "areas: 0000 more than"),
    ("KPIs by id", "kpi-by-id", lambda page: page["values"].pop(), "25 asked, 24 of them in the list, 23 came"),
    ("groups by id", "municipality_groups-by-id", lambda page: page["values"].pop(), "24 of them in the list, 23 came"),
    ("areas", "municipality", lambda page: page["values"][5].update(type="S"), "has type 'S'"),
    ("areas", "municipality", lambda page: page["values"].pop(0), "riket: none"),
    ("levels", "kpi", kpi_changed(municipality_type="S"), "1 of 36 KPIs; 'N70815': 'S'"),
    ("publication", "kpi", kpi_changed(prel_publication_date="26-01-15"), "'26-01-15'"),
    ("publication", "kpi", kpi_changed(publication_date="2026-02-30"), "'2026-02-30'"),
    ("publication", "kpi", kpi_changed(publ_period="2025/26"), "'2025/26'"),
    ("titles", "municipality_groups", lambda page: page["values"][0].update(title=DOUBLE_ENCODED), "SÃ¶dermanlands"),
    ("kommun KPIs", "k-for-regions", with_region_values, "1 values, e.g. U21343 0001 2022 T: 3.25"),
    ("no changes", "from-the-future", lambda page: page["values"].pop(), "2 of 3 rows"),
    ("old changes", "from-long-ago", lambda page: page["values"].pop(), "6 values, 6 of the 9 without it"),
    (
        "new changes",
        "group-from-a-year-ago",
        values_changed(lambda record, value: value.update(value=1.5)),
        "are not those of the whole",
    ),
    ("new changes", "group-from-a-year-ago", without_area(COUNTY_GROUP), "0 the group's"),
    ("genders", "batch", values_changed(lambda record, value: value.update(gender="F")), "U21343 0000 2022 F: 'F'"),
    ("missing values", "batch", values_changed(lambda record, value: value.pop("value")), "'left out'"),
    ("statuses", "batch", values_changed(with_other_status), "('N', 'null')"),
    ("deletions", "batch", values_changed(lambda record, value: value.pop("isdeleted")), "UNSET"),
    ("one per key", "batch", lambda page: page["values"].append(page["values"][0]), "more than once in one answer"),
]


@pytest.mark.parametrize(("check", "key", "change", "words"), DIFFERENT, ids=[f"{c}-{w}" for c, *_, w in DIFFERENT])
def test_what_differs_is_an_error_with_what_was_seen(
    check: str, key: str, change: Callable[[Json], object], words: str, sound: Mapping[str, Recorded]
) -> None:
    answer = sound[key] if key != "from-the-future" else replace(sound["series"], url=sound[key].url)
    findings = by_name(judge({**sound, key: changed(answer, change)}))
    assert check in names(findings, "error")
    assert words in findings[check].message
    assert findings[check].fix == next(row.fix for row in CHECKS if row.name == check)


REFUSED = [
    ("KPIs by id", "kpi-by-id", 404),
    ("groups by id", "municipality_groups-by-id", 422),
    ("full batch", "batch", 422),
    ("full batch", "batch", 504),
    ("region KPIs", "l-for-kommuner", 422),
    ("rate limit", "series", 429),
]


@pytest.mark.parametrize(("check", "key", "status"), REFUSED)
def test_a_request_of_ours_that_is_refused_is_an_error(
    check: str, key: str, status: int, sound: Mapping[str, Recorded]
) -> None:
    findings = by_name(judge({**sound, key: replace(sound[key], status=status)}))
    assert check in names(findings, "error")
    assert f"status {status}" in findings[check].message


def test_every_check_but_the_one_on_the_source_can_fail(sound: Mapping[str, Recorded]) -> None:
    without_riket = {key: changed(sound[key], without_area("0000")) for key in ("k-for-regions", "l-for-kommuner")}
    assert names(by_name(judge({**sound, **without_riket})), "error") == {"riket"}
    failed = {check for check, *_ in (*DIFFERENT, *REFUSED)} | {"riket"}
    assert failed == {check.name for check in CHECKS} - {"source"}


def test_a_kpi_that_is_now_for_regions_too_says_nothing_about_kommun_kpis(sound: Mapping[str, Recorded]) -> None:
    def now_for_all(page: Json) -> None:
        for kpi in page["values"]:
            if kpi["id"] == KPIS_K[1]:
                kpi["municipality_type"] = "A"

    answers = {
        **sound,
        "kpi": changed(sound["kpi"], now_for_all),
        "k-for-regions": changed(sound["k-for-regions"], with_region_values),
    }
    finding = by_name(judge(answers))["kommun KPIs"]
    assert (finding.level, finding.message.startswith("19 KPIs with")) == ("ok", True)


def test_an_answer_that_cannot_be_read_is_one_error_and_leaves_the_others_unknown(
    sound: Mapping[str, Recorded],
) -> None:
    findings = by_name(judge({**sound, "series": replace(sound["series"], body=b"<!doctype html>")}))
    assert names(findings, "error") == {"contract"}
    assert names(findings, "unknown") == {"source", "paging", "no changes", "old changes"}


def test_nothing_came_so_nothing_is_known() -> None:
    answers = {key: Recorded(request.kind, fault="no answer") for key, request in asked().items()}
    assert {finding.level for finding in judge(answers)} == {"unknown"}


def test_announced_rate_limits_are_an_error(sound: Mapping[str, Recorded]) -> None:
    answer = replace(sound["series"], headers={"x-ratelimit-remaining": "58"})
    finding = by_name(judge({**sound, "series": answer}))["rate limit"]
    assert (finding.level, "x-ratelimit-remaining 58" in finding.message) == ("error", True)


def asked() -> Mapping[str, Any]:
    return requests(BASE, date(2026, 11, 1))


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("id", "title", "kpi", "municipality", "period", "values", "gender", "value", "status", "isdeleted", "type")
VALUE = st.fixed_dictionaries({}, optional={**dict.fromkeys(NAMES, ODD), "gender": st.sampled_from("TKMx")})
RECORD = st.fixed_dictionaries(
    {"kpi": st.sampled_from(KPIS_K[:2]), "municipality": st.sampled_from(["0000", "0484", COUNTY_GROUP, "x"])},
    optional={"period": st.integers() | ODD, "values": st.lists(VALUE, max_size=3) | ODD},
)
ROW = RECORD | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ODD))
ANSWER = st.fixed_dictionaries({}, optional={"values": st.lists(ROW, max_size=4) | ODD, "count": ODD, "next_url": ODD})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    bodies=st.dictionaries(st.sampled_from(tuple(asked())), ANSWER | ODD, min_size=1, max_size=6),
    status=st.sampled_from([200, 200, 200, 404, 422, 307, 500]),
)
def test_no_answer_is_too_odd_to_be_judged(bodies: dict[str, object], status: int) -> None:
    answers = {key: Recorded(request.kind, fault="no answer") for key, request in asked().items()}
    for key, body in bodies.items():
        answers[key] = Recorded(asked()[key].kind, f"{BASE}/{key}", status, {}, json.dumps(body).encode())
    findings = judge(answers)
    assert [finding.check for finding in findings] == [check.name for check in CHECKS]
    assert all(finding.message.isprintable() and len(finding.message) < 300 for finding in findings)


# --- how it asks


@pytest.fixture
def log() -> RequestLog:
    return RequestLog()


@pytest.fixture
def ask_of(tmp_path: Path, log: RequestLog) -> Callable[..., dict[str, Finding]]:
    """What the probe finds at a Kolada with these faults; its files are in tmp_path."""

    def findings(*faults: Fault, user: str = "") -> dict[str, Finding]:
        with small.kolada(a_kolada(), *faults, log=log) as url:
            return by_name(probe(url.replace("//", f"//{user}"), tmp_path, pause=0))

    return findings


Asking = Callable[..., dict[str, Finding]]


def index(tmp_path: Path) -> list[Json]:
    entries: list[Json] = json.loads((tmp_path / "index.json").read_text())
    return entries


def test_one_request_at_a_time_none_twice_few_and_with_a_pause(
    log: RequestLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0 if seconds == 1 / 3 else seconds)

    monkeypatch.setattr(asyncio, "sleep", noted)
    with small.kolada(a_kolada(), log=log) as url:
        probe(url, tmp_path)
    assert waits.count(1 / 3) == len(index(tmp_path)) - 1
    targets = [entry.target for entry in log.entries]
    assert len(asked()) - 3 == len(targets) <= MAX_REQUESTS == 40
    assert len(targets) == len(set(targets))
    assert log.most_at_once == 1
    assert {entry.method for entry in log.entries} == {"GET"}


def test_it_says_who_it_is(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def answer_once(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            heard.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_once, args=(server,))
        thread.start()
        with pytest.raises(SourceError, match="status 503"):
            probe(f"http://127.0.0.1:{server.getsockname()[1]}/v3", tmp_path, pause=0)
        thread.join()
    assert f"User-Agent: {HEADERS['User-Agent']}\r\n".encode().lower() in heard[0].lower()


def test_answers_are_kept_byte_for_byte_with_an_index_and_no_secret(ask_of: Asking, tmp_path: Path) -> None:
    sent: list[bytes] = []

    def with_cookie(right: FaultyAnswer) -> FaultyAnswer:
        sent.append(right.body)
        return FaultyAnswer(200, right.body, {"set-cookie": "hemlig=1", "etag": '"abc"'})

    ask_of(Fault(".", "made", times=None, make=with_cookie), user="malbild:HEMLIGT@")
    entries = index(tmp_path)
    assert [(tmp_path / entry["file"]).read_bytes() for entry in entries] == sent
    assert all(entry["received"].endswith("Z") and entry["headers"]["etag"] == '"abc"' for entry in entries)
    assert len(list(tmp_path.iterdir())) == len(entries) + 1
    assert not [word for word in ("hemlig", "HEMLIGT") if word in (tmp_path / "index.json").read_text()]


def test_a_next_url_that_leads_away_is_not_followed(ask_of: Asking, log: RequestLog) -> None:
    assert "annan-vard.invalid" in ask_of(Fault("per_page=2$", "cross_host"))["paging"].message
    assert not [entry for entry in log.entries if "page=2" in entry.target.replace("per_page=2", "")]


# --- servers in trouble


def test_nobody_there_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match=r"ConnectError.*→ check the network and --kolada-url") as error:
        probe(f"http://127.0.0.1:{port}/v3", tmp_path, pause=0)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("fault", "check", "level", "words", "file"),
    [
        (Fault("/kpi/U", "status", times=None, status=422), "KPIs by id", "error", "422", "kpi-by-id.422.json"),
        (
            Fault("/kpi[?]", "made", make=lambda right: FaultyAnswer(200, right.body, {"content-encoding": "br"})),
            *("levels", "unknown", "Content-Encoding is 'br', expected gzip or none", "kpi.txt"),
        ),
        (Fault(".", "html", times=None), "contract", "error", 'begins "<!doctype html>', "municipality.txt"),
    ],
)
def test_what_came_instead_of_an_answer_is_kept_and_named(
    fault: Fault, check: str, level: str, words: str, file: str, ask_of: Asking, tmp_path: Path
) -> None:
    finding = ask_of(fault)[check]
    assert (finding.level, words in finding.message) == (level, True), finding
    assert (tmp_path / file).exists() or level == "unknown"


@pytest.mark.parametrize("kind", ["empty", "truncated", "reset", "html"])
def test_one_broken_answer_leaves_the_others_alone(kind: Any, ask_of: Asking) -> None:
    findings = ask_of(Fault("U21463/municipality/0484[?]per_page=5000", kind, times=None))
    assert findings["contract"].level == ("error" if kind in ("empty", "html") else "ok")
    assert names(findings, "unknown") == {"source", "paging", "no changes", "old changes"}


def test_after_429_nothing_more_is_asked(ask_of: Asking, log: RequestLog) -> None:
    findings = ask_of(Fault("/kpi", "status", status=429, retry_after="7"))
    assert [entry.status for entry in log.entries] == [200, 429]
    assert findings["rate limit"].message.startswith("status 429; retry-after 7")
    assert "not asked: Kolada had answered 429, too many requests" in findings["full batch"].message


def test_a_server_that_goes_down_is_left_alone(ask_of: Asking, log: RequestLog) -> None:
    findings = ask_of(Fault("/data", "reset", times=None))
    assert sum("/data" in entry.target for entry in log.entries) == 3
    assert "not asked: 3 requests in a row had failed" in findings["kommun KPIs"].message
    assert findings["levels"].level == "ok"


def test_the_budget_is_kept_whatever_is_asked(ask_of: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_REQUESTS", 6)
    findings = ask_of()
    assert len(index(tmp_path)) == 6
    assert "not asked: the probe's requests were used up" in findings["full batch"].message
    assert findings["levels"].level == "ok"


def test_the_ids_asked_for_are_ours() -> None:
    catalog = own_catalog()
    levels = {kpi.id: kpi.level for kpi in catalog.followed_kpis()}
    kpis = dict.fromkeys(KPIS_K, "K") | dict.fromkeys(KPIS_L, "L")
    assert {kpi: levels.get(kpi) for kpi in kpis} == kpis
    assert sorted(OUR_KOMMUNER) == sorted(kommun.id for kommun in catalog.geography.kommuner)
    assert COUNTY_GROUP in catalog.geography.kommun_groups()
