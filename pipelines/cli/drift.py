"""Keeping an installation alive: `ui`, `doctor`, `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.common import AsJson, command, err, out, print_findings, print_json
from pipelines.errors import MalbildError
from pipelines.settings import Settings

app = typer.Typer()


@command(app, kolada=True)
def doctor(settings: Settings, as_json: AsJson = False) -> None:
    """Examine the installation: program, disk, permissions, clock, Kolada, databases, runs, schedule, notices, size."""
    from pipelines.operation.doctor import examine

    findings = examine(settings)
    (print_json if as_json else print_findings)(findings)
    errors = sum(finding.level == "error" for finding in findings)
    if errors:
        raise MalbildError(f"{errors} of {len(findings)} checks failed → do what stands after → on the lines above")


@command(app)
def backup(
    settings: Settings,
    mal: Annotated[
        Path, typer.Argument(metavar="MAPP|FIL", help="A folder that exists, or a file (.zip) that does not.")
    ],
    behall: Annotated[
        int, typer.Option("--behall", min=1, help="How many verified backups stay in the folder; older ones go.")
    ] = 30,
) -> None:
    """Back up the data dir and the YAML files into one file, and read it back. Waits for a run to end."""
    from pipelines.operation.backup import back_up

    result = back_up(
        settings,
        mal,
        keep=behall,
        waiting=lambda holder: err.print(f"waiting for {holder} …"),
    )
    out.print(f"Backup    {result.path}")
    out.print(f"          {result.files} files, {result.bytes / 1e6:.1f} MB, read back and compared")
    for folder in result.left_out:
        out.print(f"Left out  {folder}: a data dir of its own → `malbild backup --data-dir {folder}` backs it up")
    for path in result.removed:
        out.print(f"Removed   {path}")


@command(app, catalog=False)
def restore(
    settings: Settings,
    fil: Annotated[Path, typer.Argument(metavar="FIL", help="A backup that `malbild backup` has made.")],
) -> None:
    """Put a backup into an empty data dir, all of it or nothing."""
    from pipelines.operation.restore import restore as restore_backup

    restored = restore_backup(settings, fil)
    out.print(f"{restored.files} files of {restored.created} (malbild {restored.program}) are in {settings.data_dir}")
    if restored.catalog:
        out.print(f"The backup's YAML files are in {restored.catalog}: compare them with those in use (--katalog)")


@command(app, begins=True)
def ui(
    settings: Settings, port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000
) -> None:
    """Dagster's web UI and the daemon with the nightly schedule, on 127.0.0.1, until Ctrl-C."""
    from pipelines.ui import serve_ui

    serve_ui(settings, port)
