"""The report from the published database, or that of an issue: `report`."""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from pipelines.catalog.follow_ups import BODIES
from pipelines.cli.common import (
    CatalogDir,
    DataDir,
    Debug,
    command,
    load_settings,
    out,
    parse_time,
)
from pipelines.errors import ConfigError

app = typer.Typer(add_completion=False)


@app.command()
@command
def report(
    uppfoljning: Annotated[
        str | None, typer.Option("--uppfoljning", help="An issue of uppfoljningar.yaml; default: tonight's draft.")
    ] = None,
    instans: Annotated[
        str | None,
        typer.Option(
            "--instans", help="With --uppfoljning: a draft for arbetsgrupp, beredningsgrupp, Länsstyrgruppen or NSV."
        ),
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="As known at this time (ISO, UTC).")] = None,
    huvudman: Annotated[
        str | None, typer.Option("--huvudman", help="One huvudman's own file, e.g. 0484, or alla: one for each.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also as PDF, printed by the Chromium that is installed.")] = False,
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    debug: Debug = False,
) -> None:
    """Build the report from the published database alone, or that of an issue from what was frozen; no network."""
    from pipelines.followups.issue import EVERY, baseline_for_draft, build, start_page

    settings = load_settings(data_dir, katalog, None)
    when = parse_time(as_of) if as_of else None
    # It becomes the name of a file.
    if huvudman is not None and huvudman != EVERY and re.fullmatch(r"[0-9]{4}", huvudman) is None:
        raise ConfigError(f"--huvudman {huvudman!r} is no id of a huvudman → write four digits, e.g. 0484, or {EVERY}")
    if instans is not None and (uppfoljning is None or instans not in BODIES):
        raise ConfigError(
            f"--instans {instans}: it goes with --uppfoljning and is one of {', '.join(BODIES)} → name both"
        )
    if uppfoljning is not None:
        built = build(settings, uppfoljning, organisation=instans, as_of=when, principal=huvudman, pdf=pdf)
        for path in built.files:
            out.print(path, soft_wrap=True)
        if built.same is not None:
            outcome = "comes out the same, byte for byte" if built.same else "comes out otherwise with this program"
            out.print(f"It is fastställd and was not written: made anew it {outcome}", soft_wrap=True)
        return

    from dashboards.report import build_report, build_reports
    from pipelines.warehouse.queries import require_published

    require_published(settings.published)
    target = settings.draft_report.with_name(f"{huvudman}.html") if huvudman else settings.draft_report
    with ExitStack() as stack:
        database = settings.published
        if when is not None:
            from pipelines.warehouse.history import rebuild_as_of

            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".")))
            database = rebuild_as_of(settings.published, folder / "analys.duckdb", when)
        before = baseline_for_draft(settings, database)
        if huvudman == EVERY:
            written = build_reports(database, target.parent, before=before, whole=False)
        else:
            written = [build_report(database, target, principal=huvudman, before=before)]
    if pdf:
        from pipelines.followups.freeze import newest
        from pipelines.followups.pdf import print_pdf

        written += [print_pdf(page, page.with_suffix(".pdf"), when or newest(settings)) for page in written]
    if huvudman is not None:
        from pipelines.catalog.load import load_catalog

        start_page(settings, load_catalog(settings.catalog_dir))
    for path in written:
        out.print(path, soft_wrap=True)
