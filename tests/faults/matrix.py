"""The faults that malbild is tested against, one of each kind: how each is provoked, and what must result.

A kind is the layer that notices the fault together with what is promised then. Variants of a kind are in the tests of
that layer: of the client and the contract (`tests/kolada`), of what is refused (`tests/validation`), of whatever a
server may answer (`tests/fuzz/test_answers.py`). What is checked for every fault is in `play`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import polars as pl

from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault, FaultyAnswer, Kind
from tests.faults import answers, damage, limits
from tests.faults.answers import AREA, KPI, YEAR, Make, envelope, page, record, rows, value_with, value_without
from tests.faults.play import Case
from tests.small import GROUPS, KPIS, dataset, values

_DATA, _KPI_DATA, _KPIS, _AREAS = "/data/", "/data/kpi/N00003", "/v3/kpi", "/v3/municipality[?]"
_UNCHANGED = "0 new, 0 revised, 0 deleted"


# --- what Kolada holds ----------------------------------------------------------------------------------------------

_THE_VALUE = (pl.col("kpi") == KPI) & (pl.col("area") == AREA) & (pl.col("year") == YEAR)


def revised() -> Dataset:
    """One value has been revised, so that there is something to publish."""
    return dataset(figures=values().with_columns(value=pl.when(_THE_VALUE).then(99.5).otherwise("value")))


def without_the_value() -> Dataset:
    return dataset(figures=values().filter(~_THE_VALUE))


def multiplied() -> Dataset:
    return dataset(figures=values().with_columns(value=pl.col("value") * 1.2))


def all_missing() -> Dataset:
    return dataset(figures=values().with_columns(status=pl.lit("Missing")))


def without_kpi() -> Dataset:
    return dataset(kpis={kpi: words for kpi, words in KPIS.items() if kpi != "U00002"})


def kpi_with(**fields: object) -> Callable[[], Dataset]:
    return lambda: replace(dataset(), kpis=[{**k, **fields} if k["id"] == KPI else k for k in dataset().kpis])


def area_with(area: str, **fields: object) -> Callable[[], Dataset]:
    """Other fields of an area; none: the area is gone."""
    municipalities = [a for a in dataset().municipalities if a["id"] != area or fields]
    return lambda: replace(dataset(), municipalities=[a | fields if a["id"] == area else a for a in municipalities])


def with_new_area() -> Dataset:
    return replace(dataset(), municipalities=[*dataset().municipalities, {"id": "0499", "title": "Nyby", "type": "K"}])


def without_group() -> Dataset:
    return replace(dataset(), groups=[group for group in dataset().groups if group["id"] != "G6"])


def with_unknown_member() -> Dataset:
    unknown = {"member_id": "9999", "member_title": "Okänd"}
    groups = [g | {"members": [*g["members"], unknown]} if g["id"] == "G6" else g for g in dataset().groups]
    return replace(dataset(), groups=groups)


# --- how it answers -------------------------------------------------------------------------------------------------


def answer_fault(make: Make, match: str = _DATA, times: int | None = None) -> tuple[Fault, ...]:
    return (Fault(match, "made", times=times, make=make),)


def always(kind: Kind, **how: Any) -> tuple[Fault, ...]:
    return (Fault(_DATA, kind, times=None, **how),)


def once(kind: Kind, **how: Any) -> tuple[Fault, ...]:
    return (Fault(_DATA, kind, **how),)


def two_pages(first: Make, second: Make) -> tuple[Fault, ...]:
    """The list of values, and a second page of it."""
    return (*answer_fault(second, f"{_KPI_DATA}.*page=2"), *answer_fault(first, _KPI_DATA))


_TO_PAGE_TWO = envelope(next_url="?per_page=5000&page=2")


def _same_record_with_another_value(content: dict[str, Any]) -> None:
    value = {"gender": "T", "count": 1, "status": "", "value": 1.0, "isdeleted": False}
    row = {"kpi": KPI, "municipality": AREA, "period": YEAR, "values": [value]}
    content |= {"values": [row], "count": 1, "next_url": None}


def _lose_the_record(content: dict[str, Any]) -> None:
    areas = (AREA, *(group for group, members in GROUPS.items() if AREA in members))
    lost = [(KPI, area, YEAR) for area in areas]
    records = [row for row in content["values"] if (row["kpi"], row["municipality"], row["period"]) not in lost]
    content |= {"values": records, "count": len(records), "next_url": "?per_page=5000&page=2"}


_page_numbers = count(2)


def _yet_another_page(right: FaultyAnswer) -> FaultyAnswer:
    return envelope(next_url=f"?per_page=5000&page={next(_page_numbers)}")(right)


def _new_fields(content: dict[str, Any]) -> None:
    content["ny"] = [{"value": 1}]
    for row in content["values"]:
        row["enhet"] = "%"


# --- the faults -----------------------------------------------------------------------------------------------------


def survives(name: str, faults: tuple[Fault, ...] = (), message: str = _UNCHANGED, **more: Any) -> Case:
    return Case(name, 0, message, faults, **more)


def kolada_fails(name: str, message: str, faults: tuple[Fault, ...] = (), **more: Any) -> Case:
    return Case(name, 3, message, faults, **more)


def publishes(name: str, message: str = "3 revised", **more: Any) -> Case:
    """The night survives, and what Kolada has revised is published."""
    return Case(name, 0, message, served=revised, after=revised, **more)


def machine_fails(name: str, message: str, **more: Any) -> Case:
    """The night ends with the machine's fault at any point, also in the middle of the publication."""
    return Case(name, 1, message, served=revised, **more)


TRANSFER = [
    survives(
        "status-burst",
        tuple(Fault("/v3/", "status", status=code) for code in (500, 502, 503, 504, 429)),
        environment={"MALBILD_TALAMOD": "30"},
    ),
    kolada_fails("status-503-always", "status 503; gave up", always("status")),
    survives("retry-after", once("status", status=429, retry_after="1")),
    kolada_fails("retry-after-absurd", "status 429", always("status", status=429, retry_after="9" * 400)),
    kolada_fails("status-404", "status 404, expected 200", always("status", status=404)),
    kolada_fails("redirect-loop", "more than 3 redirects", answer_fault(answers.status(307, location="?om"))),
    kolada_fails(
        "redirect-away",
        "redirects to http://annan-vard.invalid/v3",
        answer_fault(answers.status(302, location="http://annan-vard.invalid/v3/kpi")),
    ),
    survives("redirect-within", answer_fault(answers.status(307, location="?per_page=5000"), times=1)),
    kolada_fails("no-server", "ConnectError.*firewall", url="http://127.0.0.1:9/v3", short=True),
    kolada_fails("no-such-host", "kolada.invalid/v3/municipality", url="https://kolada.invalid/v3"),
    survives("reset-once", once("reset")),
    survives("late-reset-once", once("late_reset")),
    kolada_fails("truncated-always", "gave up", always("truncated")),
    kolada_fails("silent", "ReadTimeout", always("slow", delay=90), patient=True),
    kolada_fails("a-byte-a-second", "no whole answer within 120 s", always("drip"), patient=True),
    kolada_fails("endless", "larger than 200 MB", always("endless")),
]

BYTES = [
    survives("html-once", once("html")),
    kolada_fails("html-always", "unreadable.*<!doctype html>", always("html")),
    survives("gzip", answer_fault(answers.body(answers.gzipped, content_encoding="gzip"), "/v3/")),
    kolada_fails("not-gzip", "gzip is damaged", answer_fault(answers.body(lambda b: b, content_encoding="gzip"))),
    kolada_fails(
        "gzip-bomb",
        "larger than 200 MB",
        answer_fault(answers.body(answers.gzip_bomb, content_encoding="gzip")),
        # A busy machine needs seconds to make it.
        patient=True,
    ),
    kolada_fails(
        "zstd",
        "Content-Encoding is 'zstd'",
        answer_fault(answers.body(answers.zstd, content_encoding="zstd")),
    ),
    kolada_fails("utf-16", "unreadable", answer_fault(answers.body(lambda b: b.decode().encode("utf-16")))),
    kolada_fails("nan", "malformed", answer_fault(value_with(value=float("nan")))),
    kolada_fails(
        "key-twice",
        "the key 'value' stands twice",
        answer_fault(answers.body(lambda b: b.replace(b'"value":', b'"value":1,"value":', 1)), _KPI_DATA),
    ),
    kolada_fails("nested", "unreadable", answer_fault(answers.body(answers.nested))),
]

_UNREADABLE_VALUE = r"unreadable \(.*\$\.values"
FIELDS = [
    kolada_fails("type-value-text", _UNREADABLE_VALUE, answer_fault(value_with(value="12,5"), _KPI_DATA)),
    kolada_fails(
        "type-year", _UNREADABLE_VALUE, answer_fault(answers.record_with(period=2**70), _KPI_DATA), short=True
    ),
    kolada_fails(
        "type-record-null", _UNREADABLE_VALUE, answer_fault(page(lambda p: p["values"].insert(0, None)), _KPI_DATA)
    ),
    kolada_fails("type-kpi-title", r"unreadable \(.*title", answer_fault(answers.kpi_with(title=7), _KPIS)),
    kolada_fails("envelope-no-next", "lacks count or next_url", answer_fault(page(lambda p: p.pop("next_url")))),
    kolada_fails("envelope-count-wrong", "count says 9999", answer_fault(envelope(count=9999))),
    survives("new-fields", answer_fault(page(_new_fields), "/v3/")),
    survives(
        "optional-fields-absent",
        answer_fault(value_without("count", "status", "isdeleted"), _KPI_DATA),
        "0 new, 1 revised, 0 deleted",
    ),
    survives("value-absent", answer_fault(value_without("value"), _KPI_DATA), "svaret saknar fältet value"),
]

CONTENT = [
    survives("no-values", answer_fault(answers.record_with(values=[]), _KPI_DATA), "posten har inga värden"),
    survives("year-far", answer_fault(answers.record_with(period=2999), _KPI_DATA), "orimligt år"),
    survives(
        "area-not-asked", answer_fault(answers.record_with(municipality="9999"), _KPI_DATA), "området var inte efterfr"
    ),
    survives(
        "gender-twice",
        answer_fault(record(lambda r: r["values"].append(r["values"][0] | {"value": 1.0})), _KPI_DATA),
        "samma värde kom flera gånger med olika",
    ),
    Case("all-refused", 4, "more than the limit 5.0%", served=all_missing, short=True),
    Case("all-empty", 4, "storlek: Mer än 20 %", answer_fault(rows(lambda rows: []))),
    Case("all-multiplied", 4, "storlek: Mer än 20 %", served=multiplied),
]

PAGES = [
    kolada_fails("next-itself", "never ends", always("cycle")),
    kolada_fails("next-other-host", "away from", always("cross_host")),
    survives("next-relative", two_pages(_TO_PAGE_TWO, envelope(next_url=None))),
    kolada_fails("next-for-ever", "more than 2000 pages", answer_fault(_yet_another_page, _KPI_DATA)),
    survives(
        "record-on-two-pages",
        two_pages(_TO_PAGE_TWO, page(_same_record_with_another_value)),
        "samma värde kom flera gånger med olika",
    ),
    kolada_fails(
        "area-on-two-pages",
        "0484 came twice",
        answer_fault(rows(lambda rows: [*rows, next(row for row in rows if row["id"] == "0484")]), _AREAS),
    ),
    # A list that loses a record between two pages: what did not come is asked for once more.
    survives("record-lost-between-pages", two_pages(page(_lose_the_record), envelope(next_url=None)), short=True),
    survives("record-gone", message="2 revised, 1 deleted", served=without_the_value, after=without_the_value),
]

CATALOGUE = [
    kolada_fails("no-areas", "municipality has nothing of ours", answer_fault(rows(lambda rows: []), _AREAS)),
    Case("kommun-gone", 2, "0461 not found among", served=area_with("0461"), short=True),
    survives("kommun-new", served=with_new_area),
    kolada_fails("area-type-unknown", "area '0461'.*has type 'X'", served=area_with("0461", type="X")),
    survives("foreign-area-type-unknown", served=area_with("1000", type="X")),
    survives(
        "foreign-kpi-without-title", answer_fault(rows(lambda rows: [*rows, {"id": "N99999", "title": None}]), _KPIS)
    ),
    survives(
        "foreign-group-without-members",
        answer_fault(
            rows(lambda rows: [*rows, {"id": "G99", "title": "Annan", "members": None}]), "/v3/municipality_gro"
        ),
    ),
    survives("fewer-ids", (Fault(r"/data/kpi/[^/]*(,[^/?,]+){3}", "status", times=None, status=422),)),
    survives("kpi-gone", message="U00002 nyckeltal borttaget", served=without_kpi),
    survives("kpi-title", message=f"{KPI} titel ej bekräftad", served=kpi_with(title="Något annat, antal")),
    survives(
        "kpi-day",
        message=f"{KPI} omöjligt publiceringsdatum: .*2026-02-30",
        served=kpi_with(publication_date="2026-02-30"),
    ),
    survives("group-gone", message="G6 grupp borttagen", served=without_group),
    survives("group-unknown-member", message="G6 grupp ändrad", served=with_unknown_member),
]

_NO_ROOM = "disk|File too large|space"
_ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
MACHINE = [
    publishes("time-zone-unknown", environment={"TZ": "Ingenstans/Alls"}),
    publishes("locale-ascii", environment=_ASCII),
    publishes("temp-folder-missing", environment={"TMPDIR": "/finns/inte"}),
    publishes("clock-was-ahead", during=damage.clock_was_ahead),
    machine_fails("16-open-files", "Too many open files|open", limit=limits.few_open_files),
    machine_fails("600-mb-memory", "emory|alloc|thread", limit=limits.memory_600_mb, may_abort=True),
    machine_fails("disk-100-kb", _NO_ROOM, limit=limits.disk_full_at_100_kb, short=True),
    machine_fails("disk-3-mb", _NO_ROOM, limit=limits.disk_full_at_3_mb),
    machine_fails("output-disk-full", "space", limit=limits.output_disk_full),
    *(
        machine_fails(
            f"read-only-{name or 'data'}",
            "Permission|permission|cannot be opened",
            limit=limits.file_rights,
            during=damage.read_only(name),
        )
        for name in ("", "ra/korningar", "publiceringar")
    ),
    publishes("read-only-dagster", limit=limits.file_rights, during=damage.read_only("dagster")),
    Case(
        "warehouse-damaged",
        1,
        "lager.duckdb cannot be opened",
        during=damage.overwritten("lager.duckdb", repaired=True),
        short=True,
    ),
    publishes("published-damaged", "kan inte läsas", during=damage.overwritten("analys.duckdb", repaired=False)),
    publishes("published-gone", during=damage.removed("analys.duckdb")),
    publishes("exports-gone", during=damage.removed("export")),
    publishes("dagster-gone", during=damage.removed("dagster")),
    publishes("leftovers", during=damage.overwritten("analys.duckdb.tmp", repaired=False)),
    Case("held", 5, "another run .* holds", during=damage.held_by_another_run),
]

SETTINGS = [
    Case(
        "yaml-broken",
        2,
        r"indikatorer.yaml:\d+: not readable as YAML",
        during=damage.yaml("indikatorer.yaml", "version: 1", "version: [1"),
        short=True,
    ),
    Case("yaml-gone", 2, "kommuner.yaml:.*does not exist", during=damage.yaml("kommuner.yaml", None)),
    Case("setting-unknown", 2, "MALBILD_TALAMOD", environment={"MALBILD_TALAMOD": "länge"}),
    Case("other-source", 2, "holds figures from 'kolada'", during=damage.source_is_kolada),
]

CASES = [*TRANSFER, *BYTES, *FIELDS, *CONTENT, *PAGES, *CATALOGUE, *MACHINE, *SETTINGS]
