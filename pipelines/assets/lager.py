"""Assets `lager/…`: one merge of everything that was validated in this run, then what is computed from it."""

from collections.abc import Iterator, Mapping

import dagster as dg

from pipelines.assets import graph, katalog, lokala
from pipelines.assets.resource import RunParam, step, step_with_news
from pipelines.catalog.model import Catalog
from pipelines.local.intake import VALUES
from pipelines.run.storing import (
    compare_stored,
    judge_stored_trends,
    measure_stored_variation,
    select_stored_findings,
    store_run,
)
from pipelines.warehouse.schema import schema

OBSERVATIONS = dg.AssetKey(["lager", "matvarde"])
VARIATION = dg.AssetKey(["lager", "arsvariation"])
COMPARISON = dg.AssetKey(["lager", "jamforelse"])
TREND = dg.AssetKey(["lager", "trend"])
FINDINGS = dg.AssetKey(["lager", "fynd"])


def _made_of(table_name: str, *observed: str) -> dict[str, tuple[str, ...]]:
    """Column → the columns of matvarde that it is made of: the key and the value are carried, the rest is computed."""
    table = schema().tables[table_name]
    return {name: (name,) if name in (*table.key, "varde") else observed for name in table.columns}


# For the lineage.
_COMPARED = _made_of("jamforelse", "omrade_id", "varde")
_JUDGED = _made_of("trend", "ar", "varde")


def build(catalog: Catalog) -> list[dg.AssetsDefinition]:
    """The assets of the warehouse; the merge depends on every `validerat/…` of the YAML."""
    validated = [graph.validated_key(part.id) for part in graph.parts(catalog)]

    @dg.asset(
        key=OBSERVATIONS,
        deps=[katalog.KEY, lokala.KEY, *validated],
        group_name="lager",
        kinds={"duckdb"},
        description="Gällande mätvärden och varje revision av dem. "
        "En sammanslagning av allt som granskats i körningen, hämtat och lämnat, i en transaktion.",
        metadata={"dagster/column_schema": graph.column_schema("matvarde")},
        freshness_policy=graph.FRESH,
    )
    @step
    def matvarde(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
        stored = store_run(run)
        lineage = {name: [(key, name) for key in (*validated, lokala.KEY)] for name in VALUES}
        yield dg.MaterializeResult(
            # A night without news leaves what is made of it up to date.
            data_version=dg.DataVersion(stored.fingerprint),
            metadata={
                "dagster/row_count": stored.values,
                "nya": stored.changes.new,
                "reviderade": stored.changes.revised,
                "borttagna": stored.changes.deleted,
                "återkomna": stored.changes.returned,
                "vägrade": stored.refused,
                "vägrade lokala": stored.refused_locally,
                "revisioner": stored.changes.total,
                "inget nytt att publicera": stored.nothing_new,
                "smakprov: de nyaste värdena": graph.table(stored.newest.to_dicts()),
                **graph.column_lineage(lineage),
            },
        )

    return [matvarde, arsvariation, jamforelse, trender, fynd]


@dg.asset(
    key=VARIATION,
    deps=[OBSERVATIONS],
    group_name="lager",
    kinds={"duckdb", "polars"},
    output_required=False,
    description="Årsvariation: hur långt ett värde brukar röra sig från en mätning till nästa, mätt på hela landet, "
    "och hur ofta det har hållit; steg som kan vara okända seriebrott. Egen bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("arsvariation")},
)
@step_with_news
def arsvariation(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    rows = measure_stored_variation(run)
    yield dg.MaterializeResult(
        metadata={"dagster/row_count": rows["arsvariation"], "rader": dg.MetadataValue.json(rows)}
    )


@dg.asset(
    key=COMPARISON,
    deps=[OBSERVATIONS, VARIATION],
    group_name="lager",
    kinds={"duckdb", "polars"},
    output_required=False,
    description="Läge: varje områdes värde mot riket, länet, liknande områden och bästa kvartilen, med osäkerhet; "
    "skillnaden mellan kvinnor och män, spridningen mellan kommunerna och länsdelarnas medel. Egen bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("jamforelse")},
)
@step_with_news
def jamforelse(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    rows = compare_stored(run)
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows["jamforelse"],
            "rader": dg.MetadataValue.json(rows),
            **_computed_from(_COMPARED),
        }
    )


@dg.asset(
    key=TREND,
    deps=[OBSERVATIONS, VARIATION],
    group_name="lager",
    kinds={"duckdb", "polars"},
    output_required=False,
    description="Riktning: vad varje serie säger, och takten mot beslutade målvärden. Egen bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("trend")},
)
@step_with_news
def trender(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    rows = judge_stored_trends(run)
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows["trend"],
            "rader": dg.MetadataValue.json(rows),
            **_computed_from(_JUDGED),
        }
    )


@dg.asset(
    key=FINDINGS,
    deps=[VARIATION, COMPARISON, TREND],
    group_name="lager",
    kinds={"duckdb", "polars"},
    output_required=False,
    description="Fynd: det som en nämnd kan behöva ta ställning till, valt och ordnat ur allt som räknats. Egen "
    "bearbetning.",
    metadata={"dagster/column_schema": graph.column_schema("fynd")},
)
@step_with_news
def fynd(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    rows = select_stored_findings(run)
    yield dg.MaterializeResult(metadata={"dagster/row_count": rows["fynd"]})


def _computed_from(columns: Mapping[str, tuple[str, ...]]) -> dict[str, dg.TableColumnLineage]:
    """The lineage of computed columns: column → those of `lager/matvarde` that it is made of."""
    return graph.column_lineage(
        {name: [(OBSERVATIONS, source) for source in sources] for name, sources in columns.items()}
    )
