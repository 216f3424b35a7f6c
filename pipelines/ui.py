"""`malbild ui`: Dagster's webserver and daemon as child processes, on loopback, over one data dir.

A data dir with synthetic figures gets its stand-in back, so that its job can be run again from the UI.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg

from pipelines.assets.notify import notify_failure
from pipelines.assets.resource import end_dead_runs
from pipelines.catalog.load import load_catalog
from pipelines.errors import BusyError, CatalogError
from pipelines.locks import LOCK_FILE, hold_data_dir, hold_file
from pipelines.run.lifecycle import SYNTHETIC
from pipelines.runner import prepare_home
from pipelines.settings import REPO_ROOT, Settings
from pipelines.warehouse.journal import source_of
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.queries import published_source

# Programs beside this Python, with their arguments.
_DAGSTER = (
    ("dagster-webserver", ("-h", "127.0.0.1", "-p", "{port}")),
    ("dagster-daemon", ("run",)),
)


def serve_ui(settings: Settings, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM, or until one of the two processes ends; then end the other.

    Raises BusyError when the data dir is served already, and CatalogError when there would be no schedule to serve.
    """
    home = prepare_home(settings)
    address = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        lock = stack.enter_context(
            hold_file(
                home / LOCK_FILE,
                f"{settings.data_dir} is served already (process {{process}}): two daemons would start two nights "
                "→ use that one, or end it first",
                note=address,
            )
        )
        _check_catalog(settings)
        if _source_and_end_dead_runs(settings) == SYNTHETIC:
            os.environ["MALBILD_KOLADA_URL"] = stack.enter_context(_standin(settings))
        environment = {
            **os.environ,
            "MALBILD_DATA": str(settings.data_dir.resolve()),
            "MALBILD_KATALOG": str(settings.catalog_dir.resolve()),
        }
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        processes = [
            stack.enter_context(_child(program, [a.format(port=port) for a in arguments], environment, lock))
            for program, arguments in _DAGSTER
        ]
        print(f"Dagster on {address} (Ctrl-C ends it)", flush=True)  # noqa: T201 - the command's answer
        while all(process.poll() is None for process in processes):
            try:
                processes[0].wait(timeout=1)
            except subprocess.TimeoutExpired:
                continue
            except KeyboardInterrupt:
                return


@contextmanager
def _child(
    program: str, arguments: list[str], environment: dict[str, str], lock: int
) -> Iterator[subprocess.Popen[bytes]]:
    path = Path(sys.executable).with_name(program)
    command = [sys.executable, str(path), *arguments, "-w", str(REPO_ROOT / "workspace.yaml")]
    # The children inherit the lock: it is held until the last of them has ended, also when this process is killed.
    process = subprocess.Popen(command, env=environment, cwd=REPO_ROOT, pass_fds=[lock])
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def _check_catalog(settings: Settings) -> None:
    """Raise CatalogError after notifying of it: Dagster would start without a schedule, and nobody would know."""
    try:
        load_catalog(settings.catalog_dir)
    except CatalogError as error:
        notify_failure(settings, error)
        raise


def _source_and_end_dead_runs(settings: Settings) -> str | None:
    """The source of what the data dir holds; None when it holds nothing yet. Runs that were killed are ended, so that
    the next ones need not wait; a run of another process goes on, and keeps the warehouse to itself.
    """
    try:
        with hold_data_dir(settings.data_dir), dg.DagsterInstance.get() as instance:
            end_dead_runs(instance, settings)
            warehouse = warehouse_of(settings)
            if not warehouse.exists():
                return None
            with warehouse.read() as connection:
                return source_of(connection)
    except BusyError:
        # A run has the warehouse.
        return published_source(settings.published) if settings.published.exists() else None


@contextmanager
def _standin(settings: Settings) -> Iterator[str]:
    from pipelines.standin.sample import synthetic_dataset
    from pipelines.standin.server import running

    with running(synthetic_dataset(settings.catalog_dir), SYNTHETIC) as url:
        yield url
