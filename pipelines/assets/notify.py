"""Which notices a run gives rise to: facts from the published database and the catalogue to `pipelines.notices`.

A failure to notify never fails a run: what was not sent waits, and its line goes to the log.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from datetime import datetime

import duckdb

from pipelines import __version__, clock
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError, MalbildError
from pipelines.notices import messages, outbox
from pipelines.notices.digest_facts import rollbrev
from pipelines.notices.roles import check_roles
from pipelines.operation import copies
from pipelines.settings import Settings
from pipelines.warehouse.changes import news, origin
from pipelines.warehouse.journal import source_of
from pipelines.warehouse.queries import published_at

_PUBLISHED = "publicerat"

log = logging.getLogger("malbild.notices")


def notify_failure(settings: Settings, error: MalbildError) -> None:
    """Notify of a failure before any run could begin its journal."""
    notice = messages.failed(" ".join(str(error).split()), error.exit_code, published_at(settings.published), "")
    with outbox.opened(settings.notices) as box:
        _deliver(settings, box, [notice])


def notify_run(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    *,
    run_id: str,
    started: datetime,
    failure: tuple[str, int] | None,
    went_through: bool,
    published: bool,
) -> None:
    """Notify of what a run that has ended brought.

    started: when it began (UTC, naive). failure: its line and exit code. went_through: it got to the report.
    published: it published something new.
    """
    source = source_of(connection)
    mark = origin(source) if source else ""
    notices = [messages.failed(*failure, published_at(settings.published), mark, started)] if failure else []
    meetings = [(follow_up.id, follow_up.board_day) for follow_up in catalog.follow_ups]
    notices += messages.reminders(meetings, clock.today(), settings.reminder, mark, catalog.activities.board)
    backup = _backup(settings, connection, mark)
    with outbox.opened(settings.notices) as box:
        if backup is None:
            box.sent.pop(messages.BACKUP, None)
        else:
            notices.append(backup)
        if published:
            # What was there before the first notice is no news.
            new = news(settings.published, box.seen.get(_PUBLISHED))
            notices += messages.ended(new.ended, new.until, mark) + messages.new_data(new.data, new.until, mark)
            box.seen[_PUBLISHED] = new.until
        if went_through:
            try:
                check_roles(catalog, settings.channels)
            except ConfigError as error:
                # The night went through; whoever has no receivers of their own hears what they should.
                log.warning("%s", error)
            notices += rollbrev(settings, catalog, box, clock.today(), mark)
        mended = went_through and messages.FAILURE in box.sent
        if mended:
            notices.append(messages.recovered(mark))
        _deliver(settings, box, notices, run_id)
        if mended:
            del box.sent[messages.FAILURE]


def _deliver(settings: Settings, box: outbox.Outbox, notices: list[outbox.Notice], run_id: str | None = None) -> None:
    now, sign = clock.now(), signature(settings, run_id)
    for subject in box.put([replace(notice, text=notice.text + sign) for notice in notices], settings.channels, now):
        log.info("notice: %s", subject)
    for line in box.send(settings.channels, now, messages.given_up):
        log.warning("%s", line)


def signature(settings: Settings, run_id: str | None = None) -> str:
    """Where a notice comes from."""
    log_file = (settings.log_dir / f"{run_id}.log").resolve() if run_id else None
    return messages.signature(socket.gethostname(), settings.data_dir.resolve(), run_id, log_file, __version__)


def _backup(settings: Settings, connection: duckdb.DuckDBPyConnection, mark: str) -> outbox.Notice | None:
    """That there is no backup to trust; None when there is, or when the data dir is too young to need one."""
    now, note = clock.now(), copies.read_note(settings)
    problem = note.problem(now)
    ((first,),) = connection.sql("SELECT min(startad) FROM korning").fetchall()
    if settings.lake or problem is None or (problem == "none" and now - first <= copies.OLDEST):
        return None
    return messages.backup_missing(problem, note.newest, note.error, mark)
