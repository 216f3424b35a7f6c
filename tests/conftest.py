"""What every test may use: real Kolada data where it is present, nights that are played once, only loopback."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.season import Season
    from tests.small import Finished

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
# How many times longer than on an idle machine a test waits before it gives up.
PATIENCE = float(os.environ.get("TEST_PATIENCE", "1"))


# Files that play whole runs: started first, so that no worker waits for another's long file at the end. The two that
# look at the real archive's night are apart, so that neither waits while the other plays it.
_LONG = (
    "test_season",
    "test_dagster",
    "test_decisions",
    "test_kills",
    "test_objects",
    "test_county_reports",
    "test_corrupt_nights",
    "test_independent",
    "test_two_issues",
    "test_browser",
    "test_whole_run",
    "test_matrix",
    "test_secrets",
)


# A run of all tests leaves two gigabytes, and waits for the disk thousands of times.
_MEMORY, _ROOM = Path("/dev/shm"), 8_000_000_000


def pytest_configure() -> None:
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
    # A shell has what it starts in the background ignore it, and so would every command that a test starts and ends.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What is loaded stays, a million objects: looking through them as often as Python does is a tenth of the time.
    gc.set_threshold(50_000, 20, 50)
    # How long an example takes says how busy the machine is.
    settings.register_profile("malbild", deadline=None)
    # `make fuzz`: other cases every time, as many as FUZZ says for every property of tests/fuzz.
    settings.register_profile("fuzz", deadline=None, max_examples=int(os.environ.get("FUZZ", "100")), print_blob=True)
    settings.load_profile("fuzz" if "FUZZ" in os.environ else "malbild")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return _LONG.index(item.path.stem) if item.path.stem in _LONG else len(_LONG)

    items.sort(key=place)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real Kolada vintages and raw answers, which lie beside the project and are no part of it."""
    if not SHARED.is_dir():
        pytest.skip("real Kolada data (../shared/data) is not present")
    return SHARED


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """The folder `name`, filled by `make` once for all workers of a test run, and what `make` returned.

    The result is written last: a folder without one is what a failed or killed attempt left, and is filled anew.
    """
    shared = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    folder, result = shared / name, shared / f"{name}.json"
    with (shared / f"{name}.las").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            unfinished = result.with_suffix(".tmp")
            unfinished.write_text(json.dumps(make(folder)))
            unfinished.rename(result)
    return {"folder": folder, **json.loads(result.read_text())}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, Path]:
    """How `malbild demo` ended, and its data dir, which tests only read."""
    from tests.small import Finished, run_command

    demo = once(tmp_path_factory, "demo", lambda folder: asdict(run_command("demo", "--data-dir", folder / "data")))
    folder = demo.pop("folder")
    return Finished(**demo), folder / "data"


@pytest.fixture(scope="session")
def small_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data dir after one night of the small Kolada; copy it (`shutil.copytree`) to change it."""
    from tests.small import kolada, run_night

    def make(folder: Path) -> dict[str, Any]:
        with kolada() as url:
            ended = run_night(url, folder / "data")
        assert ended.code == 0, ended.err
        # The minimal catalogue has no publisher, and whoever runs it is not left to wonder.
        assert "dcat.jsonld is not written: kommuner.yaml names no utgivare" in ended.out
        return {}

    return Path(once(tmp_path_factory, "liten", make)["folder"]) / "data"


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    """A season of nights (`tests/season.py`); it is played where it is asked for: in one file, by one worker."""
    from tests.season import played

    with played(tmp_path_factory.mktemp("sasong")) as season:
        yield season


@pytest.fixture(params=[True, False], ids=["exchange", "two renames"])
def exchanges(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the file system can let two folders, or a folder and a link, change places."""
    from pipelines import files

    if not request.param:
        monkeypatch.setattr(files, "_exchange", lambda new, target: False)
    return bool(request.param)


@dataclass(frozen=True)
class ArchiveNight:
    """A run of the repository's own catalogue against the real archive; tests only read its data dir."""

    ended: Finished
    data_dir: Path
    url: str
    most_at_once: int


@pytest.fixture(scope="session")
def archive_nights(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ArchiveNight]:
    """The night against the archive with a vintage's catalogue ("kolada-2026"), played once."""
    from pipelines.standin.dataset import load_archive
    from pipelines.standin.server import RequestLog, running
    from tests.small import Finished, run_command

    def night(vintage: str) -> ArchiveNight:
        def make(folder: Path) -> dict[str, Any]:
            log = RequestLog()
            dataset = load_archive(shared_data / vintage, shared_data / "kolada-2024" / "values.parquet")
            with running(dataset, "arkiv", log=log) as url:
                ended = run_command("run", "--kolada-url", url, "--data-dir", folder / "data")
            assert ended.code == 0, ended.err
            return {"ended": asdict(ended), "url": url, "most_at_once": log.most_at_once}

        night = once(tmp_path_factory, vintage, make)
        return ArchiveNight(Finished(**night["ended"]), night["folder"] / "data", night["url"], night["most_at_once"])

    return night


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """A test that reaches for the internet fails, instead of passing where there is one."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "unix"
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    socket.socket.connect = guarded  # type: ignore[method-assign, assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
