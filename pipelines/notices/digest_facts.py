"""The facts of a rollbrev, from the published database and the questions of an open issue. Words of the facts are here;
who hears of them is `roles`, and when is `digest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import duckdb

from pipelines import clock
from pipelines.answers.facts import read_facts
from pipelines.answers.forms import Form, forms
from pipelines.answers.reminders import Reminder, waiting
from pipelines.catalog.follow_ups import DRAFT
from pipelines.catalog.model import Catalog
from pipelines.notices.digest import ASKED, CHANGED, DUE, NEW, Fact, notice, of_today
from pipelines.notices.outbox import Notice, Outbox
from pipelines.notices.roles import roles
from pipelines.rows import Record, rows
from pipelines.settings import Settings
from pipelines.warehouse.queries import read_published

# Of a finding that is no measurement.
_NO_NEWS = ("värde saknas",)
_QUESTIONS = ("möjligt seriebrott", "nyckeltalet har upphört")


def rollbrev(settings: Settings, catalog: Catalog, box: Outbox, today: date, origin: str) -> list[Notice]:
    """What each role hears that day, which the box then remembers. origin: what is said of figures that are not
    Kolada's. Raises ConfigError as `read_published`.
    """
    with read_published(settings.published) as connection:
        facts = _read(connection, catalog)
    going = of_today(box, roles(catalog), facts, clock.now(), today, settings.reminder)
    return [notice(digest, origin, settings.web_address) for digest in going]


def _read(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[Fact]:
    """From the open published database: what is asked, due, new and changed."""
    asked = [
        fact
        for issue in catalog.follow_ups
        if issue.status == DRAFT
        for fact in questions(issue.id, waiting(forms(catalog, read_facts(connection, issue.id), issue)))
    ]
    return [
        *asked,
        *decisions(rows(connection.sql(_DECISIONS))),
        *findings(rows(connection.sql("FROM fynd ORDER BY fynd_nr, ordning"))),
        *new_years(rows(connection.sql(_NEW_YEARS))),
        *revisions(rows(connection.sql(_REVISED))),
    ]


def questions(issue_id: str, reminders: Iterable[Reminder]) -> Iterator[Fact]:
    """What nobody has answered, for the one who is asked. With another day or other rows it is another question."""
    for reminder in reminders:
        left = reminder.left_in_words
        last = reminder.day.isoformat() if reminder.day else "dagen är inte angiven"
        page = f"huvudman/{reminder.respondent.id}.html" if _is_principal(reminder.form) else "satsningar.html"
        yield Fact(
            f"fråga/{issue_id}/{reminder.day}",
            ASKED,
            f"svar saknas inför {reminder.form.issue.name or issue_id} (rader utan svar): {left}. Senast {last}, före "
            f"{reminder.what}.",
            page,
            role=reminder.respondent.id,
            day=reminder.day,
        )


def _is_principal(form: Form) -> bool:
    return form.respondent.kind == "huvudman"


def decisions(listed: Iterable[Record]) -> Iterator[Fact]:
    """What is to be reported back and has not been: columns of `beslut`."""
    for row in listed:
        yield Fact(
            f"beslut/{row.beslut_id}/{row.aterrapporteras_senast}",
            DUE,
            f"återrapporteras senast {row.aterrapporteras_senast}: {row.vad.rstrip('.')}.",
            "index.html#sedan",
            initiative=row.satsning_id,
            day=row.aterrapporteras_senast,
        )


def findings(listed: Iterable[Record]) -> Iterator[Fact]:
    """What sticks out beyond the noise: rows of `fynd`."""
    for row in listed:
        if row.slag in _NO_NEWS:
            continue
        yield Fact(
            f"fynd/{row.slag}/{row.nyckeltal_id}/{row.omrade_id}/{row.ar}",
            NEW,
            row.mening,
            f"matt/{row.matt_id}.html",
            subject=f"{row.slag}/{row.nyckeltal_id}",
            areas=frozenset({row.omrade_id} - {None}),
            measures=frozenset({row.matt_id}),
            sudden=row.slag not in _QUESTIONS,
        )


def new_years(listed: Iterable[Record]) -> Iterator[Fact]:
    """Years that came: nyckeltal_id, titel, matt_id, ar, omraden."""
    for row in listed:
        yield Fact(
            f"nytt år/{row.nyckeltal_id}/{row.ar}",
            NEW,
            f"”{row.titel}” har uppgifter för {row.ar}.",
            f"matt/{row.matt_id}.html",
            subject=f"nytt år/{row.nyckeltal_id}",
            areas=frozenset(row.omraden),
            measures=frozenset({row.matt_id}),
        )


def revisions(listed: Iterable[Record]) -> Iterator[Fact]:
    """Newest values that are another than before by more than their interval: andring with titel, matt_id, namn."""
    for row in listed:
        yield Fact(
            f"ändrat/{row.nyckeltal_id}/{row.omrade_id}/{row.ar}/{row.efter!r}",
            CHANGED,
            f"{row.namn}: ”{row.titel}” {row.ar} är ändrat från {_figure(row.fore)} till {_figure(row.efter)}.",
            f"matt/{row.matt_id}.html",
            subject=f"ändrat/{row.nyckeltal_id}/{row.ar}",
            areas=frozenset({row.omrade_id}),
            measures=frozenset({row.matt_id}),
            sudden=True,
        )


def _figure(value: float) -> str:
    return f"{value:.6g}".replace(".", ",").replace("-", "\u2212")


_DECISIONS = """
SELECT beslut_id, vad, satsning_id, aterrapporteras_senast FROM styrning.beslut
WHERE aterrapporteras_senast IS NOT NULL AND aterrapporterad IS NULL ORDER BY aterrapporteras_senast, beslut_id
"""
_PRIMARY = """
SELECT nyckeltal_id, arg_min(matt_id, (ordning, matt_id)) AS matt_id FROM matt_nyckeltal
WHERE roll = 'primär' GROUP BY ALL
"""
_NEW_YEARS = f"""
FROM (SELECT a.nyckeltal_id, n.titel, p.matt_id, a.ar, list(DISTINCT a.omrade_id ORDER BY a.omrade_id) AS omraden
FROM andring a JOIN ({_PRIMARY}) p USING (nyckeltal_id) JOIN nyckeltal n USING (nyckeltal_id)
JOIN omrade o ON o.omrade_id = a.omrade_id AND o.i_malbild
WHERE a.kon = 'T' AND a.slag = 'nytt år' AND a.efter IS NOT NULL GROUP BY ALL)
QUALIFY ar = max(ar) OVER (PARTITION BY nyckeltal_id) ORDER BY ar, nyckeltal_id
"""  # noqa: S608 - texts of this module
_REVISED = f"""
SELECT a.nyckeltal_id, a.omrade_id, a.ar, a.fore, a.efter, n.titel, p.matt_id, o.namn
FROM andring a JOIN ({_PRIMARY}) p USING (nyckeltal_id) JOIN nyckeltal n USING (nyckeltal_id)
JOIN omrade o ON o.omrade_id = a.omrade_id AND o.i_malbild
JOIN jamforelse j ON j.nyckeltal_id = a.nyckeltal_id AND j.omrade_id = a.omrade_id AND j.ar = a.ar AND j.kon = a.kon
WHERE a.kon = 'T' AND a.slag = 'reviderat' AND abs(a.efter - a.fore) > j.halv_95 AND a.efter = j.varde
ORDER BY a.observerad, a.nyckeltal_id, a.omrade_id, a.ar
"""  # noqa: S608 - texts of this module
