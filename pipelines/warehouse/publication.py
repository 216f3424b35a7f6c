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
from pipelines.warehouse.info import PUBLISHED, STORED, read_info, write_info


def note_stored(connection: duckdb.DuckDBPyConnection, run_id: str, files: Sequence[SourceFile], day: date) -> str:
    """Note what publication would be made of after this run has stored what it brought, and return its fingerprint: of
    the data, what is preliminary on this day, the YAML `files`, and the program.
    """
    parts = [__version__, *(hashlib.sha256(file.content).hexdigest() for file in files)]
    parts += [str(row) for row in connection.sql(_DATA, params=[day]).fetchall()]
    fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    write_info(connection, STORED, f"{run_id} {fingerprint}")
    return fingerprint


def is_published(connection: duckdb.DuckDBPyConnection, run_id: str, outputs: Sequence[Path], report: Path) -> bool:
    """Whether the last finished publication was made of what this run stored, and its files are there, the report
    unchanged. False when this run has stored nothing.
    """
    fingerprint, published = _stored_by(connection, run_id), read_info(connection, PUBLISHED)
    if fingerprint is None or published is None:
        return False
    published_fingerprint, report_digest = published.split()
    return (
        fingerprint == published_fingerprint
        and all(path.exists() for path in outputs)
        # A report as of another day may have taken the draft's place.
        and sha256(report) == report_digest
    )


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """What is published cannot be read: whatever is stored counts as not published."""
    write_info(connection, PUBLISHED, None)


def finish(connection: duckdb.DuckDBPyConnection, run_id: str, report: Path) -> None:
    """This run has published everything. What was stored by another run counts as not published."""
    fingerprint = _stored_by(connection, run_id)
    write_info(connection, PUBLISHED, f"{fingerprint} {sha256(report)}" if fingerprint else None)


def published_report(connection: duckdb.DuckDBPyConnection) -> str | None:
    """sha256 of the report that the last finished publication made; None before any, or when what is published
    could not be read."""
    published = read_info(connection, PUBLISHED)
    return published.split()[1] if published else None


def _stored_by(connection: duckdb.DuckDBPyConnection, run_id: str) -> str | None:
    """The fingerprint of what is stored, when this run was the last to store anything."""
    last_run, _, fingerprint = (read_info(connection, STORED) or "").partition(" ")
    return fingerprint if last_run == run_id else None


_DATA = """
SELECT 'revision', max(observerad)::VARCHAR FROM matvarde_revision
UNION ALL SELECT 'händelse', max(observerad)::VARCHAR FROM katalog_handelse
UNION ALL SELECT 'version', max(observerad)::VARCHAR FROM nyckeltal_version
UNION ALL SELECT 'medlemmar', concat_ws(' ', count(*), max(fran), max(till)) FROM grupp_medlem
UNION ALL SELECT 'områden', sum(hash(o))::VARCHAR FROM omrade o
UNION ALL SELECT 'karantän', count(*)::VARCHAR FROM karantan
UNION ALL SELECT 'perioder', max(observerad)::VARCHAR FROM periodvarde_revision
UNION ALL SELECT 'titt', max(observerad)::VARCHAR FROM titt
UNION ALL SELECT 'svar', max(observerad)::VARCHAR FROM svar
UNION ALL
SELECT 'preliminärt', coalesce(string_agg(nyckeltal_id, ',' ORDER BY nyckeltal_id), '') FROM nyckeltal
WHERE preliminart_publiceras <= $1 AND $1 < publiceras
"""
