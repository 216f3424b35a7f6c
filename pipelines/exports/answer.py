"""The answer to a query of one's own, as a Swedish Excel reads it: numbers as numbers, ids as text, missing empty."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import xlsxwriter
from polars import selectors

from pipelines.errors import ConfigError
from pipelines.exports.about import read_about
from pipelines.exports.csvfiles import NO, YES, write_swedish
from pipelines.exports.workbook import answer_sheet
from pipelines.warehouse.formulas import neutral_texts


def write_answer(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    """The rows of one SELECT over the open published database in `target`, .xlsx or .csv; returns their number.

    Raises ConfigError when DuckDB refuses the query, when it answers with no table, or at another ending.
    """
    if target.suffix not in (".xlsx", ".csv"):
        raise ConfigError(f"{target}: the ending says the form, .xlsx or .csv → name the file so")
    try:
        kinds = [statement.type for statement in connection.extract_statements(query)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise ConfigError("the query gives no table of its own → write one SELECT")
        frame = connection.sql(query).pl()
    except duckdb.Error as error:
        raise ConfigError(
            f"the query cannot be answered: {error} → correct it; `FROM datakatalog` has the names"
        ) from None
    frame = frame.with_columns(
        pl.col(pl.Boolean).replace_strict({True: YES, False: NO}, return_dtype=pl.String),
        pl.col(pl.Decimal).cast(pl.Float64),
    )
    if target.suffix == ".csv":
        write_swedish(frame.with_columns(neutral_texts()), target)
    else:
        about = read_about(connection)
        with xlsxwriter.Workbook(str(target), {"constant_memory": True}) as book:
            line = f"{about.mark or about.own}. Uppgifter per {about.as_of_text}"
            answer_sheet(book, line, frame.columns, frame.with_columns(selectors.temporal().cast(pl.String)).rows())
    return frame.height
