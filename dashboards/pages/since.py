"""Sedan förra uppföljningen: what is new, what has been revised, and which conclusions are no longer the same.

Counted and listed here; what has changed is read by `reading.changes`. A conclusion is a word of the report: band,
against riket, direction over time, and whether the newest value is higher or lower than the one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dashboards import formatting
from dashboards.kpi.words import decimals
from dashboards.pages import attribution, choice, corrections
from dashboards.pages.catalogue import news
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.changes import BY_YEAR, Conclusion, IssueDiff, ValueChange
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import TOTAL, CatalogueNews, Published

CSV_NAME = "forandringar.csv"
# Of each table: page 3 has no room for more.
_ROWS_AT_MOST = 8
_NO_ISSUE = "Ingen tidigare uppföljning är fryst, så det finns ingen att jämföra med."
_OLDER_EDITION = (
    "Den frystes med en äldre version av programmet: slutsatserna där, och vilka nyckeltal som har upphört sedan dess, "
    "jämförs inte."
)


@dataclass(frozen=True, slots=True)
class SincePage:
    """lead: against what. counts, fresh, ended, groups, decisions, rectified: sentences. tables: in reading order."""

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


def since_page(diff: IssueDiff, published: Published, edition: Edition) -> SincePage:
    """The section's contents, for the principals of the report."""
    areas = {area.id for area in published.principals} | ({published.country.id} if published.country else set())
    values = [v for v in diff.values if v.area_id in areas and v.kpi_id in published.kpis]
    conclusions = [c for c in diff.conclusions if c.area_id in areas and c.kpi_id in published.kpis]
    new = [v for v in values if v.is_new and v.after is not None]
    changed = [v for v in values if not v.is_new]
    by_year = [c for c in conclusions if c.why == BY_YEAR]
    by_revision = [c for c in conclusions if c.why != BY_YEAR]
    rectifies = edition.version > 1 and diff.issue is not None and edition.issue is not None
    rectification = edition.issue.rectification(edition.version) if rectifies and edition.issue else None
    catalogue = CatalogueNews(diff.until, diff.events) if diff.events and diff.until else None
    tables = (
        _conclusion_table("Slutsatser som har ändrats utan att ett nytt år kommit till", by_revision, published),
        _conclusion_table("Slutsatser som har ändrats med ett nytt år", by_year, published),
        _value_table(changed, published),
    )
    counted = diff.continues and (diff.issue or values)
    return SincePage(
        lead=_lead(diff, rectifies),
        rectified=tuple(_rectified(edition)),
        counts=tuple(_counts(new, changed, by_revision, by_year)) if counted else (),
        fresh=tuple(_new_years(new, published)),
        tables=tuple(table for table in tables if table is not None),
        ended=tuple(_ended(diff)),
        groups=tuple(news(replace(published, news=catalogue))),
        decisions=tuple(_decisions(diff)),
        reason=rectification.skal if rectification else None,
        left_over=_left_over(changed, by_revision, by_year),
    )


def _lead(diff: IssueDiff, rectifies: bool) -> str:
    if diff.issue is None:
        return f"{_NO_ISSUE} Här står vad den senaste hämtningen ändrade." if diff.until else _NO_ISSUE
    issue = diff.issue.title
    if rectifies:
        version = "den fastställda versionen" if diff.version == 1 else f"version {diff.version}"
        issue = f"{version} av {issue}"
    elif diff.version > 1:
        issue = f"{issue}, rättad version {diff.version}"
    when = f" (uppgifter t.o.m. {formatting.day(diff.until)})" if diff.until else ""
    if not diff.continues:
        return f"Uppgifterna här bygger inte vidare på dem i {issue}{when}, så vad som har ändrats kan inte anges."
    older = "" if diff.same_edition else f" {_OLDER_EDITION}"
    return f"Jämfört med {issue}{when}.{older}"


def _rectified(edition: Edition) -> Iterator[str]:
    """Earlier issues that are no longer as they were decided."""
    for issue in edition.rectified_before:
        last = issue.rectifications[-1]
        yield f"{issue.title} är rättad: version {last.version}, {formatting.day(last.datum)}. {last.skal}"


def _counts(
    new: Sequence[ValueChange],
    changed: Sequence[ValueChange],
    by_revision: Sequence[Conclusion],
    by_year: Sequence[Conclusion],
) -> Iterator[str]:
    def kpis(values: Sequence[ValueChange]) -> str:
        return formatting.count(len({v.kpi_id for v in values}))

    yield f"Nya år eller serier: {formatting.count(len(new))} värden för {kpis(new)} nyckeltal."
    yield f"Ändrade värden för år som redan fanns: {formatting.count(len(changed))}, för {kpis(changed)} nyckeltal."
    yield f"Slutsatser som har ändrats utan ett nytt år: {formatting.count(len(by_revision))}."
    yield f"Slutsatser som har ändrats med ett nytt år: {formatting.count(len(by_year))}."


def _new_years(values: Sequence[ValueChange], published: Published) -> Iterator[str]:
    """A sentence for each nyckeltal with new years: for how many of the principals that it concerns."""
    for kpi_id in dict.fromkeys(v.kpi_id for v in values):
        series = published.series.get(kpi_id)
        letter = choice.gender(series, published.principals) if series else TOTAL
        concerned = {area.id for area in published.principals if choice.applies_to(published.kpis[kpi_id], area)}
        years = Counter(v.year for v in values if v.kpi_id == kpi_id and v.gender == letter and v.area_id in concerned)
        if years:
            newest = [f"{year} för {years[year]} av {len(concerned)}" for year in sorted(years)[-2:]]
            yield f"{_name(kpi_id, published)}: {formatting.join(newest)} huvudmän."


def _conclusion_table(caption: str, conclusions: Sequence[Conclusion], published: Published) -> Table | None:
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
    return Table(caption, columns, tuple(rows), attribution.own(published.run.source), own=True) if rows else None


def _value_table(values: Sequence[ValueChange], published: Published) -> Table | None:
    rows = []
    for v in values[:_ROWS_AT_MOST]:
        where = corrections.where(published.area_names.get(v.area_id, v.area_id), v.year, v.gender)
        before, after = _fields(v, published)
        rows.append(Row(f"{_name(v.kpi_id, published)}, {where}", (before, after, Field(v.kind))))
    if not rows:
        return None
    return Table(
        "Ändrade värden för år som redan fanns",
        ("Nyckeltal, område och år", "Före", "Nu", "Vad"),
        tuple(rows),
        attribution.own(published.run.source),
        own=True,
        notes=("Källan anger ingen orsak till att den ändrar ett värde.",),
    )


def _fields(value: ValueChange, published: Published) -> tuple[Field, Field]:
    """Before and after, with as many decimals as it takes to see that the two differ."""
    kpi = published.kpis[value.kpi_id]
    digits = decimals(kpi, published)
    if value.before is not None and value.after is not None:
        digits = max(digits, formatting.decimals_for([value.before, value.after], kpi.unit))
        while digits < 6 and formatting.number(value.before, digits) == formatting.number(value.after, digits):
            digits += 1

    def field(number: float | None, status: str | None) -> Field:
        if number is None:
            word = status if status in ("bortfall", "sekretess", corrections.LEFT_OUT) else "saknas"
            return Field(word, missing=True)
        return Field(formatting.with_unit(formatting.number(number, digits), kpi.unit))

    return field(value.before, value.before_status), field(value.after, value.after_status)


def _ended(diff: IssueDiff) -> Iterator[str]:
    for kpi in diff.ended:
        year = f": upphört, sista året är {kpi.year}" if kpi.year else ": finns inte längre i katalogen"
        yield f"{kpi.kpi_id} {kpi.title}{year}."


def _decisions(diff: IssueDiff) -> Iterator[str]:
    for decision in diff.decisions:
        parts = [formatting.day(decision.day), decision.body or "", decision.case_number or ""]
        yield f"{', '.join(part for part in parts if part)}: {decision.what}"


def _left_over(*lists: Sequence[object]) -> str:
    rest = sum(max(0, len(rows) - _ROWS_AT_MOST) for rows in lists)
    return f"Ytterligare {formatting.count(rest)} rader ryms inte här; alla står i {CSV_NAME}." if rest else ""


def _name(kpi_id: str, published: Published) -> str:
    """The mått under which the nyckeltal stands first, with its id."""
    home = choice.owning_measure(published).get(kpi_id)
    names = {measure.id: measure.name for measure in published.measures}
    return f"{names[home]} ({kpi_id})" if home in names else f"{published.kpis[kpi_id].title} ({kpi_id})"
