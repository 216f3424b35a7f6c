"""How many requests to Kolada may be under way at once, from all workers whose warehouse is in the same database.

They are counted in PostgreSQL, where a worker that dies gives its slots back; workers wait in one queue, so that a
large county does not keep a small one waiting. A worker that shares no warehouse counts its own (`store`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from pipelines.errors import MalbildError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

# The first of the two numbers that name an advisory lock; the lock of the only writer (`ducklake`) has another.
_SLOT, _QUEUE = 0x6D616C02, 0x6D616C03
# Seconds. Only the first in the queue looks.
_POLL_INTERVAL: Final = 0.02


@asynccontextmanager
async def shared_slots(
    session: Callable[[], AbstractContextManager[Session]], warehouse: str, here: int, in_all: int
) -> AsyncIterator[AbstractAsyncContextManager[object]]:
    """What every request enters while it lasts: at most `here` at once from this worker, and `in_all` from all those
    whose `session` leads to the same database. `warehouse` names it in errors.

    Raises:
        MalbildError: PostgreSQL is not there.
    """
    with session() as queue, session() as slots:
        shared = _SharedSlots(warehouse, queue, slots, here, in_all)
        try:
            yield shared
        finally:
            shared.end()


class _SharedSlots:
    """A slot is an advisory lock with a number from 1 to `in_all`, held by the session `slots`. The session `queue`
    waits, one request of this worker at a time, and PostgreSQL serves those who wait in the order in which they came.
    """

    def __init__(self, warehouse: str, queue: Session, slots: Session, here: int, in_all: int) -> None:
        self._warehouse, self._queue, self._slots, self._in_all = warehouse, queue, slots, in_all
        self._here, self._first = asyncio.Semaphore(here), asyncio.Lock()
        # A session gets a lock that it has as often as it likes: what is ours already is not asked for.
        self._taken: set[int] = set()
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
        self._ask(self._queue, "SELECT pg_advisory_lock(%s, 0)", _QUEUE)
        while not self._ended and not self._try_to_take():
            time.sleep(_POLL_INTERVAL)
        self._ask(self._queue, "SELECT pg_advisory_unlock(%s, 0)", _QUEUE)

    def _try_to_take(self) -> bool:
        for number in set(range(1, self._in_all + 1)) - self._taken:
            if self._ask(self._slots, "SELECT pg_try_advisory_lock(%s, %s)", _SLOT, number):
                self._taken.add(number)
                return True
        return False

    def _give_back(self) -> None:
        self._ask(self._slots, "SELECT pg_advisory_unlock(%s, %s)", _SLOT, self._taken.pop())

    def _ask(self, session: Session, question: str, *values: int) -> bool:
        import psycopg2

        try:
            with session.cursor() as cursor:
                cursor.execute(question, values)
                return cursor.fetchall()[0][0] is True
        except psycopg2.Error as error:
            if self._ended:
                return False
            raise MalbildError(
                f"PostgreSQL went away while Kolada was asked, and with it the count of all workers' requests "
                f"({self._warehouse}: {' '.join(str(error).split())}); nothing of this run is stored → see that "
                "PostgreSQL runs; the next run fetches again"
            ) from None
