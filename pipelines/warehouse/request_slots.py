"""Whose turn it is to ask Kolada: so many requests at once from one worker, and from all workers together.

A worker alone counts its own. Workers that share a warehouse count in PostgreSQL, where a worker that dies gives its
turns back; they wait in one queue, so that a large county does not keep a small one waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from pipelines.errors import MalbildError
from pipelines.lake import Lake
from pipelines.warehouse.shared import QUEUE, SLOT, session

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

# Seconds. Only the first in the queue looks.
_LOOK_AGAIN: Final = 0.02


@asynccontextmanager
async def request_slots(
    lake: Lake | None, here: int, in_all: int
) -> AsyncIterator[AbstractAsyncContextManager[object]]:
    """What every request enters while it lasts: at most `here` at once from this worker, and `in_all` from all those
    whose warehouse is in the same database. Raises MalbildError when PostgreSQL is not there.
    """
    if lake is None:
        yield asyncio.Semaphore(here)
        return
    with session(lake) as queue, session(lake) as slots:
        shared = _Shared(lake, queue, slots, here, in_all)
        try:
            yield shared
        finally:
            shared.end()


class _Shared:
    """A turn is an advisory lock with a number from 1 to `in_all`, held by the session `slots`. The session `queue`
    waits, one request of this worker at a time, and PostgreSQL serves those who wait in the order in which they came.
    """

    def __init__(self, lake: Lake, queue: Session, slots: Session, here: int, in_all: int) -> None:
        self._lake, self._queue, self._slots, self._in_all = lake, queue, slots, in_all
        self._here, self._first = asyncio.Semaphore(here), asyncio.Lock()
        # A session gets a lock that it has as often as it likes: what is ours already is not asked for.
        self._mine: set[int] = set()
        self._ended = False

    async def __aenter__(self) -> None:
        await self._here.acquire()
        try:
            async with self._first:
                await asyncio.to_thread(self._take)
        except BaseException:
            self._here.release()
            raise

    async def __aexit__(self, *exc_info: object) -> None:
        try:
            await asyncio.to_thread(self._give_back)
        finally:
            self._here.release()

    def end(self) -> None:
        """Whoever still waits does so in vain; the sessions that are closed next give everything back."""
        import psycopg2

        self._ended = True
        # A server that has gone away has nothing to cancel, and whoever asks it next finds out.
        with suppress(psycopg2.Error):
            self._queue.cancel()

    def _take(self) -> None:
        self._ask(self._queue, "SELECT pg_advisory_lock(%s, 0)", QUEUE)
        while not self._ended and not self._taken():
            time.sleep(_LOOK_AGAIN)
        self._ask(self._queue, "SELECT pg_advisory_unlock(%s, 0)", QUEUE)

    def _taken(self) -> bool:
        for number in set(range(1, self._in_all + 1)) - self._mine:
            if self._ask(self._slots, "SELECT pg_try_advisory_lock(%s, %s)", SLOT, number):
                self._mine.add(number)
                return True
        return False

    def _give_back(self) -> None:
        self._ask(self._slots, "SELECT pg_advisory_unlock(%s, %s)", SLOT, self._mine.pop())

    def _ask(self, asked: Session, question: str, *values: int) -> bool:
        import psycopg2

        try:
            with asked.cursor() as cursor:
                cursor.execute(question, values)
                return cursor.fetchall()[0][0] is True
        except psycopg2.Error as error:
            if self._ended:
                return False
            raise MalbildError(
                f"PostgreSQL went away while Kolada was asked, and with it the count of all workers' requests "
                f"({self._lake}: {' '.join(str(error).split())}); nothing of this run is stored → see that PostgreSQL "
                "runs; the next run fetches again"
            ) from None
