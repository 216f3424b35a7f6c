"""Assets `ra/<indikator>`: answers from Kolada as they came. One fetch for all that are selected."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets import graph, katalog
from pipelines.assets.resource import RunParam, step
from pipelines.catalog.model import Catalog
from pipelines.run.fetching import fetch_run_values


class Scope(dg.Config):
    """What to fetch. A narrowed fetch takes nothing for deleted outside it.

    omraden: ids such as "0484"; none named = all. hel: all years, although Kolada's catalogue was not fetched whole.
    """

    omraden: list[str] = []  # noqa: RUF012 - Dagster's Config copies it
    hel: bool = False


def build(catalog: Catalog) -> dg.AssetsDefinition:
    """The multi-asset of all `ra/…`, generated from the YAML."""
    parts = graph.parts(catalog)

    @dg.multi_asset(
        name="ra",
        specs=[
            dg.AssetSpec(
                graph.raw_key(part.id),
                deps=[katalog.KEY],
                group_name=part.group,
                kinds={"json"},
                description=f"{part.title}: Koladas svar, oförändrade. {part.description}",
                metadata=graph.kpi_links(part.kpis, catalog),
            )
            for part in parts
        ],
        can_subset=True,
    )
    @step
    def ra(context: dg.AssetExecutionContext, config: Scope, run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
        selected = [part for part in parts if graph.raw_key(part.id) in context.selected_asset_keys]
        kpis = {kpi for part in selected for kpi in part.kpis}
        fetched = fetch_run_values(run, kpis, config.omraden, full=config.hel, all_kpis=len(selected) == len(parts))
        for part in selected:
            answers = sum(len(batch.answers) for batch in fetched.fetch.batches if set(batch.kpis) & set(part.kpis))
            missing = [kpi for kpi in part.kpis if kpi not in fetched.kpis]
            yield dg.MaterializeResult(
                asset_key=graph.raw_key(part.id),
                metadata={
                    "nyckeltal hämtade": len(part.kpis) - len(missing),
                    "nyckeltal som saknas i katalogen": dg.MetadataValue.json(missing),
                    "svar": answers,
                },
            )

    return ra
