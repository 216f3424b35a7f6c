"""What a finished run has to say to whoever started it, read from the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from pipelines.local.intake import findings
from pipelines.run.screening import answers_of, local_of
from pipelines.settings import Settings
from pipelines.warehouse import journal
from pipelines.warehouse.location import warehouse_of


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run.

    Attributes:
        run: Its row in `korning`.
        cells: A cell is a mått × a huvudman that it concerns; it has a value when any of its nyckeltal has one.
        events: One line per event of the run in Kolada's catalogue.
        unchanged: Nothing had changed: analysis, publication and report were skipped.
        local_values: Values that the huvudmän handed in and were taken, of which `local_hidden` hidden.
        local_refused: What was refused of it, one line each.
        answers: Boxes of the workbooks that have an answer. answers_refused: as local_refused.
        warnings: What the asset checks warn of, one line each.
    """

    run: dict[str, Any]
    measures: int
    measures_with_values: int
    cells: int
    cells_with_values: int
    not_in_catalogue: list[str]
    empty_here: list[str]
    events: list[str]
    unchanged: bool
    local_values: int
    local_hidden: int
    local_refused: list[str]
    answers: int
    answers_refused: list[str]
    warnings: list[str]


def summarise(settings: Settings, dagster_id: str, *, unchanged: bool, warnings: Sequence[str]) -> Summary:
    """The summary of the run with this Dagster id; what only Dagster knows of it is passed in."""
    with warehouse_of(settings).open() as connection:
        run_id = journal.run_of(connection, dagster_id)
        local, answers = local_of(settings.work_dir / run_id), answers_of(settings.work_dir / run_id)
        measures, with_values, cells, cells_with_values = connection.sql(_COVERAGE).fetchall()[0]
        return Summary(
            run=journal.run_row(connection, run_id),
            measures=measures,
            measures_with_values=with_values,
            cells=cells,
            cells_with_values=cells_with_values,
            not_in_catalogue=_texts(connection, _NOT_IN_CATALOGUE),
            empty_here=_texts(connection, _EMPTY_HERE),
            events=[" ".join(line.split()) for line in _texts(connection, _EVENTS, run_id)],
            unchanged=unchanged,
            local_values=local.values.height,
            local_hidden=local.values.filter(pl.col("status") == "sekretess").height,
            local_refused=findings(local.refused),
            answers=answers.given,
            answers_refused=findings(answers.refused),
            warnings=list(warnings),
        )


def _texts(connection: duckdb.DuckDBPyConnection, query: str, *params: str) -> list[str]:
    return [row[0] for row in connection.sql(query, params=list(params)).fetchall()]


_EVENTS = """
SELECT concat_ws(' ', objekt_id, handelse || ':', coalesce(fore, '–'), '→', coalesce(efter, '–'))
FROM katalog_handelse WHERE korning_id = $1 ORDER BY handelse, objekt_id
"""

_COVERAGE = """
WITH cell AS (
    SELECT m.matt_id, o.omrade_id,
        EXISTS (FROM matt_nyckeltal k JOIN matvarde v USING (nyckeltal_id)
                WHERE k.matt_id = m.matt_id AND v.omrade_id = o.omrade_id AND v.varde IS NOT NULL) AS har
    FROM matt m JOIN omrade o ON o.i_malbild AND (m.huvudman = 'båda' OR m.huvudman = o.typ)
)
SELECT count(DISTINCT matt_id), count(DISTINCT matt_id) FILTER (har), count(*), count(*) FILTER (har) FROM cell
"""

_NOT_IN_CATALOGUE = "SELECT nyckeltal_id FROM nyckeltal WHERE foljs AND NOT i_katalogen ORDER BY ALL"

_EMPTY_HERE = """
SELECT n.nyckeltal_id FROM nyckeltal n
WHERE n.foljs AND n.i_katalogen AND NOT EXISTS (
    FROM matvarde v JOIN omrade o USING (omrade_id)
    WHERE v.nyckeltal_id = n.nyckeltal_id AND o.i_malbild AND v.varde IS NOT NULL)
ORDER BY ALL
"""
