"""What we assume of Kolada v3, each assumption as a judgement of recorded answers.

Pure: the requests are `questions`, sent by `probe`. A judgement never raises over what a server sent: what cannot be
read is told as a difference, what did not come as nothing to tell.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgspec import UNSET

from pipelines.catalog.fields import KPI_PATTERN
from pipelines.kolada.client import PER_PAGE, STANDIN_HEADER
from pipelines.kolada.contract import Group, KpiRecord, Municipality, Record, UnreadableAnswerError, read_page
from pipelines.kolada.plan import MAX_IDS
from pipelines.kolada.questions import (
    COUNTRY,
    COUNTY_GROUP,
    GROUP_PAGES,
    KOMMUN,
    KPI_A,
    KPI_K,
    KPI_L,
    KPI_PAGES,
    OTHER_KOMMUNER,
    OUR_KOMMUNER,
    REGIONS,
    YEAR,
    group_members,
)
from pipelines.kolada.recorded import (
    Answers,
    CannotTellError,
    DataRecord,
    DifferentError,
    Recorded,
    Value,
    envelope,
    ids_of,
    is_number,
    json_object,
    one_line,
    records_of,
    rows_of,
    short,
    show,
    start_of,
    status_of,
    whole_list,
)
from pipelines.settings import KOLADA_URL

Verdict = Literal["holds", "differs", "could not tell"]
Judged: TypeAlias = tuple[Verdict, str]
HOLDS: Verdict = "holds"
DIFFERS: Verdict = "differs"
UNTOLD: Verdict = "could not tell"

_CATALOGUE: dict[str, type] = {
    **dict.fromkeys(KPI_PAGES, KpiRecord),
    "municipality": Municipality,
    **dict.fromkeys(GROUP_PAGES, Group),
    "kpi-25": KpiRecord,
    "kpi-unknown": KpiRecord,
    "kpi-some-known": KpiRecord,
    "municipality_groups-25": Group,
}
# Pages that are asked for only to see how Kolada pages.
_PAGED = ("past-the-end", "paged", "paged-next")
_DATA = (
    "whole",
    "batch",
    "k-on-regions",
    "l-on-kommuner",
    "group",
    "group-recent",
    "year",
    "year-type-K",
    "year-type-L",
    "year-old",
    "year-future",
    "old",
    "future",
    "data-unknown",
    "data-some-known",
    "not-applicable",
)
_LISTS = (*_CATALOGUE, *_DATA, *_PAGED)

# What `client` asks for, and what the stand-in imitates besides.
OUR_ROUTES = (
    "/kpi",
    "/kpi/{}",
    "/municipality",
    "/municipality_groups",
    "/municipality_groups/{}",
    "/data/kpi/{}/municipality/{}",
    "/data/kpi/{}/municipality/{}/year/{}",
    "/data/kpi/{}/year/{}",
    "/data/municipality/{}/year/{}",
)

_DECODED = frozenset({"", "identity", "gzip", "deflate", "zstd"})
_ENVELOPE = ("values", "count", "next_url", "previous_url")
# Among so many values of surveys in small kommuner some are missing.
_MANY = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """`assumption` in a sentence, where in our code it matters, whether it holds, and what was seen (one line)."""

    assumption: str
    matters_for: str
    verdict: Verdict
    seen: str


CHECKS: list[Callable[[Answers], Finding]] = []


def judge(answers: Answers) -> list[Finding]:
    """Every assumption against the recorded answers, in a fixed order. `answers` has every key of `probe`."""
    return [check(answers) for check in CHECKS]


def _check(assumption: str, matters_for: str) -> Callable[[Callable[[Answers], Judged]], Callable[[Answers], Finding]]:
    """Makes a judgement a check of `CHECKS`."""

    def register(judgement: Callable[[Answers], Judged]) -> Callable[[Answers], Finding]:
        def check(answers: Answers) -> Finding:
            try:
                verdict, seen = judgement(answers)
            except CannotTellError as error:
                verdict, seen = UNTOLD, str(error)
            except DifferentError as error:
                verdict, seen = DIFFERS, str(error)
            return Finding(assumption, matters_for, verdict, one_line(seen))

        CHECKS.append(check)
        return check

    return register


# --- who answers, and the form of every answer


@_check("The answers are Kolada's own, not a stand-in's", "client.STANDIN_HEADER, korning.kalla")
def _source(answers: Answers) -> Judged:
    came = _came(answers)
    labels = {answer.headers.get(STANDIN_HEADER.lower(), "") for answer in came}
    if labels != {""}:
        return UNTOLD, f"a stand-in answers ({', '.join(sorted(labels - {''}))}): all below is about it, not Kolada"
    host = urlsplit(came[0].url).hostname
    if host != urlsplit(KOLADA_URL).hostname:
        return UNTOLD, f"{host} answers and does not say what it is"
    return HOLDS, f"{host}, {len(came)} answers"


@_check("/openapi.json lists the routes that we use", "client, plan.Batch.path, standin.routes")
def _openapi(answers: Answers) -> Judged:
    answer = answers["openapi"]
    if status_of(answer) != 200:
        return UNTOLD, f"status {answer.status}: there is nothing to compare with"
    document = json_object(answer)
    paths = document.get("paths")
    if not isinstance(paths, dict):
        return DIFFERS, f"no object 'paths' in it, but {', '.join(document) or 'nothing'}"
    root = urlsplit(answer.url).path.removesuffix("/openapi.json")
    routes = {re.sub(r"\{[^}]*\}", "{}", path.removeprefix(root)).rstrip("/") for path in paths}
    missing = [route for route in OUR_ROUTES if route not in routes]
    if missing:
        return DIFFERS, f"{len(routes)} routes, without {', '.join(missing)}"
    return HOLDS, f"{len(routes)} routes, all {len(OUR_ROUTES)} of ours among them"


@_check("Every list carries values, count, next_url and previous_url", "contract.Page, client.pages")
def _envelope(answers: Answers) -> Judged:
    lists = [(key, json_object(answers[key])) for key in _lists(answers)]
    if not lists:
        raise CannotTellError("no list came")
    lacking = [(key, [name for name in _ENVELOPE if name not in page]) for key, page in lists]
    bad = [f"{key} lacks {', '.join(names)}" for key, names in lacking if names]
    if bad:
        return DIFFERS, f"{len(bad)} of {len(lists)} lists: {bad[0]}"
    return HOLDS, f"{len(lists)} of {len(lists)} lists; keys in the order {', '.join(lists[0][1])}"


@_check("count is the number of rows on the page", "contract.read_page")
def _count(answers: Answers) -> Judged:
    counts = [(key, page.get("count"), len(rows_of(answers[key]))) for key, page in _readable(answers)]
    if not counts:
        raise CannotTellError("no list came")
    bad = [f"{key}: count {count!r}, {rows} rows" for key, count, rows in counts if count != rows]
    if bad:
        return DIFFERS, f"{len(bad)} of {len(counts)} lists; {bad[0]}"
    return HOLDS, f"{len(counts)} of {len(counts)} lists"


@_check("Our contract can read every list", "contract.Record, KpiRecord, Municipality, Group")
def _contract(answers: Answers) -> Judged:
    lists = [key for key in _lists(answers) if key not in _PAGED]
    if not lists:
        raise CannotTellError("no list came")
    for key in lists:
        try:
            read_page(answers[key].body, _CATALOGUE.get(key, Record))
        except UnreadableAnswerError as error:
            return DIFFERS, f"{key}: {error}"
    return HOLDS, f"{len(lists)} of {len(lists)} lists"


# --- paging


@_check(f"per_page={PER_PAGE} is accepted", "client.PER_PAGE")
def _per_page(answers: Answers) -> Judged:
    return _expected_status(answers["municipality"], 200)


@_check(f"per_page={PER_PAGE + 1} is refused with 422", "client.PER_PAGE is the largest page")
def _per_page_over(answers: Answers) -> Judged:
    return _expected_status(answers["per_page-5001"], 422)


@_check("per_page=0 is refused with 422", "standin.routes")
def _per_page_zero(answers: Answers) -> Judged:
    return _expected_status(answers["per_page-0"], 422)


@_check("A page past the end is 200 and empty", "standin.routes; the client stops at next_url null")
def _past_the_end(answers: Answers) -> Judged:
    answer = answers["past-the-end"]
    if status_of(answer) != 200:
        return DIFFERS, f"status {answer.status}"
    rows, following = len(rows_of(answer)), envelope(answer).get("next_url")
    return DIFFERS if rows or following is not None else HOLDS, f"status 200, {rows} rows, next_url {following!r}"


@_check("next_url is absolute, on the same host, and keeps path and parameters", "client.KoladaClient._next")
def _next_url(answers: Answers) -> Judged:
    answer = answers["paged"]
    following = envelope(answer).get("next_url", UNSET)
    if following is UNSET:
        raise CannotTellError("the page has no next_url")
    if following is None:
        more = len(rows_of(answers["whole"])) - len(rows_of(answer))
        if more > 0:
            return DIFFERS, f"next_url is null though {more} rows are left"
        raise CannotTellError("the list is no longer than a page")
    if not isinstance(following, str):
        return DIFFERS, f"next_url is {following!r}"
    here, there = urlsplit(answer.url), _address(following)
    same_path = unquote(there.path) == unquote(here.path)
    same_query = dict(parse_qsl(there.query)) == dict(parse_qsl(here.query)) | {"page": "2"}
    same = _host(there) == _host(here) and same_path and same_query
    return (HOLDS, short(following)) if same else (DIFFERS, f"{short(following)} after {short(answer.url)}")


@_check("A page goes on where the one before ended", "client.pages, validation.quarantine")
def _continues(answers: Answers) -> Judged:
    whole, first, second = ([r.cell for r in records_of(answers[key])] for key in ("whole", "paged", "paged-next"))
    if len(whole) <= len(first):
        raise CannotTellError("the list is no longer than a page")
    together = first + second
    if not second:
        return DIFFERS, f"the second page is empty, after {len(first)} of {len(whole)} rows"
    if together == whole[: len(together)]:
        return HOLDS, f"{len(first)} + {len(second)} rows are the first {len(together)} of {len(whole)}"
    repeated = set(first) & set(second)
    return DIFFERS, (
        f"{len(repeated)} rows stand on both pages" if repeated else f"pages give {together[:4]}, the list {whole[:4]}"
    )


# --- limits


@_check(f"{MAX_IDS} ids per segment are accepted, KPIs and areas", "plan.MAX_IDS")
def _at_the_limit(answers: Answers) -> Judged:
    return _expected_status(answers["batch"], 200)


@_check(f"{MAX_IDS + 1} ids in a segment are refused with 422, KPIs or areas", "plan.MAX_IDS is the largest batch")
def _over_the_limit(answers: Answers) -> Judged:
    kpis, areas = status_of(answers["kpi-26"]), status_of(answers["area-26"])
    return HOLDS if (kpis, areas) == (422, 422) else DIFFERS, f"KPIs: status {kpis}; areas: status {areas}"


@_check(f"A full batch ({MAX_IDS} × {MAX_IDS}, all years) comes before the client gives up", "client, plan.plan")
def _full_batch(answers: Answers) -> Judged:
    answer = answers["batch"]
    if answer.url and (answer.fault or answer.status == 504):
        return DIFFERS, answer.fault or "status 504"
    more = "" if envelope(answer).get("next_url") is None else ", more pages"
    return HOLDS, f"{answer.seconds:.1f} s, {len(rows_of(answer))} rows, {len(answer.body) / 1000:.0f} kB{more}"


# --- what ids give


@_check("An unknown id is 200 and empty", "catalogue.fetch_catalogue: a KPI that has left the catalogue")
def _unknown(answers: Answers) -> Judged:
    seen = []
    for name, key in (("/kpi", "kpi-unknown"), ("/data", "data-unknown")):
        status = status_of(answers[key])
        rows = len(rows_of(answers[key])) if status == 200 else 0
        seen.append((status, rows, f"{name}: status {status}, {rows} rows"))
    holds = all((status, rows) == (200, 0) for status, rows, _ in seen)
    return HOLDS if holds else DIFFERS, "; ".join(text for *_, text in seen)


@_check("Of known and unknown ids the known ones come", "catalogue.fetch_catalogue, plan.Batch")
def _some_known(answers: Answers) -> Judged:
    for key in ("kpi-some-known", "data-some-known"):
        if status_of(answers[key]) != 200:
            return DIFFERS, f"{key}: status {answers[key].status}"
    listed = KPI_K in ids_of(whole_list(answers, KPI_PAGES))
    has_data = bool(records_of(answers["whole"]))
    if not listed or not has_data:
        raise CannotTellError(f"{KPI_K} {'has no data' if listed else 'is not in the catalogue'} here")
    kpis = ids_of(rows_of(answers["kpi-some-known"]))
    pairs = {(record.kpi, record.area) for record in records_of(answers["data-some-known"])}
    holds = kpis == [KPI_K] and pairs == {(KPI_K, KOMMUN)}
    found = ", ".join(" ".join(pair) for pair in sorted(pairs))
    return HOLDS if holds else DIFFERS, f"/kpi: {', '.join(kpis) or 'none'}; /data: {found or 'none'}"


@_check(f"/kpi/{{{MAX_IDS} ids}} gives those KPIs", "catalogue.fetch_catalogue")
def _kpis_by_id(answers: Answers) -> Judged:
    return _by_id(answers["kpi-25"], whole_list(answers, KPI_PAGES))


@_check(f"/municipality_groups/{{{MAX_IDS} ids}} gives those groups", "catalogue.fetch_catalogue")
def _groups_by_id(answers: Answers) -> Judged:
    return _by_id(answers["municipality_groups-25"], whole_list(answers, GROUP_PAGES))


@_check("/data/kpi/{id} without area or year is 404", "plan.Batch.path always names areas")
def _kpi_alone(answers: Answers) -> Judged:
    return _expected_status(answers["kpi-alone"], 404)


# --- which KPIs have values where


@_check("A region KPI asked of a kommun is 200 without rows", "plan.Areas.of_level")
def _not_applicable(answers: Answers) -> Judged:
    answer = answers["not-applicable"]
    if status_of(answer) != 200:
        return DIFFERS, f"status {answer.status}"
    records = records_of(answer)
    return DIFFERS if records else HOLDS, f"{KPI_L} for {KOMMUN}: status 200, {len(records)} rows"


@_check("Kommun KPIs (K) have no values for regions", "plan.Areas.of_level: they are never asked there")
def _k_on_regions(answers: Answers) -> Judged:
    return _on_the_other_side(answers, "k-on-regions", "K", set(REGIONS))


@_check("Region KPIs (L) have no values for kommuner", "plan.Areas.of_level: they are never asked there")
def _l_on_kommuner(answers: Answers) -> Judged:
    return _on_the_other_side(answers, "l-on-kommuner", "L", {*OUR_KOMMUNER, *OTHER_KOMMUNER})


@_check("Riket (0000) has values of kommun KPIs", "plan.Areas.of_level, analysis.comparison")
def _country(answers: Answers) -> Judged:
    known = [r for r in records_of(answers["k-on-regions"]) if any(is_number(v.value) for v in r.values)]
    everywhere, here = {r.kpi for r in known}, {r.kpi for r in known if r.area == COUNTRY}
    if not everywhere:
        raise CannotTellError("none of the KPIs has a value here")
    return HOLDS if here else DIFFERS, f"{len(here)} of {len(everywhere)} KPIs with values have them for riket"


# --- errors, redirects, old addresses


@_check('404 says {"detail": text}, 422 a list of type, loc and msg', "client quotes the body in its error")
def _error_bodies(answers: Answers) -> Judged:
    asked = [answers[key] for key in ("kpi-alone", "per_page-5001", "per_page-0", "kpi-26", "area-26")]
    refusals = [answer for answer in asked if answer.status in (404, 422)]
    if not refusals:
        raise CannotTellError("no request was answered with 404 or 422")
    for answer in refusals:
        detail = json_object(answer).get("detail")
        told = isinstance(detail, str) if answer.status == 404 else _is_validation(detail)
        if not told:
            return DIFFERS, f"{answer.status}: {start_of(answer)}"
    first = {answer.status: f"{answer.status}: {start_of(answer)[:70]}" for answer in reversed(refusals)}
    return HOLDS, "; ".join(first[status] for status in sorted(first))


@_check("A trailing slash is answered, or redirected within the same host", "client._try_page follows redirects")
def _slash(answers: Answers) -> Judged:
    answer = answers["slash"]
    status = status_of(answer)
    location = answer.headers.get("location")
    if status == 200 or location is None:
        return _expected_status(answer, 200)
    there = _address(location)
    stays = not there.netloc or _host(there) == _host(urlsplit(answer.url))
    redirected = status in (301, 302, 307, 308) and stays
    return HOLDS if redirected else DIFFERS, f"status {status} to {short(location)}"


@_check("v2 is gone: 410", "settings.KOLADA_URL, standin.routes")
def _v2(answers: Answers) -> Judged:
    verdict, seen = _expected_status(answers["v2"], 410)
    return verdict, seen if verdict == DIFFERS else f"{seen}: {start_of(answers['v2'])}"


@_check("Plain http redirects to https", "settings.KOLADA_URL; the client never leaves its scheme")
def _http(answers: Answers) -> Judged:
    answer = answers["http"]
    status, location = status_of(answer), answer.headers.get("location", "")
    redirected = status in (301, 302, 307, 308) and location.startswith("https://")
    return HOLDS if redirected else DIFFERS, f"status {status}{f' to {short(location)}' if location else ''}"


# --- from_date


@_check("from_date in the future gives nothing, with areas and with a year", "plan.plan_changes, standin.records")
def _from_the_future(answers: Answers) -> Judged:
    seen = []
    for name, plain, dated in (("areas", "whole", "future"), ("year", "year", "year-future")):
        if not records_of(answers[plain]):
            raise CannotTellError(f"{name}: there are no rows without from_date either")
        if status_of(answers[dated]) != 200:
            return DIFFERS, f"{name}: status {answers[dated].status}"
        seen.append((name, len(records_of(answers[dated])), len(records_of(answers[plain]))))
    text = "; ".join(f"{name}: {dated} of {plain} rows" for name, dated, plain in seen)
    return DIFFERS if any(dated for _, dated, _ in seen) else HOLDS, text


@_check("from_date long ago gives the rows that come without it", "plan.plan_changes, standin.records")
def _from_long_ago(answers: Answers) -> Judged:
    seen = []
    for name, plain, dated in (("areas", "whole", "old"), ("year", "year", "year-old")):
        expected, _ = _figures(answers[plain])
        if not expected:
            raise CannotTellError(f"{name}: there are no rows without from_date either")
        if status_of(answers[dated]) != 200:
            return DIFFERS, f"{name}: status {answers[dated].status}"
        found, deleted = _figures(answers[dated])
        if found != expected:
            same = sum(found.get(cell, UNSET) == value for cell, value in expected.items())
            return DIFFERS, f"{name}: {len(found)} values, {same} of the {len(expected)} without it among them"
        seen.append(f"{name}: {len(found)} of {len(expected)} values, {deleted} deleted")
    return HOLDS, "; ".join(seen)


@_check("from_date a year ago gives some of those rows, groups too, with the same values", "plan.plan_changes, merge")
def _from_a_year_ago(answers: Answers) -> Judged:
    expected, _ = _figures(answers["group"])
    answer = answers["group-recent"]
    if status_of(answer) != 200:
        return DIFFERS, f"status {answer.status}"
    found, deleted = _figures(answer)
    since = dict(parse_qsl(urlsplit(answer.url).query)).get("from_date", "")
    other = [cell for cell, value in found.items() if expected.get(cell, UNSET) != value]
    if other:
        return DIFFERS, f"since {since}: {len(other)} of {len(found)} values are not those of the whole: {other[0]}"
    if not found:
        raise CannotTellError(f"no value has changed since {since}, {deleted} deleted")
    of_group = sum(f" {COUNTY_GROUP} " in cell for cell in found)
    text = f"since {since}: {len(found)} of {len(expected)} values, {of_group} of them the group's, {deleted} deleted"
    return HOLDS if of_group else DIFFERS, text


# --- values


@_check("Every value has isdeleted, true or false", "contract.Value.isdeleted")
def _isdeleted(answers: Answers) -> Judged:
    values = _values(answers)
    bad = [(where, value) for where, value in values if not isinstance(value.isdeleted, bool)]
    if bad:
        return DIFFERS, f"{len(bad)} of {len(values)} values; {bad[0][0]}: {show(bad[0][1].isdeleted)}"
    return HOLDS, f"{len(values)} values, {sum(v.isdeleted is True for _, v in values)} of them deleted"


@_check("gender is T, K or M, in any order", "validation.quarantine")
def _genders(answers: Answers) -> Judged:
    records = _all_records(answers)
    bad = [(r, v.gender) for r in records for v in r.values if v.gender not in ("T", "K", "M")]
    if bad:
        return DIFFERS, f"{len(bad)} values; {bad[0][0]}: {show(bad[0][1])}"
    orders = Counter("".join(str(value.gender) for value in record.values) for record in records)
    return HOLDS, f"{len(records)} records: {', '.join(f'{o} {n}' for o, n in orders.most_common())}"


@_check("A missing value is a row of its own: value null, count 0", "validation.quarantine, warehouse.merge")
def _missing(answers: Answers) -> Judged:
    values = _values(answers)
    nulls = [(where, v) for where, v in values if v.value is None and v.isdeleted is not True]
    absent = [where for where, v in values if v.value is UNSET]
    counted = [(where, v.count) for where, v in nulls if v.count != 0]
    if absent:
        return DIFFERS, f"{len(absent)} of {len(values)} values lack the field value; {absent[0]}"
    if counted:
        return DIFFERS, f"{len(counted)} of {len(nulls)} null values; {counted[0][0]}: count {show(counted[0][1])}"
    if nulls:
        return HOLDS, f"{len(nulls)} of {len(values)} values are null, all with count 0"
    if len(values) < _MANY:
        raise CannotTellError(f"no null among only {len(values)} values")
    return DIFFERS, f"no null among {len(values)} values"


@_check('status is "", or on null values Missing or Private', "validation.quarantine._STATUS_WORDS")
def _statuses(answers: Answers) -> Judged:
    values = _values(answers)
    seen = Counter((show(v.status), "null" if v.value is None else "with value") for _, v in values)
    allowed = {("''", "with value"), ("''", "null"), ("'Missing'", "null"), ("'Private'", "null")}
    text = ", ".join(f"{status} {kind} {number}" for (status, kind), number in seen.most_common())
    return HOLDS if seen.keys() <= allowed else DIFFERS, text


@_check("period is a whole number", "contract.Record")
def _periods(answers: Answers) -> Judged:
    records = _all_records(answers)
    bad = [r for r in records if not isinstance(r.period, int) or isinstance(r.period, bool)]
    if bad:
        return DIFFERS, f"{len(bad)} of {len(records)} records; {bad[0].kpi} {bad[0].area}: {show(bad[0].period)}"
    years = sorted({int(str(r.period)) for r in records})
    return HOLDS, f"{len(records)} records, {years[0]}–{years[-1]}"


@_check("One record per KPI, area and period, and each gender once in it", "validation.quarantine")
def _unique(answers: Answers) -> Judged:
    number = 0
    for key, records in _data(answers):
        cells = Counter(record.cell for record in records)
        twice = [" ".join(cell) for cell, times in cells.items() if times > 1]
        twice += [str(r) for r in records if len({show(v.gender) for v in r.values}) < len(r.values)]
        if twice:
            return DIFFERS, f"{key}: {len(twice)} more than once, e.g. {twice[0]}"
        number += len(records)
    return HOLDS, f"{number} records"


@_check(
    "A group's value is the unweighted mean of its members, with their number", "standin.records, matvarde of groups"
)
def _group_mean(answers: Answers) -> Judged:
    members = set(group_members(answers))
    figures = {
        (str(record.period), show(value.gender), record.area): value
        for record in records_of(answers["group"])
        for value in record.values
        if value.isdeleted is not True and is_number(value.value)
    }
    for year, gender, area in sorted(figures, reverse=True):
        numbers = [_number(v) for (y, g, a), v in figures.items() if (y, g) == (year, gender) and a in members]
        # Members that all say the same would agree with every kind of mean.
        if area != COUNTY_GROUP or len(set(numbers)) < 2:
            continue
        told, mean = figures[year, gender, area], sum(numbers) / len(numbers)
        same = math.isclose(_number(told), mean, rel_tol=1e-9, abs_tol=1e-9) and told.count == len(numbers)
        return HOLDS if same else DIFFERS, (
            f"{KPI_K} {area} {year} {gender}: {_number(told)!r} with count {show(told.count)}; "
            f"the mean of {len(numbers)} members is {mean!r}"
        )
    if figures and all(area != COUNTY_GROUP for *_, area in figures):
        return DIFFERS, f"{KPI_K}: members have {len(figures)} values, {COUNTY_GROUP} none"
    raise CannotTellError(f"no year in which {COUNTY_GROUP} and two members have different values of {KPI_K}")


@_check("/data/kpi/{id}/year/{year} gives kommuner, regions, riket and groups", "standin.records")
def _year_form(answers: Answers) -> Judged:
    kinds = _kinds(answers, "year")
    if not kinds:
        raise CannotTellError(f"{KPI_A} has no rows for {YEAR}")
    every = all(kinds[kind] for kind in ("kommuner", "regions", "riket", "groups"))
    return HOLDS if every else DIFFERS, f"{KPI_A} {YEAR}: {_told(kinds)}"


@_check("region_type K gives kommuner alone, L regions and riket, neither groups", "standin.records")
def _region_type(answers: Answers) -> Judged:
    for key in ("year-type-K", "year-type-L"):
        if status_of(answers[key]) != 200:
            return DIFFERS, f"{key}: status {answers[key].status}, {start_of(answers[key])}"
    if not _kinds(answers, "year"):
        raise CannotTellError(f"{KPI_A} has no rows for {YEAR}")
    k, l_ = _kinds(answers, "year-type-K"), _kinds(answers, "year-type-L")
    holds = k.keys() == {"kommuner"} and l_.keys() == {"regions", "riket"}
    return HOLDS if holds else DIFFERS, f"K: {_told(k)}; L: {_told(l_)}"


# --- headers


@_check("No ETag or Last-Modified: nothing can be asked for only if it changed", "client, which asks unconditionally")
def _validators(answers: Answers) -> Judged:
    return _without_headers(answers, ("etag", "last-modified"), ("cache-control",))


@_check("Content-Encoding is gzip, deflate, zstd or none", "client._request decodes those")
def _encoding(answers: Answers) -> Judged:
    came = _came(answers)
    encodings = Counter(answer.headers.get("content-encoding", "") for answer in came)
    largest = max(came, key=lambda answer: len(answer.body))
    size = f"{len(largest.body) / 1000:.0f} kB came as {largest.wire / 1000:.0f} kB"
    text = ", ".join(f"{name or 'none'} on {number}" for name, number in encodings.most_common())
    return HOLDS if encodings.keys() <= _DECODED else DIFFERS, f"{text} answers; the largest, {size}"


@_check("No rate limit is met or announced", "client: three requests at once, 429 is waited out")
def _rate_limit(answers: Answers) -> Judged:
    limited = [answer for answer in _came(answers) if answer.status == 429]
    if limited:
        return DIFFERS, f"status 429, Retry-After {limited[0].headers.get('retry-after', 'absent')}"
    names = {name for answer in _came(answers) for name in answer.headers if "ratelimit" in name}
    return _without_headers(answers, ("retry-after", *sorted(names)), ())


# --- the catalogue


@_check("The catalogue has 5,000–7,500 KPIs, 312 areas and over 3,000 groups", "catalogue.fetch_catalogue")
def _sizes(answers: Answers) -> Judged:
    kpis, areas, groups = (len(whole_list(answers, keys)) for keys in (KPI_PAGES, ("municipality",), GROUP_PAGES))
    text = f"{kpis} KPIs, {areas} areas, {groups} groups"
    label = answers["municipality"].headers.get(STANDIN_HEADER.lower())
    if label:
        raise CannotTellError(f"{text}, but of a stand-in ({label})")
    return HOLDS if 5000 <= kpis <= 7500 and areas == 312 and groups > 3000 else DIFFERS, text


@_check("KPI ids are N or U and five digits", "catalog.fields.KPI_PATTERN")
def _kpi_ids(answers: Answers) -> Judged:
    return _field(answers, "id", lambda value: isinstance(value, str) and bool(re.fullmatch(KPI_PATTERN, value)))


@_check("municipality_type is K, L or A", "catalogue.fetch_catalogue, plan.Areas.of_level")
def _levels_known(answers: Answers) -> Judged:
    return _field(answers, "municipality_type", lambda value: value in ("K", "L", "A"))


@_check("is_divided_by_gender is true or false", "contract.KpiRecord")
def _divided(answers: Answers) -> Judged:
    return _field(answers, "is_divided_by_gender", lambda value: isinstance(value, bool))


@_check("Publication dates are YYYY-MM-DD or null", "warehouse.content, which marks preliminary values by them")
def _publication(answers: Answers) -> Judged:
    def dated(value: object) -> bool:
        return value is None or (isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)))

    verdict, seen = _field(answers, "publication_date", dated)
    return (verdict, seen) if verdict != HOLDS else _field(answers, "prel_publication_date", dated)


@_check("publ_period is a year as text, or null", "warehouse.content, which marks preliminary values by it")
def _publication_period(answers: Answers) -> Judged:
    return _field(
        answers, "publ_period", lambda v: v is None or (isinstance(v, str) and bool(re.fullmatch(r"\d{4}", v)))
    )


@_check("Areas are of type K or L, and riket is 0000 of type L", "catalogue.areas_to_ask")
def _areas(answers: Answers) -> Judged:
    areas = whole_list(answers, ("municipality",))
    types = Counter(show(area.get("type")) for area in areas)
    country = [area.get("type") for area in areas if area.get("id") == COUNTRY]
    holds = types.keys() <= {"'K'", "'L'"} and country == ["L"]
    return HOLDS if holds else DIFFERS, f"{', '.join(f'{t} {n}' for t, n in types.items())}; 0000: {show(country)}"


@_check("Titles are UTF-8, encoded once", "catalog.titles: a title decides whether a KPI is still the same")
def _titles(answers: Answers) -> Judged:
    titles = [
        title
        for key in ("kpi", "municipality", "municipality_groups")
        for row in rows_of(answers[key])
        if isinstance(title := row.get("title"), str)
    ]
    # Two bytes of UTF-8 that were each read as a character of ISO 8859-1 or Windows-1252.
    broken = [title for title in titles if re.search("Ã[\x80-\xbf…„–]|\ufffd", title)]
    if broken:
        return DIFFERS, f"{len(broken)} of {len(titles)} titles, e.g. {broken[0]}"
    swedish = [title for title in titles if re.search("[åäöÅÄÖ]", title)]
    if not swedish:
        raise CannotTellError("no title has å, ä or ö")
    return HOLDS, f"{len(swedish)} of {len(titles)} titles have å, ä or ö, e.g. {swedish[0][:40]}"


# --- what several judgements share


def _came(answers: Answers) -> list[Recorded]:
    """The answers that came whole. Raises CannotTellError when none did."""
    came = [answer for answer in answers.values() if answer.status and not answer.fault]
    if not came:
        raise CannotTellError("no answer came")
    return came


def _expected_status(answer: Recorded, expected: int) -> Judged:
    status = status_of(answer)
    if status == expected:
        return HOLDS, f"status {status}"
    return DIFFERS, f"status {status}, expected {expected}; it begins {start_of(answer)}"


def _lists(answers: Answers) -> list[str]:
    """The keys of lists that were answered with 200."""
    return [key for key in _LISTS if answers[key].status == 200 and not answers[key].fault]


def _readable(answers: Answers) -> Iterator[tuple[str, dict[str, object]]]:
    """The lists that can be read; the others are told by the checks on the envelope and the contract."""
    for key in _lists(answers):
        try:
            rows_of(answers[key])
        except DifferentError:
            continue
        yield key, envelope(answers[key])


def _data(answers: Answers) -> list[tuple[str, list[DataRecord]]]:
    """Key and records of the data answers that can be read; the others are told by the check on the contract.

    Raises CannotTellError when they hold nothing.
    """
    found = []
    for key in _DATA:
        try:
            found.append((key, records_of(answers[key])))
        except (DifferentError, CannotTellError):
            continue
    if not any(records for _, records in found):
        raise CannotTellError("no data came")
    return found


def _all_records(answers: Answers) -> list[DataRecord]:
    return [record for _, records in _data(answers) for record in records]


def _values(answers: Answers) -> list[tuple[str, Value]]:
    """Every value of the data answers, and where it stands."""
    return [(f"{record} {show(v.gender)}", v) for record in _all_records(answers) for v in record.values]


def _figures(answer: Recorded) -> tuple[dict[str, object], int]:
    """Where each value stands → value (null included), and how many are deleted.

    Raises CannotTellError when the answer is not the whole list.
    """
    if envelope(answer).get("next_url") is not None:
        raise CannotTellError(f"{short(answer.url)} has more than one page")
    values = [(f"{record} {show(v.gender)}", v) for record in records_of(answer) for v in record.values]
    alive = {where: value.value for where, value in values if value.isdeleted is not True}
    return alive, sum(value.isdeleted is True for _, value in values)


def _by_id(answer: Recorded, listed: Sequence[Mapping[str, object]]) -> Judged:
    """Whether the answer has those ids of its own address that the whole list has."""
    if status_of(answer) != 200:
        return DIFFERS, f"status {answer.status}"
    asked = unquote(urlsplit(answer.url).path).rpartition("/")[2].split(",")
    expected = sorted(set(asked).intersection(ids_of(listed)))
    if not expected:
        raise CannotTellError(f"none of the {len(asked)} ids is in the list")
    came = sorted(ids_of(rows_of(answer)))
    text = f"{len(asked)} asked, {len(expected)} of them in the list, {len(came)} came"
    return HOLDS if came == expected else DIFFERS, text


def _on_the_other_side(answers: Answers, key: str, level: str, areas: set[str]) -> Judged:
    """Whether KPIs of a level have no values for these areas, seen in an answer that has some for others."""
    try:
        levels = {str(kpi.get("id")): kpi.get("municipality_type") for kpi in whole_list(answers, KPI_PAGES)}
    except (CannotTellError, DifferentError):
        # Then the level is the one that we know.
        levels = {}
    records = [r for r in records_of(answers[key]) if levels.get(r.kpi, level) == level]
    if not records:
        raise CannotTellError("the KPIs have no rows for any area here")
    there = [record for record in records if record.area in areas]
    figures = [(r, v) for r in there for v in r.values if v.value is not None and v.isdeleted is not True]
    kpis = len({record.kpi for record in records})
    if figures:
        return DIFFERS, f"{len(figures)} values, e.g. {figures[0][0]}: {show(figures[0][1].value)}"
    nulls = f", {len(there)} rows without a value" if there else ""
    return HOLDS, f"{kpis} KPIs with {len(records) - len(there)} rows elsewhere, no value there{nulls}"


def _kinds(answers: Answers, key: str) -> Counter[str]:
    """How many records of an answer are of which kind of area."""
    types = {str(area.get("id")): area.get("type") for area in whole_list(answers, ("municipality",))}

    def kind(area: str) -> str:
        if area == COUNTRY:
            return "riket"
        named = {"K": "kommuner", "L": "regions"}.get(str(types.get(area)))
        return named or ("groups" if area.startswith("G") else "unknown areas")

    return Counter(kind(record.area) for record in records_of(answers[key]))


def _field(answers: Answers, name: str, right: Callable[[object], bool]) -> Judged:
    """Whether a field of every KPI is right, and the commonest values."""
    kpis = whole_list(answers, KPI_PAGES)
    if not kpis:
        raise CannotTellError("the catalogue has no KPI")
    bad = [kpi for kpi in kpis if name not in kpi or not right(kpi[name])]
    if bad:
        found = show(bad[0].get(name, UNSET))
        return DIFFERS, f"{len(bad)} of {len(kpis)} KPIs; {show(bad[0].get('id'))}: {name} {found}"
    common = ", ".join(f"{v} {n}" for v, n in Counter(show(kpi[name]) for kpi in kpis).most_common(4) if n > 1)
    return HOLDS, f"{len(kpis)} KPIs{f', most often {common}' if common else ''}"


def _without_headers(answers: Answers, unexpected: Sequence[str], notable: Sequence[str]) -> Judged:
    """Whether no answer has an unexpected header; notable ones are told."""
    came = _came(answers)
    having = {
        name: [answer.headers[name] for answer in came if name in answer.headers] for name in (*unexpected, *notable)
    }
    seen = [f"{name} on {len(found)} of {len(came)}: {found[0]}" for name, found in having.items() if found]
    if seen:
        return DIFFERS if any(having[name] for name in unexpected) else HOLDS, "; ".join(seen)
    return HOLDS, f"none of {', '.join(having)} on {len(came)} answers"


def _address(url: str) -> SplitResult:
    try:
        found = urlsplit(url)
        _host(found)
    except ValueError as error:
        raise DifferentError(f"{url!r} is no address: {error}") from error
    return found


def _host(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port


def _is_validation(detail: object) -> bool:
    return (
        isinstance(detail, list)
        and bool(detail)
        and all(isinstance(item, dict) and {"type", "loc", "msg"} <= item.keys() for item in detail)
    )


def _number(value: Value) -> float:
    """The value of one that is_number."""
    return float(str(value.value))


def _told(kinds: Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()) or "nothing"
