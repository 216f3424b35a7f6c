"""What every command shares: its options, its two outputs, and how an error becomes one line and an exit code.

The commands themselves are `cli` and the modules that it adds.
"""

from __future__ import annotations

import io
import os
import re
import sys
import traceback
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from pipelines.errors import ConfigError, MalbildError
from pipelines.findings import Finding, Level
from pipelines.settings import Settings

P = ParamSpec("P")

# Signs that steer a terminal or turn the direction of text, and halves of signs that no terminal can be sent.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def strip_control(text: str) -> str:
    """The text for a terminal: titles, file names and answers come from outside, and only show what they hold."""
    return _STEERING.sub(lambda sign: ascii(sign[0])[1:-1], text)


def write_what_cannot_be_encoded() -> None:
    """From now on what the terminal has no sign for is written as \\xe5: no text may end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _Terminal(Console):
    """A console on which no text can do anything but be read."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(strip_control(str(o)) if isinstance(o, str | Path) else o for o in objects), **options)


# A title such as [red] or :smile: is a title.
err = _Terminal(stderr=True, highlight=False, markup=False, emoji=False)
out = _Terminal(highlight=False, markup=False, emoji=False)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Where everything is kept (MALBILD_DATA; default: data).")
]
CatalogDir = Annotated[
    Path | None,
    typer.Option("--katalog", help="The folder with the YAML files (MALBILD_KATALOG; default: the repo root)."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Accepted = Annotated[
    list[str] | None,
    typer.Option(
        "--godkann", help="Målområde whose approved sentences may differ from the automatic ones; once for each."
    ),
]
KoladaUrl = Annotated[
    str | None, typer.Option("--kolada-url", help="Kolada v3 (MALBILD_KOLADA_URL; default: https://api.kolada.se/v3).")
]


def command(function: Callable[P, None]) -> Callable[P, None]:
    """One line on stderr and the exit code, for every error; the traceback with --debug."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            for name, value in kwargs.items():
                kwargs[name] = _text_of(name, value)
            function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the edge: everything becomes a line and an exit code here
            if kwargs.get("debug"):
                traceback.print_exc()
            code = error.exit_code if isinstance(error, MalbildError) else 1
            err.print(f"malbild: {_one_line(error)}", style="red", soft_wrap=True, markup=False)
            raise typer.Exit(code) from None

    return run


def _text_of(name: str, value: object) -> object:
    """The value of an option, its words as the YAML files are read: in NFC. A path is what the disk says, whatever it
    looks like. Raises ConfigError for a word that can be written nowhere: bytes that are no UTF-8 come as halves of
    signs.
    """
    if isinstance(value, list | tuple):
        return [_text_of(name, word) for word in value]
    if not isinstance(value, str):
        return value
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ConfigError(f"{name}: {value!r} is no text in UTF-8 → write it again, or set the terminal to UTF-8")
    return unicodedata.normalize("NFC", value)


# Python's RuntimeError when the machine has no memory for a thread's stack, or allows no more of them.
_NO_THREAD = "can't start new thread"


def _one_line(error: Exception) -> str:
    if isinstance(error, MalbildError):
        return " ".join(str(error).split())
    first = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
    # DuckDB's own, which is loaded only where a command needs it.
    name = type(error).__name__
    if isinstance(error, OSError) or name == "IOException":
        return f"{first} → check the disk and the permissions of the data dir; what was published before is still valid"
    if isinstance(error, MemoryError) or name == "OutOfMemoryException" or first == _NO_THREAD:
        return (
            f"{first} → a night needs about a gigabyte of memory and some tens of threads; "
            "what was published before is still valid"
        )
    return f"unexpected {type(error).__name__}: {first} → run again with --debug and report what it prints"


_LEVEL_STYLES: dict[Level, str] = {"ok": "", "unknown": "dim", "warning": "yellow", "error": "red"}


def print_findings(findings: Sequence[Finding]) -> None:
    """A line for each, in the colour of its level."""
    for finding in findings:
        out.print(str(finding), style=_LEVEL_STYLES[finding.level], soft_wrap=True, markup=False)


def load_settings(data_dir: Path | None, katalog: Path | None, kolada_url: str | None) -> Settings:
    """Settings from the options, which Dagster's own processes then find in the environment."""
    settings = Settings.from_env(data_dir=data_dir, catalog_dir=katalog, kolada_url=kolada_url)
    os.environ["MALBILD_DATA"] = str(settings.data_dir)
    os.environ["MALBILD_KATALOG"] = str(settings.catalog_dir)
    os.environ["MALBILD_KOLADA_URL"] = settings.kolada_url
    return settings


def parse_time(text: str) -> datetime:
    """A time in UTC, naive; a bare date means its last moment."""
    try:
        when = datetime.fromisoformat(text)
        if len(text) == len("2026-11-22"):
            return datetime.combine(when, time.max)
        return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    except (ValueError, OverflowError):
        raise ConfigError(f"--as-of {text!r} is not a time → write it as 2026-11-22 or 2026-11-22T04:15:00") from None
