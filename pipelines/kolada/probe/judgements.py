"""Judgements of recorded answers: whether what our code leans on holds.

Each is a pure function of the answers that its row in `checks` names. It returns what was seen when the assumption
holds, raises DiffersError with what was seen when it does not, and NotAnsweredError when the answers do not show it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import UNSET

from pipelines.kolada.client import STANDIN_HEADER, short_url
from pipelines.kolada.contract import Group, KpiRecord, Municipality, Record, UnreadableAnswerError, Value, read_page
from pipelines.kolada.plan import MAX_IDS
from pipelines.kolada.probe.answers import DiffersError, NotAnsweredError, Recorded, whole_list
from pipelines.kolada.probe.requests import (
    COUNTRY,
    COUNTY_GROUP,
    KPI_PAGES,
    OTHER_KOMMUNER,
    OUR_KOMMUNER,
    REGIONS,
    next_address,
)
from pipelines.settings import KOLADA_URL

_KOMMUNER: Final = frozenset((*OUR_KOMMUNER, *OTHER_KOMMUNER))

# A series' year: nyckeltal, område, år; and one gender's value in it.
_Cell = tuple[str, str, int]
_Key = tuple[str, str, int, str]


# --- who answers, and in what form


def source(first: Recorded) -> str:
    """Whether Kolada itself answers."""
    label = first.headers.get(STANDIN_HEADER.lower())
    host = urlsplit(first.url).hostname
    if label:
        raise NotAnsweredError(f"a stand-in answers ({label}): all below is about it, not Kolada")
    if host != urlsplit(KOLADA_URL).hostname:
        raise NotAnsweredError(f"{host or first.fault or 'nobody'} answers and does not say what it is")
    return f"{host} answers, and is no stand-in"


def contract(*answers: Recorded) -> str:
    """Whether every list is one that the client can read, and says whether it is whole."""
    lists = [answer for answer in answers if answer.status == 200 and not answer.fault]
    for answer in lists:
        try:
            read_page(answer.body, answer.kind).next()
        except UnreadableAnswerError as error:
            raise DiffersError(f"{short_url(answer.url)}: {error}") from error
    if not lists:
        raise NotAnsweredError("no list came")
    return f"{len(lists)} lists can be read"


def rate_limit(*answers: Recorded) -> str:
    """Whether no limit was met or announced."""
    came = [answer for answer in answers if answer.status]
    if not came:
        raise NotAnsweredError("no answer came")
    for answer in came:
        limits = [f"{name} {value}" for name, value in answer.headers.items() if "ratelimit" in name]
        if wait := answer.headers.get("retry-after"):
            limits.append(f"retry-after {wait}")
        if answer.status == 429 or limits:
            raise DiffersError(f"status {answer.status}; {', '.join(limits) or 'no retry-after'}")
    return f"none on {len(came)} answers"


# --- lists and pages


def paging(series: Recorded, first: Recorded, second: Recorded) -> str:
    """Whether the second page of a series goes on where the first one ended."""
    whole, begun = _cells(series), _cells(first)
    left = len(whole) - len(begun)
    if left <= 0:
        raise NotAnsweredError("the list is no longer than a page")
    if first.next_url(Record) is None:
        raise DiffersError(f"next_url is null though {left} rows are left")
    next_address(first.url.partition("/data/")[0], first, Record)
    paged = begun + _cells(second)
    return _holds(
        len(paged) > len(begun) and paged == whole[: len(paged)],
        f"pages of {len(begun)} and {len(paged) - len(begun)} rows, of a list of {len(whole)}: {_first(paged)}",
    )


def unique_ids(*answers: Recorded) -> str:
    """Whether no id is twice in the lists of areas, KPIs and groups."""
    areas, kpis, groups = answers[:1], answers[1 : 1 + len(KPI_PAGES)], answers[1 + len(KPI_PAGES) :]
    ids = {
        "areas": [area.id for area in whole_list(areas, Municipality)],
        "KPIs": [kpi.id for kpi in whole_list(kpis, KpiRecord)],
        "groups": [group.id for group in whole_list(groups, Group)],
    }
    for name, of_kind in ids.items():
        if repeated := [row_id for row_id, times in Counter(of_kind).items() if times > 1]:
            raise DiffersError(f"{name}: {_first(repeated)} more than once")
    return ", ".join(f"{len(of_kind)} {name}" for name, of_kind in ids.items())


def kpis_by_id(by_id: Recorded, *pages: Recorded) -> str:
    """Whether KPIs that are asked for by id come, and only they."""
    listed = [kpi.id for kpi in whole_list(pages, KpiRecord)]
    return _by_id(by_id, [kpi.id for kpi in by_id.rows(KpiRecord)], listed)


def groups_by_id(by_id: Recorded, *pages: Recorded) -> str:
    """Whether groups that are asked for by id come, and only they."""
    listed = [group.id for group in whole_list(pages, Group)]
    return _by_id(by_id, [group.id for group in by_id.rows(Group)], listed)


def _by_id(answer: Recorded, came: Sequence[str], listed: Iterable[str]) -> str:
    """Whether those ids of the answer's address came that the whole list has, and no others."""
    asked = unquote(urlsplit(answer.url).path).rpartition("/")[2].split(",")
    expected = set(asked).intersection(listed)
    if not expected:
        raise NotAnsweredError(f"none of the {len(asked)} ids is in the list")
    return _holds(
        sorted(came) == sorted(expected), f"{len(asked)} asked, {len(expected)} of them in the list, {len(came)} came"
    )


def full_batch(batch: Recorded) -> str:
    """Whether the largest request is answered before the client gives up."""
    if batch.url and (batch.fault or batch.status == 504):
        raise DiffersError(batch.fault or "status 504")
    rows = batch.rows(Record)
    return (
        f"{MAX_IDS} × {MAX_IDS} ids, all years: {len(rows)} rows, {len(batch.body) / 1e3:.0f} kB, {batch.seconds:.1f} s"
    )


# --- the catalogue


def areas(areas: Recorded) -> str:
    """Whether every area is of a kind that we know, and riket is there."""
    rows = areas.rows(Municipality)
    unexpected = [area for area in rows if area.type not in ("K", "L") or not re.fullmatch(r"[0-9]{4}", area.id)]
    if unexpected:
        raise DiffersError(f"{unexpected[0].id!r} {unexpected[0].title!r} has type {unexpected[0].type!r}")
    country = [area.type for area in rows if area.id == COUNTRY]
    kinds = Counter(area.type for area in rows)
    return _holds(country == ["L"], f"{kinds['K']} K, {kinds['L']} L; riket: {_first(country) or 'none'}")


def every_kpi(expected: Callable[[KpiRecord], bool], shown: Callable[[KpiRecord], object]) -> Callable[..., str]:
    """A judgement of the list of KPIs: whether each is as expected, with what is shown of it."""

    def judgement(*pages: Recorded) -> str:
        kpis = whole_list(pages, KpiRecord)
        if not kpis:
            raise NotAnsweredError("the catalogue has no KPI")
        unexpected = [kpi for kpi in kpis if not expected(kpi)]
        if unexpected:
            raise DiffersError(f"{len(unexpected)} of {len(kpis)} KPIs; {unexpected[0].id!r}: {shown(unexpected[0])!r}")
        common = Counter(map(shown, kpis)).most_common(3)
        return f"{len(kpis)} KPIs, e.g. {', '.join(f'{value!r} {number}' for value, number in common)}"

    return judgement


def has_publication_days(kpi: KpiRecord) -> bool:
    """Whether the days of publication are days, and the period is a year; each may be null."""
    days = [day for day in (kpi.publication_date, kpi.prel_publication_date) if day is not None]
    return all(_is_day(day) for day in days) and re.fullmatch(r"\d{4}|None", str(kpi.publ_period)) is not None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def titles(areas: Recorded, kpis: Recorded, groups: Recorded) -> str:
    """Whether titles are UTF-8, encoded once."""
    texts = [area.title for area in areas.rows(Municipality)]
    texts += [kpi.title for kpi in kpis.rows(KpiRecord)]
    texts += [group.title for group in groups.rows(Group)]
    # Two bytes of UTF-8 that were each read as a character of ISO 8859-1 or Windows-1252.
    broken = [text for text in texts if re.search("Ã[\x80-\xbf…„–]|\ufffd", text)]
    if broken:
        raise DiffersError(f"{len(broken)} of {len(texts)} titles, e.g. {broken[0]}")
    swedish = [text for text in texts if re.search("[åäöÅÄÖ]", text)]
    if not swedish:
        raise NotAnsweredError("no title has å, ä or ö")
    return f"{len(swedish)} of {len(texts)} titles have å, ä or ö, e.g. {swedish[0][:40]}"


# --- which KPIs have values where


def k_for_regions(answer: Recorded, *pages: Recorded) -> str:
    """Whether kommun KPIs have no values for regions."""
    return _none_there(answer, pages, "K", frozenset(REGIONS))


def l_for_kommuner(answer: Recorded, *pages: Recorded) -> str:
    """Whether region KPIs have no values for kommuner."""
    return _none_there(answer, pages, "L", _KOMMUNER)


def _none_there(answer: Recorded, pages: Sequence[Recorded], level: str, areas: frozenset[str]) -> str:
    """Whether KPIs of a level have no values for these areas, seen in an answer that has some for others."""
    levels = {kpi.id: kpi.municipality_type for kpi in whole_list(pages, KpiRecord)}
    records = [record for record in answer.rows(Record) if levels.get(record.kpi) == level]
    if not records:
        raise NotAnsweredError("the KPIs have no rows for any area here")
    there = [(record, value) for record in records if record.municipality in areas for value in _numbers(record)]
    if there:
        record, value = there[0]
        raise DiffersError(f"{len(there)} values, e.g. {_place(record, value)}: {value.value}")
    return f"{len({record.kpi for record in records})} KPIs with {len(records)} rows, no value there"


def country(*answers: Recorded) -> str:
    """Whether riket has values."""
    records = [record for answer in answers for record in answer.rows(Record) if any(True for _ in _numbers(record))]
    kpis, here = {record.kpi for record in records}, {r.kpi for r in records if r.municipality == COUNTRY}
    if not kpis:
        raise NotAnsweredError("none of the KPIs has a value here")
    return _holds(bool(here), f"{len(here)} of {len(kpis)} KPIs with values have them for riket")


# --- from_date


def from_the_future(series: Recorded, future: Recorded) -> str:
    """Whether nothing comes that will have changed after a day in the future."""
    whole, came = len(series.rows(Record)), len(future.rows(Record))
    if not whole:
        raise NotAnsweredError("there are no rows without from_date either")
    return _holds(came == 0, f"{came} of {whole} rows")


def from_long_ago(series: Recorded, old: Recorded) -> str:
    """Whether everything comes that has changed since long ago."""
    expected, came = _figures(series), _figures(old)
    if not expected:
        raise NotAnsweredError("there are no rows without from_date either")
    same = sum(came.get(key, UNSET) == value for key, value in expected.items())
    return _holds(came == expected, f"{len(came)} values, {same} of the {len(expected)} without it among them")


def from_a_year_ago(group: Recorded, recent: Recorded) -> str:
    """Whether what has changed within a year comes with the values of the whole, the group's too."""
    expected, came = _figures(group), _figures(recent)
    since = "".join(parse_qs(urlsplit(recent.url).query).get("from_date", []))
    other = [key for key, value in came.items() if expected.get(key, UNSET) != value]
    if other:
        raise DiffersError(f"since {since}: {len(other)} of {len(came)} values are not those of the whole: {other[0]}")
    if not came:
        raise NotAnsweredError(f"no value has changed since {since}")
    of_group = sum(area == COUNTY_GROUP for _, area, *_ in came)
    return _holds(of_group > 0, f"since {since}: {len(came)} of {len(expected)} values, {of_group} the group's")


# --- values


def every_value(expected: Callable[[Value], bool], shown: Callable[[Value], object]) -> Callable[..., str]:
    """A judgement of data answers: whether each value is as expected, with how many are shown how."""

    def judgement(*answers: Recorded) -> str:
        values = [(record, value) for records in _data(answers) for record in records for value in record.values]
        unexpected = [(record, value) for record, value in values if not expected(value)]
        if unexpected:
            raise DiffersError(
                f"{len(unexpected)} of {len(values)} values; {_place(*unexpected[0])}: {shown(unexpected[0][1])!r}"
            )
        kinds = Counter(shown(value) for _, value in values).most_common()
        return f"{len(values)} values: {', '.join(f'{kind!r} {number}' for kind, number in kinds)}"

    return judgement


def value_or_why_none(value: Value) -> str:
    """Whether a value is a number, null, or left out."""
    return "left out" if value.value is UNSET else "null" if value.value is None else "number"


def status_and_value(value: Value) -> tuple[str, str]:
    """A value's status, and whether it is null."""
    return value.status or "", value_or_why_none(value)


def has_known_status(value: Value) -> bool:
    """Whether the status is empty, or a word that says why a value is null; of a deleted value it does not matter."""
    words = {"", "Missing", "Private"} if value.value is None else {""}
    return value.isdeleted is True or (value.status or "") in words


def one_per_key(*answers: Recorded) -> str:
    """Whether an answer has every value once."""
    number = 0
    for records in _data(answers):
        keys = Counter(_key(record, value) for record in records for value in record.values)
        if repeated := [key for key, times in keys.items() if times > 1]:
            raise DiffersError(f"{len(repeated)} more than once in one answer, e.g. {_first(repeated[0])}")
        number += len(keys)
    return f"{number} values"


# --- what several judgements share


def _holds(holds: bool, seen: str) -> str:
    if not holds:
        raise DiffersError(seen)
    return seen


def _data(answers: Iterable[Recorded]) -> Iterator[list[Record]]:
    """The records of each answer that can be read; the others are for the check on the contract.

    Raises NotAnsweredError when they hold nothing.
    """
    readable = []
    for answer in answers:
        try:
            readable.append(answer.rows(Record))
        except (NotAnsweredError, DiffersError):
            continue
    if not any(readable):
        raise NotAnsweredError("no data came")
    yield from readable


def _cells(answer: Recorded) -> list[_Cell]:
    return [(record.kpi, record.municipality, record.period) for record in answer.rows(Record)]


def _key(record: Record, value: Value) -> _Key:
    return record.kpi, record.municipality, record.period, value.gender


def _figures(answer: Recorded) -> dict[_Key, object]:
    """Every value that is not deleted, null included. Raises NotAnsweredError when the answer is not the whole list."""
    records = whole_list([answer], Record)
    values = [(record, value) for record in records for value in record.values]
    return {_key(record, value): value.value for record, value in values if value.isdeleted is not True}


def _numbers(record: Record) -> Iterator[Value]:
    return (value for value in record.values if isinstance(value.value, float) and value.isdeleted is not True)


def _place(record: Record, value: Value) -> str:
    return _first(_key(record, value))


def _first(items: Iterable[object]) -> str:
    return " ".join(map(str, list(items)[:4]))
