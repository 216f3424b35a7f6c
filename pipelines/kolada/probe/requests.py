"""What the probe asks of Kolada v3: requests as our code makes them, by the key under which their answers are kept.

Ids are of KPIs that are followed and of areas of the målbild, so that what is learnt is about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, TypeAlias

from pipelines.errors import SourceError
from pipelines.kolada.client import KoladaClient, store_nothing
from pipelines.kolada.contract import Group, KpiRecord, Municipality, Record
from pipelines.kolada.plan import MAX_IDS, PER_PAGE, Batch
from pipelines.kolada.probe.answers import Answers, DiffersError, Kind, NotAnsweredError, Recorded, whole_list

# Kommun KPIs (K) and region KPIs (L) that are followed and have values for many years.
# fmt: off
KPIS_K: Final = (
    "U21463", "U21343", "U21353", "U21401", "U21425", "U21447", "U21455", "U21462", "U21468",
    "U21478", "U21505", "U23401", "U23420", "U23448", "U23460", "U23461", "U23471", "U23472",
    "U23481", "U23482", "U23506", "U23521", "U26413", "U26420", "U28113", "U28130",
)
KPIS_L: Final = (
    "N79173", "N70466", "N70467", "N70815", "U71453", "U79092", "U79133", "N79175", "N79176", "N79179",
)
REGIONS: Final = (
    "0001", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0012", "0013",
    "0014", "0017", "0018", "0019", "0020", "0021", "0022", "0023", "0024", "0025",
)
OUR_KOMMUNER: Final = (
    "0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488",
)
# Others, to fill a request up to the limit.
OTHER_KOMMUNER: Final = (
    "0114", "0115", "0117", "0120", "0123", "0125", "0126", "0127", "0128", "0136", "0138", "0139", "0140", "0160",
)
# fmt: on
KPI_K: Final = KPIS_K[0]
COUNTRY, REGION, KOMMUN, COUNTY_GROUP = "0000", "0004", "0484", "G33614"
# No such KPI and group have ever been: in a list of ids they are what has left the catalogue.
GONE_KPI, GONE_GROUP = "N99999", "G999999"

# Pages of whole lists: 6,000 KPIs and 3,600 groups need two and one.
KPI_PAGES: Final = ("kpi", "kpi-page-2", "kpi-page-3")
GROUP_PAGES: Final = ("municipality_groups", "municipality_groups-page-2")

_LONG_AGO, _FAR_AHEAD = date(2000, 1, 1), date(2099, 12, 31)
# Long enough for a new year of every yearly survey.
_A_YEAR: Final = timedelta(days=400)

# An address, or how to find it in the answers so far (NotAnsweredError: it cannot, or need not, be asked).
Address: TypeAlias = str | Callable[[Answers], str]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, and what its list holds."""

    kind: Kind
    address: Address


def requests(base: str, today: date) -> dict[str, Request]:
    """Every request, by the key under which `checks` looks for its answer, in the order of asking.

    The first one is the cheapest that Kolada cannot refuse: it decides whether anybody is there. The heavy ones come
    last, so that a server that gives up on them has answered the rest.
    """

    def data(kpis: Sequence[str], areas: Sequence[str], since: date | None = None, per_page: int = PER_PAGE) -> str:
        from_date = f"from_date={since}&" if since else ""
        return f"{base}{Batch(tuple(kpis), tuple(areas)).path}?{from_date}per_page={per_page}"

    def of_group(since: date | None = None) -> Callable[[Answers], str]:
        return lambda answers: data([KPI_K], [COUNTY_GROUP, *_members(answers)], since)

    every_page = f"per_page={PER_PAGE}"
    series = data([KPI_K], [KOMMUN])
    addresses: dict[Kind, dict[str, Address]] = {
        Municipality: {"municipality": f"{base}/municipality?{every_page}"},
        KpiRecord: {
            **_pages(base, KPI_PAGES, f"{base}/kpi?{every_page}", KpiRecord),
            "kpi-by-id": f"{base}/kpi/{','.join([*KPIS_K[: MAX_IDS - 1], GONE_KPI])}?{every_page}",
        },
        Group: {
            **_pages(base, GROUP_PAGES, f"{base}/municipality_groups?{every_page}", Group),
            "municipality_groups-by-id": lambda answers: (
                f"{base}/municipality_groups/{','.join([*_some_groups(answers), GONE_GROUP])}?{every_page}"
            ),
        },
        Record: {
            "series": series,
            **_pages(base, ("paged", "paged-page-2"), data([KPI_K], [KOMMUN], per_page=2), Record),
            "from-the-future": data([KPI_K], [KOMMUN], _FAR_AHEAD),
            "from-long-ago": data([KPI_K], [KOMMUN], _LONG_AGO),
            "group": of_group(),
            "group-from-a-year-ago": of_group(today - _A_YEAR),
            # Below the limit of ids, so that they are answered whatever the limit is.
            "k-for-regions": data(KPIS_K[:20], [COUNTRY, KOMMUN, *REGIONS]),
            "l-for-kommuner": data(KPIS_L, [COUNTRY, REGION, *OUR_KOMMUNER, *OTHER_KOMMUNER[:10]]),
            "batch": data(KPIS_K[:MAX_IDS], [*OUR_KOMMUNER, *OTHER_KOMMUNER, COUNTRY, COUNTY_GROUP]),
        },
    }
    return {key: Request(kind, address) for kind, by_key in addresses.items() for key, address in by_key.items()}


def next_address(base: str, answer: Recorded, kind: Kind) -> str:
    """The address of the page after this one, as the client would follow it.

    Raises NotAnsweredError when the list ends here or cannot be read, DiffersError when it leads away from Kolada.
    """
    following = answer.next_url(kind)
    if following is None:
        raise NotAnsweredError("not asked: the list ended before")
    try:
        address = KoladaClient(base, store_nothing).next_address(answer.url, following, {answer.url})
    except SourceError as error:
        raise DiffersError(str(error).partition(" → ")[0]) from error
    assert address is not None, "next_url is not null"
    return address


def _pages(base: str, keys: tuple[str, ...], first: str, kind: Kind) -> dict[str, Address]:
    """A list's first page, and those that it leads to."""

    def after(key: str) -> Callable[[Answers], str]:
        return lambda answers: next_address(base, answers[key], kind)

    return {keys[0]: first} | {key: after(before) for before, key in pairwise(keys)}


def _members(answers: Answers) -> list[str]:
    groups = whole_list([answers[key] for key in GROUP_PAGES], Group)
    members = [member.member_id for group in groups if group.id == COUNTY_GROUP for member in group.members]
    if not 1 < len(members) < MAX_IDS:
        raise NotAnsweredError(
            f"not asked: {COUNTY_GROUP} has {len(members)} members in the list of groups, expected 2 to {MAX_IDS - 1}"
        )
    return _usable(members)


def _some_groups(answers: Answers) -> list[str]:
    groups = answers[GROUP_PAGES[0]].rows(Group)[: MAX_IDS - 1]
    if not groups:
        raise NotAnsweredError("not asked: the list of groups is empty")
    return _usable([group.id for group in groups])


def _usable(ids: list[str]) -> list[str]:
    """Ids that may stand in an address."""
    for area_id in ids:
        if not (area_id.isascii() and area_id.isalnum()):
            raise NotAnsweredError(f"not asked: {area_id!r} in the list of groups is no id")
    return ids
