"""Assets `publicerat/…`: what people outside the night read. Everything after the database reads only what was
published.
"""

import shutil
from collections import Counter

import dagster as dg

from pipelines import clock
from pipelines.assets import graph, lager
from pipelines.assets.resource import RESOURCE, Run
from pipelines.exports.everything import export_all
from pipelines.warehouse import journal, publication
from pipelines.warehouse.changes import changes
from pipelines.warehouse.changes_text import as_text
from pipelines.warehouse.publish import publish
from pipelines.warehouse.queries import calendar
from pipelines.warehouse.store import open_warehouse

DATABASE = dg.AssetKey(["publicerat", "analysdatabas"])
EXPORTS = dg.AssetKey(["publicerat", "exporter"])
CALENDAR = dg.AssetKey(["publicerat", "kalender"])
REPORT = dg.AssetKey(["publicerat", "rapport"])


@dg.asset(
    key=DATABASE,
    deps=[lager.OBSERVATIONS, lager.COMPARISON, lager.TREND],
    group_name="publicerat",
    freshness_policy=graph.FRESH,
    kinds={"duckdb"},
    required_resource_keys={RESOURCE},
    description="Analytikernas databas analys.duckdb: skrivs färdig vid sidan av och byts in i ett steg; "
    "läsare ser den gamla eller den nya.",
)
def analysdatabas(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    if run.nothing_new():
        return graph.skipped(context)
    with open_warehouse(run.settings.warehouse) as connection:
        publication.begin(connection)
        # The published journal must show this run as done: the database is what it is done with.
        journal.note(connection, run.id, arkiv_byte=run.archive.added)
        journal.end_run(connection, run.id, journal.DONE, clock.now())
    rows = publish(run.settings.warehouse, run.settings.published, run.started.date(), run.settings.chunk_size)
    return dg.MaterializeResult(
        metadata={
            "fil": dg.MetadataValue.path(str(run.settings.published)),
            "rader": dg.MetadataValue.json(rows),
            "dagster/row_count": rows["matvarde"],
            "ändringar": graph.plain_text(as_text(changes(run.settings.published, None)), "malbild andringar"),
        }
    )


@dg.asset(
    key=EXPORTS,
    deps=[DATABASE],
    group_name="publicerat",
    freshness_policy=graph.FRESH,
    kinds={"parquet", "csv", "excel"},
    required_resource_keys={RESOURCE},
    description="Samma tabeller som Parquet och CSV (för program och för svenska Excel), en arbetsbok med ett blad per "
    "målområde, beskrivningar (datapackage.json, dcat.jsonld) och kontrollsummor.",
)
def exporter(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    if run.nothing_new():
        return graph.skipped(context)
    exported = export_all(run.settings.published, run.settings.parquet_dir, run.settings.export_dir)
    return dg.MaterializeResult(
        metadata={
            "filer": exported.files,
            "byte": exported.bytes,
            "mapp": dg.MetadataValue.path(str(run.settings.export_dir)),
            "parquet": dg.MetadataValue.path(str(run.settings.parquet_dir)),
            "dcat": "skriven" if exported.dcat else "inte skriven: kommuner.yaml saknar utgivare",
        }
    )


@dg.asset(
    key=CALENDAR,
    deps=[DATABASE],
    group_name="publicerat",
    freshness_policy=graph.FRESH,
    kinds={"duckdb"},
    required_resource_keys={RESOURCE},
    description="Publiceringskalendern: vilka nyckeltal som väntas, är försenade eller har kommit, enligt Koladas "
    "planerade datum (vyn publiceringskalender), och när nämnden behandlar uppföljningarna.",
)
def kalender(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    if run.nothing_new():
        return graph.skipped(context)
    due = calendar(run.settings.published)
    counts = Counter(row["lage"] for row in due)
    meetings = [(follow_up.id, follow_up.board_day) for follow_up in run.catalog.follow_ups]
    return dg.MaterializeResult(
        metadata={
            "väntas": counts["väntas"],
            "försenade": counts["försenad"],
            "kommande och försenade": graph.table(row for row in due if row["lage"] in ("väntas", "försenad")),
            "nämnden": dg.MetadataValue.json({name: str(day) for name, day in meetings if day}),
        }
    )


@dg.asset(
    key=REPORT,
    deps=[DATABASE],
    group_name="publicerat",
    freshness_policy=graph.FRESH,
    kinds={"html"},
    required_resource_keys={RESOURCE},
    description="Nattens utkast till uppföljningen, en fristående HTML-fil, byggd enbart ur den publicerade databasen, "
    "och startsidan med alla uppföljningar.",
)
def rapport(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    run: Run = getattr(context.resources, RESOURCE)
    if run.nothing_new():
        return graph.skipped(context)
    # The report's templates and figures are needed by this step only.
    from dashboards.report import build_report
    from pipelines.followups.issue import baseline_for_draft, start_page

    settings = run.settings
    target = build_report(
        settings.published, settings.draft_report, before=baseline_for_draft(settings, settings.published)
    )
    # Yesterday's files per huvudman would pass for tonight's.
    for stale in settings.draft_report.parent.glob("[0-9][0-9][0-9][0-9].html"):
        stale.unlink()
        shutil.rmtree(stale.with_name(f"csv-{stale.stem}"), ignore_errors=True)
    start_page(settings, run.catalog)
    return dg.MaterializeResult(metadata={"fil": dg.MetadataValue.path(str(target)), "byte": target.stat().st_size})
