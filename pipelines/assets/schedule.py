"""When the night begins, when it begins again because Kolada was unreachable, and who notices that it was killed.

Whether a night begins again is read from the tags of its earlier runs, never from the clock. A machine that slept over
the beginning starts the night when it wakes: Dagster evaluates the last tick that it missed.
"""

from __future__ import annotations

from typing import Final

import dagster as dg

from pipelines import clock
from pipelines.assets.notify import notify_failure
from pipelines.assets.resource import NIGHT, OUTCOME, UNREACHABLE, county_filter
from pipelines.catalog.load import load_catalog
from pipelines.errors import CatalogError, MalbildError
from pipelines.settings import NIGHT_BEGINS, Settings

# Like the night's own beginning outside the hours that daylight saving time moves.
_AGAIN: Final = "15 5,6 * * *"


def build(settings: Settings, job_name: str) -> list[dg.ScheduleDefinition]:
    """The night's schedule and the one that tries again, both on from the beginning, both of the same job."""

    @dg.schedule(
        name="varje_natt",
        job_name=job_name,
        cron_schedule=NIGHT_BEGINS,
        execution_timezone=clock.TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Nattens körning, 04.15 svensk tid.",
    )
    def varje_natt(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return _request(settings, context)

    @dg.schedule(
        name="samma_natt_igen",
        job_name=job_name,
        cron_schedule=_AGAIN,
        execution_timezone=clock.TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Nattens körning igen, 05.15 och 06.15, när den slutade med att Kolada inte gick att nå.",
    )
    def samma_natt_igen(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        runs = context.instance.get_runs(
            filters=dg.RunsFilter(tags={NIGHT: _night(context)} | county_filter(settings)), limit=1
        )
        reason = skip_reason(runs[0]) if runs else "Natten har inte börjat"
        return dg.SkipReason(reason) if reason else _request(settings, context)

    return [varje_natt, samma_natt_igen]


def _request(settings: Settings, context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The run of this tick: the same for every daemon that asks. Raises CatalogError after notifying of it."""
    try:
        load_catalog(settings.catalog_dir)
    except CatalogError as error:
        # A run would only end in an import error, and nobody would be notified.
        notify_failure(settings, error)
        raise
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={NIGHT: _night(context)})


def _night(context: dg.ScheduleEvaluationContext) -> str:
    return f"{context.scheduled_execution_time.astimezone(clock.SWEDEN):%Y-%m-%d}"


def skip_reason(last: dg.DagsterRun) -> str | None:
    """Why the night needs no other run after its last one; None when it does."""
    if not last.is_finished:
        return "Nattens körning pågår"
    if last.status is dg.DagsterRunStatus.SUCCESS:
        return "Nattens körning är klar"
    outcome = last.tags.get(OUTCOME, "avbruten")
    if outcome == UNREACHABLE:
        return None
    return f"Nattens körning slutade: {outcome}. En ny körning samma natt skulle sluta likadant"


def watch(settings: Settings) -> dg.SensorDefinition:
    """Notifies of runs that could not do so themselves: killed, or broken before their journal began."""

    @dg.run_failure_sensor(
        name="tysta_fel",
        # Every evaluation is a row in Dagster's database, and the news is for the morning.
        minimum_interval_seconds=600,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Meddelar körningar som slutat utan att själva hinna säga varför.",
    )
    def tysta_fel(context: dg.RunFailureSensorContext) -> dg.SkipReason:
        run = context.dagster_run
        if OUTCOME in run.tags:
            return dg.SkipReason("Körningen har själv sagt hur den slutade")
        message = context.failure_event.message or "a run failed without a message"
        step = f"see how far it came in the newest file of {settings.log_dir}; the next night begins anew"
        notify_failure(settings, MalbildError(f"run {run.run_id} {message} → {step}"))
        return dg.SkipReason("Meddelat")

    return tysta_fel
