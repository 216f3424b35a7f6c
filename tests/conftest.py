"""What every test may use: the real Kolada data where it is present, and a network that ends at loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.small import Ended

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real Kolada vintages and raw answers, which lie beside the project and are no part of it."""
    if not SHARED.is_dir():
        pytest.skip("real Kolada data (../shared/data) is not present")
    return SHARED


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path]:
    """How `malbild demo` ended, and its data dir, which tests only read."""
    from tests.small import malbild

    data_dir = tmp_path_factory.mktemp("demo") / "data"
    return malbild("demo", "--data-dir", data_dir), data_dir


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
