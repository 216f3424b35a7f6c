"""`halsa.json`: how the installation is, for monitoring that reads a file. Written at the end of every night.

Times are UTC and end in Z. A monitor needs two of them: the file says itself from when it is too old.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import duckdb
import msgspec

from pipelines import __version__
from pipelines.files import write_file
from pipelines.operation.runs import STALE, next_tick
from pipelines.rows import mappings
from pipelines.settings import Settings
from pipelines.warehouse.journal import DONE

# What `malbild backup` has noted in the data dir.
_BACKUP: Final = "sakerhetskopia.json"


def write_halsa(settings: Settings, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Write what the journal of the warehouse says. now: UTC, naive."""
    rows = mappings(connection.sql("FROM korning ORDER BY startad DESC LIMIT 1"))
    ((good,),) = connection.execute("SELECT max(avslutad) FROM korning WHERE utfall = $1", [DONE]).fetchall()
    last = rows[0] if rows else {}
    content = {
        "skriven": _text(now),
        "version": __version__,
        "kalla": last.get("kalla"),
        "senaste_korning": {key: last.get(key) for key in ("korning_id", "utfall", "felmeddelande")},
        "senaste_goda_natt": _text(good),
        "alder_timmar": None if good is None else round((now - good) / timedelta(hours=1), 1),
        "for_gammal_efter": _text(good + STALE) if good else None,
        "nasta_natt": _text(next_tick(now.replace(tzinfo=UTC)).astimezone(UTC)),
        "sakerhetskopia": _read(settings, _BACKUP),
    }
    write_file(settings.halsa, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def source(settings: Settings) -> str | None:
    """Where the figures come from, as the last night wrote it; None when it is not known."""
    return (_read(settings, settings.halsa.name) or {}).get("kalla")


def _read(settings: Settings, name: str) -> Any:
    """A file of the data dir; None when there is none that can be read."""
    try:
        return msgspec.json.decode((settings.data_dir / name).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _text(when: datetime | None) -> str | None:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else None
