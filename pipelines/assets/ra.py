"""Assets `ra/<indikator>`: answers from Kolada as they came. One fetch for all that are selected."""

import asyncio
from collections.abc import Iterator

import dagster as dg

from pipelines.assets import graph, katalog
from pipelines.assets.resource import RESOURCE, Run
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.kolada.archive import FETCH_FILE
from pipelines.kolada.catalogue import areas_to_ask
from pipelines.kolada.client import Answer, Traffic
from pipelines.kolada.fetch import Fetch, fetch_batches
from pipelines.kolada.plan import Batch, plan_changes
from pipelines.warehouse import cursor, journal
from pipelines.warehouse.store import transaction


class Scope(dg.Config):
    """What to fetch. A narrowed fetch takes nothing for deleted outside it.

    omraden: ids such as "0484"; none named = all. hel: all years, although Kolada's catalogue was not fetched whole.
    """

    omraden: list[str] = []  # noqa: RUF012 - Dagster's Config copies it
    hel: bool = False


def build(catalog: Catalog) -> dg.AssetsDefinition:
    """The multi-asset of all `ra/…`, generated from the YAML."""

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
            for part in graph.parts(catalog)
        ],
        can_subset=True,
        required_resource_keys={RESOURCE},
    )
    def ra(context: dg.AssetExecutionContext, config: Scope) -> Iterator[dg.MaterializeResult[None]]:
        run: Run = getattr(context.resources, RESOURCE)
        parts = [part for part in graph.parts(catalog) if graph.raw_key(part.id) in context.selected_asset_keys]
        catalogue = run.catalogue()
        areas = areas_to_ask(catalogue, run.catalog.geography)
        levels = {kpi: level for part in parts for kpi, level in catalogue.levels().items() if kpi in part.kpis}
        if config.omraden:
            if unknown := sorted(set(config.omraden) - set(areas.all())):
                raise ConfigError(
                    f"omraden: {', '.join(unknown)} not among the {len(areas.all())} areas that are followed "
                    "→ use ids from table omrade, as text in quotes"
                )
            areas = areas.within(config.omraden)
        with run.warehouse.open() as connection:
            whole = config.hel or bool(journal.run_row(connection, run.id)["hel"])
            with transaction(connection):
                cursor.forget_corrected(connection, run.catalog.corrections)
            fetched = {} if whole else cursor.fetched(connection, run.started)
        batches = plan_changes(levels, areas, fetched, run.settings.lag)
        complete = not config.omraden and len(parts) == len(graph.parts(catalog))
        fetch, traffic = asyncio.run(_fetch(run, batches, complete))
        if traffic.requests:
            run.bind_source(traffic)
        run.archive_file(FETCH_FILE, fetch.encoded())
        context.log.info("%d requests, %d bytes, whole: %s", traffic.requests, traffic.bytes, whole)
        for part in parts:
            yield dg.MaterializeResult(
                asset_key=graph.raw_key(part.id),
                metadata={
                    "nyckeltal hämtade": sum(kpi in levels for kpi in part.kpis),
                    "nyckeltal som saknas i katalogen": dg.MetadataValue.json(
                        [k for k in part.kpis if k not in levels]
                    ),
                    "svar": sum(len(b.answers) for b in fetch.batches if set(b.kpis) & set(part.kpis)),
                },
            )

    return ra


async def _fetch(run: Run, batches: list[Batch], complete: bool) -> tuple[Fetch, Traffic]:
    run.progress.start(len(batches))
    async with run.client() as client:

        def tell(answer: Answer, batch_done: bool) -> None:
            run.progress.answer(client.traffic.bytes, answer.records, batch_done)

        return Fetch(await fetch_batches(client, batches, tell), complete), client.traffic
