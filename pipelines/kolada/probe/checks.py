"""The table of the probe: each assumption about Kolada that a line of ours leans on.

A row says who leans on it, which answers show whether it holds, and what to do when it does not. What no code of ours
leans on is not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET

from pipelines.findings import Finding
from pipelines.kolada.probe import judgements
from pipelines.kolada.probe.answers import Answers, DiffersError, NotAnsweredError, one_line
from pipelines.kolada.probe.requests import GROUP_PAGES, KPI_PAGES


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table. leans: the module of ours, and what for. asked: keys of `requests`, whose answers `judge` is
    called with. fix: what to do when it does not hold.
    """

    name: str
    leans: str
    asked: tuple[str, ...]
    judge: Callable[..., str]
    fix: str


_AREAS: Final = ("municipality",)
_LISTS: Final = (*_AREAS, *KPI_PAGES, *GROUP_PAGES)
_DATA: Final = (
    *("series", "from-long-ago", "group", "group-from-a-year-ago", "k-for-regions", "l-for-kommuner", "batch"),
)
_ALL: Final = (
    *(*_LISTS, "kpi-by-id", "municipality_groups-by-id"),
    *(*_DATA, "paged", "paged-page-2", "from-the-future"),
)

# What to do, where it is the same for several.
_CODE_3 = "tell the maintainers: until the program has changed, nights end with code 3"
_MISSED = "tell the maintainers: values are missed"
_NO_CHANGES = "set MALBILD_HEL_VAR=0 (whole nights) until it is understood"
_REFUSED = "see why in table karantan: such values are refused"
_FULL = "`malbild run --full`, which reads the whole list"

CHECKS: Final = (
    Check("source", "korning.kalla", _AREAS, judgements.source, "name the real Kolada with --kolada-url"),
    Check("contract", "kolada.contract: types, count, next_url", _ALL, judgements.contract, _CODE_3),
    Check("rate limit", "kolada.client: three requests at once", _ALL, judgements.rate_limit, "lower MALBILD_ANROP"),
    Check(
        "paging",
        "kolada.client.pages: next_url leads on, below our address",
        ("series", "paged", "paged-page-2"),
        judgements.paging,
        "publish nothing until it is understood: lists may have holes",
    ),
    Check(
        "whole lists",
        "kolada.catalogue: every id once",
        _LISTS,
        judgements.unique_ids,
        "try again later; if it lasts, tell Kolada",
    ),
    Check(
        "KPIs by id",
        "kolada.catalogue: one that has gone is no error",
        ("kpi-by-id", *KPI_PAGES),
        judgements.kpis_by_id,
        _FULL,
    ),
    Check(
        "groups by id",
        "kolada.catalogue: one that has gone is no error",
        ("municipality_groups-by-id", *GROUP_PAGES),
        judgements.groups_by_id,
        _FULL,
    ),
    Check(
        "full batch",
        "kolada.plan.MAX_IDS, kolada.client's patience",
        ("batch",),
        judgements.full_batch,
        "lower MAX_IDS",
    ),
    Check("areas", "kolada.catalogue: K or L, riket is 0000", _AREAS, judgements.areas, _CODE_3),
    Check(
        "levels",
        "kolada.plan.Areas.of_level: K, L or A",
        KPI_PAGES,
        judgements.every_kpi(lambda kpi: kpi.municipality_type in ("K", "L", "A"), lambda kpi: kpi.municipality_type),
        _CODE_3,
    ),
    Check(
        "publication",
        "warehouse.content: days that mark preliminary values",
        KPI_PAGES,
        judgements.every_kpi(
            judgements.has_publication_days,
            lambda kpi: (kpi.publication_date, kpi.prel_publication_date, kpi.publ_period),
        ),
        "tell the maintainers: such a day counts as none",
    ),
    Check(
        "titles",
        "catalog.titles: whether a KPI is still the same",
        ("municipality", "kpi", "municipality_groups"),
        judgements.titles,
        "tell Kolada: values of KPIs with such titles are held back",
    ),
    Check(
        "kommun KPIs",
        "kolada.plan.Areas.of_level: never asked of regions",
        ("k-for-regions", *KPI_PAGES),
        judgements.k_for_regions,
        _MISSED,
    ),
    Check(
        "region KPIs",
        "kolada.plan.Areas.of_level: never asked of kommuner",
        ("l-for-kommuner", *KPI_PAGES),
        judgements.l_for_kommuner,
        _MISSED,
    ),
    Check(
        "riket",
        "analysis.comparison",
        ("k-for-regions", "l-for-kommuner"),
        judgements.country,
        "tell Kolada: none to compare with",
    ),
    Check(
        "no changes",
        "kolada.plan.plan_changes: from_date narrows an answer",
        ("series", "from-the-future"),
        judgements.from_the_future,
        _NO_CHANGES,
    ),
    Check(
        "old changes",
        "kolada.plan.plan_changes: from_date leaves nothing out",
        ("series", "from-long-ago"),
        judgements.from_long_ago,
        _NO_CHANGES,
    ),
    Check(
        "new changes",
        "warehouse.merge: from_date gives the same values, groups too",
        ("group", "group-from-a-year-ago"),
        judgements.from_a_year_ago,
        _NO_CHANGES,
    ),
    Check(
        "genders",
        "validation.quarantine: T, K or M",
        _DATA,
        judgements.every_value(lambda value: value.gender in ("T", "K", "M"), lambda value: value.gender),
        _REFUSED,
    ),
    Check(
        "missing values",
        "validation.quarantine: null, never left out",
        _DATA,
        judgements.every_value(lambda value: value.value is not UNSET, judgements.value_or_why_none),
        _REFUSED,
    ),
    Check(
        "statuses",
        "validation.quarantine: empty, or a word on null",
        _DATA,
        judgements.every_value(judgements.has_known_status, judgements.status_and_value),
        "tell the maintainers: the word is missing in _STATUS_WORDS",
    ),
    Check(
        "deletions",
        "kolada.observations: isdeleted in every value",
        _DATA,
        judgements.every_value(lambda value: value.isdeleted is not UNSET, lambda value: value.isdeleted),
        _MISSED,
    ),
    Check("one per key", "warehouse.merge", _DATA, judgements.one_per_key, _REFUSED),
)


def judge(answers: Answers) -> list[Finding]:
    """Every row of the table against the recorded answers. `answers` has every key of `requests`."""
    return [_finding(check, answers) for check in CHECKS]


def _finding(check: Check, answers: Answers) -> Finding:
    try:
        seen = check.judge(*(answers[key] for key in check.asked))
    except NotAnsweredError as error:
        return Finding("unknown", check.name, f"{one_line(str(error))} ({check.leans})")
    except DiffersError as error:
        return Finding("error", check.name, f"{one_line(str(error))} ({check.leans})", check.fix)
    return Finding("ok", check.name, f"{one_line(seen)} ({check.leans})")
