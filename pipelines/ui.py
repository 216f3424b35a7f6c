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

from pipelines.assets.run import SYNTHETIC
from pipelines.night import prepare_home
from pipelines.settings import REPO_ROOT, Settings
from pipelines.warehouse.store import open_warehouse

_DAGSTER = (
    ("webserver", ["dagster_webserver", "-h", "127.0.0.1", "-p", "{port}"]),
    ("daemon", ["dagster._daemon", "run"]),
)


def serve_ui(settings: Settings, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM, or until one of the two processes ends; then end the other."""
    prepare_home(settings)
    with ExitStack() as stack:
        if _source(settings) == SYNTHETIC:
            os.environ["MALBILD_KOLADA_URL"] = stack.enter_context(_standin(settings))
        environment = {
            **os.environ,
            "MALBILD_DATA": str(settings.data_dir.resolve()),
            "MALBILD_KATALOG": str(settings.catalog_dir.resolve()),
        }
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        processes = [stack.enter_context(_child(arguments, port, environment)) for _, arguments in _DAGSTER]
        print(f"Dagster on http://127.0.0.1:{port} (Ctrl-C ends it)", flush=True)  # noqa: T201 - the command's answer
        while all(process.poll() is None for process in processes):
            try:
                processes[0].wait(timeout=1)
            except subprocess.TimeoutExpired:
                continue
            except KeyboardInterrupt:
                return


@contextmanager
def _child(arguments: list[str], port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", *(a.format(port=port) for a in arguments), "-w", str(REPO_ROOT / "workspace.yaml")]
    process = subprocess.Popen(command, env=environment, cwd=REPO_ROOT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def _standin(settings: Settings) -> Iterator[str]:
    from pipelines.standin.sample import synthetic_dataset
    from pipelines.standin.server import running

    with running(synthetic_dataset(settings.catalog_dir), SYNTHETIC) as url:
        yield url


def _source(settings: Settings) -> str | None:
    """What the data dir holds; None when it holds nothing yet."""
    if not settings.warehouse.exists():
        return None
    with open_warehouse(settings.warehouse) as connection:
        rows = connection.sql("SELECT varde FROM lager_info WHERE nyckel = 'kalla'").fetchall()
    return str(rows[0][0]) if rows else None
