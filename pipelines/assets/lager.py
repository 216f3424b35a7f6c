"""Assets `lager/…`: one merge of everything that was validated in this run, then what is computed from it."""

import dagster as dg
import polars as pl

from pipelines.assets import graph, katalog, lokala
from pipelines.assets.resource import FINGERPRINT, NOTHING_NEW, RESOURCE, Run
from pipelines.assets.validerat import REFUSED
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.exports.everything import files_in_checksums
from pipelines.kolada.archive import FETCH_FILE
from pipelines.kolada.fetch import Fetch
from pipelines.local.intake import VALUES
from pipelines.validation.accepted import Accepted, read_accepted
from pipelines.warehouse import analyse, journal, publication
from pipelines.warehouse.coverage import preview
from pipelines.warehouse.intake import RunInput, load_run
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import open_warehouse

OBSERVATIONS = dg.AssetKey(["lager", "matvarde"])
COMPARISON = dg.AssetKey(["lager", "jamforelse"])
TREND = dg.AssetKey(["lager", "trend"])
_PREVIEWED = 10


def _made_of(table_name: str, *observed: str) -> dict[str, tuple[str, ...]]:
    """Column → the columns of matvarde that it is made of: the key and the value are carried, the rest is computed."""
    table = schema().tables[table_name]
    return {name: (name,) if name in (*table.key, "varde") else observed for name in table.columns}


# For the lineage.
_COMPARED = _made_of("jamforelse", "omrade_id", "varde")
_JUDGED = _made_of("trend", "ar", "varde")


def build(catalog: Catalog) -> list[dg.AssetsDefinition]:
    """The three assets; the merge depends on every `validerat/…` of the YAML."""

    @dg.asset(
        key=OBSERVATIONS,
        deps=[katalog.KEY, lokala.KEY, *(graph.validated_key(part.id) for part in graph.parts(catalog))],
        group_name="lager",
        kinds={"duckdb"},
        required_resource_keys={RESOURCE},
        description="Gällande mätvärden och varje revision av dem. "
        "En sammanslagning av allt som granskats i körningen, hämtat och lämnat, i en transaktion.",
        metadata={"dagster/column_schema": graph.column_schema("matvarde")},
    )
    def matvarde(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        run: Run = getattr(context.resources, RESOURCE)
        accepted, refused = _screened(run)
        fetch = Fetch.decoded((run.folder / FETCH_FILE).read_bytes())
        with open_warehouse(run.settings.warehouse) as connection:
            source = journal.run_row(connection, run.id)["kalla"]
            if source is None:
                raise ConfigError(
                    "nothing was fetched in this run → select assets ra/… that have KPIs, or the whole job"
                )
            local = lokala.read(run.folder)
            brought = RunInput(
                run.id, source, run.started, run.catalog, run.catalogue(), fetch, accepted, refused, local
            )
            changes = load_run(
                connection,
                brought,
                run.archive,
                refused_share=run.settings.refused_share,
                chunk_size=run.settings.chunk_size,
            )
            print_now = publication.fingerprint(connection, run.catalog.files, run.started.date())
            (run.folder / FINGERPRINT).write_text(print_now)
            outputs = [*run.settings.outputs, *files_in_checksums(run.settings.export_dir)]
            nothing_new = publication.is_published(connection, print_now, outputs, run.settings.draft_report)
            (count,) = connection.sql("SELECT count(*) FROM matvarde").fetchall()[0]
            newest = preview(connection, _PREVIEWED).to_dicts()
        if nothing_new:
            (run.folder / NOTHING_NEW).touch()
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": count,
                "nya": changes.new,
                "reviderade": changes.revised,
                "borttagna": changes.deleted,
                "återkomna": changes.returned,
                "vägrade": refused.height,
                "vägrade lokala": local.refused.height,
                "ändringar": changes.total,
                "inget nytt att publicera": nothing_new,
                "smakprov: de nyaste värdena": graph.table(newest),
                **graph.column_lineage({name: _validated(catalog, name) for name in VALUES}),
            }
        )

    return [matvarde, jamforelse, trender]


@dg.asset(
    key=COMPARISON,
    deps=[OBSERVATIONS],
    group_name="lager",
    kinds={"duckdb", "polars"},
    required_resource_keys={RESOURCE},
    description="Läge: varje områdes värde mot riket, länet, liknande områden och bästa kvartilen, med osäkerhet; "
    "skillnaden mellan kvinnor och män, spridningen mellan kommunerna och länsdelarnas medel. Egen bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("jamforelse")},
)
def jamforelse(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    if run.nothing_new():
        return graph.skipped(context)
    with open_warehouse(run.settings.warehouse) as connection:
        rows = analyse.compare(connection, run.settings.chunk_size)
    lineage = graph.column_lineage({name: _observed(*made_of) for name, made_of in _COMPARED.items()})
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows["jamforelse"], "rader": dg.MetadataValue.json(rows), **lineage}
    )


@dg.asset(
    key=TREND,
    deps=[OBSERVATIONS],
    group_name="lager",
    kinds={"duckdb", "polars"},
    required_resource_keys={RESOURCE},
    description="Riktning: vad varje serie säger, och takten mot beslutade målvärden. Egen bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("trend")},
)
def trender(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    if run.nothing_new():
        return graph.skipped(context)
    with open_warehouse(run.settings.warehouse) as connection:
        rows = analyse.judge_trends(connection, run.settings.chunk_size)
    lineage = graph.column_lineage({name: _observed(*made_of) for name, made_of in _JUDGED.items()})
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows["trend"], "rader": dg.MetadataValue.json(rows), **lineage}
    )


def _validated(catalog: Catalog, column: str) -> list[tuple[dg.AssetKey, str]]:
    """The column in every asset that the merge takes values from."""
    sources = [*(graph.validated_key(part.id) for part in graph.parts(catalog)), lokala.KEY]
    return [(key, column) for key in sources]


def _observed(*columns: str) -> list[tuple[dg.AssetKey, str]]:
    return [(OBSERVATIONS, column) for column in columns]


def _screened(run: Run) -> tuple[Accepted, pl.DataFrame]:
    """What was accepted and what was refused in this run. Raises ConfigError when nothing was validated."""
    try:
        return read_accepted(run.folder), pl.read_parquet(run.folder / REFUSED)
    except FileNotFoundError:
        raise ConfigError(
            "nothing was validated in this run → select the assets validerat/… together with lager/matvarde"
        ) from None
