"""Figures that the huvudmän hand in: `lokal mall`, `lokal kontroll`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import clock
from pipelines.cli.common import command, out
from pipelines.errors import ConfigError
from pipelines.permissions import keep_private
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.catalog.model import Catalog
    from pipelines.periods import Form


class _Length(StrEnum):
    """How the option is written: without å."""

    ar = "ar"
    kvartal = "kvartal"
    manad = "manad"


_FORMS: dict[_Length, Form] = {_Length.ar: "år", _Length.kvartal: "kvartal", _Length.manad: "månad"}

app = typer.Typer(
    no_args_is_help=True,
    help="Figures that the huvudmän hand in themselves, in the folder lokala of the data dir.",
)


@command(app)
def mall(
    settings: Settings,
    till: Annotated[
        Path | None, typer.Option("--till", help="Folder for the templates (default: lokala/mallar in the data dir).")
    ] = None,
    period: Annotated[
        _Length, typer.Option("--period", help="What a row is: a year, a quarter or a month.")
    ] = _Length.ar,
) -> None:
    """Write an empty template in Excel and in CSV for every mått that is handed in. Files in lokala are left alone."""
    from pipelines.catalog.load import load_catalog
    from pipelines.local.intake import TEMPLATES
    from pipelines.local.template import periods_of, write_templates

    folder = till or settings.local_dir / TEMPLATES
    if till is None:
        keep_private(settings)
    if folder.resolve() == settings.local_dir.resolve():
        raise ConfigError(f"{folder} is where filled-in files lie → name another folder with --till, or leave it out")
    periods = periods_of(_FORMS[period], clock.today())
    for path in write_templates(load_catalog(settings.catalog_dir), folder, periods):
        out.print(str(path))
    out.print(f"Fill them in and put them into {settings.local_dir}")


@command(app)
def kontroll(settings: Settings) -> None:
    """Say what a run would refuse of the files in lokala: file, cell, what is wrong, what to do. Nothing is stored."""
    from pipelines.catalog.load import load_catalog

    values, lines = read_handed_in(load_catalog(settings.catalog_dir), settings)
    for line in lines:
        out.print(line)
    if lines:
        raise ConfigError(
            f"{len(lines)} rows or files in {settings.local_dir} would be refused; {values} values taken "
            "→ do what stands above"
        )
    out.print(f"{values} values in {settings.local_dir}: nothing would be refused")


def read_handed_in(catalog: Catalog, settings: Settings) -> tuple[int, list[str]]:
    """How many values lie in lokala, and what would be refused."""
    import polars as pl

    from pipelines.local.intake import SHOWN, find, findings, read_local

    local = read_local(find(settings.local_dir), catalog, pl.DataFrame(schema=SHOWN), clock.today())
    return local.values.height + local.periods.height, findings(local.refused)
