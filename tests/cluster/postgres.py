"""A PostgreSQL of one's own on loopback, for as long as a test takes, from Debian's package."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.conftest import PATIENCE

INSTALL = "PostgreSQL is not installed: apt-get install postgresql"
# PostgreSQL refuses to run as root; any other user will do. Not by subprocess's own `user`: that copies the process
# first, and a worker that has done much is too large for it.
_USER, _GROUP = "nobody", "nogroup"
_AS = ["setpriv", "--reuid", _USER, "--regid", _GROUP, "--clear-groups", "--"] if os.geteuid() == 0 else []


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None when it is not installed. Debian does not put them on the PATH."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if on_path := shutil.which("postgres"):
        folders.insert(0, Path(on_path).resolve().parent)
    return max(folders, key=lambda folder: folder.parent.name.zfill(3), default=None)


def free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Postgres:
    """A server that can be stopped and started again; its user is `malbild`, with a password of its own."""

    password = "hemligt-prov"

    def __init__(self, folder: Path, bin_dir: Path) -> None:
        self._data, self._bin = folder / "db", bin_dir
        self._log = folder / "postgres.log"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        secret = folder / "losenord"
        secret.write_text(self.password)
        if _AS:
            for path in (folder, secret):
                shutil.chown(path, _USER, _GROUP)
        self._run("initdb", "-D", self._data, "-U", "malbild", "-A", "scram-sha-256", "--pwfile", secret, "--no-sync",
                  "-E", "UTF8", "--locale", "C")  # fmt: skip

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run([*_AS, self._bin / program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    def start(self) -> None:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "port": self.port}
        command = [*_AS, self._bin / "postgres", "-D", self._data]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log)
        deadline = time.monotonic() + 300 * PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        command = [self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """At once, as in a power cut; SIGINT: it ends every session and writes its files first."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(300 * PATIENCE)
            self._process = None

    def dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=malbild password={self.password} dbname={database}"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg2://malbild:{self.password}@127.0.0.1:{self.port}/{database}"

    def make(self, database: str) -> str:
        """A new database; returns its connection string."""
        import psycopg2

        with closing(psycopg2.connect(self.dsn("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {database}")
        return self.dsn(database)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server that runs. Raises FileNotFoundError when PostgreSQL is not installed."""
    bin_dir = programs()
    if bin_dir is None:
        raise FileNotFoundError(INSTALL)
    # Not in pytest's folders: another user than the test's own has to reach it.
    with tempfile.TemporaryDirectory(prefix="malbild-pg-") as folder:
        server = Postgres(Path(folder), bin_dir)
        try:
            server.start()
            yield server
        finally:
            server.stop()
