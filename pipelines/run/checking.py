"""The step between merge and analysis: whether what is stored is worth publishing."""

from __future__ import annotations

from pipelines.checks.evaluate import CheckResult, evaluate, stop_line
from pipelines.checks.inputs import read_inputs
from pipelines.run.lifecycle import Run
from pipelines.run.screening import screened_of
from pipelines.warehouse import cursor, publication
from pipelines.warehouse.store import transaction


def check_run(run: Run) -> list[CheckResult]:
    """What the checks find in the stored tables, compared with what is published."""
    _, refused = screened_of(run)
    with run.warehouse.open() as connection:
        inputs = read_inputs(connection, run.settings.published, run.id, refused)
        if inputs.unreadable:
            # What cannot be read says nothing: it is published anew.
            publication.forget(connection)
        results = evaluate(inputs, changed_share=run.settings.changed_share, approved=run.approved)
        if stop_line(results):
            # What Kolada takes back without saying so is seen in a whole fetch only.
            with transaction(connection):
                cursor.forget(connection, inputs.changed)
    return results
