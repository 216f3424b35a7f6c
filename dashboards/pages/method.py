"""Metod och källor: what is unchanged, corrected or computed, who is compared with whom, what changed in the catalogue,
every nyckeltal, what was refused, and the run behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import attribution
from dashboards.pages.catalogue import news
from dashboards.pages.counts import CountList, CountRow
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.published import Group, Published


@dataclass(frozen=True, slots=True)
class Method:
    """Facts about the run, the two attributions, the list of nyckeltal, and what was refused.

    corrected: whether the report holds corrected values. rules: name and text of those that the results follow.
    groups: the groups of similar areas with their members.
    unconfirmed: sentences. news: the latest events in the catalogue, seen on the day `news_day`.
    """

    unchanged: str
    own: str
    corrected: bool
    rules: tuple[tuple[str, str], ...]
    groups: Table | None
    unconfirmed: tuple[str, ...]
    news: tuple[str, ...]
    news_day: str | None
    run: tuple[tuple[str, str], ...]
    counts: tuple[CountRow, ...]
    quarantine: Table | None
    refused: str
    accuracy: Table | None


def method(published: Published) -> Method:
    """The section's contents."""
    run = published.run
    counts = CountList("Metod")
    refused = counts.number("karantän", "alla orsaker", sum(q.antal_varden for q in published.quarantine))
    quarantine, accuracy = _quarantine(published, counts), _accuracy(published, counts)
    return Method(
        unchanged=attribution.unchanged(run.source),
        own=attribution.own(run.source),
        corrected=published.corrected,
        rules=tuple(
            (
                f"{formatting.capital(rule.regel)} (version {rule.version}{f', {rule.varde}' if rule.varde else ''})",
                rule.beskrivning,
            )
            for rule in published.rules
        ),
        groups=_groups(published),
        unconfirmed=tuple(
            f"{kpi.id}: bekräftad titel är «{kpi.title}», i Kolada står nu «{kpi.unconfirmed_title}»."
            for kpi in published.unconfirmed
        ),
        news=tuple(news(published)),
        news_day=formatting.day(published.news.observed) if published.news else None,
        run=(
            ("Körning", run.id),
            ("Startad", formatting.clock(run.started)),
            ("Avslutad", formatting.clock(run.finished)),
            ("Omfattning", "alla nyckeltal och områden" if run.complete else "en del av nyckeltalen eller områdena"),
            (
                "Källa",
                {"kolada": "Kolada", "syntetisk": attribution.SYNTHETIC_MARK}.get(
                    run.source, f"{run.source} (inte Kolada)"
                ),
            ),
            ("Anrop", counts.number("körning", "anrop", run.requests)),
            ("Hämtade värden", counts.number("körning", "hämtade värden", run.rows)),
            ("Programversion", run.version),
        ),
        quarantine=quarantine,
        refused=refused,
        accuracy=accuracy,
        counts=tuple(counts.rows),
    )


def _accuracy(published: Published, counts: CountList) -> Table | None:
    """How often the intervals of årsvariation have held; None before any could be tried."""
    if not published.accuracy:
        return None
    return Table(
        caption="Hur ofta intervallen av årsvariation har hållit: ändringar förutsagda ur enbart tidigare mätningar, "
        "alla nyckeltal, totalt.",
        columns=("Nivå", "Prövade ändringar", "Innanför utan kalibrering", "Innanför med kalibrering"),
        rows=tuple(
            Row(
                row.niva,
                (
                    Field(counts.number("träffsäkerhet, prövade", row.niva, row.provade)),
                    Field(
                        counts.share("träffsäkerhet, utan kalibrering", row.niva, row.innanfor_nominellt, row.provade)
                    ),
                    Field(
                        counts.share("träffsäkerhet, med kalibrering", row.niva, row.innanfor_kalibrerat, row.provade)
                    ),
                ),
            )
            for row in published.accuracy
        ),
        source="",
        own=True,
    )


def _groups(published: Published) -> Table | None:
    """The groups that a mean of similar areas in this report was made of."""
    ids = {
        at.liknande_grupp_id
        for series in published.series.values()
        for at in series.positions.values()
        if at.liknande is not None and at.liknande_grupp_id is not None
    }
    used = [published.groups[group_id] for group_id in sorted(ids & published.groups.keys())]
    if not used:
        return None
    return Table(
        caption="Grupper av liknande områden som rapporten jämför med, och från när malbild har sett medlemmarna där.",
        columns=("Grupp", "Titel", "Medlemmar"),
        rows=tuple(Row(group.id, (Field(group.title), Field(_members(group)))) for group in used),
        source="",
        own=False,
    )


def _members(group: Group) -> str:
    """'Motala, Nyköping och Västervik (sedan 1 oktober 2026)', those of one day together."""
    by_day: dict[str, list[str]] = {}
    for member in sorted(group.members, key=lambda member: member.fran):
        by_day.setdefault(formatting.day(member.fran), []).append(member.namn)
    return "; ".join(f"{formatting.join(names)} (sedan {day})" for day, names in by_day.items())


def _quarantine(published: Published, counts: CountList) -> Table | None:
    if not published.quarantine:
        return None
    return Table(
        caption="Värden som inte släpptes in, efter orsak.",
        columns=("Orsak", "Antal värden"),
        rows=tuple(
            Row(q.orsak, (Field(counts.number("karantän", q.orsak, q.antal_varden)),)) for q in published.quarantine
        ),
        source="",
        own=False,
    )
