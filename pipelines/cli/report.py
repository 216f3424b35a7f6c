"""The report from the published database, or that of an issue, and what is made of it: `report`, `bilder`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.common import command, err, out, parse_time
from pipelines.errors import ConfigError
from pipelines.settings import Settings

app = typer.Typer()


@command(app)
def report(
    settings: Settings,
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
        str | None, typer.Option("--huvudman", help="Only this huvudman's own file, e.g. 0484; alla: every one.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also as PDF, printed by the Chromium that is installed.")] = False,
) -> None:
    """Build the report from the published database alone, or that of an issue from what was frozen; no network."""
    from pipelines.catalog.follow_ups import BODIES
    from pipelines.followups.issue import ALL, build, build_draft
    from pipelines.locks import REPORT, hold_data_dir
    from pipelines.warehouse.queries import require_published

    when = parse_time(as_of) if as_of else None
    # It becomes the name of a file.
    if huvudman is not None and huvudman != ALL and re.fullmatch(r"[0-9]{4}", huvudman) is None:
        raise ConfigError(f"--huvudman {huvudman!r} is no id of a huvudman → write four digits, e.g. 0484, or {ALL}")
    if instans is not None and (uppfoljning is None or instans not in BODIES):
        raise ConfigError(
            f"--instans {instans}: it goes with --uppfoljning and is one of {', '.join(BODIES)} → name both"
        )
    if uppfoljning is None:
        require_published(settings.published)
        for line in _unpublished(settings):
            err.print(line, style="yellow")
    with hold_data_dir(settings.data_dir, doing=REPORT):
        if uppfoljning is None:
            built = build_draft(settings, as_of=when, principal=huvudman, pdf=pdf)
        else:
            built = build(settings, uppfoljning, organisation=instans, as_of=when, principal=huvudman, pdf=pdf)
    for path in built.files:
        out.print(path)
    if built.same is not None:
        outcome = "comes out the same, byte for byte" if built.same else "comes out otherwise with this program"
        out.print(f"It is fastställd and was not written: made anew it {outcome}")


@command(app)
def bilder(
    settings: Settings,
    uppfoljning: Annotated[
        str | None, typer.Argument(metavar="UPPFÖLJNING", help="An issue; default: tonight's draft.")
    ] = None,
    pptx: Annotated[bool, typer.Option("--pptx", help="Also slides: one deck, and one for each huvudman.")] = False,
    till: Annotated[
        Path | None, typer.Option("--till", help="A new folder for all of it, instead of the report's own.")
    ] = None,
) -> None:
    """Make PNG of a report's figures, beside the SVG that it has, and slides with charts that can be edited."""
    from pipelines.catalog.load import load_catalog
    from pipelines.followups.pictures import write_pngs
    from pipelines.followups.slides import place_of, write_decks
    from pipelines.locks import REPORT, hold_data_dir

    with hold_data_dir(settings.data_dir, doing=REPORT):
        catalog = load_catalog(settings.catalog_dir)
        place = place_of(settings, catalog, uppfoljning, till)
        for path in write_decks(settings, catalog, uppfoljning, place) if pptx else ():
            out.print(path)
        # Last: it needs a browser, and what needs none is there without it.
        for path in write_pngs(place.pictures):
            out.print(path)


def _unpublished(settings: Settings) -> list[str]:
    """A line when the YAML files are others than those published. Raises CatalogError when they are broken."""
    from pipelines.catalog.load import load_catalog
    from pipelines.kolada.archive import RawArchive
    from pipelines.warehouse.queries import newest_run

    run = newest_run(settings.published)
    if run is None or run["korning_id"] not in (archive := RawArchive(settings.raw_dir)).runs():
        return []
    published = archive.files(run["korning_id"])
    changed = [f.name for f in load_catalog(settings.catalog_dir).files if published.get(f.name) != f.content]
    if not changed:
        return []
    return [
        f"warning: {', '.join(changed)} in {settings.catalog_dir} differ from what {run['korning_id']} published: of "
        "figures the report shows what is published → `malbild run` publishes the change"
    ]
