"""The command line `malbild`: options in, exit codes out. Whatever a command does is done elsewhere.

A module for each theme; `common` has what all share. Heavy imports (Dagster, polars, plotly) wait until a command needs
them, so that `--help` and mistakes in options answer at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from pipelines import __version__
from pipelines.cli import data, drift, lan, lokal, meddelande, report, run, svar, uppfoljning
from pipelines.cli.common import write_what_cannot_be_encoded

app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Plain help: the coloured one would read a library of Markdown first.
    rich_markup_mode=None,
    help="Follow-up of the målbild Nära vård i Sörmland: from Kolada to a database and a report.",
)
# The help lists them in this order.
for commands in (run, data, report, lan, drift):
    app.add_typer(commands.app)
app.add_typer(svar.questions)
app.add_typer(svar.app, name="svar")
app.add_typer(lokal.app, name="lokal")
app.add_typer(uppfoljning.app, name="uppfoljning")
app.add_typer(meddelande.app, name="meddelande")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"malbild {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of `malbild` itself, before any command."""


def main() -> None:
    """Entry point of `malbild`."""
    write_what_cannot_be_encoded()
    # Whoever starts it (cron's umask may be 000), what it writes is nothing for everybody on the machine.
    os.umask(os.umask(0o077) | 0o027)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
