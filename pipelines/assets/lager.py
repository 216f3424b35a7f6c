"""Assets `lager/…`: one merge of everything that was validated in this run, then what is computed from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from pipelines.assets import graph, katalog, lokala
from pipelines.assets.resource import RunParam, step, step_with_news
from pipelines.catalog.model import Catalog
from pipelines.local.intake import VALUES
from pipelines.run.storing import Analysis, analyse_stored, store_run
from pipelines.warehouse import analyse
from pipelines.warehouse.schema import schema

OBSERVATIONS = dg.AssetKey(["lager", "matvarde"])
VARIATION = dg.AssetKey(["lager", "arsvariation"])
COMPARISON = dg.AssetKey(["lager", "jamforelse"])
TREND = dg.AssetKey(["lager", "trend"])
EFFECT = dg.AssetKey(["lager", "effekt"])
FINDINGS = dg.AssetKey(["lager", "fynd"])


@dataclass(frozen=True, slots=True)
class _Computed:
    """An asset that is computed from the warehouse, by a part of the analysis.

    made_of: the columns of matvarde that its own columns are computed from, for the lineage; () when it is made of
    tables that are computed themselves.
    """

    key: dg.AssetKey
    deps: tuple[dg.AssetKey, ...]
    analysis: Analysis
    made_of: tuple[str, ...]
    description: str

    @property
    def table(self) -> str:
        return self.key.path[-1]


_COMPUTED = (
    _Computed(
        VARIATION,
        (OBSERVATIONS,),
        analyse.measure_variation,
        (),
        "Årsvariation: hur långt ett värde brukar röra sig från en mätning till nästa, mätt på hela landet, "
        "och hur ofta det har hållit; steg som kan vara okända seriebrott. Egen bearbetning.",
    ),
    _Computed(
        COMPARISON,
        (OBSERVATIONS, VARIATION),
        analyse.compare,
        ("omrade_id", "varde"),
        "Läge: varje områdes värde mot riket, länet, liknande områden och bästa kvartilen, med osäkerhet; "
        "skillnaden mellan kvinnor och män, spridningen mellan kommunerna och länsdelarnas medel. Egen bearbetning.",
    ),
    _Computed(
        TREND,
        (OBSERVATIONS, VARIATION),
        analyse.judge_trends,
        ("ar", "varde"),
        "Riktning: vad varje serie säger, och takten mot beslutade målvärden. Egen bearbetning.",
    ),
    _Computed(
        EFFECT,
        (OBSERVATIONS,),
        lambda connection, _: analyse.judge_effects(connection),
        (),
        "Effekt: om en satsning kan ses i ett nyckeltal, mot områden som inte deltar; bara det som väntades innan "
        "uppgifterna kom. Egen bearbetning.",
    ),
    _Computed(
        FINDINGS,
        (VARIATION, COMPARISON, TREND),
        lambda connection, _: analyse.select_findings(connection),
        (),
        "Fynd: det som en nämnd kan behöva ta ställning till, valt och ordnat ur allt som räknats. Egen bearbetning.",
    ),
)


def build(catalog: Catalog) -> list[dg.AssetsDefinition]:
    """The assets of the warehouse; the merge depends on every `validerat/…` of the YAML."""
    validated = [graph.validated_key(part.id) for part in graph.parts(catalog)]

    @dg.asset(
        key=OBSERVATIONS,
        deps=[katalog.KEY, lokala.KEY, lokala.ANSWERS, *validated],
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

    return [matvarde, *map(_computed, _COMPUTED)]


def _computed(computed: _Computed) -> dg.AssetsDefinition:
    @dg.asset(
        key=computed.key,
        deps=computed.deps,
        group_name="lager",
        kinds={"duckdb", "polars"},
        output_required=False,
        description=computed.description,
        metadata={"dagster/column_schema": graph.column_schema(computed.table)},
    )
    @step_with_news
    def asset(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
        rows = analyse_stored(run, computed.analysis)
        yield dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows[computed.table],
                "rader": dg.MetadataValue.json(rows),
                **(_lineage(computed) if computed.made_of else {}),
            }
        )

    return asset


def _lineage(computed: _Computed) -> dict[str, dg.TableColumnLineage]:
    """Column → the columns of `lager/matvarde` that it is made of: the key and the value are carried, the rest is
    computed.
    """
    table = schema().tables[computed.table]
    carried = (*table.key, "varde")
    return graph.column_lineage(
        {
            name: [(OBSERVATIONS, source) for source in ((name,) if name in carried else computed.made_of)]
            for name in table.columns
        }
    )
