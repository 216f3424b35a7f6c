"""The faults that malbild is held against: how each is provoked, and what must come of it.

What is checked for all of them is `play`. The stand-in's values come whole (`--full`) unless a case says otherwise: an
ordinary night asks for what changed, which is nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import polars as pl

from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault, Kind, Made
from tests.faults import answers, confined, spoiled
from tests.faults.answers import AREA, KPI, YEAR, Make, body, each, envelope, page, record, rows, status, value, whole
from tests.faults.play import Case
from tests.small import GROUPS, KPIS, dataset, values

_DATA, _KPI_SIDE, _KPIS, _AREAS, _GROUPS = "/data/", "/data/kpi/N00003", "/v3/kpi", "/v3/municipality[?]", "_groups"
_STAYS = "0 new, 0 revised, 0 deleted"
_ONE_REFUSED = "0 new, 0 revised, 0 deleted, 0 returned, 1 refused"


# --- what Kolada holds ----------------------------------------------------------------------------------------------


def _the_value() -> pl.Expr:
    return (pl.col("kpi") == KPI) & (pl.col("area") == AREA) & (pl.col("year") == YEAR)


def news() -> Dataset:
    """One value has been revised, so that there is something to publish."""
    return dataset(figures=values().with_columns(value=pl.when(_the_value()).then(99.5).otherwise("value")))


def lost_in_paging() -> Dataset:
    """Without the value that a list lost between its pages; its groups were lost with it."""
    return dataset(figures=values().filter(~_the_value()))


def with_areas(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[], Dataset]:
    return lambda: replace(dataset(), municipalities=change([dict(a) for a in dataset().municipalities]))


def with_groups(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[], Dataset]:
    return lambda: replace(dataset(), groups=change([dict(g) for g in dataset().groups]))


def with_kpi(kpi_id: str, **fields: object) -> Callable[[], Dataset]:
    return lambda: replace(dataset(), kpis=[{**k, **fields} if k["id"] == kpi_id else k for k in dataset().kpis])


def without_kpi(kpi_id: str) -> Callable[[], Dataset]:
    return lambda: dataset(kpis={k: v for k, v in KPIS.items() if k != kpi_id})


def kpi_without_values(kpi_id: str) -> Callable[[], Dataset]:
    return lambda: dataset(figures=values().filter(pl.col("kpi") != kpi_id))


# --- how it answers -------------------------------------------------------------------------------------------------


def made(make: Make, match: str = _DATA, times: int | None = None) -> tuple[Fault, ...]:
    return (Fault(match, "made", times=times, make=make),)


def always(kind: Kind, match: str = _DATA, **how: Any) -> tuple[Fault, ...]:
    return (Fault(match, kind, times=None, **how),)


def paged(second: Make) -> tuple[Fault, ...]:
    """The list of values goes on to a second page."""
    return (
        Fault(f"{_KPI_SIDE}.*page=2", "made", times=None, make=second),
        Fault(_KPI_SIDE, "made", times=None, make=envelope(next_url="?per_page=5000&page=2")),
    )


def _only_the_record(**fields: object) -> Make:
    """A page with the one record, its value changed."""

    def change(found: dict[str, Any]) -> None:
        one = {"kpi": KPI, "municipality": AREA, "period": YEAR}
        right = {"gender": "T", "count": 1, "status": "", "value": _right_value(), "isdeleted": False}
        found |= {"values": [one | {"values": [right | fields]}], "count": 1, "next_url": None}

    return page(change)


def _right_value() -> float:
    return float(values().filter(_the_value())["value"].item())


def _lose_the_record(found: dict[str, Any]) -> None:
    lost = [(KPI, area, YEAR) for area in (AREA, *(g for g, members in GROUPS.items() if AREA in members))]
    found["values"] = [r for r in found["values"] if (r["kpi"], r["municipality"], r["period"]) not in lost]
    found |= {"count": len(found["values"]), "next_url": "?per_page=5000&page=2"}


_numbers = count(2)


def _another_page(right: Made) -> Made:
    """Every page leads to yet another one."""
    return envelope(next_url=f"?per_page=5000&page={next(_numbers)}")(right)


# --- the faults -----------------------------------------------------------------------------------------------------

_T = "Överföringen"
TRANSFER = [
    Case(
        "status-burst",
        _T,
        "500, 502, 503, 504 och 429 om vartannat på alla listor",
        faults=tuple(Fault("/v3/", "status", status=code) for code in (500, 502, 503, 504, 429)),
        environment={"MALBILD_TALAMOD": "30"},
        told=_STAYS,
    ),
    Case("status-503-for-ever", _T, "status 503 hela tiden", 3, "status 503; gave up", always("status"), short=True),
    Case(
        "retry-after-seconds",
        _T,
        "429 med Retry-After i sekunder",
        faults=(Fault(_DATA, "status", status=429, retry_after="1"),),
        told=_STAYS,
    ),
    Case(
        "retry-after-date",
        _T,
        "429 med Retry-After som datum",
        faults=(Fault(_DATA, "status", status=429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),),
        told=_STAYS,
    ),
    Case(
        "retry-after-absurd-seconds",
        _T,
        "429 med Retry-After på 400 siffror",
        3,
        "status 429",
        always("status", status=429, retry_after="9" * 400),
    ),
    Case(
        "retry-after-absurd-date",
        _T,
        "429 med ett Retry-After-datum år 99999",
        3,
        "status 429",
        always("status", status=429, retry_after="Mon, 01 Jan 99999 00:00:00 GMT"),
    ),
    Case(
        "retry-after-absurd-zone",
        _T,
        "429 med en tidszon som inte finns i Retry-After",
        3,
        "status 429",
        always("status", status=429, retry_after="Wed, 21 Oct 2015 07:28:00 +99999999"),
    ),
    Case(
        "retry-after-word",
        _T,
        "429 med Retry-After: strax",
        faults=(Fault(_DATA, "status", status=429, retry_after="strax"),),
        told=_STAYS,
    ),
    *(
        Case(
            f"status-{code}",
            _T,
            f"status {code} på värdena",
            3,
            f"status {code}, expected 200",
            always("status", status=code),
        )
        for code in (204, 401, 404, 422)
    ),
    Case("status-302-nowhere", _T, "omdirigering utan adress", 3, "status 302, expected 200", made(status(302))),
    Case("redirect-loop", _T, "omdirigering i en ring", 3, "more than 3 redirects", made(status(307, location="?om"))),
    Case(
        "redirect-away",
        _T,
        "omdirigering till en annan värd",
        3,
        "redirects to http://annan-vard.invalid/v3",
        made(status(302, location="http://annan-vard.invalid/v3/kpi")),
        short=True,
    ),
    Case(
        "redirect-other-scheme",
        _T,
        "omdirigering till ett annat protokoll",
        3,
        "away from",
        made(status(301, location="https://127.0.0.1/v3/kpi")),
    ),
    Case(
        "redirect-within",
        _T,
        "omdirigering inom Kolada, en gång",
        told=_STAYS,
        faults=made(status(307, location="?per_page=5000"), times=1),
    ),
    Case(
        "dns",
        _T,
        "värdnamnet finns inte",
        3,
        "kolada.invalid/v3/municipality",
        url="https://kolada.invalid/v3",
    ),
    Case(
        "refused", _T, "ingen svarar på porten", 3, "ConnectError.*still valid", url="http://127.0.0.1:9/v3", short=True
    ),
    Case(
        "reset-once",
        _T,
        "anslutningen bryts före svaret, en gång",
        told=_STAYS,
        faults=(Fault(_DATA, "reset"),),
        short=True,
    ),
    Case(
        "late-reset-once",
        _T,
        "anslutningen bryts mitt i svaret, en gång",
        told=_STAYS,
        faults=(Fault(_DATA, "late_reset"),),
    ),
    Case("truncated-once", _T, "halva svaret, en gång", told=_STAYS, faults=(Fault(_DATA, "truncated"),)),
    Case("truncated-for-ever", _T, "halva svaret, varje gång", 3, "gave up", always("truncated")),
    Case(
        "silent",
        _T,
        "servern tar emot frågan och svarar inte",
        3,
        "ReadTimeout",
        always("slow", delay=90),
        patient=True,
    ),
    Case(
        "drip",
        _T,
        "svaret kommer en byte i sekunden",
        3,
        "no whole answer within 120 s",
        always("drip"),
        patient=True,
    ),
    Case("endless", _T, "svaret tar aldrig slut", 3, "larger than 200 MB", always("endless")),
]

_B = "Svarets byte"
BYTES = [
    Case("html-once", _B, "en webbsida med status 200, en gång", told=_STAYS, faults=(Fault(_DATA, "html"),)),
    Case(
        "html-for-ever", _B, "en webbsida med status 200, varje gång", 3, "unreadable.*<!doctype html>", always("html")
    ),
    Case("empty-once", _B, "tomt svar med status 200, en gång", told=_STAYS, faults=(Fault(_KPIS, "empty"),)),
    Case("empty-for-ever", _B, "tomt svar med status 200, varje gång", 3, "unreadable", always("empty", _KPIS)),
    Case(
        "gzip",
        _B,
        "svaret packat med gzip (rätt)",
        told=_STAYS,
        faults=made(body(answers.packed, content_encoding="gzip"), "/v3/"),
    ),
    Case(
        "gzip-plain",
        _B,
        "sägs vara packat, men är det inte",
        3,
        "gzip is damaged",
        made(body(lambda b: b, content_encoding="gzip")),
    ),
    Case(
        "gzip-cut",
        _B,
        "packat svar utan slut",
        3,
        "gzip ends before its end",
        made(body(lambda b: answers.packed(b)[:-20], content_encoding="gzip")),
    ),
    Case(
        "gzip-bomb",
        _B,
        "0,3 MB som packas upp till 300 MB",
        3,
        "larger than 200 MB",
        made(body(answers.bomb, content_encoding="gzip")),
    ),
    Case(
        "gzip-twice",
        _B,
        "gzip i gzip",
        3,
        "Content-Encoding is 'gzip, gzip'",
        made(body(answers.double_bomb, content_encoding="gzip, gzip")),
    ),
    Case(
        "zstd",
        _B,
        "packat med zstd",
        3,
        "Content-Encoding is 'zstd'",
        made(body(answers.zstd, content_encoding="zstd")),
        short=True,
    ),
    Case("utf-16", _B, "fel teckenkodning: UTF-16", 3, "unreadable", made(body(lambda b: b.decode().encode("utf-16")))),
    Case(
        "latin-1",
        _B,
        "fel teckenkodning: Latin-1",
        3,
        "unreadable",
        made(body(lambda b: b.decode().encode("latin-1"), content_type="application/json; charset=iso-8859-1"), _AREAS),
    ),
    Case("bom", _B, "byteordningsmärke före svaret", 3, "unreadable", made(body(lambda b: b"\xef\xbb\xbf" + b))),
    Case("nul", _B, "nollbyte i svaret", 3, "unreadable", made(body(lambda b: b[:200] + b"\0" + b[200:]))),
    Case("nan", _B, "NaN i svaret", 3, "malformed", made(value(value=float("nan"))), short=True),
    Case(
        "1e400",
        _B,
        "ett tal som inte ryms (1e400)",
        3,
        "Number out of range",
        made(answers.text('"value":', '"value":1e400,"x":'), _KPI_SIDE),
    ),
    Case(
        "key-twice-value",
        _B,
        "nyckeln value två gånger i samma objekt",
        3,
        "the key 'value' stands twice",
        made(answers.text('"value":', '"value":1,"value":'), _KPI_SIDE),
        short=True,
    ),
    Case(
        "key-twice-escaped",
        _B,
        "nyckeln period två gånger, en gång med \\u-tecken",
        3,
        "the key 'period' stands twice",
        made(answers.text('"period":', '"\\u0070eriod":1999,"period":'), _KPI_SIDE),
    ),
    Case(
        "key-twice-envelope",
        _B,
        "nyckeln next_url två gånger i kuvertet",
        3,
        "the key 'next_url' stands twice",
        made(body(lambda b: b[:-1] + b',"next_url":null}')),
    ),
    Case(
        "key-twice-catalogue",
        _B,
        "nyckeln title två gånger i katalogen",
        3,
        "the key 'title' stands twice",
        made(answers.text('"title":', '"title":"x","title":'), _KPIS),
    ),
    Case("nested", _B, "100 000 listor i varandra i ett okänt fält", 3, "unreadable", made(body(answers.nested))),
    Case("top-list", _B, "en lista i stället för ett objekt", 3, "unreadable", made(body(lambda b: b"[" + b + b"]"))),
]

_F = "Fälten"
_WRONG_TYPES: dict[str, tuple[str, Make]] = {
    "value-text": ("värdet som text", value(value="12,5")),
    "value-bool": ("värdet som true", value(value=True)),
    "count-text": ("antalet som text", value(count="1")),
    "count-beyond-64-bits": ("antalet med 400 siffror", value(count=10**400)),
    "status-number": ("status som tal", value(status=0)),
    "isdeleted-text": ("isdeleted som text", value(isdeleted="false")),
    "gender-number": ("könet som tal", value(gender=1)),
    "gender-absent": ("fältet gender saknas", answers.without("gender")),
    "year-text": ("året som text", whole(period="2024")),
    "year-float": ("året som decimaltal", whole(period=2024.0)),
    "year-bool": ("året som true", whole(period=True)),
    "year-beyond-64-bits": ("år större än 64 bitar", whole(period=2**70)),
    "year-absent": ("fältet period saknas", record(lambda r: r.pop("period"))),
    "area-number": ("områdets id som tal", whole(municipality=461)),
    "values-null": ("postens values som null", whole(values=None)),
    "record-null": ("en post som null", page(lambda p: p["values"].__setitem__(0, None))),
}
FIELDS = [
    *(
        Case(
            f"type-{name}",
            _F,
            what,
            3,
            r"unreadable \(.*\$\.values",
            made(make, _KPI_SIDE),
            short=name == "year-beyond-64-bits",
        )
        for name, (what, make) in _WRONG_TYPES.items()
    ),
    Case(
        "type-kpi-title",
        _F,
        "nyckeltalets titel som tal",
        3,
        r"unreadable \(.*title",
        made(each("id", KPI, title=7), _KPIS),
    ),
    Case(
        "type-publication-date",
        _F,
        "publiceringsdatum som tal",
        3,
        r"unreadable \(.*publication_date",
        made(each("id", KPI, publication_date=20260115), _KPIS),
    ),
    Case("envelope-no-values", _F, "kuvertet saknar values", 3, "unreadable", made(page(lambda p: p.pop("values")))),
    Case(
        "envelope-no-count",
        _F,
        "kuvertet saknar count",
        3,
        "lacks count or next_url",
        made(page(lambda p: p.pop("count"))),
    ),
    Case(
        "envelope-no-next",
        _F,
        "kuvertet saknar next_url",
        3,
        "lacks count or next_url",
        made(page(lambda p: p.pop("next_url"))),
    ),
    Case(
        "envelope-count-wrong", _F, "count stämmer inte med raderna", 3, "count says 9999", made(envelope(count=9999))
    ),
    Case(
        "extra-fields",
        _F,
        "nya fält överallt",
        told=_STAYS,
        faults=made(page(lambda p: [p.update(ny=[{"value": 1}]), [r.update(enhet="%") for r in p["values"]]]), "/v3/"),
    ),
    Case(
        "optional-absent",
        _F,
        "fälten count, status och isdeleted saknas i ett värde",
        told="0 new, 1 revised, 0 deleted",
        faults=made(record(lambda r: [r["values"][0].pop(k) for k in ("count", "status", "isdeleted")]), _KPI_SIDE),
    ),
    Case(
        "value-absent",
        _F,
        "fältet value saknas",
        told="svaret saknar fältet value",
        faults=made(answers.without("value"), _KPI_SIDE),
    ),
]

_S = "Orimliga uppgifter"
_REFUSED: dict[str, tuple[str, Make, str]] = {
    "year-negative": ("ett negativt år", whole(period=-2024), "orimligt år"),
    "year-zero": ("år 0", whole(period=0), "orimligt år"),
    "year-far": ("år 2999", whole(period=2999), "orimligt år"),
    "year-beyond-32-bits": ("ett år större än 32 bitar", whole(period=2**40), "orimligt år"),
    "count-negative": ("ett negativt antal", value(count=-5), "negativt antal"),
    "count-beyond-32-bits": ("ett antal större än 32 bitar", value(count=2**40), "orimligt antal"),
    "value-huge": ("ett värde på 1e308", value(value=1e308), "orimligt stort värde"),
    "gender-unknown": ("ett okänt kön", value(gender="F"), "okänt kön"),
    "gender-empty": ("könet som tom text", value(gender=""), "inga värden"),
    "values-empty": ("en post utan värden", whole(values=[]), "posten har inga värden"),
    "value-with-status": ("ett värde med status Missing", value(status="Missing"), "inte ska användas"),
    "area-not-asked": ("ett område som ingen frågat om", whole(municipality="9999"), "området var inte efterfrågat"),
    "kpi-not-asked": ("ett nyckeltal som ingen frågat om", whole(kpi="N99999"), "nyckeltalet var inte efterfrågat"),
    "both-not-asked": (
        "både nyckeltal och område som ingen frågat om",
        whole(kpi="N99999", municipality="9999"),
        "nyckeltalet var inte efterfrågat",
    ),
    "gender-twice": (
        "samma kön två gånger, lika",
        record(lambda r: r["values"].append(r["values"][0])),
        "samma värde kom flera gånger",
    ),
    "gender-twice-other": (
        "samma kön två gånger, olika",
        record(lambda r: r["values"].append(r["values"][0] | {"value": 1.0})),
        "samma värde kom flera gånger med olika",
    ),
}
CONTENT = [
    *(
        Case(
            name,
            _S,
            what,
            told=f"Check .*{reason}",
            faults=made(make, _KPI_SIDE),
            short=name == "values-empty",
        )
        for name, (what, make, reason) in _REFUSED.items()
    ),
    Case(
        "all-refused",
        _S,
        "alla värden har en status som säger att de inte ska användas",
        4,
        "more than the limit 5.0%",
        served=lambda: dataset(figures=values().with_columns(status=pl.lit("Missing"))),
        short=True,
    ),
    Case(
        "all-empty",
        _S,
        "inga värden alls, utan ett ord",
        4,
        "storlek: Mer än 20 %",
        faults=made(rows(lambda found: [])),
    ),
    Case(
        "kpi-emptied",
        _S,
        "ett nyckeltal försvinner mitt i natten: kvar i katalogen, utan värden",
        4,
        "storlek",
        served=kpi_without_values("N00004"),
    ),
    Case(
        "all-multiplied",
        _S,
        "alla värden hundra gånger större",
        4,
        "storlek: Mer än 20 %",
        served=lambda: dataset(figures=values().with_columns(value=pl.col("value") * 100)),
    ),
]

_P = "Sidorna"
PAGES = [
    Case("next-self", _P, "next_url leder till sidan själv", 3, "never ends", always("cycle"), short=True),
    Case("next-other-host", _P, "next_url till en annan värd", 3, "away from", always("cross_host")),
    Case(
        "next-other-port",
        _P,
        "next_url till en annan port",
        3,
        "away from",
        made(envelope(next_url="http://127.0.0.1:9/v3/kpi?page=2")),
    ),
    Case("next-file", _P, "next_url till en fil", 3, "away from", made(envelope(next_url="file:///etc/passwd"))),
    Case(
        "next-up",
        _P,
        "next_url med ..",
        3,
        "away from|unusable|not a usable|next_url",
        made(envelope(next_url="/v3/../admin?page=2")),
    ),
    Case(
        "next-up-escaped",
        _P,
        "next_url med %2e%2e",
        3,
        "away from|unusable|not a usable|next_url",
        made(envelope(next_url="/v3/%2e%2e/admin?page=2")),
    ),
    Case("next-number", _P, "next_url som tal", 3, "unreadable.*next_url", made(envelope(next_url=2))),
    Case(
        "next-unusable",
        _P,
        "next_url som inte är en adress",
        3,
        "next_url|usable",
        made(envelope(next_url="http://[::1/v3")),
    ),
    Case("next-empty-text", _P, "next_url som tom text", 3, "next_url|never ends", made(envelope(next_url=""))),
    Case(
        "next-relative", _P, "en relativ next_url till en tom sida", told=_STAYS, faults=paged(envelope(next_url=None))
    ),
    Case(
        "pages-10000",
        _P,
        "en lista som aldrig tar slut",
        3,
        "more than 2000 pages",
        made(_another_page, _KPI_SIDE),
    ),
    Case(
        "pages-same-record",
        _P,
        "samma post på två sidor, lika",
        told="samma värde kom flera gånger",
        faults=paged(_only_the_record()),
    ),
    Case(
        "pages-other-record",
        _P,
        "samma post på två sidor, med olika värden",
        told="samma värde kom flera gånger med olika",
        faults=paged(_only_the_record(value=1.0)),
    ),
    Case(
        "pages-area-twice",
        _P,
        "samma kommun på två sidor i katalogen",
        3,
        "0484 came twice",
        made(rows(lambda found: [*found, next(r for r in found if r["id"] == "0484")]), _AREAS),
    ),
    Case(
        "pages-lost-record",
        _P,
        "listan krymper mellan två sidor och tappar tre poster utan ett ord",
        told="3 deleted",
        after=lost_in_paging,
        faults=(
            Fault(f"{_KPI_SIDE}.*page=2", "made", times=None, make=envelope(next_url=None)),
            Fault(_KPI_SIDE, "made", times=None, make=page(_lose_the_record)),
        ),
    ),
]

_C = "Koladas katalog"
CATALOGUE = [
    Case(
        "areas-empty", _C, "inga kommuner", 3, "municipality has nothing of ours", made(rows(lambda found: []), _AREAS)
    ),
    Case(
        "kpis-empty",
        _C,
        "inga nyckeltal",
        3,
        "kpi has nothing of ours",
        made(rows(lambda found: []), _KPIS),
    ),
    Case(
        "groups-empty",
        _C,
        "inga grupper",
        3,
        "municipality_groups has nothing of ours",
        made(rows(lambda found: []), _GROUPS),
    ),
    Case(
        "kommun-gone",
        _C,
        "en av våra kommuner har slagits ihop med en annan: id borta",
        2,
        "0461 not found among",
        served=with_areas(lambda areas: [a for a in areas if a["id"] != "0461"]),
        short=True,
    ),
    Case(
        "kommun-new",
        _C,
        "en kommun har delats: ett nytt id",
        told=_STAYS,
        served=with_areas(lambda areas: [*areas, {"id": "0499", "title": "Nyby", "type": "K"}]),
    ),
    Case(
        "kommun-renamed",
        _C,
        "en kommun har bytt namn",
        told=_STAYS,
        served=with_areas(lambda areas: [a | {"title": "Nya Östby"} if a["id"] == "0461" else a for a in areas]),
    ),
    Case(
        "area-type-unknown",
        _C,
        "ett område av okänd sort",
        3,
        "area '1000'.*has type 'X'",
        served=with_areas(lambda areas: [a | {"type": "X"} if a["id"] == "1000" else a for a in areas]),
    ),
    Case(
        "area-id-short",
        _C,
        "ett områdes id utan sin första nolla",
        3,
        "area '484'",
        made(each("id", "0484", id="484"), _AREAS),
    ),
    Case(
        "kpi-gone",
        _C,
        "ett nyckeltal har tagits bort ur katalogen",
        told="U00002 nyckeltal borttaget",
        served=without_kpi("U00002"),
    ),
    Case(
        "kpi-title",
        _C,
        "ett nyckeltal har fått en annan titel",
        told="U00002 titel ej bekräftad",
        served=with_kpi("U00002", title="Något annat, antal"),
    ),
    Case(
        "kpi-level",
        _C,
        "ett nyckeltal har bytt nivå",
        told="U00005 ny nivå",
        served=with_kpi("U00005", municipality_type="A"),
    ),
    Case(
        "kpi-level-unknown",
        _C,
        "ett nyckeltal av okänd nivå",
        3,
        "municipality_type 'Q'",
        served=with_kpi("U00005", municipality_type="Q"),
    ),
    *(
        Case(
            f"day-{name}",
            _C,
            f"publiceringsdatum {day}",
            told=f"{KPI} omöjligt publiceringsdatum: – → {day}",
            served=with_kpi(KPI, publication_date=day),
        )
        for name, day in (
            ("february", "2026-02-30"),
            ("word", "hösten 2026"),
        )
    ),
    Case(
        "day-leap",
        _C,
        "publiceringsdatum på skottdagen 2028-02-29",
        told=_STAYS,
        served=with_kpi(KPI, publication_date="2028-02-29"),
    ),
    Case(
        "group-gone",
        _C,
        "en grupp har tagits bort",
        told="G6 grupp borttagen",
        served=with_groups(lambda groups: [g for g in groups if g["id"] != "G6"]),
    ),
    Case(
        "group-redrawn",
        _C,
        "en grupp har fått en okänd medlem",
        told="G6 grupp ändrad",
        served=with_groups(
            lambda groups: [
                g | {"members": [*g["members"], {"member_id": "9999", "member_title": "Okänd"}]}
                if g["id"] == "G6"
                else g
                for g in groups
            ]
        ),
    ),
]

_E = "Maskinen"
_PUBLISHES: dict[str, Any] = {"served": news, "after": news, "told": "3 revised"}
MACHINE = [
    Case("tz-unset", _E, "tidszon (TZ) inte satt", environment={"TZ": None}, **_PUBLISHES),
    Case("tz-nonsense", _E, "TZ=Ingenstans/Alls", environment={"TZ": "Ingenstans/Alls"}, **_PUBLISHES),
    Case(
        "locale-c",
        _E,
        "LC_ALL=C",
        environment={"LC_ALL": "C", "LANG": None, "PYTHONUTF8": None, "PYTHONIOENCODING": None},
        **_PUBLISHES,
    ),
    Case(
        "locale-ascii",
        _E,
        "LC_ALL=C och utskrifter i ASCII",
        environment={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        **_PUBLISHES,
    ),
    Case("tmpdir-missing", _E, "TMPDIR är en mapp som inte finns", environment={"TMPDIR": "/finns/inte"}, **_PUBLISHES),
    Case(
        "clock-back", _E, "klockan gick en månad fram natten före och har rättats", during=spoiled.ahead, **_PUBLISHES
    ),
    Case("files-64", _E, "högst 64 öppna filer", within=confined.few_files, **_PUBLISHES),
    Case(
        "files-24",
        _E,
        "högst 24 öppna filer",
        1,
        "Too many open files|open",
        within=confined.hardly_any_files,
        served=news,
        halfway=True,
    ),
    Case(
        "memory-600",
        _E,
        "högst 600 MB skrivbart minne (RLIMIT_DATA, som också räknar det som bara är reserverat)",
        1,
        "emory|alloc|thread",
        aborts=True,
        within=confined.memory_600,
        served=news,
        halfway=True,
    ),
    Case(
        "disk-100-kb",
        _E,
        "skivan full vid 100 kB",
        1,
        "disk|File too large|space",
        within=confined.disk_full_at_100_kb,
        served=news,
        halfway=True,
        short=True,
    ),
    Case(
        "disk-3-mb",
        _E,
        "skivan full vid 3 MB",
        1,
        "disk|File too large|space",
        within=confined.disk_full_at_3_mb,
        served=news,
        halfway=True,
    ),
    Case(
        "output-full",
        _E,
        "utskriften går till en full skiva",
        1,
        "space",
        within=confined.output_full,
        served=news,
        halfway=True,
    ),
    *(
        Case(
            f"closed-{name or 'data'}",
            _E,
            f"{what} går inte att skriva i",
            1,
            "Permission|permission|cannot be opened",
            within=confined.rights,
            during=spoiled.closed(name),
            served=news,
            halfway=True,
        )
        for name, what in (
            ("", "datamappen"),
            ("ra/innehall", "det råa arkivet"),
            ("rapport/utkast", "rapportens mapp"),
            ("export/csv", "exporternas mapp"),
            ("parquet", "parquet-mappen"),
            ("logg", "loggmappen"),
            ("arbete", "arbetsmappen"),
        )
    ),
    Case(
        "closed-dagster",
        _E,
        "Dagsters mapp går inte att skriva i: den öppnas igen",
        within=confined.rights,
        during=spoiled.closed("dagster"),
        **_PUBLISHES,
    ),
    Case(
        "warehouse-damaged",
        _E,
        "lager.duckdb är skadad",
        1,
        "lager.duckdb cannot be opened",
        during=spoiled.damaged("lager.duckdb"),
        short=True,
    ),
    Case(
        "published-damaged",
        _E,
        "analys.duckdb är skadad",
        during=spoiled.spoiled("analys.duckdb"),
        served=news,
        after=news,
        told="kan inte läsas",
    ),
    Case("published-gone", _E, "analys.duckdb har tagits bort", during=spoiled.gone("analys.duckdb"), **_PUBLISHES),
    Case(
        "report-gone", _E, "rapporten har tagits bort", during=spoiled.gone("rapport/utkast/index.html"), **_PUBLISHES
    ),
    Case("exports-gone", _E, "exporterna har tagits bort", during=spoiled.gone("export"), **_PUBLISHES),
    Case("dagster-gone", _E, "Dagsters mapp har tagits bort", during=spoiled.gone("dagster"), **_PUBLISHES),
    Case(
        "leftovers",
        _E,
        "en avbruten publicering har lämnat analys.duckdb.tmp",
        during=spoiled.spoiled("analys.duckdb.tmp"),
        **_PUBLISHES,
    ),
    Case("held", _E, "en annan körning håller datamappen", 5, "another run .* holds", during=spoiled.held, short=True),
]

_U = "Inställningarna"
SETTINGS = [
    Case(
        "yaml-broken",
        _U,
        "indikatorer.yaml går inte att läsa",
        2,
        r"indikatorer.yaml:\d+: not readable as YAML",
        during=spoiled.yaml("indikatorer.yaml", "version: 1", "version: [1"),
        short=True,
    ),
    Case(
        "yaml-gone",
        _U,
        "kommuner.yaml saknas",
        2,
        "kommuner.yaml:.*does not exist",
        during=spoiled.yaml("kommuner.yaml", None),
    ),
    Case(
        "yaml-number",
        _U,
        "ett id utan citattecken",
        2,
        "kommuner.yaml:",
        during=spoiled.yaml("kommuner.yaml", '- "0461"', "- 0461"),
    ),
    Case(
        "yaml-bytes",
        _U,
        "indikatorer.yaml med ett styrtecken",
        2,
        "indikatorer.yaml:",
        during=spoiled.yaml("indikatorer.yaml", "namn: Nära", "namn: N\x07ra"),
    ),
    Case(
        "setting-unknown", _U, "MALBILD_TALAMOD=länge", 2, "MALBILD_TALAMOD", environment={"MALBILD_TALAMOD": "länge"}
    ),
    Case("url-unusable", _U, "--kolada-url som inte är en adress", 2, "--kolada-url", url="http://[::1/v3"),
    Case(
        "other-source",
        _U,
        "datamappen hör till en annan källa",
        2,
        "holds figures from 'kolada'",
        during=spoiled.of_kolada,
    ),
]

CASES = [*TRANSFER, *BYTES, *FIELDS, *CONTENT, *PAGES, *CATALOGUE, *MACHINE, *SETTINGS]
