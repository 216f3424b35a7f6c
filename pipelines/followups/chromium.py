"""The Chromium that is installed, run once for a page: what it is asked for is the caller's, and so is what comes out.

It runs in a process group of its own with a time limit; nothing that it starts outlives the call.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import MalbildError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
INSTALL = "install one (Debian: `apt-get install chromium`)"
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
)


def find_chromium() -> str | None:
    """The first installed Chromium, in the order of NAMES."""
    return next((program for name in NAMES if (program := shutil.which(name))), None)


def require_chromium(what: str) -> str:
    """The installed Chromium. Raises MalbildError, saying that there is no `what`, when there is none."""
    if (chromium := find_chromium()) is None:
        raise MalbildError(
            f"no {what}: no Chromium is installed ({', '.join(NAMES)}) → {INSTALL}, or go without {what}"
        )
    return chromium


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Chromium left: what it wrote to its output, and the last line of its errors."""

    output: bytes
    last_line: str


def run_chromium(what: str, page: Path, options: Sequence[str], seconds: float) -> Outcome:
    """Open the file with these options. what: 'PDF', 'PNG', as errors name it.

    Raises MalbildError when there is no Chromium or it has not finished in time.
    """
    chromium = require_chromium(what)
    # Chromium refuses its sandbox to root, and a page of ours needs none: its policy allows no request.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="malbild-chromium-", ignore_cleanup_errors=True) as profile:
        command = [chromium, *_OPTIONS, *sandbox, f"--user-data-dir={profile}", *options, page.resolve().as_uri()]
        output, errors = _run(command, what, seconds)
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return Outcome(output, lines[-1].strip()[:200] if lines else "")


def _run(command: list[str], what: str, seconds: float) -> tuple[bytes, bytes]:
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            return process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise MalbildError(
                f"no {what}: {command[0]} had not finished after {seconds:.0f} seconds and was ended → try again when "
                f"the machine is less busy, or go without {what}"
            ) from None
        finally:
            # Its helpers hold the pipe open and outlive it: the whole group ends, whatever happened.
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
