"""A warehouse that several machines share: where its catalogue and its files are, chosen in the environment.

Here: the setting, read and named. Connecting is `warehouse.ducklake`; nothing here opens anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.addresses import is_loopback, url_error
from pipelines.errors import ConfigError

_PREFIX = "ducklake:postgres:"
_EXAMPLE = f"{_PREFIX}host=db.example.se dbname=malbild user=malbild"
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,47}")
_OBJECT_SCHEME = "s3://"
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*/?")
INSTALL = "pip install 'malbild[kluster]' (requirements-kluster.lock has the versions)"


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """How object storage (S3) is reached. `endpoint`: of one's own storage; None means Amazon's, in `region`."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    endpoint: str | None
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Lake:
    """One county's warehouse in DuckLake: tables as Parquet under `folder`, their catalogue in PostgreSQL.

    Attributes:
        dsn: How libpq finds the database, without any password.
        schema: The county's own schema there, so that counties share a database and nothing in it.
        folder: A path, or s3://…; then `objects` says how it is reached.
        spill: Where DuckDB puts what does not fit in memory, on this machine.
    """

    dsn: str
    schema: str
    folder: str
    spill: Path
    password: str | None = field(default=None, repr=False)
    objects: ObjectStorage | None = None

    def __str__(self) -> str:
        return f"DuckLake {self.schema} ({self.dsn})"

    @classmethod
    def from_env(cls, environ: Mapping[str, str], data_dir: Path) -> Lake | None:
        """The warehouse that MALBILD_LAGER names; None when it is not set.

        Read are also MALBILD_LAGER_SCHEMA, MALBILD_LAGER_DATA and, for object storage, the variables that every program
        for it reads (AWS_…).

        Raises:
            ConfigError: names the variable that is wrong, and never what MALBILD_LAGER or a key holds.
        """
        return _lake(environ, data_dir) if environ.get("MALBILD_LAGER") else None


def _lake(environ: Mapping[str, str], data_dir: Path) -> Lake:
    text, schema = environ["MALBILD_LAGER"], environ.get("MALBILD_LAGER_SCHEMA")
    data = environ.get("MALBILD_LAGER_DATA", "")
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
    is_remote = _BUCKET.fullmatch(data) is not None
    if not is_remote and (data.startswith(_OBJECT_SCHEME) or not Path(data).is_absolute()):
        raise ConfigError(
            f"MALBILD_LAGER_DATA={data!r} is neither an absolute path nor s3:// with a bucket → name a folder that "
            "every machine sees under this same path, e.g. /srv/malbild/lager, or e.g. s3://malbild/lager"
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
    if "sslpassword" in parts:
        raise ConfigError(
            "MALBILD_LAGER holds sslpassword, which logs would show → take it out, and use a key without a passphrase"
        )
    return Lake(
        make_dsn(**parts),
        schema,
        f"{data.rstrip('/')}/{schema}",
        data_dir / "arbete",
        password,
        _object_storage(environ) if is_remote else None,
    )


def _object_storage(environ: Mapping[str, str]) -> ObjectStorage:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not environ.get(variable):
            raise ConfigError(f"MALBILD_LAGER_DATA is object storage, but {variable} is not set → set it")
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or None
    if endpoint:
        reason = url_error(endpoint)
        if not reason and endpoint.startswith("http://") and not is_loopback(endpoint):
            reason = "http:// can be listened to on the way"
        if reason:
            raise ConfigError(
                f"AWS_ENDPOINT_URL_S3 (or AWS_ENDPOINT_URL) is not an address of object storage: {reason} → write it "
                "whole, e.g. https://s3.example.se"
            )
    return ObjectStorage(
        environ["AWS_ACCESS_KEY_ID"],
        environ["AWS_SECRET_ACCESS_KEY"],
        environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        endpoint,
        environ.get("AWS_SESSION_TOKEN") or None,
    )
