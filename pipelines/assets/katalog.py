"""Asset `kolada/katalog`: what Kolada has of what we follow."""

import asyncio
import shutil

import dagster as dg

from pipelines.assets.resource import RESOURCE, Run
from pipelines.kolada.archive import CATALOGUE_FILE
from pipelines.kolada.catalogue import Catalogue, fetch_catalogue
from pipelines.kolada.client import Traffic
from pipelines.warehouse import cursor, journal

KEY = dg.AssetKey(["kolada", "katalog"])


class Mode(dg.Config):
    """How to fetch. `hel`: everything whole, as every seventh night; otherwise only what changed since last time."""

    hel: bool = False


@dg.asset(
    key=KEY,
    group_name="kolada",
    kinds={"json"},
    required_resource_keys={RESOURCE},
    description="Koladas katalog: nyckeltal, kommuner, regioner och grupper som uppföljningen använder. "
    "Källan fastställs här: en datamapp tar bara emot uppgifter från en källa.",
)
def katalog(context: dg.AssetExecutionContext, config: Mode) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    with run.warehouse.open() as connection:
        whole = config.hel or cursor.is_due(connection, run.started, run.settings.whole_every)
    found, traffic = asyncio.run(_fetch(run, whole))
    source = run.bind_source(traffic)
    with run.warehouse.open() as connection:
        journal.note(connection, run.id, hel=whole)
    run.archive_file(CATALOGUE_FILE, found.encoded())
    shutil.copy(run.folder / CATALOGUE_FILE, run.settings.work_dir / CATALOGUE_FILE)
    missing = sorted(kpi.id for kpi in run.catalog.followed_kpis() if kpi.id not in found.kpis)
    if missing:
        context.log.warning("not in Kolada's catalogue: %s", ", ".join(missing))
    return dg.MaterializeResult(
        metadata={
            "källa": source,
            "hel hämtning": whole,
            "nyckeltal som följs": len(run.catalog.followed_kpis()),
            "saknas i katalogen": dg.MetadataValue.json(missing),
            "områden": len(found.areas),
            "grupper": len(found.groups),
        }
    )


async def _fetch(run: Run, whole: bool) -> tuple[Catalogue, Traffic]:
    async with run.client() as client:
        kpi_ids = [kpi.id for kpi in run.catalog.followed_kpis()]
        geography = run.catalog.geography
        group_ids = [*geography.kommun_groups(), *geography.region_groups()]
        return await fetch_catalogue(client, kpi_ids, group_ids, whole=whole), client.traffic
