"""The asset checks: what `pipelines.checks` finds in the stored tables, and whether the report is tonight's."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.assets import graph, lager, publicerat
from pipelines.assets.resource import RESOURCE, Run
from pipelines.checks import evaluate as checks
from pipelines.checks.inputs import read_inputs
from pipelines.errors import RefusedDataError
from pipelines.warehouse.queries import newest_run

_ROWS_SHOWN = 50

_DESCRIPTIONS = {
    checks.COVERAGE: "Täckning per mått och huvudman mot det publicerade. Stoppar när serier skiljer sig utan "
    "händelse.",
    checks.SIZE: "Värdenas storlek mot det publicerade. Stoppar när för stor del av ett mått ändras på en natt, "
    "eller en ny period hoppar i storlek utan skäl.",
    checks.DUPLICATES: "Varje värde finns en gång. Stoppar annars.",
    checks.CALENDAR: "Senaste år per nyckeltal mot Koladas planerade publicering.",
    checks.QUARANTINE: "Nattens vägrade värden.",
}
_SEVERITY = {
    "ok": dg.AssetCheckSeverity.WARN,
    "varning": dg.AssetCheckSeverity.WARN,
    "stopp": dg.AssetCheckSeverity.ERROR,
}


@dg.multi_asset_check(
    name="kontroll",
    description="Är det lagrade värt att publicera? Stoppar allt efter lager/matvarde när svaret är nej.",
    specs=[
        dg.AssetCheckSpec(name, asset=lager.OBSERVATIONS, blocking=name in checks.STOPPING, description=description)
        for name, description in _DESCRIPTIONS.items()
    ],
    required_resource_keys={RESOURCE},
)
def kontroll(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    run: Run = getattr(context.resources, RESOURCE)
    with run.warehouse.open() as connection:
        stored = read_inputs(connection, run.settings.published, run.id)
    if stored.unreadable:
        run.publish_anyway()
    findings = checks.evaluate(stored, changed_share=run.settings.changed_share, approved=run.approved)
    for finding in findings:
        yield dg.AssetCheckResult(
            check_name=finding.check,
            asset_key=lager.OBSERVATIONS,
            passed=finding.level == "ok",
            severity=_SEVERITY[finding.level],
            description=graph.as_text(finding.text),
            metadata=_metadata(finding),
        )
    if line := checks.stop_line(findings):
        # Dagster would stop here too, with a line that says nothing.
        raise RefusedDataError(line)


def _metadata(finding: checks.Finding) -> dict[str, Any]:
    numbers: dict[str, Any] = dict(finding.numbers)
    if not finding.rows:
        return numbers
    return {**numbers, "rader": graph.table(finding.rows[:_ROWS_SHOWN])}


@dg.asset_check(
    asset=publicerat.REPORT,
    name="nattens_data",
    description="Rapporten är byggd av den senast publicerade körningen.",
    required_resource_keys={RESOURCE},
)
def nattens_data(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    run: Run = getattr(context.resources, RESOURCE)
    published = newest_run(run.settings.published)
    if published in run.settings.draft_report.read_text(encoding="utf-8"):
        return dg.AssetCheckResult(passed=True, description=f"Rapporten visar körningen {published}")
    return dg.AssetCheckResult(
        passed=False,
        description=f"Rapporten är inte byggd av den senast publicerade körningen {published} → kör malbild report",
    )
