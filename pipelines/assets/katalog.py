"""Asset `kolada/katalog`: what Kolada has of what we follow."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.resource import RunParam, step
from pipelines.run.fetching import fetch_run_catalogue

KEY = dg.AssetKey(["kolada", "katalog"])


class Mode(dg.Config):
    """How to fetch. `hel`: everything whole, as every seventh night; otherwise only what changed since last time."""

    hel: bool = False


@dg.asset(
    key=KEY,
    group_name="kolada",
    kinds={"json"},
    description="Koladas katalog: nyckeltal, kommuner, regioner och grupper som uppföljningen använder. "
    "Källan fastställs här: en datamapp tar bara emot uppgifter från en källa.",
)
@step
def katalog(context: dg.AssetExecutionContext, config: Mode, run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    fetched = fetch_run_catalogue(run, full=config.hel)
    if fetched.missing:
        context.log.warning("not in Kolada's catalogue: %s", ", ".join(fetched.missing))
    yield dg.MaterializeResult(
        metadata={
            "källa": fetched.source,
            "hel hämtning": fetched.whole,
            "nyckeltal som följs": len(run.catalog.followed_kpis()),
            "saknas i katalogen": dg.MetadataValue.json(fetched.missing),
            "oanvändbara poster som inte är våra": fetched.skipped,
            "områden": len(fetched.catalogue.areas),
            "grupper": len(fetched.catalogue.groups),
        }
    )
