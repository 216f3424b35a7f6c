"""One run: what every step of it shares, as a Dagster resource.

Opening a run takes the data dir's lock and writes the journal; closing it ends the journal's row. Whoever starts
the job (command line, schedule, UI) gets the same.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import dagster as dg

from pipelines import __version__, clock, errors
from pipelines.assets.housekeeping import forget_old_runs
from pipelines.assets.notify import notify_failure, notify_run
from pipelines.assets.tags import APPROVED, DONE, OUTCOME, YES, outcome
from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError, MalbildError
from pipelines.kolada.archive import CATALOGUE_FILE, RUN_FILE, Entry, RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.client import KoladaClient, Traffic
from pipelines.locks import hold_data_dir
from pipelines.permissions import keep_private
from pipelines.settings import KOLADA_URL, Settings
from pipelines.warehouse import journal, publication
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.store import Warehouse

SYNTHETIC: Final = "syntetisk"
RESOURCE = "korning"
log = logging.getLogger("malbild.run")
_FOLDERS_KEPT = 3
_PUBLISHING = {"publicerat__analysdatabas", "publicerat__exporter", "publicerat__rapport"}
# Files in a run's folder: what its data amount to, and that this is published already.
FINGERPRINT, NOTHING_NEW = "fingeravtryck", "inget-nytt"


class Progress(Protocol):
    """Told of the fetch while it goes on."""

    def start(self, batches: int) -> None: ...

    def answer(self, size: int, records: int, batch_done: bool) -> None: ...


class NullProgress:
    """Progress that nobody watches."""

    def start(self, batches: int) -> None:
        pass

    def answer(self, size: int, records: int, batch_done: bool) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Run:
    """A run in progress. Times are UTC, naive. `approved`: a person has looked at the changes it may publish."""

    id: str
    settings: Settings
    warehouse: Warehouse
    catalog: Catalog
    started: datetime
    folder: Path
    archive: RawArchive
    progress: Progress
    approved: bool = False

    @asynccontextmanager
    async def client(self) -> AsyncIterator[KoladaClient]:
        settings = self.settings
        async with (
            self.warehouse.request_slots(settings.requests_at_once, settings.requests_in_all) as gate,
            KoladaClient(
                settings.kolada_url,
                self._store,
                requests_at_once=settings.requests_at_once,
                patience=settings.patience,
                gate=gate,
            ) as client,
        ):
            yield client

    def catalogue(self) -> Catalogue:
        """Kolada's catalogue of this run, or the latest one when this run did not fetch it. Raises ConfigError when
        is none.
        """
        mine, latest = self.folder / CATALOGUE_FILE, self.settings.work_dir / CATALOGUE_FILE
        if not mine.exists() and latest.exists():
            self.archive_file(CATALOGUE_FILE, latest.read_bytes())
        if mine.exists():
            return Catalogue.decoded(mine.read_bytes())
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
            source = "kolada" if real else self.settings.kolada_url
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
        self.archive.archive_file(self.id, name, content, _now())

    def nothing_new(self) -> bool:
        """Whether this run has stored something and found that what is published already says it."""
        return (self.folder / NOTHING_NEW).exists()

    def publish_anyway(self) -> None:
        """What is published cannot be read, so that it says nothing."""
        (self.folder / NOTHING_NEW).unlink(missing_ok=True)

    def _store(self, url: str, status: int, body: bytes, received: datetime) -> str:
        digest = self.archive.store_blob(body)
        self.archive.log(self.id, Entry(received, digest, len(body), url=url, status=status))
        return digest


def run_resource(settings: Settings, progress: Progress) -> dg.ResourceDefinition:
    """The resource `korning`: a Run, open for as long as the job runs."""

    @dg.resource(description="Körningen: datamappen, dess lås, journalen och det råa arkivet")
    def korning(init: dg.InitResourceContext) -> Iterator[Run]:
        dagster_run = init.run
        assert dagster_run is not None
        assert init.instance is not None
        root = dagster_run.root_run_id or dagster_run.run_id
        record = init.instance.get_run_record_by_id(root)
        created = record.create_timestamp if record else datetime.now(UTC)
        run_id = f"{created:%Y-%m-%dT%H%M%SZ}-{root[:8]}"
        log_file = settings.log_dir / f"{run_id}.log"
        warehouse = warehouse_of(settings)
        with hold_data_dir(settings.data_dir), warehouse.hold(), _log_file(log_file):
            keep_private(settings)
            archive = RawArchive(settings.raw_dir)
            try:
                run = _begin(settings, warehouse, progress, archive, run_id, dagster_run)
            except Exception as error:
                log.exception("the run could not begin")
                if not isinstance(error, MalbildError):
                    raise
                init.instance.add_run_tags(dagster_run.run_id, {OUTCOME: outcome(error.exit_code)})
                notify_failure(settings, error)
                raise
            yield run
            _end(run, init.instance, dagster_run)
            forget_old_runs(init.instance, settings, datetime.now(UTC))

    return korning


def _begin(
    settings: Settings,
    warehouse: Warehouse,
    progress: Progress,
    archive: RawArchive,
    run_id: str,
    dagster_run: dg.DagsterRun,
) -> Run:
    catalog = load_catalog(settings.catalog_dir)
    for file in catalog.files:
        archive.archive_file(run_id, file.name, file.content, _now())
    folder = settings.work_dir / run_id
    _sweep(settings.work_dir, keep=folder)
    folder.mkdir(parents=True, exist_ok=True)
    with warehouse.open() as connection:
        started = journal.start_run(
            connection, run_id, started=_now(), version=__version__, dagster_id=dagster_run.run_id
        )
        archive.archive_file(run_id, RUN_FILE, journal.encoded(connection, run_id), _now())
    approved = dagster_run.tags.get(APPROVED) == YES
    return Run(run_id, settings, warehouse, catalog, started, folder, archive, progress, approved)


def _end(run: Run, instance: dg.DagsterInstance, dagster_run: dg.DagsterRun) -> None:
    """Write into the journal (and the raw archive) how the run's steps ended, by Dagster's own events, and tell of it.

    A hook on the job would miss runs that are started from the UI's asset pages.
    """
    events = [record.dagster_event for record in instance.all_logs(dagster_run.run_id) if record.dagster_event]
    failed = [(event.step_key, event.step_failure_data.error) for event in events if event.is_step_failure]
    failures = [error for _, error in failed]
    for step, error in failed:
        log.error("step %s failed: %s", step, error.to_string() if error else "without a word")
    snapshot = str(dagster_run.execution_plan_snapshot_id)
    planned = set(instance.get_execution_plan_snapshot(snapshot).step_keys_to_execute)
    succeeded = {event.step_key for event in events if event.is_step_success}
    went_through = not failures and succeeded >= _PUBLISHING
    failure = _told_by(failures[0]) if failures else None
    print_now = run.folder / FINGERPRINT
    with run.warehouse.open() as connection:
        if failure:
            word = outcome(failure[1])
            journal.end_run(connection, run.id, journal.FAILED, _now(), failure[0])
        elif planned <= succeeded:
            word = DONE
            journal.end_run(connection, run.id, journal.DONE, _now())
        else:
            word = journal.BROKEN_OFF
            journal.end_run(connection, run.id, journal.BROKEN_OFF, _now())
        if print_now.exists() and went_through:
            publication.finish(connection, print_now.read_text(), run.settings.draft_report)
        journal.note(connection, run.id, arkiv_byte=run.archive.added)
        run.archive.archive_file(run.id, RUN_FILE, journal.encoded(connection, run.id), _now())
        instance.add_run_tags(dagster_run.run_id, {OUTCOME: word})
        notify_run(
            run.settings,
            connection,
            run.catalog,
            failure=failure,
            went_through=went_through,
            published=went_through and not run.nothing_new(),
        )
        row = journal.run_row(connection, run.id)
    if row["hel"] and row["observerad"]:
        run.warehouse.maintain()


def _told_by(cause: Any) -> tuple[str, int]:
    """The line and the exit code of what stopped a step, from Dagster's serialized error."""
    error = cause.cause or cause
    kind = getattr(errors, error.cls_name or "", MalbildError)
    # Dagster puts the class before the message.
    line = " ".join(error.message.split()).removeprefix(f"{kind.__module__}.{kind.__name__}: ")
    return line, kind.exit_code


def _now() -> datetime:
    return clock.now()


def _sweep(work_dir: Path, keep: Path) -> None:
    """Remove the folders of older runs; the newest stay, because a failed run may be taken up again from Dagster."""
    folders = sorted((folder for folder in work_dir.glob("*/") if folder != keep), key=lambda folder: folder.name)
    for folder in folders[:-_FOLDERS_KEPT]:
        shutil.rmtree(folder)


@contextmanager
def _log_file(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # What the event loop tells would go to stderr otherwise, in front of the one line that says what to do.
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
