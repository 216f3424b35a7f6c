"""The command line `malbild`: options in, exit codes out. Whatever a command does is done elsewhere.

Heavy imports (Dagster, polars, plotly) wait until a command needs them, so that `--help` and mistakes in options
answer at once.
"""

from __future__ import annotations

import gc
import re
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipelines.access import keep_private
from pipelines.catalog.follow_ups import BODIES
from pipelines.command import CatalogDir, DataDir, Debug, KoladaUrl, err, out, printable
from pipelines.command import command as _command
from pipelines.command import settings_of as _settings
from pipelines.command import time_of as _time
from pipelines.errors import CatalogError, ConfigError, MalbildError
from pipelines.followups import commands as follow_up_commands
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.catalog.model import Catalog

_EVENTS_SHOWN = 20
_REFUSALS_SHOWN = 5
_LEVEL_STYLES = {"ok": "", "warning": "yellow", "error": "red"}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Follow-up of the målbild Nära vård i Sörmland: from Kolada to a database and a report.",
)
lokal = typer.Typer(
    no_args_is_help=True, help="Figures that the huvudmän hand in themselves, in the folder lokala of the data dir."
)
app.add_typer(lokal, name="lokal")
app.add_typer(follow_up_commands.app, name="uppfoljning")


@app.command()
@_command
def run(
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    kolada_url: KoladaUrl = None,
    full: Annotated[bool, typer.Option("--full", help="Fetch everything whole, not only what changed.")] = False,
    godkann: Annotated[
        bool,
        typer.Option("--godkann", help="Publish although the check storlek would stop it: somebody has looked."),
    ] = False,
    debug: Debug = False,
) -> None:
    """The main job: fetch from Kolada, validate, store every revision, publish, build the report."""
    _run(_settings(data_dir, katalog, kolada_url), full=full, approved=godkann)


@app.command()
@_command
def demo(data_dir: DataDir = None, katalog: CatalogDir = None, debug: Debug = False) -> None:
    """The main job against a stand-in for Kolada with synthetic figures, started for the occasion (data dir:
    data/demo).
    """
    from pipelines.standin.sample import synthetic_dataset
    from pipelines.standin.server import running

    settings = _settings(data_dir or Path("data/demo"), katalog, None)
    if settings.lake:
        raise ConfigError(
            f"MALBILD_LAGER is set: made-up figures do not belong in {settings.lake} → unset it for the demo"
        )
    with running(synthetic_dataset(settings.catalog_dir), "syntetisk") as url:
        _run(_settings(settings.data_dir, settings.catalog_dir, url))
    out.print("The figures are synthetic: made up for demonstration, not Kolada's.", style="bold")


@app.command("kolada-standin")
@_command
def kolada_standin(
    archive: Annotated[
        Path | None, typer.Option(help="An archive folder to serve; without it: the synthetic sample.")
    ] = None,
    values: Annotated[Path | None, typer.Option(help="Values (Parquet) when the folder has only a catalogue.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 = any free one.")] = 0,
    katalog: CatalogDir = None,
    debug: Debug = False,
) -> None:
    """Serve Kolada v3 on loopback, from an archive folder or the synthetic sample. Prints its base URL when ready."""
    from pipelines.standin.dataset import load_archive
    from pipelines.standin.server import serve_forever

    if values is not None and archive is None:
        raise ConfigError(
            "--values goes with --archive: the synthetic sample has its own values → name the archive folder too"
        )
    if archive is None:
        from pipelines.standin.sample import synthetic_dataset

        serve_forever(synthetic_dataset(_settings(None, katalog, None).catalog_dir), "syntetisk", port)
    else:
        serve_forever(load_archive(archive, values), "arkiv", port)


@app.command()
@_command
def check(
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    kolada_url: KoladaUrl = None,
    online: Annotated[bool, typer.Option("--online", help="Also against Kolada's catalogue.")] = False,
    debug: Debug = False,
) -> None:
    """Validate the YAML files against each other, and with --online against Kolada's catalogue. Says also whether
    anything in lokala would be refused.
    """
    from pipelines.catalog.load import load_catalog

    settings = _settings(data_dir, katalog, kolada_url)
    try:
        catalog = load_catalog(settings.catalog_dir)
        out.print(
            f"{len(catalog.indicators)} indikatorer, {len(catalog.measures)} mått, {len(catalog.kpis)} nyckeltal "
            f"({len(catalog.followed_kpis())} fetched), {len(catalog.geography.kommuner)} kommuner, "
            f"{len(catalog.corrections)} korrigeringar: "
            "the files hold together",
            soft_wrap=True,
        )
        for warning in catalog.warnings:
            out.print(str(warning), style="yellow", soft_wrap=True, markup=False)
        _, refused = _handed_in(catalog, settings)
        if refused:
            out.print(
                f"{len(refused)} rows or files in {settings.local_dir} would be refused: see them with "
                "`malbild lokal kontroll`",
                style="yellow",
                soft_wrap=True,
            )
        if online:
            from pipelines.kolada.online import check_online

            for line in check_online(catalog, settings.kolada_url, settings.patience):
                out.print(line, soft_wrap=True, markup=False)
    except CatalogError as error:
        for problem in error.problems:
            err.print(str(problem), style="red", soft_wrap=True, markup=False)
        raise ConfigError(
            f"{len(error.problems)} problems in the YAML files under {settings.catalog_dir} → do what stands above"
        ) from None


@app.command()
@_command
def ny(
    lan: Annotated[str, typer.Option("--lan", help="The county as Kolada names it, e.g. 'Västmanlands län'.")],
    mapp: Annotated[
        Path | None, typer.Argument(metavar="[MAPP]", help="A new or empty folder (default: named after the county).")
    ] = None,
    katalog: CatalogDir = None,
    kolada_url: KoladaUrl = None,
    debug: Debug = False,
) -> None:
    """A folder of YAML files for another county, from Kolada's catalogue; mått and nyckeltal of --katalog as a
    proposal, and no decision.
    """
    from pipelines.counties.folder import new_folder

    settings = _settings(None, katalog, kolada_url)
    made = new_folder(settings.catalog_dir, lan, mapp, settings.kolada_url, settings.patience)
    out.print(
        f"{made.county.name}: {len(made.county.kommuner)} kommuner, {made.county.region.name}, "
        f"{made.kpis} nyckeltal to begin with; nothing is decided",
        soft_wrap=True,
        markup=False,
    )
    if made.not_in_catalogue:
        out.print(
            f"Note: not in Kolada's catalogue: {', '.join(made.not_in_catalogue)}", style="yellow", soft_wrap=True
        )
    out.print(f"Folder    {made.folder}", soft_wrap=True, markup=False)
    out.print(
        f"Read the headings of its files, then `malbild check --katalog {made.folder}` and "
        f"`malbild run --katalog {made.folder} --data-dir …` with a data dir of its own",
        soft_wrap=True,
        markup=False,
    )


@app.command("lan")
@_command
def counties(
    namn: Annotated[
        list[str] | None, typer.Argument(metavar="[LÄN]…", help="Counties, e.g. 'Västmanlands län'; default: all.")
    ] = None,
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    debug: Debug = False,
) -> None:
    """A database and a report for every county, in lan of the data dir, from what is published there; no network.

    A county's YAML files are in lan-katalog of the data dir; where there are none they are made as by `malbild ny`.
    """
    from pipelines.counties.publish import Result, publish_counties

    def tell(result: Result) -> None:
        if result.fault is None:
            out.print(str(result.report), soft_wrap=True, markup=False)
        else:
            err.print(f"{result.county}: {result.fault}", style="red", soft_wrap=True, markup=False)

    settings = _settings(data_dir, katalog, None)
    results = publish_counties(settings, namn or [], tell)
    out.print(str(settings.county_dir / "index.html"), soft_wrap=True, markup=False)
    failed = [result.county for result in results if result.fault is not None]
    if failed:
        raise MalbildError(
            f"{len(failed)} of {len(results)} counties failed: {', '.join(failed)}; what they had published is as it "
            "was → do what stands after → on the lines above"
        )


@app.command()
@_command
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
    from pipelines.followups.issue import EVERY, build, start_page, tonights_before

    settings = _settings(data_dir, katalog, None)
    when = _time(as_of) if as_of else None
    # It becomes the name of a file.
    if huvudman is not None and huvudman != EVERY and re.fullmatch(r"[0-9]{4}", huvudman) is None:
        raise ConfigError(f"--huvudman {huvudman!r} is no id of a huvudman → write four digits, e.g. 0484, or {EVERY}")
    if instans is not None and (uppfoljning is None or instans not in BODIES):
        raise ConfigError(
            f"--instans {instans}: it goes with --uppfoljning and is one of {', '.join(BODIES)} → name both"
        )
    if uppfoljning is not None:
        built = build(settings, uppfoljning, body=instans, as_of=when, principal=huvudman, pdf=pdf)
        for path in built.files:
            out.print(path, soft_wrap=True)
        if built.same is not None:
            told = "comes out the same, byte for byte" if built.same else "comes out otherwise with this program"
            out.print(f"It is fastställd and was not written: made anew it {told}", soft_wrap=True)
        return

    from dashboards.report import build_report, build_reports

    if not settings.published.exists():
        raise ConfigError(
            f"{settings.published} does not exist: nothing has been published there "
            "→ `malbild run` first, or name --data-dir"
        )
    target = settings.draft_report.with_name(f"{huvudman}.html") if huvudman else settings.draft_report
    with ExitStack() as stack:
        database = settings.published
        if when is not None:
            from pipelines.warehouse.as_of import rebuild_as_of

            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".")))
            database = rebuild_as_of(settings.published, folder / "analys.duckdb", when)
        before = tonights_before(settings, database)
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


@app.command()
@_command
def andringar(
    sedan: Annotated[
        str | None,
        typer.Option(
            "--sedan",
            help="Changes after this day (from its beginning, Swedish time), time (ISO, UTC) or uppföljning (its id in "
            "uppfoljningar.yaml); default: what the newest published run brought.",
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Also write andringar.csv and katalog.csv into this folder.")
    ] = None,
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    debug: Debug = False,
) -> None:
    """What changed in values and catalogue, per mått and kommun, from the published database alone."""
    from pipelines.warehouse.changes import catalogue_csv, changes, values_csv
    from pipelines.warehouse.changes_text import as_text

    settings = _settings(data_dir, katalog, None)
    found = changes(settings.published, _since(sedan, settings.catalog_dir) if sedan else None)
    if csv is not None:
        csv.mkdir(parents=True, exist_ok=True)
        (csv / "andringar.csv").write_text(values_csv(found), encoding="utf-8")
        (csv / "katalog.csv").write_text(catalogue_csv(found), encoding="utf-8")
    # Titles hold brackets, which rich would take for its own.
    typer.echo(printable(as_text(found)), nl=False)


@app.command()
@_command
def probe(
    data_dir: DataDir = None,
    kolada_url: KoladaUrl = None,
    spara: Annotated[
        Path | None, typer.Option("--spara", help="Folder for the answers (default: probe in the data dir).")
    ] = None,
    debug: Debug = False,
) -> None:
    """Check what we assume of Kolada: at most 40 requests, one at a time. Prints what holds, keeps the answers."""
    from pipelines.kolada import probe as kolada

    settings = _settings(data_dir, None, kolada_url)
    folder = spara or settings.data_dir / "probe"
    err.print(f"At most {kolada.MAX_REQUESTS} requests to Kolada, one at a time: half a minute or more …")
    out.print(kolada.table(kolada.probe(settings.kolada_url, folder)), soft_wrap=True, markup=False)
    out.print(f"Answers   {folder}", soft_wrap=True, markup=False)


@app.command()
@_command
def rebuild(data_dir: DataDir = None, debug: Debug = False) -> None:
    """Make the warehouse again from the raw archive: every run with its own times and YAML. Nothing is fetched."""
    from pipelines.kolada.archive import RawArchive
    from pipelines.warehouse.rebuild import rebuild as rebuild_warehouse
    from pipelines.warehouse.store import hold, hold_warehouse

    settings = _settings(data_dir, None, None)
    with hold(settings.data_dir), hold_warehouse(settings.warehouse):
        rebuilt = rebuild_warehouse(RawArchive(settings.raw_dir), settings.warehouse, settings.values_at_once)
    out.print(
        f"{rebuilt.values} values from {rebuilt.replayed} runs ({rebuilt.without_data} had stored nothing). "
        + (
            f"The old warehouse is in the earlier snapshots of {settings.lake}"
            if settings.lake
            else f"The old warehouse, if there was one, is kept as {settings.warehouse}.gammal"
        )
        + "; the next run publishes anew.",
        soft_wrap=True,
    )


@app.command()
@_command
def doctor(
    data_dir: DataDir = None, katalog: CatalogDir = None, kolada_url: KoladaUrl = None, debug: Debug = False
) -> None:
    """Examine the installation: program, disk, permissions, clock, Kolada, databases, runs, schedule."""
    from pipelines.operation.doctor import examine

    settings = _settings(data_dir, katalog, kolada_url)
    findings = examine(settings)
    for finding in findings:
        out.print(str(finding), style=_LEVEL_STYLES[finding.level], soft_wrap=True, markup=False)
    errors = sum(finding.level == "error" for finding in findings)
    if errors:
        raise MalbildError(f"{errors} of {len(findings)} checks failed → do what stands after → on the lines above")


@app.command()
@_command
def backup(
    mal: Annotated[Path, typer.Argument(metavar="MAPP|FIL", help="A folder, or a file that does not exist yet.")],
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    debug: Debug = False,
) -> None:
    """Back up the data dir and the YAML files into one file, read back and compared. Waits for a run to end."""
    from pipelines.operation.backup import back_up

    done = back_up(
        _settings(data_dir, katalog, None),
        mal,
        waiting=lambda holder: err.print(f"waiting for {holder} …", soft_wrap=True, markup=False),
    )
    out.print(f"Backup    {done.path}", soft_wrap=True, markup=False)
    out.print(f"          {done.files} files, {done.bytes / 1e6:.1f} MB, read back and compared")


@app.command()
@_command
def restore(
    fil: Annotated[Path, typer.Argument(metavar="FIL", help="A backup that `malbild backup` has made.")],
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Put a backup into an empty data dir, all of it or nothing."""
    from pipelines.operation.restore import restore as restore_backup

    settings = _settings(data_dir, None, None)
    restored = restore_backup(settings, fil)
    out.print(
        f"{restored.files} files of {restored.made} (malbild {restored.program}) are in {settings.data_dir}",
        soft_wrap=True,
        markup=False,
    )
    if restored.catalog:
        out.print(
            f"The YAML files of then are in {restored.catalog}: compare them with those in use (--katalog)",
            soft_wrap=True,
            markup=False,
        )


@app.command()
@_command
def ui(
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    debug: Debug = False,
) -> None:
    """Dagster's web UI and the daemon with the nightly schedule, on 127.0.0.1, until Ctrl-C."""
    from pipelines.ui import serve_ui

    serve_ui(_settings(data_dir, katalog, None), port)


@lokal.command()
@_command
def mall(
    till: Annotated[
        Path | None, typer.Option("--till", help="Folder for the templates (default: lokala/mallar in the data dir).")
    ] = None,
    data_dir: DataDir = None,
    katalog: CatalogDir = None,
    debug: Debug = False,
) -> None:
    """Write an empty template in Excel and in CSV for every mått that is handed in. Files in lokala are left alone."""
    from pipelines.catalog.load import load_catalog
    from pipelines.local.handed_in import TEMPLATES
    from pipelines.local.template import write_templates

    settings = _settings(data_dir, katalog, None)
    folder = till or settings.local_dir / TEMPLATES
    if till is None:
        keep_private(settings)
    if folder.resolve() == settings.local_dir.resolve():
        raise ConfigError(f"{folder} is where filled-in files lie → name another folder with --till, or leave it out")
    for path in write_templates(load_catalog(settings.catalog_dir), folder, datetime.now(UTC).year - 1):
        out.print(str(path), soft_wrap=True, markup=False)
    out.print(f"Fill them in and put them into {settings.local_dir}", soft_wrap=True, markup=False)


@lokal.command()
@_command
def kontroll(data_dir: DataDir = None, katalog: CatalogDir = None, debug: Debug = False) -> None:
    """Say what a run would refuse of the files in lokala: file, cell, what is wrong, what to do. Nothing is stored."""
    from pipelines.catalog.load import load_catalog

    settings = _settings(data_dir, katalog, None)
    values, lines = _handed_in(load_catalog(settings.catalog_dir), settings)
    for line in lines:
        out.print(line, soft_wrap=True, markup=False)
    if lines:
        raise ConfigError(
            f"{len(lines)} rows or files in {settings.local_dir} would be refused; {values} values taken "
            "→ do what stands above"
        )
    out.print(f"{values} values in {settings.local_dir}: nothing would be refused", soft_wrap=True, markup=False)


def _handed_in(catalog: Catalog, settings: Settings) -> tuple[int, list[str]]:
    """How many values lie in lokala, and what would be refused."""
    import polars as pl

    from pipelines.local.handed_in import SHOWN, find, findings, take

    local = take(find(settings.local_dir), catalog, pl.DataFrame(schema=SHOWN), datetime.now(UTC).year)
    return local.values.height, findings(local.refused)


def _since(text: str, catalog_dir: Path) -> datetime:
    """A time in UTC, naive; a bare date means its beginning in Sweden, another word the uppföljning of that id."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return _of_follow_up(text, catalog_dir)
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo("Europe/Stockholm") if len(text) == len("2026-11-22") else UTC)
    try:
        when = when.astimezone(UTC)
    except OverflowError:
        raise ConfigError(f"--sedan {text!r} lies outside the calendar → name a day or time that has been") from None
    if when > datetime.now(UTC):
        raise ConfigError(f"--sedan {text!r} lies in the future → name a day or time that has been")
    return when.replace(tzinfo=None)


def _of_follow_up(text: str, catalog_dir: Path) -> datetime:
    from pipelines.catalog.load import FOLLOW_UP_FILE, load_catalog

    known = {follow_up.id: follow_up for follow_up in load_catalog(catalog_dir).follow_ups}
    if text not in known:
        raise ConfigError(
            f"--sedan {text!r} is neither a time nor an uppföljning in {catalog_dir / FOLLOW_UP_FILE} "
            f"({', '.join(known) or 'which has none'}) → write a time as 2026-11-22 or 2026-11-22T04:15:00, or one of "
            "those ids"
        )
    as_of = known[text].as_of
    if as_of is None:
        raise ConfigError(
            f"--sedan {text!r}: this uppföljning is a draft without as_of, so nobody knows what it showed "
            "→ name a frozen one, or a time"
        )
    return as_of


class _Bar:
    """Progress of the fetch on stderr, when it is a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("Kolada"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("batches · {task.fields[records]} records · {task.fields[megabytes]:.1f} MB"),
            TimeElapsedColumn(),
            console=err,
        )
        self._task: TaskID | None = None
        self._records = 0

    def __enter__(self) -> _Bar:
        if err.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if err.is_terminal:
            self._progress.stop()

    def start(self, batches: int) -> None:
        self._task = self._progress.add_task("fetch", total=batches, records=0, megabytes=0.0)

    def answer(self, size: int, records: int, batch_done: bool) -> None:
        self._records += records
        if self._task is not None:
            self._progress.update(self._task, advance=int(batch_done), records=self._records, megabytes=size / 1e6)


def _run(settings: Settings, *, full: bool = False, approved: bool = False) -> None:
    # A third of a second of collecting what stays anyway: the libraries of a night are a million objects.
    gc.disable()
    from pipelines.night import run_night

    gc.freeze()
    # An answer is some ten thousand objects, gone as a whole: looking for cycles in every seven hundred finds none.
    gc.set_threshold(50_000, 20, 50)
    gc.enable()

    with _Bar() as bar:
        summary = run_night(settings, bar, full=full, approved=approved)
    row = summary.run
    out.print(f"Source    {row['kalla']}")
    out.print(f"Fetched   {row['anrop']} requests, {row['byte'] / 1e6:.1f} MB, {row['rader_hamtade']} values")
    out.print(
        f"Changed   {row['nya']} new, {row['reviderade']} revised, {row['borttagna']} deleted, "
        f"{row['aterkomna']} returned, {row['karantan']} refused"
    )
    out.print(f"Archive   {row['arkiv_byte'] / 1e6:.1f} MB more in {settings.raw_dir}", soft_wrap=True)
    out.print(
        f"Coverage  {summary.measures_with_values} of {summary.measures} mått have values; "
        f"{summary.cells_with_values} of {summary.cells} mått × huvudmän"
    )
    if summary.not_in_catalogue:
        out.print(
            f"Warning   not in Kolada's catalogue (shown as missing): {', '.join(summary.not_in_catalogue)}",
            style="yellow",
        )
    if summary.empty_here:
        out.print(f"Note      no value for any huvudman of the målbild: {', '.join(summary.empty_here)}")
    if summary.local_values or summary.local_refused:
        out.print(
            f"Local     {summary.local_values} values ({summary.local_hidden} hidden), "
            f"{len(summary.local_refused)} rows or files refused"
        )
        for line in summary.local_refused[:_REFUSALS_SHOWN]:
            out.print(f"Refused   {line}", style="yellow", soft_wrap=True, markup=False)
        if len(summary.local_refused) > _REFUSALS_SHOWN:
            out.print(f"Refused   … and {len(summary.local_refused) - _REFUSALS_SHOWN} more (`malbild lokal kontroll`)")
    for line in summary.warned:
        out.print(f"Check     {line}", style="yellow", soft_wrap=True, markup=False)
    for line in summary.events[:_EVENTS_SHOWN]:
        out.print(f"Catalogue {line[:200]}", soft_wrap=True, markup=False)
    if len(summary.events) > _EVENTS_SHOWN:
        out.print(f"Catalogue … and {len(summary.events) - _EVENTS_SHOWN} more (table katalog_handelse)")
    if summary.skipped:
        out.print("Unchanged nothing new since the last publication: analysis, publication and report were skipped")
    out.print(f"Database  {settings.published}", soft_wrap=True)
    out.print(f"Parquet   {settings.parquet_dir}", soft_wrap=True)
    out.print(f"Export    {settings.export_dir}", soft_wrap=True)
    if not (settings.export_dir / "dcat.jsonld").exists():
        out.print("Note      dcat.jsonld is not written: kommuner.yaml names no utgivare", soft_wrap=True)
    out.print(f"Report    {settings.draft_report}", soft_wrap=True)


def main() -> None:
    """Entry point of `malbild`."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
