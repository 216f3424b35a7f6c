"""How a run begins and ends, and what its steps share meanwhile.

Opening a run takes the data dir's lock and writes the journal; closing it writes the outcome. What the steps do is in
the modules beside this one.
"""

from __future__ import annotations

import logging
import shutil
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import duckdb

from pipelines import __version__, clock
from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError, MalbildError
from pipelines.exports.everything import files_in_checksums
from pipelines.kolada.archive import CATALOGUE_FILE, RUN_FILE, Entry, RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.client import KoladaClient, Traffic
from pipelines.locks import hold_data_dir
from pipelines.permissions import keep_private
from pipelines.settings import KOLADA, KOLADA_URL, SYNTHETIC, Publication, Settings
from pipelines.warehouse import journal, publication
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.store import Warehouse

# What a run produces for readers; a publication is finished when all three are there.
DATABASE, EXPORTS, REPORT = "databas", "exporter", "rapport"
_PUBLICATION: Final = frozenset({DATABASE, EXPORTS, REPORT})
_FOLDERS_KEPT = 3
# A night waits as long as Kolada asks it to, up to this (seconds).
_ASKED_WAIT = 300.0

log = logging.getLogger("malbild.run")


class Progress(Protocol):
    """Who follows the fetch while it goes on."""

    def start(self, batches: int) -> None: ...

    def advance(self, size: int, records: int, batch_done: bool) -> None: ...

    def retry(self, what: str) -> None: ...


class NullProgress:
    """Progress that nobody follows."""

    def start(self, batches: int) -> None:
        pass

    def advance(self, size: int, records: int, batch_done: bool) -> None:
        pass

    def retry(self, what: str) -> None:
        pass


@dataclass(slots=True)
class Run:
    """A run in progress. Times are UTC, naive.

    Attributes:
        folder: Where steps leave files for later steps, also for a later attempt at the same run.
        approved: A person has looked at the changes that it may publish.
        error: What stopped a step; of several the first.
        interrupted: It ended before its steps did, though none of them failed.
        outputs: What it has produced for readers so far.
    """

    id: str
    settings: Settings
    warehouse: Warehouse
    catalog: Catalog
    started: datetime
    folder: Path
    archive: RawArchive
    progress: Progress
    approved: bool = False
    error: Exception | None = None
    interrupted: bool = False
    outputs: set[str] = field(default_factory=set)

    @property
    def outcome(self) -> str:
        """How it ended, in the journal's word."""
        if self.error is not None:
            return journal.FAILED
        return journal.BROKEN_OFF if self.interrupted else journal.DONE

    @property
    def failure(self) -> tuple[str, int] | None:
        """Line and exit code of what stopped it; None when nothing did."""
        if self.error is None:
            return None
        if isinstance(self.error, MalbildError):
            return _one_line(str(self.error)), self.error.exit_code
        return _one_line("".join(traceback.format_exception_only(self.error))), 1

    @property
    def published(self) -> bool:
        """Whether it has produced everything that readers see, and nothing went wrong."""
        return self.error is None and self.outputs >= _PUBLICATION

    @property
    def staged(self) -> Publication:
        """What this run publishes, while it is made; also for a later attempt at the same run."""
        return Publication(self.settings.publications_dir / f".{self.id}.ny")

    @property
    def publication(self) -> Publication:
        """What the steps after the database read: this run's own, or what readers have."""
        return self.staged if self.staged.database.exists() else self.settings.publication

    def fail(self, step: str, error: BaseException) -> None:
        """Note what stopped a step. What is no Exception (Ctrl-C, a request to end) interrupts and is no failure."""
        log.error("step %s failed", step, exc_info=error)
        if not isinstance(error, Exception):
            self.interrupted = True
        elif self.error is None:
            self.error = error

    def nothing_new(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether what this run has stored is what is published. False when it has stored nothing."""
        outputs = [*self.settings.outputs, *files_in_checksums(self.settings.export_dir)]
        return publication.is_published(connection, self.id, outputs, self.settings.draft_report)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[KoladaClient]:
        """A client whose answers go to the raw archive."""
        settings = self.settings
        async with (
            self.warehouse.request_slots(settings.requests_at_once, settings.requests_in_all) as gate,
            KoladaClient(
                settings.kolada_url,
                self._store,
                requests_at_once=settings.requests_at_once,
                patience=settings.patience,
                asked_wait=_ASKED_WAIT,
                on_retry=self.progress.retry,
                gate=gate,
            ) as client,
        ):
            yield client

    def catalogue(self) -> Catalogue:
        """Kolada's catalogue of this run, or the latest one when this run did not fetch it. Raises ConfigError when
        there is none.
        """
        own, latest = self.folder / CATALOGUE_FILE, self.settings.work_dir / CATALOGUE_FILE
        if not own.exists() and latest.exists():
            self.archive_file(CATALOGUE_FILE, latest.read_bytes())
        if own.exists():
            return Catalogue.decoded(own.read_bytes())
        raise ConfigError(
            "no catalogue has been fetched into this data dir yet → run kolada/katalog too, or the whole job"
        )

    def bind_source(self, traffic: Traffic) -> str:
        """Name the source in the journal and bind the data dir to it; what a stand-in says of itself goes before any
        address. Raises ConfigError when the data dir belongs to another source.
        """
        if traffic.standin == SYNTHETIC:
            source: str = SYNTHETIC
        else:
            real = not traffic.standin and self.settings.kolada_url == KOLADA_URL
            source = KOLADA if real else self.settings.kolada_url
        with self.warehouse.open() as connection:
            journal.note(connection, self.id, kalla=source)
            journal.bind_source(connection, source)
            journal.add_traffic(connection, self.id, traffic.requests, traffic.bytes)
        return source

    def archive_file(self, name: str, content: bytes) -> None:
        """Keep a step's result for the steps to come, and in the raw archive for `malbild rebuild`."""
        (self.folder / name).write_bytes(content)
        self.archive_only(name, content)

    def archive_only(self, name: str, content: bytes) -> None:
        """Keep what a step read in the raw archive, for `malbild rebuild`."""
        self.archive.archive_file(self.id, name, content, clock.now())

    def _store(self, url: str, status: int, body: bytes, received: datetime) -> str:
        digest = self.archive.store_blob(body)
        self.archive.log(self.id, Entry(received, digest, len(body), url=url, status=status))
        return digest


@contextmanager
def open_run(
    settings: Settings,
    run_id: str,
    *,
    dagster_id: str,
    progress: Progress,
    approved: bool,
    on_end: Callable[[Run, duckdb.DuckDBPyConnection], None] = lambda run, connection: None,
) -> Iterator[Run]:
    """Hold the data dir for a run, from its row in the journal to its outcome.

    An error in the block is the run's, and goes on. `on_end` is called once the outcome is written, with the warehouse
    open, while nobody else can begin a run.

    Raises:
        BusyError: another run holds the data dir, or writes to the warehouse from another machine.
        CatalogError: the YAML files do not hold together.
        MalbildError: the warehouse cannot be opened.
    """
    warehouse = warehouse_of(settings)
    with (
        hold_data_dir(settings.data_dir),
        warehouse.hold(),
        _log_file(settings.log_dir / f"{run_id}.log"),
    ):
        keep_private(settings)
        try:
            run = _begin(settings, warehouse, run_id, dagster_id, progress, approved=approved)
        except Exception:
            log.exception("the run could not begin")
            raise
        try:
            yield run
        except BaseException as error:
            run.fail("run", error)
            raise
        finally:
            _end(run, on_end)


def _begin(
    settings: Settings, warehouse: Warehouse, run_id: str, dagster_id: str, progress: Progress, *, approved: bool
) -> Run:
    archive = RawArchive(settings.raw_dir)
    catalog = load_catalog(settings.catalog_dir)
    for file in catalog.files:
        archive.archive_file(run_id, file.name, file.content, clock.now())
    folder = settings.work_dir / run_id
    _remove_old_folders(settings.work_dir, keep=folder)
    folder.mkdir(parents=True, exist_ok=True)
    with warehouse.open() as connection:
        started = journal.start_run(connection, run_id, started=clock.now(), version=__version__, dagster_id=dagster_id)
        archive.archive_file(run_id, RUN_FILE, journal.encoded(connection, run_id), clock.now())
    return Run(run_id, settings, warehouse, catalog, started, folder, archive, progress, approved)


def _end(run: Run, on_end: Callable[[Run, duckdb.DuckDBPyConnection], None]) -> None:
    with run.warehouse.open() as connection:
        line = run.failure[0] if run.failure else None
        journal.end_run(connection, run.id, run.outcome, clock.now(), line)
        if run.published:
            publication.finish(connection, run.id, run.settings.draft_report)
        journal.note(connection, run.id, arkiv_byte=run.archive.added)
        run.archive.archive_file(run.id, RUN_FILE, journal.encoded(connection, run.id), clock.now())
        on_end(run, connection)
        row = journal.run_row(connection, run.id)
    if row["hel"] and row["observerad"]:
        run.warehouse.maintain()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _remove_old_folders(work_dir: Path, keep: Path) -> None:
    """Remove the folders of older runs; the newest stay, because a failed run may be taken up again from Dagster."""
    folders = sorted((folder for folder in work_dir.glob("*/") if folder != keep), key=lambda folder: folder.name)
    for folder in folders[:-_FOLDERS_KEPT]:
        shutil.rmtree(folder)


@contextmanager
def _log_file(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # What the event loop says would go to stderr otherwise, in front of the one line that says what to do.
    loggers = [logging.getLogger(name) for name in ("malbild", "asyncio")]
    loggers[0].setLevel(logging.INFO)
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
