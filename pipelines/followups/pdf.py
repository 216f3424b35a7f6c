"""The report as PDF, printed by a Chromium that is installed: tagged, with an outline, A4.

Chromium runs in a process group of its own with a time limit; what it leaves is checked before it is put in place. Its
dates are those of the printing and are set to the time of the figures, so that they say nothing about the clock; links
to the pages beside it name the machine's folders and are made relative, so that they hold wherever the folder goes.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from pipelines.errors import MalbildError
from pipelines.files import write_file

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 120.0
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
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
    # Waits for the charts, which are drawn when the page is about to be printed.
    "--virtual-time-budget=20000",
    "--run-all-compositor-stages-before-draw",
)
_INSTALL = "install one (Debian: `apt-get install chromium`)"


def find_chromium() -> str | None:
    """The first installed Chromium, in the order of NAMES."""
    return next((program for name in NAMES if (program := shutil.which(name))), None)


def print_pdf(page: Path, target: Path, when: datetime, *, seconds: float = SECONDS) -> Path:
    """Print the HTML file to `target`, and set the PDF's dates to `when` (UTC, naive).

    Raises MalbildError when there is no Chromium, or it does not finish in time or without fault; `target` is left as
    it was then.
    """
    chromium = find_chromium()
    if chromium is None:
        raise MalbildError(f"no PDF: no Chromium is installed ({', '.join(NAMES)}) → {_INSTALL}, or go without PDF")
    with tempfile.TemporaryDirectory(prefix="malbild-pdf-", ignore_cleanup_errors=True) as folder:
        output = Path(folder) / "rapport.pdf"
        # Chromium refuses its sandbox to root, and a page of ours needs none: its policy allows no request.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [chromium, *_OPTIONS, *sandbox, f"--user-data-dir={folder}/profil", f"--print-to-pdf={output}"]
        said = _run([*command, page.resolve().as_uri()], chromium, seconds)
        content = output.read_bytes() if output.is_file() else b""
        if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
            raise MalbildError(
                f"no PDF: {chromium} ended without a whole one ({said or 'it said nothing'}) → {_INSTALL}"
            )
    write_file(target, _relative(_dated(content, when), target))
    return target


def _run(command: list[str], chromium: str, seconds: float) -> str:
    """The last line that Chromium said."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise MalbildError(
                f"no PDF: {chromium} had not finished after {seconds:.0f} seconds and was ended → try again when the "
                "machine is less busy, or go without PDF"
            ) from None
        finally:
            # Its helpers hold the pipe open and outlive it: the whole group ends, whatever happened.
            _end(process)
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _dated(content: bytes, when: datetime) -> bytes:
    """The dates in the file's information replaced by others of the same length: offsets in the file stay true."""

    def date(match: re.Match[bytes]) -> bytes:
        new = f"D:{when:%Y%m%d%H%M%S}+00'00'".encode()
        return match[1] + new + match[3] if len(new) == len(match[2]) else match[0]

    return re.sub(rb"(/(?:CreationDate|ModDate) \()(D:[^)]*)(\))", date, content)


def _relative(content: bytes, target: Path) -> bytes:
    """The links to files beside the page, relative to the PDF; filled up with spaces, so that offsets stay true."""
    root = target.parent.resolve()

    def link(match: re.Match[bytes]) -> bytes:
        escaped = match[2].replace(b"\\(", b"(").replace(b"\\)", b")").replace(b"\\\\", b"\\")
        address, mark, part = escaped.decode("ascii").partition("#")
        relative = quote(os.path.relpath(unquote(address), root)) + mark + part
        new = match[1] + b"(" + re.sub(rb"([()\\])", rb"\\\1", relative.encode()) + b")"
        return new.ljust(len(match[0])) if len(new) <= len(match[0]) else match[0]

    return re.sub(rb"(/URI )\(file://((?:[^()\\]|\\.)*)\)", link, content)
