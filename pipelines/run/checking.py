"""The step between merge and analysis: whether what is stored is worth publishing."""

from __future__ import annotations

from pipelines.checks.evaluate import CheckResult, evaluate
from pipelines.checks.inputs import read_inputs
from pipelines.run.lifecycle import Run
from pipelines.warehouse import publication


def check_run(run: Run) -> list[CheckResult]:
    """What the checks find in the stored tables, compared with what is published."""
    with run.warehouse.open() as connection:
        inputs = read_inputs(connection, run.settings.published, run.id)
        if inputs.unreadable:
            # What cannot be read says nothing: it is published anew.
            publication.begin(connection)
    return evaluate(inputs, changed_share=run.settings.changed_share, approved=run.approved)
