"""Asset `lokala/uppgifter`: what the huvudmän have handed in, checked, with small counts hidden."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from pipelines.assets import graph
from pipelines.assets.resource import RunParam, step
from pipelines.local.intake import VALUES
from pipelines.run.screening import take_local

KEY = dg.AssetKey(["lokala", "uppgifter"])


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
    reasons = local.refused.group_by("orsak").len().sort("orsak")
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": local.values.height,
            "filer": dg.MetadataValue.json([file.name for file in files]),
            "dolda": local.values.filter(pl.col("status") == "sekretess").height,
            "vägrade": dg.MetadataValue.json(dict(reasons.iter_rows())),
        }
    )
