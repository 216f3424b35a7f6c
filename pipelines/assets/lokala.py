"""Asset `lokala/uppgifter`: what the huvudmän have handed in, checked, with small counts hidden."""

from pathlib import Path

import dagster as dg
import polars as pl

from pipelines.assets import graph
from pipelines.assets.resource import RESOURCE, Run
from pipelines.local.archive import archive_files
from pipelines.local.intake import VALUES, Local, find, read_local
from pipelines.warehouse.refused import shown_locally
from pipelines.warehouse.store import open_warehouse

KEY = dg.AssetKey(["lokala", "uppgifter"])
_FRAMES = ("values", "whole", "refused", "protected")


@dg.asset(
    key=KEY,
    group_name="lokala",
    kinds={"polars", "excel"},
    required_resource_keys={RESOURCE},
    description="Uppgifter som huvudmännen själva lämnar i mappen lokala, en fil per mått: granskade, och med små "
    "antal och det som de kan räknas ut ur dolda innan något lagras.",
    metadata={"dagster/column_schema": graph.column_schema("matvarde", only=VALUES)},
)
def uppgifter(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    files = find(run.settings.local_dir)
    for name, content in archive_files(files).items():
        run.archive_only(name, content)
    with open_warehouse(run.settings.warehouse) as connection:
        shown = shown_locally(connection)
    local = read_local(files, run.catalog, shown, run.started.year)
    for name in _FRAMES:
        getattr(local, name).write_parquet(run.folder / f"lokalt-{name}.parquet")
    reasons = local.refused.group_by("orsak").len().sort("orsak")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": local.values.height,
            "filer": dg.MetadataValue.json([file.name for file in files]),
            "dolda": local.values.filter(pl.col("status") == "sekretess").height,
            "vägrade": dg.MetadataValue.json(dict(reasons.iter_rows())),
        }
    )


def read(folder: Path) -> Local:
    """What the run with this folder took from `lokala/`; nothing when it did not look."""
    files = {name: folder / f"lokalt-{name}.parquet" for name in _FRAMES}
    if not all(file.exists() for file in files.values()):
        return Local.nothing()
    return Local(**{name: pl.read_parquet(file) for name, file in files.items()})
