"""Checks of the nights: the clock, the last run and the next one, the report's age, and notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pipelines import clock
from pipelines.files import sha256
from pipelines.findings import Finding
from pipelines.locks import LOCK_FILE, lock_holder
from pipelines.notices.outbox import Outbox
from pipelines.operation import webui
from pipelines.operation.installation import Installation
from pipelines.settings import NIGHT_BEGINS
from pipelines.warehouse.journal import BROKEN_OFF, FAILED, RUNNING

# A night and a half without a finished run.
STALE: Final = timedelta(hours=36)
# How long the web UI may take to answer (seconds); it does in some tenths.
_WEB_UI_PATIENCE: Final = 1.0
_START: Final = "systemctl start malbild, or `malbild ui`"


def clock_time(installation: Installation) -> Iterator[Finding]:
    """Whether the clock has gone back behind what the journal says."""
    journal, now = installation.journal, installation.now
    rows = journal.rows if journal else []
    latest = max((row[name] for row in rows for name in ("startad", "avslutad") if row[name]), default=None)
    if latest is not None and now < latest:
        yield Finding(
            "error",
            "clock",
            f"it is {_utc(now)}, before the last run ({_utc(latest)})",
            "set the clock (timedatectl set-ntp true)",
        )
    else:
        yield Finding("ok", "clock", f"{clock.swedish(now):%Y-%m-%d %H:%M} in {clock.TIME_ZONE}")


def last_run(installation: Installation) -> Iterator[Finding]:
    """How the last run ended, and whether any has been done of late."""
    journal = installation.journal
    if journal is None or not journal.rows:
        yield Finding("warning", "last run", "there has been none", "`malbild run`")
        return
    last = journal.rows[-1]
    outcome, message = last["utfall"], f"{last['korning_id']} {last['utfall']}"
    source = "" if journal.whole else " (as published; the warehouse could not be read)"
    see_log = f"see logg/{last['korning_id']}.log"
    if outcome == FAILED:
        error, _, fix = " ".join(str(last["felmeddelande"] or "no message").split()).partition(" → ")
        yield Finding("error", "last run", f"{message}: {error}", fix or see_log)
    elif outcome == RUNNING and not installation.holder:
        killed = f"{message}, but nothing holds the data dir: it was killed"
        yield Finding("warning", "last run", killed, f"run again; {see_log}")
    elif outcome == BROKEN_OFF:
        yield Finding("warning", "last run", message, f"run again; {see_log}")
    elif not journal.done:
        yield Finding("warning", "last run", f"{message}; none has been done yet", see_log)
    elif installation.now - journal.done[-1]["avslutad"] > STALE:
        yield Finding(
            "error",
            "last run",
            f"{message}; none has been done since {_utc(journal.done[-1]['avslutad'])}",
            "see next run: is the daemon running, and the schedule on?",
        )
    else:
        yield Finding("ok", "last run", f"{message} at {_utc(journal.done[-1]['avslutad'])}{source}")


def next_run(installation: Installation) -> Iterator[Finding]:
    """When the schedule starts the next run, and whether the daemon is there to do it."""
    settings = installation.settings
    when = f"{next_tick(installation.now.replace(tzinfo=UTC)):%Y-%m-%d %H:%M %Z}"
    if settings.dagster_yaml:
        yield Finding("unknown", "next run", f"{when}, if the Dagster of {settings.dagster_yaml} runs its schedule")
        return
    ui = lock_holder(settings.dagster_home / LOCK_FILE)
    if ui is None:
        yield Finding("warning", "next run", f"{when}, but the daemon is not running", _START)
        return
    try:
        state = webui.state(ui.note, _WEB_UI_PATIENCE)
    except webui.WebUIError as error:
        yield Finding(
            "warning",
            "next run",
            f"{when}; the daemon is there ({ui.process}), but {ui.note} does not say whether its schedule is "
            f"on ({error})",
            "wait if it has just been started; else systemctl restart malbild",
        )
        return
    if state.load_error is not None:
        yield Finding(
            "error",
            "next run",
            f"none: Dagster could not load the program: {state.load_error}",
            "`malbild check`, then systemctl restart malbild",
        )
    elif state.stopped_schedules:
        stopped = ", ".join(state.stopped_schedules)
        yield Finding("error", "next run", f"{stopped} turned off", f"turn it on at {ui.note}, under Automation")
    elif not state.scheduler_healthy:
        yield Finding("warning", "next run", f"{when}, but the scheduler is silent", "systemctl restart malbild")
    else:
        yield Finding("ok", "next run", f"{when}; the daemon is running and the schedule on")


def next_tick(now: datetime) -> datetime:
    """When the schedule starts its next run (in Sweden's time)."""
    minute, hour, *rest = NIGHT_BEGINS.split()
    assert rest == ["*", "*", "*"], "a schedule that is not daily needs a real cron reader"
    here = now.astimezone(clock.SWEDEN)
    tick = here.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return tick if tick > here else tick + timedelta(days=1)


def report(installation: Installation) -> Iterator[Finding]:
    """Whether the draft report is the one that was published last, and how old its figures are."""
    path, journal = installation.settings.draft_report, installation.journal
    if not path.exists():
        yield Finding("warning", "report", f"{path} does not exist yet", "`malbild run` makes it")
    elif journal is None or not journal.done:
        message = f"{path} is there, but no journal says of when"
        yield Finding("warning", "report", message, "see the databases above")
    elif journal.whole and journal.report != sha256(path):
        yield Finding(
            "warning",
            "report",
            f"{path} is not the one that the last finished publication made",
            "`malbild report` makes it of the published database; if a night broke off, the next one does",
        )
    else:
        confirmed = journal.done[-1]["avslutad"]
        age = installation.now - confirmed
        message = f"{path}: its figures were confirmed {_utc(confirmed)}, {_age(age)} ago"
        yield Finding("error", "report", message, "see last run") if age > STALE else Finding("ok", "report", message)


def notices(installation: Installation) -> Iterator[Finding]:
    """Whether anybody is told of failures and new figures, and whether the notices get through."""
    settings = installation.settings
    mail, webhook = settings.channels.mail, settings.channels.webhook
    if not (mail or webhook):
        yield Finding(
            "warning",
            "notices",
            "nobody is told when a night fails: neither MALBILD_SMTP nor MALBILD_WEBHOOK is set",
            "fill in one of them (deploy/malbild.env)",
        )
        return
    try:
        waiting = msgspec.json.decode(settings.notices.read_bytes(), type=Outbox).waiting
    except FileNotFoundError:
        waiting = []
    except msgspec.DecodeError as error:
        message = f"{settings.notices} cannot be read ({error})"
        yield Finding("warning", "notices", message, "the next run begins a new one; a notice may then come twice")
        return
    if waiting:
        oldest = min(waiting, key=lambda notice: notice.since)
        yield Finding(
            "warning",
            "notices",
            f"{len(waiting)} have not got through, the oldest since {_utc(oldest.since)}: {oldest.subject}",
            f"the newest file in {settings.log_dir} says why; they are tried again after the next run",
        )
    else:
        receivers = [*([f"e-mail to {', '.join(mail.to)}"] if mail else []), *(["the webhook"] if webhook else [])]
        yield Finding("ok", "notices", f"{' and '.join(receivers)}; none is waiting")


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h"


def _utc(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
