"""The asset checks: what `pipelines.checks` finds in the stored tables, and whether the report is tonight's."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.assets import graph, lager, publicerat
from pipelines.assets.resource import RunParam, step
from pipelines.checks import evaluate as checks
from pipelines.errors import RefusedDataError
from pipelines.run.checking import check_run
from pipelines.warehouse.queries import newest_run

TONIGHTS = "nattens_data"
_ROWS_SHOWN = 50

_DESCRIPTIONS = {
    checks.COVERAGE: "Täckning per mått och huvudman mot det publicerade. Stoppar när serier skiljer sig utan "
    "händelse.",
    checks.SIZE: "Värdenas storlek mot det publicerade. Stoppar när för stor del av ett mått ändras på en natt.",
    checks.PLAUSIBLE: "Nya och reviderade år mot nyckeltalens egen historia: landet, de egna områdena och riket. "
    "Stoppar det som inte är rimligt.",
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
)
@step
def kontroll(run: RunParam) -> Iterator[dg.AssetCheckResult]:
    results = check_run(run)
    for result in results:
        yield dg.AssetCheckResult(
            check_name=result.check,
            asset_key=lager.OBSERVATIONS,
            passed=result.level == "ok",
            severity=_SEVERITY[result.level],
            description=graph.as_text(result.text),
            metadata=_metadata(result),
        )
    if line := checks.stop_line(results):
        # Dagster would stop here too, with a line that says nothing.
        raise RefusedDataError(line)


def _metadata(result: checks.CheckResult) -> dict[str, Any]:
    numbers: dict[str, Any] = dict(result.numbers)
    if not result.rows:
        return numbers
    return {**numbers, "rader": graph.table(result.rows[:_ROWS_SHOWN])}


@dg.multi_asset_check(
    name=TONIGHTS,
    specs=[
        dg.AssetCheckSpec(
            TONIGHTS, asset=publicerat.REPORT, description="Rapporten är byggd av den senast publicerade körningen."
        )
    ],
)
@step
def nattens_data(run: RunParam) -> Iterator[dg.AssetCheckResult]:
    newest = newest_run(run.publication.database)
    run_id = newest["korning_id"] if newest else "som saknas"
    # All pages are put in place together: what one says of the run holds for every one.
    shown = any(run_id in page.read_text(encoding="utf-8") for page in run.publication.draft_dir.glob("*.html"))
    text = (
        f"Rapporten visar körningen {run_id}"
        if shown
        else f"Rapporten är inte byggd av den senast publicerade körningen {run_id} → kör malbild report"
    )
    yield dg.AssetCheckResult(check_name=TONIGHTS, asset_key=publicerat.REPORT, passed=shown, description=text)
