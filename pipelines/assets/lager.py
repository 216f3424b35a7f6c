"""Assets `lager/…`: one merge of everything that was validated in this run, then what is computed from it."""

import dagster as dg
import polars as pl

from pipelines.analysis.comparison import comparison
from pipelines.analysis.trend import trend
from pipelines.assets import graph, katalog
from pipelines.assets.run import RESOURCE, Run
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.kolada.fetch import Fetch
from pipelines.validation.preliminary import mark_preliminary
from pipelines.validation.quarantine import KEY, refuse_run
from pipelines.warehouse import analysed, runs
from pipelines.warehouse.content import content_frames, write_content
from pipelines.warehouse.frames import check, shape
from pipelines.warehouse.merge import Incoming, merge
from pipelines.warehouse.refused import keep_refused
from pipelines.warehouse.store import open_warehouse, transaction

OBSERVATIONS = dg.AssetKey(["lager", "matvarde"])
COMPARISON = dg.AssetKey(["lager", "jamforelse"])
TREND = dg.AssetKey(["lager", "trend"])


def build(catalog: Catalog) -> list[dg.AssetsDefinition]:
    """The three assets; the merge depends on every `validerat/…` of the YAML."""

    @dg.asset(
        key=OBSERVATIONS,
        deps=[katalog.KEY, *(graph.validated_key(part.id) for part in graph.parts(catalog))],
        group_name="lager",
        kinds={"duckdb"},
        required_resource_keys={RESOURCE},
        description="Gällande mätvärden och varje revision av dem. "
        "En sammanslagning av allt som granskats i körningen, i en transaktion.",
        metadata={"dagster/column_schema": graph.column_schema("matvarde")},
    )
    def matvarde(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        run: Run = getattr(context.resources, RESOURCE)
        accepted, refused = (_read(run, kind) for kind in ("godkant", "vagrat"))
        fetch = Fetch.load(run.folder / "ra.json")
        content = content_frames(run.catalog, run.catalogue())
        values = mark_preliminary(accepted, content["nyckeltal"], run.started.date())
        with open_warehouse(run.settings.warehouse) as connection:
            row = runs.run_row(connection, run.id)
            source = str(row["kalla"])
            observed = runs.next_observed(connection, run.started)
            with transaction(connection):
                keep_refused(connection, refused, run.id)
                runs.note(connection, run.id, rader_hamtade=accepted.height + refused.height, karantan=refused.height)
            refuse_run(accepted.height + refused.height, refused.height, run.settings.refused_share)
            stored = check(
                "matvarde", shape("matvarde", values.with_columns(kalla=pl.lit(source), korning_id=pl.lit(run.id)))
            )
            with transaction(connection):
                events = write_content(connection, content, run.catalogue(), run_id=run.id, observed=observed)
                incoming = Incoming(stored.with_columns(values["borttagen"]), fetch.pairs(), refused.select(KEY))
                changes = merge(connection, incoming, run_id=run.id, source=source, observed=observed)
                runs.note(
                    connection,
                    run.id,
                    observerad=observed,
                    fullstandig=fetch.complete,
                    nya=changes.new,
                    reviderade=changes.revised,
                    borttagna=changes.deleted,
                    aterkomna=changes.returned,
                )
            (count,) = connection.sql("SELECT count(*) FROM matvarde").fetchall()[0]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": count,
                "nya": changes.new,
                "reviderade": changes.revised,
                "borttagna": changes.deleted,
                "återkomna": changes.returned,
                "vägrade": refused.height,
                "händelser i katalogen": events,
            }
        )

    return [matvarde, jamforelse, trender]


@dg.asset(
    key=COMPARISON,
    deps=[OBSERVATIONS],
    group_name="lager",
    kinds={"duckdb", "polars"},
    required_resource_keys={RESOURCE},
    description="Läge: varje områdes värde mot riket, länets ovägda medel, liknande områden och bästa kvartilen. "
    "Egen bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("jamforelse")},
)
def jamforelse(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    with open_warehouse(run.settings.warehouse) as connection:
        frame = comparison(
            analysed.values(connection),
            analysed.kpis(connection),
            analysed.areas(connection),
            analysed.similar_areas(connection, run.catalog),
            analysed.uncertainty_pairs(connection),
        )
        analysed.write(connection, "jamforelse", frame)
    return dg.MaterializeResult(metadata={"dagster/row_count": frame.height})


@dg.asset(
    key=TREND,
    deps=[OBSERVATIONS],
    group_name="lager",
    kinds={"duckdb", "polars"},
    required_resource_keys={RESOURCE},
    description="Riktning: hur lång varje serie är och vad den säger. Egen bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("trend")},
)
def trender(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    with open_warehouse(run.settings.warehouse) as connection:
        frame = trend(analysed.values(connection))
        analysed.write(connection, "trend", frame)
    return dg.MaterializeResult(metadata={"dagster/row_count": frame.height})


def _read(run: Run, kind: str) -> pl.DataFrame:
    """All that was validated in this run, of one kind. Raises ConfigError when there is nothing."""
    files = sorted(run.folder.glob(f"{kind}-*.parquet"))
    if not files:
        raise ConfigError(
            "nothing was validated in this run → select the assets validerat/… together with lager/matvarde"
        )
    return pl.concat([pl.read_parquet(file) for file in files])
