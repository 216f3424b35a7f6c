"""The report as PDF, printed by a Chromium that is installed: tagged, with an outline, A4.

What Chromium leaves is checked before it is put in place. Its dates are those of the printing and are set to the time
of the figures, so that they say nothing about the clock; links to the pages beside it name the machine's folders and
are made relative, so that they hold wherever the folder goes.
"""

from __future__ import annotations

import os
import re
import tempfile
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from pipelines.errors import MalbildError
from pipelines.files import write_file
from pipelines.followups.chromium import INSTALL, run_chromium

SECONDS = 120.0
_OPTIONS = (
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
    # Waits for the charts, which are drawn when the page is about to be printed.
    "--virtual-time-budget=20000",
    "--run-all-compositor-stages-before-draw",
)


def print_pdf(page: Path, target: Path, when: datetime, *, seconds: float = SECONDS) -> Path:
    """Print the HTML file to `target`, and set the PDF's dates to `when` (UTC, naive).

    Raises MalbildError when there is no Chromium, or it does not finish in time or without fault; `target` is left as
    it was then.
    """
    with tempfile.TemporaryDirectory(prefix="malbild-pdf-", ignore_cleanup_errors=True) as folder:
        output = Path(folder) / "rapport.pdf"
        last_line = run_chromium("PDF", page, [*_OPTIONS, f"--print-to-pdf={output}"], seconds).last_line
        content = output.read_bytes() if output.is_file() else b""
        if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
            raise MalbildError(
                f"no PDF: Chromium ended without a whole one ({last_line or 'it said nothing'}) → {INSTALL}"
            )
    write_file(target, _relative(_dated(content, when), target))
    return target


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
