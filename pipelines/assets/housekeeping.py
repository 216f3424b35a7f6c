"""What a data dir's Dagster needs so that it can be forgotten: dead runs are ended, old ones removed."""

from __future__ import annotations

from datetime import datetime

import dagster as dg

from pipelines.assets.tags import mine
from pipelines.settings import Settings

# So many per run, so that an overdue cleaning does not make one night long.
_AT_ONCE = 50
_GOING_ON = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING)


def end_dead_runs(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """End what Dagster takes for a run in progress; call only while holding the data dir, when none can be.

    Dagster itself would wait for a killed run until its longest time, and start no other meanwhile.
    """
    dead = instance.get_runs(filters=dg.RunsFilter(statuses=list(_GOING_ON), tags=mine(settings)))
    for run in dead:
        instance.report_run_failed(run, "Körningen avbröts: processen finns inte längre. Nästa körning tar vid.")
    return [run.run_id for run in dead]


def forget_old_runs(instance: dg.DagsterInstance, settings: Settings, now: datetime) -> None:
    """Remove Dagster's records and the log files of runs that are older than the settings keep them."""
    oldest = now - settings.runs_kept
    for run in instance.get_runs(filters=dg.RunsFilter(created_before=oldest, tags=mine(settings)), limit=_AT_ONCE):
        instance.delete_run(run.run_id)
    for file in settings.log_dir.glob("*.log"):
        if file.stat().st_mtime < oldest.timestamp():
            file.unlink()
