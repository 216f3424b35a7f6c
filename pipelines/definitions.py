"""The graph, the job and the schedule: `defs` is what Dagster loads. Nothing else.

`build_defs` is the one seam: the command line and the tests give it their settings, Dagster's own processes take
them from the environment, and nothing is loaded when this module is imported.
"""

from __future__ import annotations

import dagster as dg

from pipelines.assets import katalog, kontroll, lager, lokala, publicerat, ra, schedule, validerat
from pipelines.assets.resource import RUN, RunResource, county_tag
from pipelines.catalog.load import load_catalog
from pipelines.run.lifecycle import NullProgress, Progress
from pipelines.settings import Settings
from pipelines.warehouse.schema.bind import bound

JOB = "natt"


def build_defs(settings: Settings, progress: Progress | None = None) -> dg.Definitions:
    """Everything Dagster needs to know. Raises CatalogError when the YAML files do not hold together, SchemaError when
    the warehouse's own do not.
    """
    # A view that does not fit its tables is refused now, and not when the night has come to its publication.
    bound()
    catalog = load_catalog(settings.catalog_dir)
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        description="Nattens körning: från Kolada till databas och rapport",
        tags=county_tag(settings),
    )
    return dg.Definitions(
        assets=[
            katalog.katalog,
            ra.build(catalog),
            validerat.build(catalog),
            lokala.uppgifter,
            lokala.svar,
            *lager.build(catalog),
            publicerat.analysdatabas,
            publicerat.exporter,
            publicerat.kalender,
            publicerat.rapport,
        ],
        asset_checks=[kontroll.kontroll, kontroll.nattens_data],
        jobs=[job],
        schedules=schedule.build(settings, JOB),
        sensors=[schedule.watch(settings)],
        resources={RUN: RunResource(settings=settings, progress=progress or NullProgress())},
        # One writer, and a child process per step would import everything anew.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    return build_defs(Settings.from_env())
