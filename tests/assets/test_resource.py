"""What Dagster is told of a run that could not begin."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from pipelines.assets.resource import OUTCOME, RUN, RunParam, RunResource
from pipelines.run.lifecycle import NullProgress
from pipelines.settings import Settings


def test_a_run_that_cannot_begin_says_why_in_the_list_of_runs(tmp_path: Path) -> None:
    @dg.asset
    def figures(run: RunParam) -> None:
        raise AssertionError("a step began")

    resource = RunResource(settings=Settings(tmp_path / "data", tmp_path / "no-folder"), progress=NullProgress())
    definitions = dg.Definitions([figures], resources={RUN: resource}, executor=dg.in_process_executor)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        assert not job.execute_in_process(instance=instance, raise_on_error=False).success
        assert instance.get_runs(limit=1)[0].tags[OUTCOME] == "fel i inställningar eller YAML"
