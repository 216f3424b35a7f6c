"""What every command shares: its options, its two outputs, and how an error becomes one line and an exit code.

The commands themselves are `cli` and the modules that it adds.
"""

from __future__ import annotations

import inspect
import io
import json
import os
import re
import sys
import traceback
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from pipelines.errors import ConfigError, MalbildError
from pipelines.findings import Finding, Level
from pipelines.settings import Settings

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
    """A console on which no text can do anything but be read, on one line however long: it may be read by a program."""

    def print(self, *objects: Any, **options: Any) -> None:
        if all(isinstance(text, str | Path) for text in objects):
            super().print(*(strip_control(str(text)) for text in objects), soft_wrap=True, **options)
        else:
            # What rich draws itself, as the bar of a fetch.
            super().print(*objects, **options)


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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Accepted = Annotated[
    list[str] | None,
    typer.Option(
        "--godkann", help="Målområde whose approved sentences may differ from the automatic ones; once for each."
    ),
]
KoladaUrl = Annotated[
    str | None, typer.Option("--kolada-url", help="Kolada v3 (MALBILD_KOLADA_URL; default: https://api.kolada.se/v3).")
]


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    data: bool = True,
    catalog: bool = True,
    kolada: bool = False,
    begins: bool = False,
    default_data: Path | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a command of `app`: with its own options, and for its parameter `settings` those that are shared.

    Every error becomes one line on stderr and the exit code; with --debug comes the traceback.

    Args:
        name: The command's, where it is not the function's.
        data, catalog, kolada: Whether it has --data-dir, --katalog and --kolada-url.
        begins: As for `load_settings`.
        default_data: The data dir when none is given, whatever the environment says.
    """
    shared = {"data_dir": DataDir, "katalog": CatalogDir, "kolada_url": KoladaUrl}
    offered = [key for key, has in zip(shared, (data, catalog, kolada), strict=True) if has]

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function, eval_str=True).parameters

        @wraps(function)
        def run(debug: bool, **options: Any) -> None:
            try:
                values = {key: _text_of(key, value) for key, value in options.items()}
                data_dir, katalog, kolada_url = (values.pop(key, None) for key in shared)
                if "settings" in own:
                    values["settings"] = load_settings(data_dir or default_data, katalog, kolada_url, begins=begins)
                function(**values)
            except Exception as error:  # noqa: BLE001 - the edge: everything becomes a line and an exit code here
                if debug:
                    traceback.print_exc()
                code = error.exit_code if isinstance(error, MalbildError) else 1
                err.print(f"malbild: {_one_line(error)}", style="red")
                raise typer.Exit(code) from None

        parameters = [(key, own[key].default, own[key].annotation) for key in own if key != "settings"]
        parameters += [(key, None, shared[key]) for key in offered]
        parameters.append(("debug", False, Debug))
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads
            [
                inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
                for key, default, kind in parameters
            ]
        )
        return app.command(name)(run)

    return register


def _text_of(name: str, value: Any) -> Any:
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
        return f"{first} → check the disk and the permissions of the data dir: `malbild doctor`"
    if isinstance(error, MemoryError) or name == "OutOfMemoryException" or first == _NO_THREAD:
        return f"{first} → a night needs about a gigabyte of memory and some tens of threads: make room, and run again"
    return f"unexpected {name}: {first} → run again with --debug and report what it prints"


_LEVEL_STYLES: dict[Level, str] = {"ok": "", "unknown": "dim", "warning": "yellow", "error": "red"}


def print_text(text: str) -> None:
    """A text of several lines, not through rich: what is pasted somewhere comes as it is, and titles hold brackets."""
    typer.echo(strip_control(text), nl=not text.endswith("\n"))


def print_json(value: object) -> None:
    """For programs: nothing but ASCII, so that no text of another's can do anything to a terminal."""
    typer.echo(json.dumps(msgspec.to_builtins(value), indent=2))


def print_findings(findings: Sequence[Finding]) -> None:
    """A line for each, in the colour of its level."""
    for finding in findings:
        out.print(str(finding), style=_LEVEL_STYLES[finding.level])


def load_settings(
    data_dir: Path | None, katalog: Path | None, kolada_url: str | None, *, begins: bool = False
) -> Settings:
    """Settings from the options, which Dagster's own processes then find in the environment.

    begins: the command may begin a history. Raises ConfigError when it would do so by accident: in a data dir that
    nobody has named, or with other YAML files than those of the nights before.
    """
    named = {"MALBILD_DATA": data_dir, "MALBILD_KATALOG": katalog}
    named_data, named_catalog = (option is not None or name in os.environ for name, option in named.items())
    settings = Settings.from_env(data_dir=data_dir, catalog_dir=katalog, kolada_url=kolada_url)
    if begins and not settings.lake:
        _check_history(settings, named_data, named_catalog)
    os.environ["MALBILD_DATA"] = str(settings.data_dir)
    os.environ["MALBILD_KATALOG"] = str(settings.catalog_dir)
    os.environ["MALBILD_KOLADA_URL"] = settings.kolada_url
    return settings


def _check_history(settings: Settings, named_data: bool, named_catalog: bool) -> None:
    from pipelines.operation import halsa

    if not named_data and not settings.warehouse_file.exists() and not settings.raw_dir.exists():
        raise ConfigError(
            f"no data dir is named and {settings.data_dir.resolve()} holds no history: a new one would begin there "
            f"→ --data-dir {settings.data_dir} if that is meant, else the one in use (--data-dir, MALBILD_DATA)"
        )
    before = halsa.catalog_dir(settings)
    if not named_catalog and before is not None and before != settings.catalog_dir.resolve():
        raise ConfigError(
            f"the last night in {settings.data_dir} was of the YAML files in {before}, and none are named: those in "
            f"{settings.catalog_dir.resolve()} would be taken → name either folder with --katalog or MALBILD_KATALOG"
        )


def parse_time(text: str) -> datetime:
    """A time in UTC, naive; a bare date means its last moment."""
    try:
        when = datetime.fromisoformat(text)
        if len(text) == len("2026-11-22"):
            return datetime.combine(when, time.max)
        return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    except (ValueError, OverflowError):
        raise ConfigError(f"--as-of {text!r} is not a time → write it as 2026-11-22 or 2026-11-22T04:15:00") from None
