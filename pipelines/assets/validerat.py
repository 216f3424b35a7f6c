"""Assets `validerat/<indikator>`: accepted values, one row per key, and the refused ones with their reasons."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from pipelines.assets import graph
from pipelines.assets.run import RESOURCE, Run
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.kolada.fetch import Fetch, read_batch
from pipelines.kolada.observations import SCHEMA, to_frame
from pipelines.validation.quarantine import Screened, screen

# Columns of `matvarde` that a value gets when it is merged.
_ADDED_LATER = ("preliminart", "kalla", "korning_id")


def build(catalog: Catalog) -> dg.AssetsDefinition:
    """The multi-asset of all `validerat/…`, generated from the YAML."""

    @dg.multi_asset(
        name="validerat",
        specs=[
            dg.AssetSpec(
                graph.validated_key(part.id),
                deps=[graph.raw_key(part.id)],
                group_name=part.group,
                kinds={"polars", "parquet"},
                description=f"{part.title}: värden som klarat granskningen, en rad per nyckeltal, område, år och kön. "
                f"{part.description}",
                metadata={"dagster/column_schema": graph.column_schema("matvarde", without=_ADDED_LATER)},
            )
            for part in graph.parts(catalog)
        ],
        can_subset=True,
        required_resource_keys={RESOURCE},
    )
    def validerat(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        run: Run = getattr(context.resources, RESOURCE)
        parts = [part for part in graph.parts(catalog) if graph.validated_key(part.id) in context.selected_asset_keys]
        fetch = _fetch_of(run)
        came = _read(run, fetch, parts)
        asked = fetch.asked()
        for part in parts:
            mine = {kpi: asked[kpi] for kpi in part.kpis if kpi in asked}
            screened = screen(came[part.id], mine, run.started.year)
            screened.accepted.write_parquet(run.folder / f"godkant-{part.id}.parquet")
            screened.refused.write_parquet(run.folder / f"vagrat-{part.id}.parquet")
            yield dg.MaterializeResult(asset_key=graph.validated_key(part.id), metadata=_metadata(run, part, screened))

    return validerat


def _fetch_of(run: Run) -> Fetch:
    try:
        return Fetch.decoded((run.folder / "ra.json").read_bytes())
    except FileNotFoundError:
        raise ConfigError(
            "nothing was fetched in this run → select the assets ra/… together with validerat/…"
        ) from None


def _read(run: Run, fetch: Fetch, parts: list[graph.Part]) -> dict[str, pl.DataFrame]:
    """Part id → its values. A value of a KPI that nobody asked for goes to the first part of its batch, to be refused
    there.
    """
    owner = {kpi: part.id for part in parts for kpi in part.kpis}
    frames: dict[str, list[pl.DataFrame]] = {part.id: [pl.DataFrame(schema=SCHEMA)] for part in parts}
    for batch in fetch.batches:
        owners = {kpi: owner[kpi] for kpi in batch.kpis if kpi in owner}
        if not owners:
            continue
        first = next(iter(owners.values()))
        frame = to_frame(read_batch(run.archive, batch))
        others = set(batch.kpis) - set(owners)
        rows = frame.filter(~pl.col("nyckeltal_id").is_in(list(others))).with_columns(
            part=pl.col("nyckeltal_id").replace_strict(owners, default=first, return_dtype=pl.String)
        )
        for (part_id,), mine in rows.partition_by("part", as_dict=True, include_key=False).items():
            frames[part_id].append(mine)
    return {part_id: pl.concat(some) for part_id, some in frames.items()}


def _metadata(run: Run, part: graph.Part, screened: Screened) -> dict[str, dg.MetadataValue[Any] | int | str]:
    values = screened.accepted.filter(pl.col("varde").is_not_null())
    years = values["ar"].unique().to_list()
    reasons = screened.refused.group_by("orsak").len().sort("orsak")
    return {
        "dagster/row_count": screened.accepted.height,
        "värden": values.height,
        "år": f"{min(years)}–{max(years)}" if years else "inga värden",
        "vägrade": dg.MetadataValue.json(dict(reasons.iter_rows())),
        "täckning: senaste år per kommun och mått": _coverage(run.catalog, part, values),
    }


def _coverage(catalog: Catalog, part: graph.Part, values: pl.DataFrame) -> dg.TableMetadataValue:
    """Newest year with a value, per mått (of this part's KPIs) and huvudman; "–" where there is none."""
    principals = [*catalog.geography.kommuner, catalog.geography.region]
    newest = {
        (kpi, area): year
        for kpi, area, year in values.group_by("nyckeltal_id", "omrade_id").agg(pl.col("ar").max()).iter_rows()
    }
    records = []
    for measure in catalog.measures:
        kpis = [entry.kpi_id for entry in measure.kpis if entry.kpi_id in part.kpis]
        if kpis:
            years = {p.name: max((newest.get((k, p.id), 0) for k in kpis), default=0) for p in principals}
            records.append(
                dg.TableRecord({"mått": measure.name, **{name: str(y) if y else "–" for name, y in years.items()}})
            )
    columns = [dg.TableColumn("mått"), *(dg.TableColumn(p.name) for p in principals)]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns))
