"""What a form tells before it asks: values, findings, earlier answers and paces, from the published database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from pipelines import clock
from pipelines.analysis.pace import fastest
from pipelines.analysis.trend import swedish
from pipelines.answers.questions import Place
from pipelines.errors import ConfigError
from pipelines.rows import Record, frame_rows, rows
from pipelines.settings import SYNTHETIC


@dataclass(frozen=True, slots=True)
class Facts:
    """known: the time of the newest run (UTC): what answers a form was filled with. values: the row of `senaste` by
    (matt_id, omrade_id), kön T, of the nyckeltal that the mått is shown with. series: its (year, value) oldest first.
    findings: rows of `fynd`, in order. answers: the row of `svar_nu` by (svarande_id, Place), of the issue or else of
    the newest earlier one. looks: cycle ('hemgang.2') → what its figures said on the day they were to be read, in
    words. paces: as of `pace.fastest`, of the nyckeltal in `values`.
    """

    known: datetime
    synthetic: bool
    values: Mapping[tuple[str, str], Record]
    series: Mapping[tuple[str, str], tuple[tuple[int, float], ...]]
    findings: tuple[Record, ...]
    answers: Mapping[tuple[str, Place], Record]
    looks: Mapping[str, str]
    paces: pl.DataFrame


def read_facts(connection: duckdb.DuckDBPyConnection, issue_id: str) -> Facts:
    """From the open published database. Raises ConfigError when it holds no finished run."""
    newest = rows(connection.sql("SELECT observerad, kalla FROM klar_korning WHERE nyast = 1"))
    if not newest:
        raise ConfigError("the published database holds no finished run → `malbild run` first")
    values = {(row.matt_id, row.omrade_id): row for row in rows(connection.sql(_VALUES))}
    series: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for row in rows(connection.sql(_SERIES)):
        series.setdefault((row.nyckeltal_id, row.omrade_id), []).append((row.ar, row.varde))
    return Facts(
        known=newest[0].observerad,
        synthetic=newest[0].kalla == SYNTHETIC,
        values=values,
        series={key: tuple(series[row.nyckeltal_id, row.omrade_id]) for key, row in values.items()},
        findings=tuple(rows(connection.sql("FROM fynd ORDER BY fynd_nr, ordning"))),
        answers=_answers(connection, issue_id),
        looks=_looks(connection),
        paces=fastest(
            connection.sql(_ALL_VALUES).pl(),
            connection.sql("SELECT nyckeltal_id, ar, sista_gamla_ar FROM nyckeltal_brott").pl(),
        ),
    )


def _answers(connection: duckdb.DuckDBPyConnection, issue_id: str) -> dict[tuple[str, Place], Record]:
    newest_answers = rows(connection.sql(_ANSWERS, params=[issue_id]))
    return {(row.svarande_id, (row.objekt, row.objekt_id, row.falt)): row for row in newest_answers}


def _looks(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    seen = connection.sql(_LOOKS).pl().with_columns(i_ord=swedish(pl.col("varde")))
    by_cycle: dict[str, list[str]] = {}
    for (initiative, number, _), areas in seen.group_by("satsning_id", "cykel", "nyckeltal_id", maintain_order=True):
        said = [
            f"{row.namn} {row.i_ord} ({', '.join(filter(None, (row.avser, row.sarskild_orsak)))})"
            if row.i_ord
            else f"{row.namn} saknar värde"
            for row in frame_rows(areas)
        ]
        day = clock.swedish(areas["observerad"][0]).date()
        by_cycle.setdefault(f"{initiative}.{number}", []).append(f"{areas['titel'][0]}, {day}: {'; '.join(said)}.")
    return {cycle: "\n".join(texts) for cycle, texts in by_cycle.items()}


# What mått are shown with; a mått with none for that kind of area has no row.
_SHOWN = """
SELECT k.matt_id, k.nyckeltal_id, k.roll, o.omrade_id FROM matt_nyckeltal k JOIN omrade o ON o.i_malbild
    AND k.visas_for IN ('båda', o.typ)
"""
_VALUES = f"""
SELECT v.matt_id, v.roll, s.* EXCLUDE (matt_id, roll) FROM senaste s JOIN ({_SHOWN}) v USING (nyckeltal_id, omrade_id)
WHERE s.kon = 'T'
"""  # noqa: S608 - texts of this module
_SERIES = f"""
SELECT DISTINCT m.nyckeltal_id, m.omrade_id, m.ar, m.varde
FROM matvarde m JOIN ({_SHOWN}) v USING (nyckeltal_id, omrade_id)
WHERE m.kon = 'T' AND m.varde IS NOT NULL ORDER BY ALL
"""  # noqa: S608 - texts of this module
_ALL_VALUES = """
SELECT m.nyckeltal_id, o.typ, m.omrade_id, m.ar, m.varde
FROM matvarde m JOIN omrade o USING (omrade_id)
WHERE m.kon = 'T' AND o.typ IN ('kommun', 'region')
    AND m.nyckeltal_id IN (SELECT nyckeltal_id FROM matt_nyckeltal WHERE visas_for IS NOT NULL)
"""
# Of several issues the one that is asked about, else the newest.
_ANSWERS = """
FROM svar_nu
QUALIFY row_number() OVER (
    PARTITION BY svarande_id, objekt, objekt_id, falt ORDER BY uppfoljning_id = $1 DESC, observerad DESC) = 1
ORDER BY svarande_id, objekt, objekt_id, falt
"""
# Of several looks of one cycle the last. A nyckeltal that is no longer in the YAML files has only its id.
_LOOKS = """
SELECT t.satsning_id, t.cykel, t.nyckeltal_id, coalesce(n.titel, t.nyckeltal_id) AS titel, t.observerad,
    coalesce(o.namn, t.omrade_id) AS namn, t.avser, t.varde, t.sarskild_orsak
FROM titt t LEFT JOIN nyckeltal n USING (nyckeltal_id) LEFT JOIN omrade o USING (omrade_id)
QUALIFY t.planerad_titt = max(t.planerad_titt) OVER (PARTITION BY t.satsning_id, t.cykel)
ORDER BY t.satsning_id, t.cykel, t.nyckeltal_id, o.typ, namn
"""
