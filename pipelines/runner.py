"""The night's job in this process: the command line's way in. Dagster's schedule and UI start the very same job.

DAGSTER_HOME lies in the data dir, so that both show the same runs.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import dagster as dg

from pipelines.assets import publicerat
from pipelines.assets.notify import notify_failure
from pipelines.assets.resource import APPROVED, YES
from pipelines.definitions import JOB, build_defs
from pipelines.errors import CatalogError, ConfigError
from pipelines.permissions import keep_private
from pipelines.run.lifecycle import Progress
from pipelines.run.summary import Summary, summarise
from pipelines.settings import Settings


def prepare_home(settings: Settings) -> Path:
    """DAGSTER_HOME of the data dir, with its settings in place."""
    keep_private(settings)
    home = settings.dagster_home
    template = settings.dagster_yaml or Path(__file__).with_name("dagster.yaml")
    if not template.is_file():
        raise ConfigError(f"MALBILD_DAGSTER={str(template)!r} is no file → name one like deploy/dagster-postgres.yaml")
    shutil.copy(template, home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return home


def run_job(settings: Settings, progress: Progress, *, full: bool = False, approved: bool = False) -> Summary:
    """Run the whole job.

    Args:
        full: Fetch everything whole, whatever was fetched before.
        approved: A person has looked at the changes that would stop it.

    Raises:
        MalbildError: what stopped it; other exceptions are faults of the program or the machine.
    """
    prepare_home(settings)
    # Dagster writes every event to stderr; the run's log file and the UI have them.
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    try:
        job = build_defs(settings, progress).resolve_job_def(JOB)
    except CatalogError as error:
        # No run could begin that would notify of it.
        notify_failure(settings, error)
        raise
    with dg.DagsterInstance.get() as instance:
        try:
            result = job.execute_in_process(
                instance=instance,
                tags={APPROVED: YES} if approved else None,
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "ops": {"kolada__katalog": {"config": {"hel": full}}},
                },
            )
        except dg.DagsterResourceFunctionError as wrapped:
            # A step's error comes as it is; that of a run that could not begin is wrapped.
            raise (wrapped.user_exception or wrapped) from wrapped
        except dg.DagsterExecutionInterruptedError:
            # Dagster's word for Ctrl-C and for a request to end.
            raise KeyboardInterrupt from None
    return summarise(
        settings,
        result.dagster_run.run_id,
        unchanged=not result.asset_materializations_for_node(publicerat.analysdatabas.op.name),
        warnings=[
            f"{evaluation.check_name}: {evaluation.description}"
            for evaluation in result.get_asset_check_evaluations()
            if not evaluation.passed
        ],
    )
