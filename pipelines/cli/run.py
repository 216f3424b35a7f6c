"""The main job and what it runs against: `run`, `demo`, `kolada-standin`."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipelines.cli.common import AsJson, command, err, load_settings, out, print_json
from pipelines.errors import ConfigError
from pipelines.settings import SYNTHETIC, Settings

if TYPE_CHECKING:
    from pipelines.run.summary import Summary

_EVENTS_SHOWN = 20
_REFUSALS_SHOWN = 5

app = typer.Typer()


@command(app, kolada=True, begins=True)
def run(
    settings: Settings,
    full: Annotated[bool, typer.Option("--full", help="Fetch everything whole, not only what changed.")] = False,
    godkann: Annotated[
        bool,
        typer.Option("--godkann", help="Publish although storlek or rimlighet would stop it: somebody has looked."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but an error: for cron.")] = False,
    as_json: AsJson = False,
) -> None:
    """The main job: fetch from Kolada, validate, store every revision, publish, build the report."""
    summary = _run(settings, quiet=quiet, full=full, approved=godkann)
    if as_json:
        print_json(summary)
    elif not quiet:
        print_summary(settings, summary)


@command(app, default_data=Path("data/demo"))
def demo(settings: Settings) -> None:
    """The main job against a stand-in for Kolada with synthetic figures, started for the occasion (data dir:
    data/demo).
    """
    from pipelines.standin.server import running
    from pipelines.standin.synthetic import synthetic_dataset

    if settings.lake:
        raise ConfigError(
            f"MALBILD_LAGER is set: made-up figures do not belong in {settings.lake} → unset it for the demo"
        )
    with running(synthetic_dataset(settings.catalog_dir), SYNTHETIC) as url:
        settings = load_settings(settings.data_dir, settings.catalog_dir, url)
        print_summary(settings, _run(settings))
    out.print("The figures are synthetic: made up for demonstration, not Kolada's.", style="bold")


@command(app, "kolada-standin", data=False)
def kolada_standin(
    settings: Settings,
    archive: Annotated[
        Path | None, typer.Option(help="An archive folder to serve; without it: the synthetic sample.")
    ] = None,
    values: Annotated[Path | None, typer.Option(help="Values (Parquet) when the folder has only a catalogue.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 = any free one.")] = 0,
) -> None:
    """Serve Kolada v3 on loopback, from an archive folder or the synthetic sample. Prints its base URL when ready."""
    from pipelines.standin.dataset import load_archive
    from pipelines.standin.server import serve_forever

    if values is not None and archive is None:
        raise ConfigError(
            "--values goes with --archive: the synthetic sample has its own values → name the archive folder too"
        )
    if archive is None:
        from pipelines.standin.synthetic import synthetic_dataset

        serve_forever(synthetic_dataset(settings.catalog_dir), SYNTHETIC, port)
    else:
        serve_forever(load_archive(archive, values), "arkiv", port)


class _Bar:
    """Progress of the fetch on stderr: a bar on a terminal, else a line at every quarter."""

    def __init__(self, patience: float) -> None:
        self._progress = Progress(
            TextColumn("Kolada"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("batches · {task.fields[records]} records · {task.fields[megabytes]:.1f} MB"),
            TimeElapsedColumn(),
            console=err,
        )
        self._patience = patience
        self._task: TaskID | None = None
        self._batches = self._done = self._records = 0
        self._retried = False

    def __enter__(self) -> _Bar:
        if err.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if err.is_terminal:
            self._progress.stop()

    def start(self, batches: int) -> None:
        self._batches, self._done = batches, 0
        self._task = self._progress.add_task("fetch", total=batches, records=0, megabytes=0.0)

    def advance(self, size: int, records: int, batch_done: bool) -> None:
        self._records += records
        self._done += batch_done
        if self._task is not None:
            self._progress.update(self._task, advance=int(batch_done), records=self._records, megabytes=size / 1e6)
        quarters, before = (4 * done // self._batches for done in (self._done, self._done - batch_done))
        if quarters > before and not err.is_terminal:
            err.print(f"Kolada {self._done} of {self._batches} batches, {size / 1e6:.1f} MB")

    def retry(self, what: str) -> None:
        # The first one says what there is to wait for; the log has the others.
        if not self._retried:
            err.print(f"Kolada {what}; trying again for {self._patience:.0f} s at most")
        self._retried = True


def _run(settings: Settings, *, quiet: bool = False, full: bool = False, approved: bool = False) -> Summary:
    # A third of a second of collecting what stays anyway: the libraries of a night are a million objects.
    gc.disable()
    from pipelines.run.lifecycle import NullProgress
    from pipelines.runner import run_job

    gc.freeze()
    # An answer is some ten thousand objects, gone as a whole: looking for cycles in every seven hundred finds none.
    gc.set_threshold(50_000, 20, 50)
    gc.enable()

    if quiet:
        return run_job(settings, NullProgress(), full=full, approved=approved)
    with _Bar(settings.patience) as bar:
        return run_job(settings, bar, full=full, approved=approved)


def print_summary(settings: Settings, summary: Summary) -> None:
    """Print what came of a run, a line for each thing that there is something to say of."""
    row = summary.run
    out.print(f"Source    {row['kalla']}")
    out.print(f"Fetched   {row['anrop']} requests, {row['byte'] / 1e6:.1f} MB, {row['rader_hamtade']} values")
    out.print(
        f"Changed   {row['nya']} new, {row['reviderade']} revised, {row['borttagna']} deleted, "
        f"{row['aterkomna']} returned, {row['karantan']} refused"
    )
    out.print(f"Archive   {row['arkiv_byte'] / 1e6:.1f} MB more in {settings.raw_dir}")
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
        _print_refused(summary.local_refused, "malbild lokal kontroll")
    if summary.answers or summary.answers_refused:
        out.print(f"Answers   {summary.answers} taken, {len(summary.answers_refused)} boxes or files refused")
        _print_refused(summary.answers_refused, "malbild svar kontroll")
    for line in summary.warnings:
        out.print(f"Check     {line}", style="yellow")
    for line in summary.events[:_EVENTS_SHOWN]:
        out.print(f"Catalogue {line[:200]}")
    if len(summary.events) > _EVENTS_SHOWN:
        out.print(f"Catalogue … and {len(summary.events) - _EVENTS_SHOWN} more (table katalog_handelse)")
    if summary.unchanged:
        out.print("Unchanged nothing new since the last publication: analysis, publication and report were skipped")
    out.print(f"Database  {settings.published}")
    out.print(f"Parquet   {settings.parquet_dir}")
    out.print(f"Export    {settings.export_dir}")
    if not (settings.export_dir / "dcat.jsonld").exists():
        out.print("Note      dcat.jsonld is not written: kommuner.yaml names no utgivare")
    out.print(f"Report    {settings.draft_report}")


def _print_refused(lines: Sequence[str], command_name: str) -> None:
    for line in lines[:_REFUSALS_SHOWN]:
        out.print(f"Refused   {line}", style="yellow")
    if len(lines) > _REFUSALS_SHOWN:
        out.print(f"Refused   … and {len(lines) - _REFUSALS_SHOWN} more (`{command_name}`)")
