"""Other counties: `ny` makes the YAML files of one, `lan` a database and a report for every county, `profil` two pages
for any kommun and region.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.common import command, err, out
from pipelines.errors import MalbildError
from pipelines.settings import Settings

app = typer.Typer()


@command(app, data=False, kolada=True)
def ny(
    settings: Settings,
    lan: Annotated[str, typer.Option("--lan", help="The county as Kolada names it, e.g. 'Västmanlands län'.")],
    mapp: Annotated[
        Path | None, typer.Argument(metavar="[MAPP]", help="A new or empty folder (default: named after the county).")
    ] = None,
) -> None:
    """A folder of YAML files for another county, from Kolada's catalogue; mått and nyckeltal of --katalog as a
    proposal, and no decision.
    """
    from pipelines.counties.folder import new_folder

    new_county = new_folder(settings.catalog_dir, lan, mapp, settings.kolada_url, settings.patience)
    out.print(
        f"{new_county.county.name}: {len(new_county.county.kommuner)} kommuner, {new_county.county.region.name}, "
        f"{new_county.kpis} nyckeltal to begin with; nothing is decided"
    )
    if new_county.not_in_catalogue:
        out.print(f"Note: not in Kolada's catalogue: {', '.join(new_county.not_in_catalogue)}", style="yellow")
    out.print(f"Folder    {new_county.folder}")
    out.print(
        f"Read the headings of its files, then `malbild check --katalog {new_county.folder}` and "
        f"`malbild run --katalog {new_county.folder} --data-dir …` with a data dir of its own"
    )


@command(app, "lan")
def counties(
    settings: Settings,
    namn: Annotated[
        list[str] | None, typer.Argument(metavar="[LÄN]…", help="Counties, e.g. 'Västmanlands län'; default: all.")
    ] = None,
) -> None:
    """A database and a report for every county, in lan of the data dir, from what is published there; no network.

    A county's YAML files are in lan-katalog of the data dir; where there are none they are made as by `malbild ny`.
    """
    from pipelines.counties.publish import publish_counties

    results = []
    for result in publish_counties(settings, namn or []):
        results.append(result)
        if result.fault is None:
            out.print(str(result.report))
        else:
            err.print(f"{result.county}: {result.fault}", style="red")
    out.print(str(settings.county_dir / "index.html"))
    failed = [result.county for result in results if result.fault is not None]
    if failed:
        raise MalbildError(
            f"{len(failed)} of {len(results)} counties failed: {', '.join(failed)}; what they had published is as it "
            "was → do what stands after → on the lines above"
        )


@command(app)
def profil(
    settings: Settings,
    omraden: Annotated[
        list[str], typer.Argument(metavar="ID…", help="Ids of kommuner and regions, e.g. 2418 0980; alla: every one.")
    ],
    ut: Annotated[
        Path | None, typer.Option("--ut", help="The folder of the profiles (default: profiler of the data dir).")
    ] = None,
) -> None:
    """Two pages of any kommun or region, beside riket, similar ones and its own county, from what is published; no
    network. alla makes a page that lists them by county too. Nothing that is decided or written follows along.
    """
    from pipelines.counties.profiles import write_profiles

    for path in write_profiles(settings, omraden, ut or settings.profile_dir):
        out.print(str(path))
