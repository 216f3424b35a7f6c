"""Checks of the databases: who holds the data dir, and whether the warehouse and the published database are whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from pipelines.errors import ConfigError, MalbildError
from pipelines.findings import Finding
from pipelines.operation.installation import Installation, size_of, size_text
from pipelines.warehouse.store import check_version


def lock(installation: Installation) -> Iterator[Finding]:
    """Whether a run or a backup is going on."""
    holder = installation.holder
    yield Finding("ok", "lock", f"{holder} holds the data dir" if holder else "free: no run is going on")


def warehouse(installation: Installation) -> Iterator[Finding]:
    """Whether the warehouse can be read, is whole, and was made by this version of the program."""
    settings = installation.settings
    path = settings.warehouse_file
    if settings.lake:
        yield _shared(installation)
    elif path.exists() and installation.holder:
        yield Finding("unknown", "warehouse", f"not examined: {installation.holder} has {path} open")
    else:
        yield _database(
            installation,
            path,
            "warehouse",
            "close what has it open; if it is damaged: `malbild restore` the newest backup, or `malbild rebuild`",
        )


def published(installation: Installation) -> Iterator[Finding]:
    """Whether the published database is whole."""
    yield _database(
        installation,
        installation.settings.published,
        "published",
        "move it away and `malbild run`: it is published anew; or take it from a backup",
    )


def _database(installation: Installation, path: Path, check: str, fix: str) -> Finding:
    if path not in installation.faults:
        return Finding("warning", check, f"{path} does not exist yet", "`malbild run` makes it")
    fault = installation.faults[path]
    if fault is not None:
        return Finding("error", check, f"{path}: {fault}", fix)
    if check == "warehouse" and (error := _other_version(path)):
        return _from_error(check, error)
    return Finding("ok", check, f"{path} is whole: all of it read, keys unique ({size_text(size_of(path))})")


def _other_version(path: Path) -> ConfigError | None:
    """What a run would say of a warehouse that another version of the program made; None when it would take it."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            check_version(connection, path)
    except ConfigError as error:
        return error
    except duckdb.Error:
        # A run has begun meanwhile and has it open: it finds this out itself.
        return None
    return None


def _shared(installation: Installation) -> Finding:
    shared, lake = installation.shared, installation.settings.lake
    if shared is None:
        return Finding("warning", "warehouse", f"{lake} is empty", "`malbild run` makes it")
    if isinstance(shared, MalbildError):
        return _from_error("warehouse", shared)
    now = f"; {shared.writer} writes to it now" if shared.writer else ""
    return Finding("ok", "warehouse", f"{lake}: {size_text(shared.size)} in {shared.files} files{now}")


def _from_error(check: str, error: MalbildError) -> Finding:
    message, _, fix = str(error).partition(" → ")
    return Finding("error", check, message, fix)
