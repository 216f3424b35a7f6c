"""Assets `validerat/<indikator>`: accepted values, one row per key, and the refused ones with their reasons."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import polars as pl

from pipelines.assets import graph
from pipelines.assets.resource import RunParam, step
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.kolada.fetch import Fetch
from pipelines.run.fetching import fetch_of
from pipelines.run.screening import screen_run
from pipelines.validation.quarantine import ACCEPTED
from pipelines.warehouse.coverage import accepted_series, newest_year_per_area, newest_year_per_measure

REVIEW = "granskning"


def build(catalog: Catalog) -> dg.AssetsDefinition:
    """The multi-asset of all `validerat/…`, generated from the YAML."""
    parts = graph.parts(catalog)

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
                metadata={"dagster/column_schema": graph.column_schema("matvarde", only=ACCEPTED)},
                freshness_policy=graph.FRESH,
            )
            for part in parts
        ],
        check_specs=[
            dg.AssetCheckSpec(
                REVIEW, asset=graph.validated_key(part.id), description="Nattens värden höll för granskningen."
            )
            for part in parts
        ],
        can_subset=True,
    )
    @step
    def validerat(context: dg.AssetExecutionContext, run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
        selected = [part for part in parts if graph.validated_key(part.id) in context.selected_asset_keys]
        with run.warehouse.open() as connection:
            stored = newest_year_per_area(connection)
        _require_selected(fetch_of(run), [part for part in parts if part not in selected])
        accepted, refused = screen_run(run)
        series = accepted_series(accepted)
        for part in selected:
            is_in_part = _is_in_part(parts, part, is_first=part is selected[0])
            part_series, part_refused = series.filter(is_in_part), refused.filter(is_in_part)
            yield dg.MaterializeResult(
                asset_key=graph.validated_key(part.id),
                metadata=_metadata(run.catalog, part, part_series, part_refused, stored),
                check_results=[_review(part, int(part_series["antal"].sum()), part_refused)],
            )

    return validerat


def _require_selected(fetch: Fetch, left_out: Sequence[graph.Part]) -> None:
    """Raise ConfigError when what is left out was fetched: its values would be taken for deleted, or never come."""
    fetched = {kpi for batch in fetch.batches for kpi in batch.kpis}
    if lost := [part.id for part in left_out if not fetched.isdisjoint(part.kpis)]:
        raise ConfigError(
            f"ra/{', ra/'.join(lost)} was fetched in this run, but is not to be validated → select "
            f"validerat/{', validerat/'.join(lost)} too"
        )


def _is_in_part(parts: Sequence[graph.Part], part: graph.Part, *, is_first: bool) -> pl.Expr:
    """Whether a row is the part's. What belongs to no part at all (nobody asked for it) is shown with the first."""
    is_in_part = pl.col("nyckeltal_id").is_in(list(part.kpis))
    if is_first:
        known = [kpi for other in parts for kpi in other.kpis]
        is_in_part = is_in_part | ~pl.col("nyckeltal_id").is_in(known)
    return is_in_part


def _review(part: graph.Part, accepted: int, refused: pl.DataFrame) -> dg.AssetCheckResult:
    """Whether any value was refused; a warning, because what was refused changes nothing that is stored."""
    reasons = refused.group_by("orsak").len().sort("len", "orsak", descending=[True, False])
    if reasons.is_empty():
        text = f"{accepted} värden granskade, inget vägrades"
    else:
        counts = "; ".join(f"{reason} ({count})" for reason, count in reasons.iter_rows())
        text = f"{refused.height} värden vägrades: {counts} → se tabellen karantan; det som var lagrat står kvar"
    return dg.AssetCheckResult(
        check_name=REVIEW,
        asset_key=graph.validated_key(part.id),
        passed=reasons.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description=text,
        metadata={"vägrade värden": refused.height},
    )


def _metadata(
    catalog: Catalog, part: graph.Part, series: pl.DataFrame, refused: pl.DataFrame, stored: pl.DataFrame
) -> dict[str, dg.MetadataValue[Any] | int | str]:
    """series: the part's, as of `accepted_series`. stored: as of `newest_year_per_area`."""
    with_values = series.filter(pl.col("varden") > 0)
    years = (with_values["forsta"].min(), with_values["ar"].max())
    reasons = refused.group_by("orsak").len().sort("orsak")
    coverage = newest_year_per_measure(catalog, part.kpis, stored, with_values)
    columns = ["mått", *(area.name for area in (*catalog.geography.kommuner, catalog.geography.region))]
    return {
        "dagster/row_count": int(series["antal"].sum()),
        "värden": int(series["varden"].sum()),
        "år": "–".join(str(year) for year in years) if None not in years else "inga värden",
        "vägrade": dg.MetadataValue.json(dict(reasons.iter_rows())),
        "vägrade värden": refused.height,
        "täckning: senaste år per kommun och mått, lagrat och i natt": graph.table(coverage, columns),
        "lagrade värden för huvudmännen före natten": int(
            stored.filter(pl.col("nyckeltal_id").is_in(list(part.kpis)))["antal"].sum()
        ),
    }
