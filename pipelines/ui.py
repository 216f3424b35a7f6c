"""`malbild ui`: Dagster's code server, web server and daemon as child processes, on loopback, over one data dir.

The code server is one process for as long as the web UI runs: without it Dagster starts two new ones every minute. It
loads the YAML files again when they have been changed. A data dir with synthetic figures gets its stand-in back, so
that its job can be run again from the UI.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import dagster as dg

from pipelines.assets.notify import notify_failure
from pipelines.assets.resource import end_dead_runs
from pipelines.catalog.load import load_catalog
from pipelines.errors import BusyError, CatalogError, ConfigError, MalbildError
from pipelines.locks import LOCK_FILE, hold_data_dir, hold_file
from pipelines.runner import prepare_home
from pipelines.settings import REPO_ROOT, SYNTHETIC, Settings
from pipelines.warehouse.journal import source_of
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.queries import published_source

_MODULE: Final = "pipelines.definitions"
# What Dagster remembers of schedules goes by it.
_LOCATION: Final = f"{_MODULE}:defs"
# How long the children may take to end, and a new version of the YAML files to be loaded (seconds).
_PATIENCE: Final = 15.0
_LOADING: Final = 300
_CODE_SOCKET: Final = "kod"
_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1


def serve_ui(settings: Settings, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM, and end every process that was started for it.

    Raises:
        BusyError: the data dir is served already.
        ConfigError: the port cannot be had, or there would be no schedule to serve (CatalogError).
        MalbildError: one of the processes ended by itself.
    """
    home = prepare_home(settings)
    address = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        lock = stack.enter_context(
            hold_file(
                home / LOCK_FILE,
                f"{settings.data_dir} is served already ({{holder}}): two daemons would start two nights "
                "→ use that one, or end it first",
                note=address,
            )
        )
        listener = stack.enter_context(_listen(port))
        _check_catalog(settings)
        if _source_and_end_dead_runs(settings) == SYNTHETIC:
            os.environ["MALBILD_KOLADA_URL"] = stack.enter_context(_standin(settings))
        # Without a terminal nobody wants colours.
        log_format = "colored" if sys.stdout.isatty() else "json"
        environment = {
            **os.environ,
            # For the code server's own child, which is given no options.
            "DAGSTER_CLI_API_GRPC_LOG_FORMAT": log_format,
            # How old the assets are is a matter of days.
            "FRESHNESS_DAEMON_INTERVAL_SECONDS": "600",
            "MALBILD_DATA": str(settings.data_dir.resolve()),
            "MALBILD_KATALOG": str(settings.catalog_dir.resolve()),
        }
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        # Whoever may open the code server's socket may start runs. Its path must be short.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="malbild-")))
        # They inherit the lock: it is held until the last of them has ended, also when this process is killed.
        children = _Children(environment, [lock, listener.fileno()])
        stack.callback(children.end)
        _start(children, folder, listener.fileno(), log_format)
        print(f"Dagster on {address} (Ctrl-C ends it)", flush=True)  # noqa: T201 - the command's answer
        with suppress(KeyboardInterrupt):
            _watch(settings, children, folder / _CODE_SOCKET)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise ConfigError(f"--port {port} cannot be had ({why}) → end what has it, or name another port") from None


class _Children:
    """The processes that were started, by name; they inherit the environment and these descriptors.

    Each leads a session of its own: Ctrl-C comes to this process alone, and what a child starts can be ended with it.
    """

    def __init__(self, environment: Mapping[str, str], descriptors: Sequence[int]) -> None:
        self._environment, self._descriptors = environment, descriptors
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        """Start a program of this Python."""
        self._processes[name] = subprocess.Popen(
            [sys.executable, *command],
            env=self._environment,
            cwd=REPO_ROOT,
            pass_fds=self._descriptors,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    def check(self) -> None:
        """Raise MalbildError when one has ended by itself."""
        for name, process in self._processes.items():
            if (code := process.poll()) is not None:
                raise MalbildError(
                    f"{name} ended by itself (code {code}), and the web UI and the schedule with it → see its lines "
                    "above and `malbild doctor`, and start it again"
                )

    def end(self) -> None:
        """End them and all that they have started."""
        processes = self._processes.values()
        for process in processes:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
        for process in processes:
            _signal(process, signal.SIGKILL)
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent is killed (Linux)."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _start(children: _Children, folder: Path, listener: int, log_format: str) -> None:
    """Start the code server, and when it answers the other two, which would complain that it does not."""
    socket_path = folder / _CODE_SOCKET
    logs = ["--log-format", log_format, "--log-level", "warning"]
    program = ["-a", "defs", "-m", _MODULE, "-d", str(REPO_ROOT), "--location-name", _LOCATION]
    start = ("-m", "dagster", "code-server", "start")
    children.start("the code server", *start, "-s", str(socket_path), *program, *logs)
    # It is there when the program is loaded.
    while not socket_path.exists():
        children.check()
        time.sleep(0.1)
    workspace = folder / "workspace.yaml"
    server = {"grpc_server": {"socket": str(socket_path), "location_name": _LOCATION}}
    # JSON is YAML.
    workspace.write_text(json.dumps({"load_from": [server]}), encoding="utf-8")
    children.start("the web server", "-m", "pipelines.webserver", str(listener), str(workspace), log_format)
    daemon = str(Path(sys.executable).with_name("dagster-daemon"))
    children.start("the daemon", daemon, "run", "-w", str(workspace), *logs)


def _watch(settings: Settings, children: _Children, code_socket: Path) -> None:
    """Have the code server load what changes in the YAML files, until Ctrl-C. Raises MalbildError when a child ends."""
    loaded = before = _yaml_state(settings.catalog_dir)
    while True:
        children.check()
        time.sleep(1)
        state = _yaml_state(settings.catalog_dir)
        # Not while they are being written.
        if state != loaded and state == before and _load_again(settings, code_socket):
            loaded = state
        before = state


def _yaml_state(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells that a YAML file has been changed: by name, its time and size."""
    state = {}
    for path in folder.glob("*.yaml"):
        # One that is being replaced is there the next time.
        with suppress(FileNotFoundError):
            status = path.stat()
            state[path.name] = status.st_mtime_ns, status.st_size
    return state


def _load_again(settings: Settings, code_socket: Path) -> bool:
    """Whether the code server has been asked to load the YAML files, or they are broken: then it goes on with those
    before, somebody is notified, and the next change is waited for.
    """
    from dagster._core.errors import DagsterUserCodeUnreachableError
    from dagster._grpc.client import DagsterGrpcClient

    try:
        _check_catalog(settings)
        DagsterGrpcClient(socket=str(code_socket)).reload_code(timeout=_LOADING)
    except CatalogError as error:
        print(f"malbild: {error}", file=sys.stderr, flush=True)  # noqa: T201 - a service says it in its log
    except DagsterUserCodeUnreachableError:
        # It is being started.
        return False
    return True


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


def _standin(settings: Settings) -> AbstractContextManager[str]:
    from pipelines.standin.server import running
    from pipelines.standin.synthetic import synthetic_dataset

    return running(synthetic_dataset(settings.catalog_dir), SYNTHETIC)
