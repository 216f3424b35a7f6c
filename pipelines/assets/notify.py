"""Which notices a run gives rise to: facts from the warehouse and the catalogue to `pipelines.notices`.

A failure to tell never fails a run: what was not sent waits, and its line goes to the log.
"""

from __future__ import annotations

import logging

import duckdb

from pipelines import clock
from pipelines.catalog.model import Catalog
from pipelines.errors import MalbildError
from pipelines.notices import messages, outbox
from pipelines.settings import Settings
from pipelines.warehouse import news
from pipelines.warehouse.changes import origin
from pipelines.warehouse.journal import source_of
from pipelines.warehouse.queries import published_at

_ENDED, _PUBLISHED = "upphört", "publicerat"

log = logging.getLogger("malbild.notices")


def notify_failure(settings: Settings, error: MalbildError) -> None:
    """Tell of a failure before any run could begin its journal."""
    _notify(settings, [_failure(settings, " ".join(str(error).split()), error.exit_code, "")])


def notify_run(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    *,
    failure: tuple[str, int] | None,
    went_through: bool,
    published: bool,
) -> None:
    """Tell what a run that has ended brought.

    failure: its line and exit code. went_through: it got to the report. published: it published something new.
    """
    source = source_of(connection)
    about = origin(source) if source else ""
    today = clock.today()
    notices = [_failure(settings, *failure, about)] if failure else []
    meetings = [(follow_up.id, follow_up.board_day) for follow_up in catalog.follow_ups]
    notices += messages.reminders(meetings, today, settings.reminder, about, catalog.activities.board)
    newest = news.latest(connection)
    with outbox.opened(settings.notices) as box:
        if newest is not None:
            # What was there before the first notice is no news.
            if _ENDED in box.seen:
                notices += messages.ended(news.ended(connection, box.seen[_ENDED]), newest, about)
            box.seen[_ENDED] = newest
            if published:
                if _PUBLISHED in box.seen:
                    periods = news.new_periods(connection, box.seen[_PUBLISHED])
                    notices += messages.new_data(periods, newest, about)
                box.seen[_PUBLISHED] = newest
        mended = went_through and messages.FAILURE in box.told
        if mended:
            notices.append(messages.recovered(about))
        _hand_over(settings, box, notices)
        if mended:
            del box.told[messages.FAILURE]


def _notify(settings: Settings, notices: list[outbox.Notice]) -> None:
    with outbox.opened(settings.notices) as box:
        _hand_over(settings, box, notices)


def _hand_over(settings: Settings, box: outbox.Outbox, notices: list[outbox.Notice]) -> None:
    now = clock.now()
    for subject in box.put(notices, settings.channels, now):
        log.info("notice: %s", subject)
    for line in box.send(settings.channels, now):
        log.warning("%s", line)


def _failure(settings: Settings, line: str, exit_code: int, about: str) -> outbox.Notice:
    return messages.failed(line, exit_code, published_at(settings.published), about)
