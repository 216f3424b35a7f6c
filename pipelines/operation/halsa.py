"""`halsa.json`: how the installation is, for monitoring that reads a file. Written at the end of every night.

Times are UTC and end in Z. A monitor needs one of them: the file says itself from when it is too old. That is what
`python -m pipelines.operation.halsa`, a container's health check, goes by.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec

from pipelines import __version__, clock
from pipelines.files import write_file
from pipelines.locks import LOCK_FILE, lock_holder
from pipelines.operation import webui
from pipelines.operation.copies import NOTE
from pipelines.operation.nights import STALE, next_tick
from pipelines.rows import mappings
from pipelines.settings import Settings
from pipelines.warehouse.journal import DONE

_PATIENCE: Final = 4.0


def write_halsa(settings: Settings, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Write what the journal of the warehouse says. now: UTC, naive."""
    rows = mappings(connection.sql("FROM korning ORDER BY startad DESC LIMIT 1"))
    ((last_done,),) = connection.execute("SELECT max(avslutad) FROM korning WHERE utfall = $1", [DONE]).fetchall()
    last = rows[0] if rows else {}
    content = {
        "skriven": _text(now),
        "version": __version__,
        "kalla": last.get("kalla"),
        "katalog": str(settings.catalog_dir.resolve()),
        "senaste_korning": {key: last.get(key) for key in ("korning_id", "utfall", "felmeddelande")},
        "senaste_goda_natt": _text(last_done),
        "alder_timmar": None if last_done is None else round((now - last_done) / timedelta(hours=1), 1),
        "for_gammal_efter": _text(last_done + STALE) if last_done else None,
        "nasta_natt": _text(next_tick(now.replace(tzinfo=UTC)).astimezone(UTC)),
        "sakerhetskopia": _read(settings, NOTE),
    }
    write_file(settings.halsa, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def source(settings: Settings) -> str | None:
    """Where the figures come from, as the last night wrote it; None when it is not known."""
    return (_read(settings, settings.halsa.name) or {}).get("kalla")


def catalog_dir(settings: Settings) -> Path | None:
    """The folder with the YAML files of the last night; None when it is not known."""
    folder = (_read(settings, settings.halsa.name) or {}).get("katalog")
    return Path(folder) if folder else None


def unhealthy(settings: Settings, now: datetime) -> str | None:
    """Why a container is not healthy: its web UI does not answer, or no night has been good of late; None when it is.

    Before the first good night there is nothing to be late for.
    """
    ui = lock_holder(settings.dagster_home / LOCK_FILE)
    if ui is None:
        return "malbild ui is not running"
    try:
        webui.state(ui.note, _PATIENCE)
    except webui.WebUIError as error:
        return f"{ui.note} does not answer: {error}"
    late = (_read(settings, settings.halsa.name) or {}).get("for_gammal_efter")
    return f"no good night: one was due before {late}" if late and (_text(now) or "") > late else None


def _read(settings: Settings, name: str) -> Any:
    """A file of the data dir; None when there is none that can be read."""
    try:
        return msgspec.json.decode((settings.data_dir / name).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _text(when: datetime | None) -> str | None:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else None


if __name__ == "__main__":
    sys.exit(unhealthy(Settings.from_env(), clock.now()))
