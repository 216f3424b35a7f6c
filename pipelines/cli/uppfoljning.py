"""`malbild uppfoljning …`: options in, what was done out. What is done is `pipelines.followups`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import clock
from pipelines.cli.common import Accepted, command, err, out, parse_time, print_text
from pipelines.errors import ConfigError
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.catalog.model import Catalog

app = typer.Typer(
    no_args_is_help=True, help="The half-yearly issues: plan, freeze, decide, rectify, and verify an archive pack."
)

IssueId = Annotated[str, typer.Argument(metavar="ID", help="The uppföljning's id in uppfoljningar.yaml.")]
Day = Annotated[str | None, typer.Option("--datum", help="Day of the decision, e.g. 2026-12-11.")]
WithoutPdf = Annotated[bool, typer.Option("--utan-pdf", help="Go without PDF, e.g. where no Chromium is installed.")]


@command(app)
def ny(
    settings: Settings,
    issue_id: IssueId,
    nr: Annotated[int, typer.Option("--nr", help="Number, one more than the last.")],
    namn: Annotated[str, typer.Option("--namn", help="Name on the cover, e.g. 'Höst 2026'.")],
    nsv: Annotated[str | None, typer.Option("--nsv", help="Day of NSV's meeting.")] = None,
    utskick: Annotated[str | None, typer.Option("--utskick", help="Day when the papers are sent.")] = None,
) -> None:
    """Plan an issue: a draft at the end of uppfoljningar.yaml. Everything else is filled in there."""
    from pipelines.followups import edit
    from pipelines.followups.issue import start_page

    fields: dict[str, edit.Value] = {"id": issue_id, "nr": nr, "namn": namn, "status": "utkast"}
    fields |= {
        key: _day(text, option)
        for key, text, option in (
            ("utskick", utskick, "--utskick"),
            ("nsv_datum", nsv, "--nsv"),
        )
        if text
    }
    text = edit.appended(edit.read(settings.catalog_dir), fields)
    catalog = edit.checked(settings.catalog_dir, text, issue_id, tuple(fields))
    edit.write(settings.catalog_dir, text)
    start_page(settings, catalog)
    out.print(f"Planned   {issue_id} in {settings.catalog_dir / 'uppfoljningar.yaml'}")


@command(app)
def frys(
    settings: Settings,
    issue_id: IssueId,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As known at this time (ISO, UTC); default: the newest published run.")
    ] = None,
    godkann: Accepted = None,
) -> None:
    """Freeze figures and content: what every draft along the styrkedja, and the decided report, is made of."""
    from pipelines.followups.freeze import freeze
    from pipelines.followups.issue import build
    from pipelines.locks import hold_data_dir

    with hold_data_dir(settings.data_dir):
        version, catalog = freeze(settings, issue_id, parse_time(as_of) if as_of else None, accepted=godkann or ())
        built = build(settings, issue_id)
    out.print(f"Frozen    as of {version.as_of} (UTC) in {version.folder}")
    out.print(f"Draft     {built.files[0]}")
    _warn(catalog)


@command(app)
def faststall(
    settings: Settings, issue_id: IssueId, datum: Day = None, godkann: Accepted = None, utan_pdf: WithoutPdf = False
) -> None:
    """Make a frozen issue permanent: report, PDF, files and archive pack, which nothing overwrites afterwards."""
    from pipelines.followups.decide import decide
    from pipelines.locks import hold_data_dir

    day = _day(datum, "--datum") if datum else None
    with hold_data_dir(settings.data_dir):
        page = decide(settings, issue_id, day, without_pdf=utan_pdf, accepted=godkann or ())
    _print_files("Decided", page)


@command(app)
def ratta(
    settings: Settings,
    issue_id: IssueId,
    orsak: Annotated[str, typer.Option("--orsak", help="Why, in whole sentences that the reader understands.")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Figures as known at this time; default: as decided."),
    ] = None,
    datum: Annotated[str | None, typer.Option("--datum", help="Day of the rectification; default: today.")] = None,
    godkann: Accepted = None,
    utan_pdf: WithoutPdf = False,
) -> None:
    """Make a new version of a decided issue, with cause and changed figures. The decided one stays as it is."""
    from pipelines.followups.decide import rectify
    from pipelines.locks import hold_data_dir

    day = _day(datum, "--datum") if datum else clock.today()
    with hold_data_dir(settings.data_dir):
        page = rectify(
            settings,
            issue_id,
            orsak,
            day,
            as_of=parse_time(as_of) if as_of else None,
            without_pdf=utan_pdf,
            accepted=godkann or (),
        )
    _print_files("Rectified", page)


@command(app)
def meningar(
    settings: Settings,
    issue_id: IssueId,
    alla: Annotated[
        bool, typer.Option("--alla", help="Also those that are approved, with what was approved as comments.")
    ] = False,
) -> None:
    """Print the automatic sentences that nobody has approved yet, ready to paste under the issue in uppfoljningar.yaml;
    who approved them, and when, is filled in there.
    """
    from pipelines.followups.issue import to_approve

    lines = to_approve(settings, issue_id, approved_too=alla)
    print_text(lines or "every sentence is approved")


@command(app)
def tjansteutlatande(settings: Settings, issue_id: IssueId) -> None:
    """Build the issue's draft again with the skeleton of the tjänsteutlåtande, in Markdown, from the same figures."""
    from pipelines.followups.issue import letter
    from pipelines.locks import REPORT, hold_data_dir

    with hold_data_dir(settings.data_dir, doing=REPORT):
        path = letter(settings, issue_id)
    out.print(f"Letter    {path}")


@command(app, data=False, catalog=False)
def verifiera(
    fil: Annotated[
        Path,
        typer.Argument(metavar="ZIP", help="An archive pack, as it was handed back, or a decided report's folder."),
    ],
) -> None:
    """Check an archive pack, or a decided report's folder against the pack in it: every file there, none changed, none
    added. Nothing is unpacked.
    """
    from pipelines.followups.verify import verify

    pack = verify(fil)
    for fault in pack.faults:
        out.print(fault, style="red")
    if pack.faults:
        raise ConfigError(f"{fil}: {len(pack.faults)} faults: it is not what was made → ask for it again")
    manifest = pack.manifest
    out.print(
        f"{fil}: {pack.files} files as they were packed. Uppföljning {manifest['uppfoljning']}, version "
        f"{manifest['version']}, {manifest['status']}, as of {manifest['as_of']}, malbild {manifest['kod_version']}"
    )


def _print_files(what: str, page: Path) -> None:
    out.print(f"{what:9} {page}")
    for file in sorted(page.parent.iterdir()):
        if file.is_file() and file.suffix != ".html":
            out.print(f"          {file.name}  {file.stat().st_size / 1e6:.1f} MB")


def _warn(catalog: Catalog) -> None:
    for warning in catalog.warnings:
        err.print(str(warning), style="yellow")


def _day(text: str, option: str) -> date:
    from pipelines.yamlfile import iso_date

    day = iso_date(text)
    if day is None:
        raise ConfigError(f"{option} {text!r} is not a day → write it as 2026-11-22")
    return day
