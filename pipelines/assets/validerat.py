"""Assets `validerat/<indikator>`: accepted values, one row per key, and the refused ones with their reasons."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from pipelines.assets import graph
from pipelines.assets.resource import RESOURCE, Run
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.kolada.archive import FETCH_FILE
from pipelines.kolada.fetch import Fetch
from pipelines.validation.accepted import Accepted, scan, write_accepted
from pipelines.validation.answers import screen_answers
from pipelines.validation.quarantine import ACCEPTED
from pipelines.warehouse.coverage import newest_year_per_area
from pipelines.warehouse.store import open_warehouse

REVIEW = "granskning"
REFUSED = "vagrat.parquet"


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
                metadata={
                    "dagster/column_schema": graph.column_schema("matvarde", only=ACCEPTED),
                },
                freshness_policy=graph.FRESH,
            )
            for part in graph.parts(catalog)
        ],
        check_specs=[
            dg.AssetCheckSpec(
                REVIEW, asset=graph.validated_key(part.id), description="Nattens värden höll för granskningen."
            )
            for part in graph.parts(catalog)
        ],
        can_subset=True,
        required_resource_keys={RESOURCE},
    )
    def validerat(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        run: Run = getattr(context.resources, RESOURCE)
        parts = [part for part in graph.parts(catalog) if graph.validated_key(part.id) in context.selected_asset_keys]
        with open_warehouse(run.settings.warehouse) as connection:
            stored = newest_year_per_area(connection)
        fetch = _fetch_of(run)
        _refuse_part(fetch, [part for part in graph.parts(catalog) if part not in parts])
        # Written last: without it nothing counts as screened, also when an earlier attempt had come so far.
        (run.folder / REFUSED).unlink(missing_ok=True)
        accepted, refused = write_accepted(run.folder, screen_answers(run.archive, fetch, run.started.year))
        refused.write_parquet(run.folder / REFUSED)
        series = _series(accepted)
        for part in parts:
            mine = _of_part(run.catalog, part, is_first=part is parts[0])
            came, not_taken = series.filter(mine), refused.filter(mine)
            yield dg.MaterializeResult(
                asset_key=graph.validated_key(part.id),
                metadata=_metadata(run, part, came, not_taken, stored),
                check_results=[_review(part, int(came["antal"].sum()), not_taken)],
            )

    return validerat


def _fetch_of(run: Run) -> Fetch:
    try:
        return Fetch.decoded((run.folder / FETCH_FILE).read_bytes())
    except FileNotFoundError:
        raise ConfigError(
            "nothing was fetched in this run → select the assets ra/… together with validerat/…"
        ) from None


def _refuse_part(fetch: Fetch, left_out: list[graph.Part]) -> None:
    """Raises ConfigError when what is left out was fetched: its values would be taken for deleted, or never come."""
    asked = {kpi for batch in fetch.batches for kpi in batch.kpis}
    if lost := [part.id for part in left_out if not asked.isdisjoint(part.kpis)]:
        raise ConfigError(
            f"ra/{', ra/'.join(lost)} was fetched in this run, but is not to be validated → select "
            f"validerat/{', validerat/'.join(lost)} too"
        )


def _of_part(catalog: Catalog, part: graph.Part, *, is_first: bool) -> pl.Expr:
    """Whether a row is the part's. What belongs to no part at all (nobody asked for it) is told of with the first."""
    mine = pl.col("nyckeltal_id").is_in(list(part.kpis))
    if is_first:
        known = [kpi for other in graph.parts(catalog) for kpi in other.kpis]
        mine = mine | ~pl.col("nyckeltal_id").is_in(known)
    return mine


def _series(accepted: Accepted) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, antal (rows), varden (those with a value), forsta and ar (the first and newest year of
    those).
    """
    year = pl.col("ar").filter(pl.col("varde").is_not_null())
    return (
        scan(accepted.folder)
        .group_by("nyckeltal_id", "omrade_id")
        .agg(antal=pl.len(), varden=pl.col("varde").count(), forsta=year.min(), ar=year.max())
        .collect()
    )


def _review(part: graph.Part, accepted: int, refused: pl.DataFrame) -> dg.AssetCheckResult:
    """Whether any value was refused; a warning, because what was refused changes nothing that is stored."""
    reasons = refused.group_by("orsak").len().sort("len", "orsak", descending=[True, False])
    if reasons.is_empty():
        text = f"{accepted} värden granskade, inget vägrades"
    else:
        told = "; ".join(f"{reason} ({count})" for reason, count in reasons.iter_rows())
        text = f"{refused.height} värden vägrades: {told} → se tabellen karantan; det som var lagrat står kvar"
    return dg.AssetCheckResult(
        check_name=REVIEW,
        asset_key=graph.validated_key(part.id),
        passed=reasons.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description=text,
        metadata={"vägrade värden": refused.height},
    )


def _metadata(
    run: Run, part: graph.Part, series: pl.DataFrame, refused: pl.DataFrame, stored: pl.DataFrame
) -> dict[str, dg.MetadataValue[Any] | int | str]:
    """series: of `_series`, the part's. stored: of `coverage.reach`."""
    with_values = series.filter(pl.col("varden") > 0)
    years = (with_values["forsta"].min(), with_values["ar"].max())
    reasons = refused.group_by("orsak").len().sort("orsak")
    return {
        "dagster/row_count": int(series["antal"].sum()),
        "värden": int(series["varden"].sum()),
        "år": "–".join(str(year) for year in years) if None not in years else "inga värden",
        "vägrade": dg.MetadataValue.json(dict(reasons.iter_rows())),
        "vägrade värden": refused.height,
        "täckning: senaste år per kommun och mått, lagrat och i natt": _coverage(
            run.catalog, part, with_values, stored
        ),
        "lagrade värden för huvudmännen före natten": int(
            stored.filter(pl.col("nyckeltal_id").is_in(list(part.kpis)))["antal"].sum()
        ),
    }


def _coverage(catalog: Catalog, part: graph.Part, values: pl.DataFrame, stored: pl.DataFrame) -> dg.TableMetadataValue:
    """Newest year with a value, per mått (of this part's KPIs) and huvudman; "–" where there is none.

    Most nights bring changes only, so what they bring alone would look like nothing.
    """
    principals = [*catalog.geography.kommuner, catalog.geography.region]
    newest = {
        (kpi, area): year
        for kpi, area, year in pl.concat(
            [frame.select("nyckeltal_id", "omrade_id", "ar") for frame in (stored, values)], how="vertical_relaxed"
        )
        .group_by("nyckeltal_id", "omrade_id")
        .agg(pl.col("ar").max())
        .iter_rows()
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
