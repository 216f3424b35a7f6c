"""The run as Dagster sees it: the resource that every step is given, the tags of its runs, and when it forgets them.

Whoever starts the job (command line, schedule, UI) gets the same resource. What a run is: `pipelines.run`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final

import dagster as dg
import duckdb

from pipelines import clock, errors
from pipelines.assets.notify import notify_failure, notify_run
from pipelines.operation.halsa import write_halsa
from pipelines.run.lifecycle import Progress, Run, open_run
from pipelines.settings import Settings
from pipelines.warehouse.location import warehouse_of

# The key of the resource, and the name of the parameter by which a step asks for it.
RUN: Final = "run"
RunParam = dg.ResourceParam[Run]

# Tags, as they stand in Dagster's list of runs. The night (Swedish date) that the schedule started the run for.
NIGHT: Final = "malbild/natt"
# How the run ended.
OUTCOME: Final = "malbild/utfall"
# A person has looked at the changes: what they would stop is a warning. Set by `malbild run --godkann`, or in the UI.
APPROVED: Final = "malbild/godkand"
YES: Final = "ja"
# The county, by its schema in a shared warehouse: with one Dagster for several, all else of their runs is the same.
COUNTY: Final = "malbild/lan"
UNREACHABLE, FAILED = "Kolada onåbar", "misslyckad"
_BY_EXIT_CODE: Final = {
    errors.ConfigError.exit_code: "fel i inställningar eller YAML",
    errors.SourceError.exit_code: UNREACHABLE,
    errors.RefusedDataError.exit_code: "stoppad",
    errors.BusyError.exit_code: "upptagen",
}
# So many per run, so that an overdue cleaning does not make one night long.
_FORGOTTEN_PER_RUN: Final = 50
_IN_PROGRESS = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING)


class RunResource(dg.ConfigurableResource[Run]):
    """Körningen: datamappen, dess lås, journalen och det råa arkivet."""

    settings: dg.ResourceDependency[Settings]
    progress: dg.ResourceDependency[Progress]

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Run]:
        """Hand a run to the steps, open for as long as they go on; then say how it ended, to Dagster and to people."""
        instance, dagster_run = context.instance, context.run
        assert instance is not None
        assert dagster_run is not None

        def report(run: Run, connection: duckdb.DuckDBPyConnection) -> None:
            word = outcome(run.failure[1]) if run.failure else run.outcome
            instance.add_run_tags(dagster_run.run_id, {OUTCOME: word})
            notify_run(
                run.settings,
                connection,
                run.catalog,
                run_id=run.id,
                started=run.started,
                failure=run.failure,
                went_through=run.error is None and run.nothing_new(connection),
                published=run.published,
            )
            write_halsa(run.settings, connection, clock.now())

        try:
            with open_run(
                self.settings,
                _run_id(instance, dagster_run),
                dagster_id=dagster_run.run_id,
                progress=self.progress,
                approved=dagster_run.tags.get(APPROVED) == YES,
                on_end=report,
            ) as run:
                yield run
                _note_unfinished(run, instance, dagster_run)
        except errors.BusyError:
            # It was no run at all. That the night was none is told by the sensor.
            raise
        except errors.MalbildError as error:
            instance.add_run_tags(dagster_run.run_id, {OUTCOME: outcome(error.exit_code)})
            notify_failure(self.settings, error)
            raise
        forget_old_runs(instance, self.settings, datetime.now(UTC))


def step(compute: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Note in the run what stops the step, which Dagster shows nobody but as text. The step takes a RunParam `run`."""

    @wraps(compute)
    def note_failure(*args: Any, **resources: Any) -> Iterator[Any]:
        run: Run = resources[RUN]
        try:
            yield from compute(*args, **resources)
        except GeneratorExit:
            raise
        except BaseException as error:
            run.fail(compute.__name__, error)
            raise

    return note_failure


def step_with_news(compute: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """As `step`, for what is made anew only when the run has stored something that is not published yet.

    Otherwise nothing is made and no materialization recorded, and Dagster skips what depends on it in the same run.
    """

    @step
    @wraps(compute)
    def unless_published(*args: Any, **resources: Any) -> Iterator[Any]:
        run: Run = resources[RUN]
        with run.warehouse.open() as connection:
            nothing_new = run.nothing_new(connection)
        if not nothing_new:
            yield from compute(*args, **resources)

    return unless_published


def outcome(exit_code: int) -> str:
    """The word for a failed run."""
    return _BY_EXIT_CODE.get(exit_code, FAILED)


def county_tag(settings: Settings) -> dict[str, str]:
    """What the runs of the night's job are marked with."""
    county = warehouse_of(settings).county
    return {COUNTY: county} if county else {}


def county_filter(settings: Settings) -> dict[str, str]:
    """What tells this county's runs from those of others; nothing where Dagster has no others."""
    return county_tag(settings) if settings.dagster_yaml else {}


def end_dead_runs(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """End what Dagster takes for a run in progress; call only while holding the data dir, when none can be.

    Dagster itself would wait for a killed run until its longest time, and start no other meanwhile.
    """
    dead = instance.get_runs(filters=dg.RunsFilter(statuses=list(_IN_PROGRESS), tags=county_filter(settings)))
    for run in dead:
        instance.report_run_failed(run, "Körningen avbröts: processen finns inte längre. Nästa körning tar vid.")
    return [run.run_id for run in dead]


def forget_old_runs(instance: dg.DagsterInstance, settings: Settings, now: datetime) -> None:
    """Remove Dagster's records and the log files of runs that are older than the settings keep them."""
    oldest = now - settings.runs_kept
    old = dg.RunsFilter(created_before=oldest, tags=county_filter(settings))
    for run in instance.get_runs(filters=old, limit=_FORGOTTEN_PER_RUN):
        instance.delete_run(run.run_id)
    for file in settings.log_dir.glob("*.log"):
        if file.stat().st_mtime < oldest.timestamp():
            file.unlink()


def _run_id(instance: dg.DagsterInstance, dagster_run: dg.DagsterRun) -> str:
    """The same for all attempts at a run, so that a re-execution from failure finds what the failed one had fetched."""
    root = dagster_run.root_run_id or dagster_run.run_id
    record = instance.get_run_record_by_id(root)
    created = record.create_timestamp if record else datetime.now(UTC)
    return f"{created:%Y-%m-%dT%H%M%SZ}-{root[:8]}"


def _note_unfinished(run: Run, instance: dg.DagsterInstance, dagster_run: dg.DagsterRun) -> None:
    """Note in the run what no step could: that Dagster failed one itself, or was told to end outside of them."""
    if run.error is not None or run.interrupted:
        return
    ends = {dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_SKIPPED, dg.DagsterEventType.STEP_FAILURE}
    records = instance.all_logs(dagster_run.run_id, of_type=ends)
    events = [record.dagster_event for record in records if record.dagster_event]
    for failure in (event for event in events if event.is_step_failure):
        source = failure.step_failure_data.error_source
        if source is None or source.name != "INTERRUPT":
            reason = f"Dagster could not use what the step gave it → see run {dagster_run.run_id} in the UI"
            run.fail(str(failure.step_key), RuntimeError(reason))
            return
    plan = instance.get_execution_plan_snapshot(str(dagster_run.execution_plan_snapshot_id))
    done = {event.step_key for event in events if not event.is_step_failure}
    run.interrupted = not set(plan.step_keys_to_execute) <= done
