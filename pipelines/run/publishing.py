"""The steps that make what people outside the night read. All after the database reads only what was published."""

from __future__ import annotations

from pathlib import Path

from pipelines import clock
from pipelines.exports.everything import Exported, export_all
from pipelines.run.lifecycle import DATABASE, EXPORTS, REPORT, Run
from pipelines.run.storing import require_stored
from pipelines.warehouse import journal, publication
from pipelines.warehouse.publish import publish
from pipelines.warehouse.queries import require_published


def publish_run(run: Run) -> dict[str, int]:
    """Publish the warehouse; table → number of rows. Raises ConfigError when nothing is stored."""
    with run.warehouse.open() as connection:
        require_stored(connection)
        publication.begin(connection)
        # The published journal must show this run as done: the database is what it is done with.
        journal.note(connection, run.id, arkiv_byte=run.archive.added)
        journal.end_run(connection, run.id, journal.DONE, clock.now())
    rows = publish(run.warehouse, run.settings.published, run.started.date(), run.settings.chunk_size)
    run.outputs.add(DATABASE)
    return rows


def export_published(run: Run) -> Exported:
    """Make every export of the published database. Raises ConfigError when nothing is published."""
    settings = run.settings
    require_published(settings.published)
    exported = export_all(settings.published, settings.parquet_dir, settings.export_dir)
    run.outputs.add(EXPORTS)
    return exported


def build_draft(run: Run) -> Path:
    """Build tonight's draft of the report, and the start page. Raises ConfigError when nothing is published."""
    # The report's templates and figures are needed by this step only.
    from dashboards.report import build_report
    from pipelines.followups.issue import baseline_for_draft, start_page

    settings = run.settings
    require_published(settings.published)
    before = baseline_for_draft(settings, settings.published)
    report = build_report(settings.published, settings.draft_dir, before=before)
    start_page(settings, run.catalog)
    run.outputs.add(REPORT)
    return report
