"""What the probe asks of Kolada v3: every request, by the key under which its answer is recorded.

Ids are of KPIs that are followed and of areas of the målbild, so that what is learnt is about them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import urljoin

import httpx
from msgspec import UNSET

from pipelines.kolada.client import PER_PAGE
from pipelines.kolada.plan import MAX_IDS
from pipelines.kolada.recorded import (
    Answers,
    CannotTellError,
    DifferentError,
    Recorded,
    ids_of,
    json_object,
    rows_of,
    whole_list,
)

# Kommun KPIs (K) and region KPIs (L) that are followed and have values for many years; one of level A.
# fmt: off
KPIS_K = [
    "U21463", "U21343", "U21353", "U21401", "U21425", "U21447", "U21455", "U21462", "U21468",
    "U21478", "U21505", "U23401", "U23420", "U23448", "U23460", "U23461", "U23471", "U23472",
    "U23481", "U23482", "U23506", "U23521", "U26413", "U26420", "U28113", "U28130",
]
KPIS_L = [
    "N79173", "N70466", "N70467", "N70815", "U71453", "U79092", "U79133", "N79175", "N79176", "N79179",
]
# fmt: on
KPI_A, YEAR = "N20402", 2022
KPI_K, KPI_L = KPIS_K[0], KPIS_L[0]
UNKNOWN_KPI, UNKNOWN_AREA = "N99999", "9999"

COUNTRY, REGION, KOMMUN, COUNTY_GROUP = "0000", "0004", "0484", "G33614"
# fmt: off
REGIONS = [
    "0001", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0012", "0013",
    "0014", "0017", "0018", "0019", "0020", "0021", "0022", "0023", "0024", "0025",
]
OUR_KOMMUNER = [
    "0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488",
]
# Others, to fill a request up to the limit.
OTHER_KOMMUNER = [
    "0114", "0115", "0117", "0120", "0123", "0125", "0126", "0127", "0128", "0136", "0138", "0139", "0140", "0160",
]
# fmt: on

# Pages of whole lists that are fetched: 6,000 KPIs and 3,600 groups need two and one.
KPI_PAGES = ("kpi", "kpi-page-2", "kpi-page-3")
GROUP_PAGES = ("municipality_groups", "municipality_groups-page-2")

# An address, or how to find it in the answers so far (CannotTellError: it need not or cannot be asked).
Question: TypeAlias = str | Callable[[Answers], str]

_LONG_AGO, _FAR_AHEAD = date(2000, 1, 1), date(2099, 12, 31)
# Long enough for a new year of every yearly survey.
_A_YEAR = timedelta(days=400)


def questions(base: str, today: date) -> dict[str, Question]:
    """Every request, by the key under which `assumptions` looks for its answer, in the order of asking.

    The first one is the cheapest that Kolada cannot refuse: it decides whether anybody is there. The heavy ones come
    last, so that a server that gives up on them has told the rest.
    """
    of_kpi = f"{base}/data/kpi/{KPI_K}/municipality"
    some = f"{of_kpi}/{KOMMUN}"
    year = f"{base}/data/kpi/{KPI_A}/year/{YEAR}"
    full = [*OUR_KOMMUNER, *OTHER_KOMMUNER, COUNTRY, COUNTY_GROUP]
    per_page = f"per_page={PER_PAGE}"
    return {
        "municipality": f"{base}/municipality?{per_page}",
        "openapi": f"{base}/openapi.json",
        **_pages(base, KPI_PAGES, f"{base}/kpi?{per_page}"),
        **_pages(base, GROUP_PAGES, f"{base}/municipality_groups?{per_page}"),
        "per_page-5001": f"{base}/kpi?per_page={PER_PAGE + 1}",
        "per_page-0": f"{base}/kpi?per_page=0",
        "past-the-end": f"{base}/municipality?{per_page}&page=1000",
        "kpi-25": f"{base}/kpi/{','.join(KPIS_K[:MAX_IDS])}",
        "municipality_groups-25": lambda answers: (
            f"{base}/municipality_groups/{','.join(some_group_ids(answers, MAX_IDS))}"
        ),
        "kpi-unknown": f"{base}/kpi/{UNKNOWN_KPI}",
        "kpi-some-known": f"{base}/kpi/{KPI_K},{UNKNOWN_KPI}",
        "slash": f"{base}/municipality/{KOMMUN}/",
        "v2": lambda _: _v2(base),
        "http": lambda _: _plain_http(base),
        "whole": some,
        **_pages(base, ("paged", "paged-next"), f"{some}?per_page=2"),
        "future": f"{some}?from_date={_FAR_AHEAD}",
        "old": f"{some}?from_date={_LONG_AGO}",
        "data-unknown": f"{base}/data/kpi/{UNKNOWN_KPI}/municipality/{KOMMUN}",
        "data-some-known": f"{base}/data/kpi/{KPI_K},{UNKNOWN_KPI}/municipality/{KOMMUN},{UNKNOWN_AREA}",
        "not-applicable": f"{base}/data/kpi/{KPI_L}/municipality/{KOMMUN}",
        "kpi-alone": f"{base}/data/kpi/{KPI_K}",
        "kpi-26": f"{base}/data/kpi/{','.join(KPIS_K[: MAX_IDS + 1])}/municipality/{KOMMUN}",
        "area-26": f"{of_kpi}/{','.join([*full, REGION])}",
        "group": lambda answers: f"{of_kpi}/{','.join(_group_and_members(answers))}",
        "group-recent": lambda answers: f"{of_kpi}/{','.join(_group_and_members(answers))}?from_date={today - _A_YEAR}",
        # Below the limit of ids, so that it tells whatever the limit is.
        "k-on-regions": f"{base}/data/kpi/{','.join(KPIS_K[:20])}/municipality/{','.join([COUNTRY, KOMMUN, *REGIONS])}",
        "l-on-kommuner": f"{base}/data/kpi/{','.join(KPIS_L)}/municipality/"
        + ",".join([COUNTRY, REGION, *OUR_KOMMUNER, *OTHER_KOMMUNER[:10]]),
        "batch": f"{base}/data/kpi/{','.join(KPIS_K[:MAX_IDS])}/municipality/{','.join(full)}?{per_page}",
        "year": year,
        "year-type-K": f"{year}?region_type=K",
        "year-type-L": f"{year}?region_type=L",
        "year-future": f"{year}?from_date={_FAR_AHEAD}",
        "year-old": f"{year}?from_date={_LONG_AGO}",
    }


def _pages(base: str, keys: tuple[str, ...], first: str) -> dict[str, Question]:
    """A list's first page, and those that it leads to."""

    def after(key: str) -> Question:
        return lambda answers: _same_host(base, answers[key].url, next_page(answers[key]))

    return {keys[0]: first} | {key: after(before) for before, key in pairwise(keys)}


def _same_host(base: str, here: str, next_url: str) -> str:
    try:
        url = urljoin(here, next_url)
        ours, theirs = httpx.URL(base), httpx.URL(url)
        host = theirs.host
    except (ValueError, httpx.InvalidURL) as error:
        raise CannotTellError(f"not asked: next_url is no address ({error})") from error
    if (ours.scheme, ours.host, ours.port) != (theirs.scheme, host, theirs.port):
        raise CannotTellError(f"not asked: next_url leads away, to {theirs.scheme}://{host}")
    return url


def _group_and_members(answers: Answers) -> list[str]:
    members = group_members(answers)
    if not 1 < len(members) < MAX_IDS:
        raise CannotTellError(f"not asked: {COUNTY_GROUP} has {len(members)} members, expected 2 to {MAX_IDS - 1}")
    return [COUNTY_GROUP, *members]


def _v2(base: str) -> str:
    if not base.endswith("/v3"):
        raise CannotTellError(f"not asked: {base} does not end in /v3")
    return f"{base.removesuffix('/v3')}/v2/kpi/{KPI_K}"


def _plain_http(base: str) -> str:
    url = httpx.URL(f"{base}/municipality/{KOMMUN}")
    if url.scheme != "https":
        raise CannotTellError("not asked: --kolada-url is not https")
    return str(url.copy_with(scheme="http", port=None))


def group_members(answers: Answers) -> list[str]:
    """The members of the county's group, as the list of groups tells. Raises CannotTellError."""
    try:
        groups = whole_list(answers, GROUP_PAGES)
    except DifferentError as error:
        raise CannotTellError(str(error)) from error
    for group in groups:
        members = group.get("members")
        if group.get("id") == COUNTY_GROUP and isinstance(members, list):
            return _plain([str(member.get("member_id")) for member in members if isinstance(member, dict)])
    raise CannotTellError(f"{COUNTY_GROUP} is not in the list of groups")


def some_group_ids(answers: Answers, number: int) -> list[str]:
    """The first ids of the list of groups. Raises CannotTellError."""
    try:
        ids = ids_of(rows_of(answers[GROUP_PAGES[0]]))[:number]
    except DifferentError as error:
        raise CannotTellError(str(error)) from error
    if not ids:
        raise CannotTellError("not asked: the list of groups is empty")
    return _plain(ids)


def _plain(ids: list[str]) -> list[str]:
    """Ids that may stand in an address."""
    for one in ids:
        if not (one.isascii() and one.isalnum()):
            raise CannotTellError(f"not asked: {one!r} in the list of groups is no id")
    return ids


def next_page(answer: Recorded) -> str:
    """The address of the page after this one. Raises CannotTellError when the list ends here, or cannot be read."""
    try:
        following = json_object(answer).get("next_url", UNSET)
    except DifferentError as error:
        raise CannotTellError(str(error)) from error
    if following is None:
        raise CannotTellError("not asked: the list ended before")
    if not isinstance(following, str):
        raise CannotTellError("not asked: the page before says no next_url")
    return following
