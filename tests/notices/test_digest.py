"""Rollbrev over a half-year: who hears what before which meeting, nothing twice, and nothing when there is nothing.

The figures are made up; the roles and the days are those of the repository's own catalogue with an issue planned.
`GOLDEN=1` writes the whole of it into docs/rollbrev.md.
"""

from __future__ import annotations

import functools
import os
from collections import namedtuple
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.answers.forms import forms
from pipelines.answers.reminders import waiting
from pipelines.notices import digest
from pipelines.notices.digest import Digest, Fact
from pipelines.notices.digest_facts import (
    _NEW_YEARS,
    _REVISED,
    decisions,
    findings,
    new_years,
    questions,
    revisions,
)
from pipelines.notices.outbox import Outbox
from pipelines.notices.roles import Role
from pipelines.notices.roles import roles as roles_of
from tests.answers.small import FALLS, ISSUE, catalog
from tests.answers.small import facts as known_answers
from tests.conftest import ROOT
from tests.dashboards.published import build

BEFORE = timedelta(days=21)
DOCUMENT = ROOT / "docs" / "rollbrev.md"
BEGIN = "<!-- spelat halvår -->\n"

_Finding = namedtuple("_Finding", "slag nyckeltal_id omrade_id ar matt_id mening")
_Year = namedtuple("_Year", "nyckeltal_id titel matt_id ar omraden")
_Revised = namedtuple("_Revised", "nyckeltal_id omrade_id ar fore efter titel matt_id namn")
_Decision = namedtuple("_Decision", "beslut_id vad satsning_id aterrapporteras_senast")

WORSE, BETTER = "säkert sämre än riket", "säkert bättre än riket"
STANDING = [
    _Finding(WORSE, "N1", "0484", 2025, FALLS, "Eskilstuna: ”Fall” är 3 100 (2025), säkert sämre än riket (2 900)."),
    _Finding(WORSE, "N1", "0488", 2025, FALLS, "Trosa: ”Fall” är 3 050 (2025), säkert sämre än riket (2 900)."),
    _Finding(BETTER, "N1", "0482", 2025, FALLS, "Flen: ”Fall” är 2 400 (2025), säkert bättre än riket (2 900)."),
]
CAME = _Finding(
    WORSE, "U2", "0481", 2026, "lakare-vid-behov-sabo", "Oxelösund: ”Läkare” är 21 (2026), säkert sämre än riket (45)."
)
MISSING = _Finding("värde saknas", "U9", "0461", None, FALLS, "Gnesta saknar värde för ”Hälsa” 2026.")
YEAR = _Year("U2", "Läkare", "lakare-vid-behov-sabo", 2026, ["0481", "0484"])
REVISED = _Revised("N1", "0428", 2025, 2500.0, 3050.5, "Fall", FALLS, "Vingåker")
REPORT_BACK = _Decision("d1", "Barnens bästa ska återrapporteras.", "barnens-basta", date(2026, 12, 1))


@functools.cache
def asked() -> tuple[Fact, ...]:
    issue = next(f for f in catalog().follow_ups if f.id == ISSUE)
    return tuple(questions(ISSUE, waiting(forms(catalog(), known_answers(), issue))))


def facts_of(day: date) -> list[Fact]:
    """What the database says on a day of the half-year."""
    everything = [*decisions([REPORT_BACK]), *findings([MISSING, *STANDING])]
    if day >= date(2026, 9, 15):
        everything += [*findings([CAME]), *new_years([YEAR])]
    if day >= date(2026, 10, 13):
        everything += revisions([REVISED])
    if day >= date(2026, 10, 20):
        principals = {role.id for role in roles() if role.page.startswith("huvudman/")}
        answered = principals if day >= date(2026, 11, 14) else set()
        everything += [fact for fact in asked() if fact.role not in answered]
    return everything


def roles() -> list[Role]:
    return roles_of(catalog())


@functools.cache
def half_year() -> tuple[tuple[date, Digest], ...]:
    """Every rollbrev of the nights from July to December, through one outbox."""
    box, sent, day = Outbox(), list[tuple[date, Digest]](), date(2026, 7, 1)
    while day < date(2027, 1, 1):
        now = datetime.combine(day, time(4, 20))
        sent += [(day, letter) for letter in digest.of_today(box, roles(), facts_of(day), now, day, BEFORE)]
        day += timedelta(days=1)
    return tuple(sent)


def heard(role: str) -> list[tuple[date, date | None, tuple[str, ...]]]:
    return [(day, sent.meeting, tuple(sent.written())) for day, sent in half_year() if sent.role.id == role]


def test_everybody_hears_before_its_own_meeting_and_when_something_sticks_out() -> None:
    days = {role.id: [(day, meeting) for day, meeting, _ in heard(role.id)] for role in roles()}
    september, october = date(2026, 9, 15), date(2026, 10, 13)
    assert days["nsv"] == [(september, None), (october, None), (date(2026, 11, 20), date(2026, 12, 11))]
    assert days["lansstyrgruppen"] == [(september, None), (october, None), (date(2026, 10, 30), date(2026, 11, 20))]
    # Of the mått that it prepares; and what it is asked, though no meeting of its own is planned.
    assert days["bga"] == [(september, None), (october, None), (date(2026, 10, 30), None)]
    assert days["bgb"] == [(date(2026, 10, 30), None)]
    # Its own meeting, and the kommun's; nothing is told of another's.
    assert days["0481"] == [(september, None), (date(2026, 10, 26), date(2026, 11, 16))]
    assert days["0428"] == [(october, None), (date(2026, 10, 26), date(2026, 11, 16))]
    assert days["0486"] == [(date(2026, 10, 26), date(2026, 11, 16))]
    parts = {role.id for role in roles() if role.page.startswith("lansdel/")}
    assert len(parts) == 6
    assert {day for part in parts for day, meeting in days[part] if meeting} == {date(2026, 10, 26)}


def test_a_rollbrev_is_at_most_five_lines_each_with_its_page() -> None:
    assert len(half_year()) > 20
    for _, sent in half_year():
        assert 1 <= len(sent.lines) <= 5
        assert all(" rapport/utkast/" in line for line in sent.written())
    board = heard("nsv")[-1][2]
    assert board[0] == (
        "Förfaller: återrapporteras senast 2026-12-01: Barnens bästa ska återrapporteras. "
        "rapport/utkast/index.html#sedan"
    )
    assert board[1] == (
        "Nytt: Eskilstuna: ”Fall” är 3 100 (2025), säkert sämre än riket (2 900). Samma gäller 1 till. "
        f"rapport/utkast/matt/{FALLS}.html"
    )
    assert not any("Gnesta saknar" in line for _, sent in half_year() for line in sent.lines)


def test_only_totals_are_news_and_a_revision_is_when_it_is_larger_than_the_noise(tmp_path: Path) -> None:
    database = build(tmp_path / "analys.duckdb")
    columns = "nyckeltal_id, omrade_id, ar, kon, slag, fore, efter, observerad, forklaring, haft_varde, foljs_sedan"
    rest = "now(), '', true, now(), 'natt'"
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE jamforelse SET halv_95 = 2 WHERE nyckeltal_id = 'U11111'")
        connection.execute(f"""INSERT INTO andring ({columns}, korning_id) VALUES
            ('U11111', '0484', 2025, 'T', 'nytt år', NULL, 63.55, {rest}),
            ('U11111', '0488', 2025, 'T', 'nytt år', NULL, NULL, {rest}),
            ('N44444', '0484', 2025, 'K', 'nytt år', NULL, 9.0, {rest}),
            ('U11111', '0484', 2024, 'T', 'reviderat', 60.0, 63.0, {rest}),
            ('U11111', '0484', 2023, 'T', 'reviderat', 61.0, 62.45, {rest}),
            ('U11111', '0484', 2022, 'K', 'reviderat', 60.0, 62.9, {rest})""")
        came, changed = connection.sql(_NEW_YEARS).fetchall(), connection.sql(_REVISED).fetchall()
    assert [(kpi, year, areas) for kpi, _, _, year, areas in came] == [("U11111", 2025, ["0484"])]
    assert [(kpi, area, year) for kpi, area, year, *_ in changed] == [("U11111", "0484", 2024)]


def test_the_same_is_said_once_to_each() -> None:
    said = [(sent.role.id, key) for _, sent in half_year() for key in sent.keys]
    assert len(said) == len(set(said))


def test_who_has_answered_and_has_nothing_hears_nothing() -> None:
    (role,) = [role for role in roles() if role.id == "0486"]
    today = date(2026, 11, 14)
    assert digest.digests([role], facts_of(today), digest.Memory({}), today, BEFORE) == []
    assert len(digest.digests([role], facts_of(date(2026, 11, 13)), digest.Memory({}), today, BEFORE)) == 1


def test_an_organisations_own_meetings_count() -> None:
    own = catalog()
    organisations = tuple(
        organisation.model_copy(update={"meetings": (date(2026, 8, 20),)} if organisation.id == "bga" else {})
        for organisation in own.activities.organisations
    )
    changed = replace(own, activities=own.activities.model_copy(update={"organisations": organisations}))
    (role,) = [role for role in roles_of(changed) if role.id == "bga"]
    today = date(2026, 8, 1)
    (sent,) = digest.digests([role], facts_of(today), digest.Memory({}), today, BEFORE)
    assert sent.meeting == date(2026, 8, 20)
    assert (
        digest.digests([role], facts_of(today), digest.Memory({}), date(2026, 7, 20), timedelta(days=21))[0].meeting
        is None
    )


@pytest.mark.parametrize("origin", ["", "SYNTETISKA UPPGIFTER: påhittade"])
def test_a_notice_says_to_whom_and_what_the_figures_are(origin: str) -> None:
    _, sent = half_year()[0]
    notice = digest.notice(sent, origin, None)
    assert notice.role == sent.role.id
    assert notice.subject.startswith(f"malbild: till {sent.role.name}, nytt som sticker ut")
    assert notice.subject.endswith("(syntetiska uppgifter)") == bool(origin)
    assert notice.text == "\n".join([*sent.written(), *([f"{origin}."] if origin else [])]) + "\n"


@pytest.mark.parametrize("address", ["https://malbild.example.se", "https://malbild.example.se/"])
def test_with_a_web_address_each_line_ends_with_one(address: str) -> None:
    _, sent = half_year()[0]
    (line,) = digest.notice(sent, "", address).text.splitlines()
    assert line.endswith("). https://malbild.example.se/utkast/matt/lakare-vid-behov-sabo.html")


def test_the_document_shows_the_half_year_in_full() -> None:
    days = "\n".join(
        f"**{day}, till {sent.role.name}**{f', inför mötet {sent.meeting}' if sent.meeting else ''}\n\n"
        + "".join(f"- {line}\n" for line in sent.written())
        for day, sent in half_year()
    )
    head, _, _ = DOCUMENT.read_text().partition(BEGIN)
    if os.environ.get("GOLDEN"):
        DOCUMENT.write_text(f"{head}{BEGIN}\n{days}")
    assert f"{head}{BEGIN}\n{days}" == DOCUMENT.read_text()
