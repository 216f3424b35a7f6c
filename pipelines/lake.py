"""A warehouse that several machines share: where its catalogue and its files are.

Here: the setting, read and named. Connecting is `warehouse.shared`; nothing here opens anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import ConfigError

_PREFIX = "ducklake:postgres:"
_EXAMPLE = f"{_PREFIX}host=db.example.se dbname=malbild user=malbild"
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,47}")
INSTALL = "pip install 'malbild[kluster]' (requirements-kluster.lock has the versions)"


@dataclass(frozen=True, slots=True)
class Lake:
    """One county's warehouse in DuckLake: tables as Parquet under `folder`, their catalogue in PostgreSQL.

    dsn: how libpq finds the database, without any password. schema: the county's own schema there, so that counties
    share a database and nothing in it. spill: where DuckDB puts what does not fit in memory, on this machine.
    """

    dsn: str
    schema: str
    folder: Path
    spill: Path
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"DuckLake {self.schema} ({self.dsn})"


def lake(text: str, schema: str | None, data: str | None, data_dir: Path) -> Lake:
    """From MALBILD_LAGER, MALBILD_LAGER_SCHEMA and MALBILD_LAGER_DATA. Raises ConfigError naming the one that is wrong,
    and never what MALBILD_LAGER holds: a password may stand in it.
    """
    if not text.startswith(_PREFIX):
        raise ConfigError(
            f"MALBILD_LAGER does not begin with {_PREFIX}, the only kind of shared warehouse there is "
            f"→ write it like {_EXAMPLE}, or unset it: the warehouse is lager.duckdb in the data dir then"
        )
    if schema is None or not _SCHEMA.fullmatch(schema):
        raise ConfigError(
            f"MALBILD_LAGER_SCHEMA={schema or ''!r} names no schema: expected up to 48 letters a-z, digits and _, "
            "a letter first → give every county its own, e.g. sormland"
        )
    if data is None or not Path(data).is_absolute():
        # An address such as s3://… would need an extension that is not installed.
        raise ConfigError(
            f"MALBILD_LAGER_DATA={data or ''!r} is not an absolute path → name a folder that every machine sees under "
            "this same path, e.g. /srv/malbild/lager"
        )
    try:
        import psycopg2
        from psycopg2.extensions import make_dsn, parse_dsn
    except ImportError as error:
        raise ConfigError(f"MALBILD_LAGER is set, but {error.name} is not installed → {INSTALL}") from None
    try:
        parts = parse_dsn(text.removeprefix(_PREFIX))
    except psycopg2.ProgrammingError:
        raise ConfigError(
            "MALBILD_LAGER cannot be read as a PostgreSQL connection string (it is not shown here, because a password "
            f"may stand in it) → write it like {_EXAMPLE}"
        ) from None
    if "dbname" not in parts:
        raise ConfigError(f"MALBILD_LAGER names no database (dbname) → write it like {_EXAMPLE}")
    password = parts.pop("password", None)
    return Lake(make_dsn(**parts), schema, Path(data) / schema, data_dir / "arbete", password)
