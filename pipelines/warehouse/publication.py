"""What the published files were made of, so that a night without news can leave them alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines import __version__
from pipelines.catalog.model import SourceFile
from pipelines.files import sha256


def fingerprint(connection: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], day: date) -> str:
    """One text for all that publication depends on: data, what is preliminary on this day, YAML, program."""
    parts = [__version__, *(hashlib.sha256(file.content).hexdigest() for file in files)]
    parts += [str(row) for row in connection.sql(_DATA, params=[day]).fetchall()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_published(connection: duckdb.DuckDBPyConnection, print_now: str, outputs: Sequence[Path], report: Path) -> bool:
    """Whether the last finished publication had this fingerprint, and its files are there, the report unchanged."""
    found = connection.sql("SELECT varde FROM lager_info WHERE nyckel = 'publicerat'").fetchall()
    return all(path.exists() for path in outputs) and found == [(_with_report(print_now, report),)]


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Publication begins: until it is finished nobody knows what the files hold."""
    connection.execute("DELETE FROM lager_info WHERE nyckel = 'publicerat'")


def finish(connection: duckdb.DuckDBPyConnection, print_now: str, report: Path) -> None:
    """A run has published everything; call only then."""
    begin(connection)
    connection.execute("INSERT INTO lager_info VALUES ('publicerat', $1)", [_with_report(print_now, report)])


def published_report(connection: duckdb.DuckDBPyConnection) -> str | None:
    """sha256 of the report that the last finished publication made; None while one is unfinished, or before any."""
    found = connection.sql("SELECT varde FROM lager_info WHERE nyckel = 'publicerat'").fetchall()
    return str(found[0][0]).split()[1] if found else None


def _with_report(print_now: str, report: Path) -> str:
    """A report as of another day may have taken the draft's place."""
    return f"{print_now} {sha256(report)}"


_DATA = """
SELECT 'revision', max(observerad)::VARCHAR FROM matvarde_revision
UNION ALL SELECT 'händelse', max(observerad)::VARCHAR FROM katalog_handelse
UNION ALL SELECT 'version', max(observerad)::VARCHAR FROM nyckeltal_version
UNION ALL SELECT 'medlemmar', concat_ws(' ', count(*), max(fran), max(till)) FROM grupp_medlem
UNION ALL SELECT 'områden', sum(hash(o))::VARCHAR FROM omrade o
UNION ALL SELECT 'karantän', count(*)::VARCHAR FROM karantan
UNION ALL
SELECT 'preliminärt', coalesce(string_agg(nyckeltal_id, ',' ORDER BY nyckeltal_id), '') FROM nyckeltal
WHERE preliminart_publiceras <= $1 AND $1 < publiceras
"""
