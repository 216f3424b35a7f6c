"""Assets `publicerat/…`: what people outside the night read. Everything after the database reads only what was
published.
"""

from collections import Counter
from collections.abc import Iterator

import dagster as dg

from pipelines.assets import graph, lager
from pipelines.assets.resource import RunParam, step_with_news
from pipelines.run.publishing import build_draft, export_published, publish_run
from pipelines.warehouse.changes import changes
from pipelines.warehouse.changes_text import as_text
from pipelines.warehouse.queries import calendar

DATABASE = dg.AssetKey(["publicerat", "analysdatabas"])
EXPORTS = dg.AssetKey(["publicerat", "exporter"])
CALENDAR = dg.AssetKey(["publicerat", "kalender"])
REPORT = dg.AssetKey(["publicerat", "rapport"])


@dg.asset(
    key=DATABASE,
    deps=[lager.OBSERVATIONS, lager.VARIATION, lager.COMPARISON, lager.TREND, lager.EFFECT, lager.FINDINGS],
    group_name="publicerat",
    kinds={"duckdb"},
    output_required=False,
    description="Analytikernas databas analys.duckdb: skrivs färdig vid sidan av och byts in tillsammans med "
    "exporter och rapport i ett steg; läsare ser den gamla natten eller den nya.",
)
@step_with_news
def analysdatabas(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    rows = publish_run(run)
    published = run.publication.database
    yield dg.MaterializeResult(
        metadata={
            "fil": dg.MetadataValue.path(str(run.settings.published)),
            "rader": dg.MetadataValue.json(rows),
            "dagster/row_count": rows["matvarde"],
            "ändringar": graph.plain_text(as_text(changes(published, None)), "malbild andringar"),
        }
    )


@dg.asset(
    key=EXPORTS,
    deps=[DATABASE],
    group_name="publicerat",
    kinds={"parquet", "csv", "excel"},
    output_required=False,
    description="Samma tabeller som Parquet och CSV (för program och för svenska Excel), en arbetsbok med ett blad per "
    "målområde, beskrivningar (datapackage.json, dcat.jsonld) och kontrollsummor.",
)
@step_with_news
def exporter(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    exported = export_published(run)
    yield dg.MaterializeResult(
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
    kinds={"duckdb"},
    output_required=False,
    description="Publiceringskalendern: vilka nyckeltal som väntas, är försenade eller har kommit, enligt Koladas "
    "planerade datum (vyn publiceringskalender), och när nämnden behandlar uppföljningarna.",
)
@step_with_news
def kalender(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    due = calendar(run.publication.database)
    counts = Counter(row["lage"] for row in due)
    meetings = [(follow_up.id, follow_up.board_day) for follow_up in run.catalog.follow_ups]
    yield dg.MaterializeResult(
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
    kinds={"html"},
    output_required=False,
    description="Nattens utkast till uppföljningen: en mapp med sidor och CSV-filer, byggd enbart ur den publicerade "
    "databasen och inbytt tillsammans med den, och startsidan med alla uppföljningar.",
)
@step_with_news
def rapport(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
    report = build_draft(run)
    sizes = [file.stat().st_size for file in report.parent.rglob("*") if file.is_file()]
    yield dg.MaterializeResult(
        metadata={"fil": dg.MetadataValue.path(str(run.settings.draft_report)), "filer": len(sizes), "byte": sum(sizes)}
    )
