"""One run of the job in this process, and what to tell about it afterwards.

The command line's way in; Dagster's schedule and UI start the very same job. DAGSTER_HOME lies in the data dir, so
that both show the same runs.
"""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl

from pipelines.assets import lokala
from pipelines.assets.resource import NOTHING_NEW, Progress
from pipelines.assets.tags import APPROVED, YES
from pipelines.definitions import JOB, build_defs
from pipelines.errors import ConfigError, MalbildError
from pipelines.local.intake import findings
from pipelines.permissions import keep_private
from pipelines.settings import REPO_ROOT, Settings
from pipelines.warehouse import journal
from pipelines.warehouse.location import warehouse_of


@dataclass(frozen=True, slots=True)
class Summary:
    """What a finished run has to say. `run`: its row in `korning`."""

    run: dict[str, Any]
    measures: int
    measures_with_values: int
    cells: int
    cells_with_values: int
    not_in_catalogue: list[str]
    empty_here: list[str]
    # One line per event of the run in Kolada's catalogue.
    events: list[str]
    # Nothing had changed: analysis, publication and report were skipped.
    skipped: bool
    # What the huvudmän handed in: values taken, of which hidden, and what was refused, one line each.
    local_values: int
    local_hidden: int
    local_refused: list[str]
    # What the asset checks warn of, one line each.
    warned: list[str] = field(default_factory=list)


def prepare_home(settings: Settings) -> Path:
    """DAGSTER_HOME of the data dir, with its settings in place."""
    keep_private(settings)
    home = settings.dagster_home
    template = settings.dagster_yaml or REPO_ROOT / "dagster.yaml"
    if not template.is_file():
        raise ConfigError(f"MALBILD_DAGSTER={str(template)!r} is no file → name one like deploy/dagster-postgres.yaml")
    shutil.copy(template, home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return home


def run_job(settings: Settings, progress: Progress, *, full: bool = False, approved: bool = False) -> Summary:
    """The whole job. full: everything whole, whatever was fetched before. approved: a person has looked at the changes
    that would stop it.

    Raises the MalbildError that stopped it, or the exception that did.
    """
    prepare_home(settings)
    # Dagster tells every event on stderr; the run's log file and the UI have them.
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    job = build_defs(settings, progress).resolve_job_def(JOB)
    with dg.DagsterInstance.get() as instance:
        try:
            result = job.execute_in_process(
                instance=instance,
                tags={APPROVED: YES} if approved else None,
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "ops": {"kolada__katalog": {"config": {"hel": full}}},
                },
            )
        except Exception as error:
            raise _cause(error) from error
    warned = [
        f"{evaluation.check_name}: {evaluation.description}"
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed
    ]
    return replace(summarise(settings, result.dagster_run.run_id), warned=warned)


def summarise(settings: Settings, dagster_id: str) -> Summary:
    """The summary of the run with this Dagster id, from the warehouse."""
    with warehouse_of(settings).open() as connection:
        (run_id,) = connection.sql(
            "SELECT korning_id FROM korning WHERE dagster_id = $1", params=[dagster_id]
        ).fetchall()[0]
        local = lokala.read(settings.work_dir / run_id)
        measures, with_values, cells, cells_with_values = connection.sql(_COVERAGE).fetchall()[0]
        return Summary(
            journal.run_row(connection, run_id),
            measures,
            with_values,
            cells,
            cells_with_values,
            _ids(connection, "SELECT nyckeltal_id FROM nyckeltal WHERE foljs AND NOT i_katalogen ORDER BY ALL"),
            _ids(connection, _EMPTY_HERE),
            [" ".join(line.split()) for line in _ids(connection, _EVENTS, run_id)],
            (settings.work_dir / run_id / NOTHING_NEW).exists(),
            local.values.height,
            local.values.filter(pl.col("status") == "sekretess").height,
            findings(local.refused),
        )


def _cause(error: BaseException) -> BaseException:
    """The error of ours inside Dagster's wrappers, or what they wrap, or the error itself."""
    seen: BaseException | None = error
    wrapped = error
    while seen is not None:
        if isinstance(seen, MalbildError):
            return seen
        user = getattr(seen, "user_exception", None)
        wrapped = user or wrapped
        inner = user or seen.__cause__
        seen = inner if inner is not seen else None
    return wrapped


def _ids(connection: duckdb.DuckDBPyConnection, query: str, *params: str) -> list[str]:
    return [row[0] for row in connection.sql(query, params=list(params)).fetchall()]


_EVENTS = """
SELECT concat_ws(' ', objekt_id, handelse || ':', coalesce(fore, '–'), '→', coalesce(efter, '–'))
FROM katalog_handelse WHERE korning_id = $1 ORDER BY handelse, objekt_id
"""


# A cell is a mått × a huvudman that it concerns; it has a value when any nyckeltal of the mått has one, in any year.
_COVERAGE = """
WITH cell AS (
    SELECT m.matt_id, o.omrade_id,
        EXISTS (FROM matt_nyckeltal k JOIN matvarde v USING (nyckeltal_id)
                WHERE k.matt_id = m.matt_id AND v.omrade_id = o.omrade_id AND v.varde IS NOT NULL) AS har
    FROM matt m JOIN omrade o ON o.i_malbild AND (m.huvudman = 'båda' OR m.huvudman = o.typ)
)
SELECT count(DISTINCT matt_id), count(DISTINCT matt_id) FILTER (har), count(*), count(*) FILTER (har) FROM cell
"""

_EMPTY_HERE = """
SELECT n.nyckeltal_id FROM nyckeltal n
WHERE n.foljs AND n.i_katalogen AND NOT EXISTS (
    FROM matvarde v JOIN omrade o USING (omrade_id)
    WHERE v.nyckeltal_id = n.nyckeltal_id AND o.i_malbild AND v.varde IS NOT NULL)
ORDER BY ALL
"""
