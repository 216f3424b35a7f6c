"""Sedan förra uppföljningen: what is new, what has been revised, and which conclusions are no longer the same.

Counted and listed here; what is compared with what is `since_data`. A conclusion is a word of the report: band, against
riket, direction over time, and whether the newest value is higher or lower than the one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dashboards import words
from dashboards.data import TOTAL, CatalogueNews, Kpi, Published
from dashboards.follow_ups import Edition
from dashboards.pages import attribution, choice, corrections
from dashboards.pages.catalogue import news
from dashboards.pages.kpi import decimals
from dashboards.pages.tables import Field, Row, Table
from dashboards.since_data import (
    BY_YEAR,
    NEW_PERIOD,
    NEW_SERIES,
    Conclusion,
    Since,
    Value,
)

CSV_NAME = "forandringar.csv"
_ROWS_AT_MOST = 40
_NO_ISSUE = "Ingen tidigare uppföljning är fryst, så det finns ingen att jämföra med."


@dataclass(frozen=True, slots=True)
class SincePage:
    """lead: against what. counts, fresh, ended, groups, decisions, rectified: sentences. tables: in reading order."""

    heading: str
    lead: str
    rectified: tuple[str, ...]
    counts: tuple[str, ...]
    fresh: tuple[str, ...]
    tables: tuple[Table, ...]
    ended: tuple[str, ...]
    groups: tuple[str, ...]
    decisions: tuple[str, ...]
    reason: str | None
    left_over: str
    own: str


def since_page(since: Since, published: Published, edition: Edition) -> SincePage:
    """The section's contents, for the principals of the report."""
    mine = {area.id for area in published.principals} | ({published.country.id} if published.country else set())
    values = [v for v in since.values if v.area_id in mine and v.kpi_id in published.kpis]
    conclusions = [c for c in since.conclusions if c.area_id in mine and c.kpi_id in published.kpis]
    fresh = [v for v in values if v.what in (NEW_PERIOD, NEW_SERIES)]
    revised = [v for v in values if v.what not in (NEW_PERIOD, NEW_SERIES)]
    by_revision = [c for c in conclusions if c.why != BY_YEAR]
    by_year = [c for c in conclusions if c.why == BY_YEAR]
    correcting = edition.version > 1 and since.issue is not None and edition.issue is not None
    reason = edition.issue.rectification(edition.version) if correcting and edition.issue else None
    told = replace(published, news=None)
    if since.events and since.until:
        told = replace(published, news=CatalogueNews(since.until, since.events))
    tables = [
        _conclusion_table("Slutsatser som har ändrats utan att ett nytt år kommit till", by_revision, published),
        _conclusion_table("Slutsatser som har ändrats med ett nytt år", by_year, published),
        _value_table(revised, published),
    ]
    return SincePage(
        heading=_heading(since, edition, correcting),
        lead=_lead(since, edition, correcting),
        rectified=tuple(_rectified(edition)),
        counts=tuple(_counts(fresh, revised, by_revision, by_year)) if since.issue or values else (),
        fresh=tuple(_fresh(fresh, published)),
        tables=tuple(table for table in tables if table is not None),
        ended=tuple(_ended(since)),
        groups=tuple(news(told)),
        decisions=tuple(_decisions(since)),
        reason=reason.orsak if reason else None,
        left_over=_left_over(revised, by_revision, by_year),
        own=attribution.own(published.run.source),
    )


def _heading(since: Since, edition: Edition, correcting: bool) -> str:
    if correcting:
        return "Vad som är rättat"
    return "Sedan förra uppföljningen" if since.issue or edition.issue else "Sedan förra hämtningen"


def _lead(since: Since, edition: Edition, correcting: bool) -> str:
    if since.issue is None:
        return f"{_NO_ISSUE} Här står vad den senaste hämtningen ändrade." if since.until else _NO_ISSUE
    when = f" (uppgifter t.o.m. {words.day(since.until)})" if since.until else ""
    if correcting:
        was = "den fastställda versionen" if since.version == 1 else f"version {since.version}"
        return f"Jämfört med {was} av {since.issue.title}{when}."
    what = f", rättad version {since.version}" if since.version > 1 else ""
    return f"Jämfört med {since.issue.title}{what}{when}."


def _rectified(edition: Edition) -> Iterable[str]:
    """Earlier issues that are not what was decided any more."""
    for issue in edition.rectified_before:
        last = issue.rectifications[-1]
        yield f"{issue.title} är rättad: version {last.version}, {words.day(last.datum)}. {last.orsak}"


def _counts(
    fresh: Sequence[Value], revised: Sequence[Value], by_revision: Sequence[Conclusion], by_year: Sequence[Conclusion]
) -> Iterable[str]:
    kpis = {v.kpi_id for v in fresh}
    yield f"Nya år eller serier: {words.count(len(fresh))} värden för {words.count(len(kpis))} nyckeltal."
    kpis = {v.kpi_id for v in revised}
    yield f"Ändrade värden för år som redan fanns: {words.count(len(revised))}, för {words.count(len(kpis))} nyckeltal."
    yield f"Slutsatser som har ändrats utan ett nytt år: {words.count(len(by_revision))}."
    yield f"Slutsatser som har ändrats med ett nytt år: {words.count(len(by_year))}."


def _fresh(values: Sequence[Value], published: Published) -> Iterable[str]:
    """Each nyckeltal with new years once: for how many of the principals that it concerns."""
    for kpi_id in dict.fromkeys(v.kpi_id for v in values):
        series = published.series.get(kpi_id)
        letter = choice.gender(series, published.principals) if series else TOTAL
        concerned = {area.id for area in published.principals if choice.applies(published.kpis[kpi_id], area)}
        years = Counter(v.year for v in values if v.kpi_id == kpi_id and v.gender == letter and v.area_id in concerned)
        if years:
            told = [f"{year} för {years[year]} av {len(concerned)}" for year in sorted(years)[-2:]]
            yield f"{_name(kpi_id, published)}: {words.join(told)} huvudmän."


def _conclusion_table(caption: str, conclusions: Sequence[Conclusion], published: Published) -> Table | None:
    if not conclusions:
        return None
    rows = [
        Row(
            f"{_name(c.kpi_id, published)}, {published.area_names.get(c.area_id, c.area_id)}",
            (
                Field(c.what),
                Field(f"{c.before or 'inget'} ({c.before_year})"),
                Field(f"{c.after or 'inget'} ({c.year})"),
                Field(c.why),
            ),
        )
        for c in conclusions[:_ROWS_AT_MOST]
    ]
    columns = ("Nyckeltal och huvudman", "Vad", "Före", "Nu", "Orsak")
    return Table(caption, columns, tuple(rows), attribution.own(published.run.source), own=True)


def _value_table(values: Sequence[Value], published: Published) -> Table | None:
    if not values:
        return None
    rows = []
    for v in values[:_ROWS_AT_MOST]:
        kpi = published.kpis[v.kpi_id]
        area = published.area_names.get(v.area_id, v.area_id)
        where = corrections.where(area, v.year, v.gender)
        rows.append(
            Row(
                f"{_name(v.kpi_id, published)}, {where}",
                (
                    _shown(v.before, v.before_status, kpi, v, published),
                    _shown(v.after, v.after_status, kpi, v, published),
                    Field(v.what),
                ),
            )
        )
    return Table(
        "Ändrade värden för år som redan fanns",
        ("Nyckeltal, område och år", "Före", "Nu", "Vad"),
        tuple(rows),
        attribution.own(published.run.source),
        own=True,
        notes=("Källan anger ingen orsak till att den ändrar ett värde.",),
    )


def _shown(number: float | None, status: str | None, kpi: Kpi, value: Value, published: Published) -> Field:
    """With as many decimals as it takes to see that the two differ."""
    if number is None:
        word = status if status in ("bortfall", "sekretess", corrections.LEFT_OUT) else "saknas"
        return Field(word, missing=True)
    digits = decimals(kpi, published)
    if value.before is not None and value.after is not None:
        while digits < 6 and words.number(value.before, digits) == words.number(value.after, digits):
            digits += 1
    return Field(words.with_unit(words.number(number, digits), kpi.unit))


def _ended(since: Since) -> Iterable[str]:
    for one in since.ended:
        year = f": upphört, sista året är {one.year}" if one.year else ": finns inte längre i katalogen"
        yield f"{one.kpi_id} {one.title}{year}."


def _decisions(since: Since) -> Iterable[str]:
    for one in since.decisions:
        parts = [words.day(one.day), one.body or "", one.case_number or ""]
        yield f"{', '.join(part for part in parts if part)}: {one.what}"


def _left_over(*lists: Sequence[object]) -> str:
    rest = sum(max(0, len(one) - _ROWS_AT_MOST) for one in lists)
    return f"Ytterligare {words.count(rest)} rader ryms inte här; alla står i {CSV_NAME}." if rest else ""


def _name(kpi_id: str, published: Published) -> str:
    """The mått under which the nyckeltal stands first, with its id."""
    home = choice.home(published).get(kpi_id)
    names = {measure.id: measure.name for measure in published.measures}
    return f"{names[home]} ({kpi_id})" if home in names else f"{published.kpis[kpi_id].title} ({kpi_id})"
