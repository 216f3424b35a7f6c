"""The steps that make what people outside the night read. All after the database reads only what was published.

They make it aside, and whichever makes the last of it lets readers have all at once.
"""

from __future__ import annotations

from pathlib import Path

from pipelines import clock, publications
from pipelines.exports.everything import Exported, export_all
from pipelines.run.lifecycle import DATABASE, EXPORTS, REPORT, Run
from pipelines.run.storing import require_stored
from pipelines.warehouse import journal
from pipelines.warehouse.publish import publish
from pipelines.warehouse.queries import require_published


def publish_run(run: Run) -> dict[str, int]:
    """Publish the warehouse, aside; table → number of rows. Raises ConfigError when nothing is stored."""
    with run.warehouse.open() as connection:
        require_stored(connection)
        # The published journal must show this run as done: the database is what it is done with.
        journal.note(connection, run.id, arkiv_byte=run.archive.added)
        journal.end_run(connection, run.id, journal.DONE, clock.now())
    publications.begin(run.settings, run.staged.root)
    rows = publish(run.warehouse, run.staged.database, run.started.date(), run.settings.chunk_size)
    run.outputs.add(DATABASE)
    return rows


def export_published(run: Run) -> Exported:
    """Make every export of the published database. Raises ConfigError when nothing is published."""
    publication = run.publication
    require_published(publication.database)
    exported = export_all(publication.database, publication.parquet_dir, publication.export_dir)
    run.outputs.add(EXPORTS)
    _publish_when_whole(run)
    return exported


def build_draft(run: Run) -> Path:
    """Build tonight's draft of the report, and the start page. Raises ConfigError when nothing is published."""
    # The report's templates and figures are needed by this step only.
    from dashboards.report import build_report
    from pipelines.followups.issue import baseline_for_draft, start_page

    publication = run.publication
    require_published(publication.database)
    before = baseline_for_draft(run.settings, publication.database)
    report = build_report(publication.database, publication.draft_dir, before=before)
    run.outputs.add(REPORT)
    if publication == run.settings.publication:
        start_page(run.settings, run.catalog)
    elif folder := _publish_when_whole(run):
        return folder / report.relative_to(publication.root)
    return report


def _publish_when_whole(run: Run) -> Path | None:
    """Let readers have database, exports and report when all three are there; the folder that they have then."""
    from pipelines.followups.issue import start_page

    staged = run.staged
    if not all(path.exists() for path in (staged.database, staged.checksums, staged.draft_report)):
        return None
    start_page(run.settings, run.catalog, staged)
    return publications.publish(run.settings, staged.root, run.id)
