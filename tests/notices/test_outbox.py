"""What is told once, what waits, and what is told when: the outbox and the words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.channels import Channels
from pipelines.notices import messages
from pipelines.notices.outbox import Notice, opened
from pipelines.warehouse.changes import NewData
from tests.notices.sinks import Hook, web_server

NOW = datetime(2026, 11, 22, 3, 20)
SYNTHETIC = "SYNTETISKA UPPGIFTER: påhittade för demonstration, inte Koladas"


def deliver(path: Path, hook: Hook, *notices: Notice, now: datetime = NOW) -> list[str]:
    channels = Channels.from_env({"MALBILD_WEBHOOK": f"http://127.0.0.1:{hook.port}/", "MALBILD_WEBHOOK_FORM": "slack"})
    with opened(path) as box:
        box.put(notices, channels, now)
        return box.send(channels, now, messages.given_up)


def unreachable(seconds: int, status: int = 503) -> Notice:
    line = f"https://api.kolada.se/v3/kpi: status {status} for {seconds} s; gave up → wait"
    return messages.failed(line, 3, datetime(2026, 11, 21, 3, 19), "", NOW)


def test_the_same_failure_is_told_once_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "meddelanden.json"
    with web_server() as hook:
        deliver(path, hook, unreachable(60))
        deliver(path, hook, unreachable(61))
        assert len(hook.posted) == 1, "another number of seconds is the same failure"
        other = messages.failed("kommuner.yaml:7: expected text → quote it", 2, None, "")
        deliver(path, hook, other)
        deliver(path, hook, unreachable(60))
    assert len(hook.posted) == 3


@pytest.mark.parametrize(
    "line",
    [
        'Could not write file "publiceringar/.{run}.ny/analys.duckdb.tmp": File too large',
        "Dagster could not use what the step gave it → see run {dagster} in the UI",
    ],
)
def test_a_failure_that_names_its_run_is_the_same_failure_the_night_after(line: str) -> None:
    nights = [
        ("2026-11-30T211055Z-0fa3d4eb", "0fa3d4eb-6b0c-4f0e-9d55-0f1a2b3c4d5e"),
        ("2026-12-01T031502Z-c4d1e2f3", "c4d1e2f3-1a2b-4c3d-8e4f-a5b6c7d8e9f0"),
    ]
    notices = [messages.failed(line.format(run=run, dagster=dagster), 1, None, "") for run, dagster in nights]
    assert notices[0].content == notices[1].content
    assert nights[0][0] in notices[0].text or nights[0][1] in notices[0].text


@pytest.mark.parametrize("ids", [("N00001", "N00002"), ("0480", "0484 Eskilstuna")])
def test_a_failure_of_another_nyckeltal_is_another_failure(ids: tuple[str, str]) -> None:
    first, second = (messages.failed(f"{name}: unknown title → confirm it", 4, None, "") for name in ids)
    assert first.content != second.content


def test_a_failure_says_what_readers_see_and_what_to_do() -> None:
    notice = unreachable(60)
    assert notice.subject == "malbild: körningen misslyckades"
    assert "https://api.kolada.se/v3/kpi" in notice.text
    assert "rapporten från 2026-11-21 04.19; inget av det är rört" in notice.text, "in Swedish time"
    assert "Att göra: Oftast ingenting: malbild försöker igen 05.15" in notice.text
    blocked = messages.failed("publication stopped …", 4, None, SYNTHETIC)
    assert blocked.subject == "malbild: en kontroll stoppade publiceringen (syntetiska uppgifter)"
    assert "malbild run --godkann" in blocked.text
    assert SYNTHETIC in blocked.text
    refused = messages.failed("12 of 40 values were refused (30.0%) …", 4, None, SYNTHETIC)
    assert refused.subject == "malbild: för många värden underkändes (syntetiska uppgifter)"
    assert "--godkann" not in refused.text, "it lets nothing of this through"
    assert "karantan" in refused.text


def test_what_readers_see_is_said_as_it_is() -> None:
    before, after = NOW - timedelta(days=1), NOW + timedelta(minutes=5)
    assert "inget av det är rört" in messages.failed("fel", 1, before, "", NOW).text
    since = messages.failed("fel", 1, after, "", NOW).text
    assert "Läsarna ser redan nattens databas, exporter och rapport" in since
    assert "rört" not in since
    assert "Inget har publicerats ännu." in messages.failed("fel", 1, None, "", NOW).text


def test_every_notice_says_where_it_comes_from() -> None:
    text = messages.signature(
        "srv1", Path("/var/lib/malbild"), "2026-r1", Path("/var/lib/malbild/logg/2026-r1.log"), "2"
    )
    assert text.splitlines()[1:] == [
        "Maskin: srv1",
        "Datamapp: /var/lib/malbild",
        "Körning: 2026-r1",
        "Logg: /var/lib/malbild/logg/2026-r1.log",
        "malbild 2",
    ]


def test_what_is_not_taken_waits_and_is_sent_once(tmp_path: Path) -> None:
    path = tmp_path / "meddelanden.json"
    with web_server() as hook:
        hook.status = 503
        (line,) = deliver(path, hook, unreachable(60))
        assert "webhook could not be reached (127.0.0.1 answered 503) → tried again after the next run" in line
        hook.status, hook.posted = 200, []
        assert deliver(path, hook) == []
        assert deliver(path, hook) == []
    assert len(hook.posted) == 1


def test_what_waits_too_long_or_for_nobody_is_given_up_aloud(tmp_path: Path) -> None:
    path = tmp_path / "meddelanden.json"
    with web_server() as hook:
        hook.status = 503
        deliver(path, hook, unreachable(60))
        hook.posted.clear()
        assert "given up" in deliver(path, hook, now=NOW + timedelta(days=31))[0]
        hook.status = 200
        for days in (32, 70):
            assert deliver(path, hook, now=NOW + timedelta(days=days)) == []
        (last_word,) = hook.posted
        assert "meddelanden som inte kom fram" in last_word["text"]
        assert "- 2026-11-22 04.20: malbild: körningen misslyckades" in last_word["text"]
        hook.status = 503
        deliver(path, hook, messages.failed("another", 1, None, ""))
    with opened(path) as box:
        assert "not in the settings any more" in box.send(Channels(), NOW, messages.given_up)[0]
    with opened(path) as box:
        assert box.waiting == []


def test_a_file_that_is_damaged_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "meddelanden.json"
    path.write_text("{")
    with web_server() as hook:
        deliver(path, hook, unreachable(60))
    assert len(hook.posted) == 1
    assert path.with_name("meddelanden.json.trasig").read_text() == "{"


def test_new_data_are_told_each_by_its_word() -> None:
    (notice,) = messages.new_data(
        [
            NewData("Fallskador", "N1", "Fall, antal", "nytt år", [2025], 9),
            NewData("Fallskador", "N1", "Fall, antal", "ifyllt i efterhand", [2018, 2019, 2021], 1),
            NewData("Kontinuitet", "U2", "Personal, antal", "ny serie", [2024], 0),
        ],
        NOW,
        SYNTHETIC,
    )
    assert notice.subject == "malbild: nya uppgifter för 2 mått (syntetiska uppgifter)"
    assert notice.text.splitlines()[1:4] == [
        "- Fallskador: Fall, antal (N1), nytt år 2025, 9 huvudmän",
        "- Fallskador: Fall, antal (N1), ifyllt i efterhand 2018–2019, 2021, 1 huvudman",
        "- Kontinuitet: Personal, antal (U2), ny serie 2024, bara för riket",
    ]
    assert messages.new_data([], NOW, SYNTHETIC) == []


@pytest.mark.parametrize(
    ("today", "count"),
    [(date(2026, 11, 1), 0), (date(2026, 11, 3), 1), (date(2026, 11, 24), 1), (date(2026, 11, 25), 0)],
)
def test_nsv_is_remembered_some_weeks_before(today: date, count: int) -> None:
    meetings = [("2026-host", date(2026, 11, 24)), ("2027-var", None)]
    notices = messages.reminders(meetings, today, timedelta(days=21), "", "NSV")
    assert len(notices) == count
    if count:
        assert notices[0].subject == "malbild: NSV behandlar uppföljningen 2026-host den 2026-11-24"
        assert f"{(date(2026, 11, 24) - today).days} dagar kvar" in notices[0].text


def test_a_reminder_comes_once_and_again_when_the_date_moves(tmp_path: Path) -> None:
    path, today = tmp_path / "meddelanden.json", date(2026, 11, 20)

    def remind(day: date) -> list[Notice]:
        return messages.reminders([("2026-host", day)], today, timedelta(days=21), "", "NSV")

    with web_server() as hook:
        for day in (24, 24, 26):
            deliver(path, hook, *remind(date(2026, 11, day)))
    assert len(hook.posted) == 2
