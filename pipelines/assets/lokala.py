"""Assets `lokala/…`: what the huvudmän have handed in, checked, with small counts hidden, and what they and the groups
have answered.
"""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from pipelines.assets import graph
from pipelines.assets.resource import RunParam, step
from pipelines.local.intake import VALUES
from pipelines.run.screening import take_answers, take_local

KEY = dg.AssetKey(["lokala", "uppgifter"])
ANSWERS = dg.AssetKey(["lokala", "svar"])


@dg.asset(
    key=KEY,
    group_name="lokala",
    kinds={"polars", "excel"},
    description="Uppgifter som huvudmännen själva lämnar i mappen lokala, en fil per mått: granskade, och med små "
    "antal och det som de kan räknas ut ur dolda innan något lagras.",
    metadata={"dagster/column_schema": graph.column_schema("matvarde", only=VALUES)},
)
@step
def uppgifter(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    files, local = take_local(run)
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": local.values.height + local.periods.height,
            "månads- och kvartalsvärden": local.periods.height,
            "filer": dg.MetadataValue.json([file.name for file in files]),
            "dolda": sum(f.filter(pl.col("status") == "sekretess").height for f in (local.values, local.periods)),
            "vägrade": _reasons(local.refused),
        }
    )


@dg.asset(
    key=ANSWERS,
    group_name="lokala",
    kinds={"polars", "excel"},
    description="Svar från huvudmän och grupper, ur arbetsböckerna i mappen lokala/svar: granskade, med cell och skäl "
    "för det som inte tas emot. Inget svar ändrar ett värde.",
    metadata={"dagster/column_schema": graph.column_schema("svar")},
)
@step
def svar(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    files, answers = take_answers(run)
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": answers.given,
            "filer": len(files),
            "olika svar": dg.MetadataValue.json(list(answers.notes)),
            "vägrade": _reasons(answers.refused),
        }
    )


def _reasons(refused: pl.DataFrame) -> dg.JsonMetadataValue:
    """Why something was refused, and how often."""
    return dg.MetadataValue.json(dict(refused.group_by("orsak").len().sort("orsak").iter_rows()))
