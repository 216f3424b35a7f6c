"""Looking at the YAML files, at Kolada, and at what was stored: `check`, `andringar`, `effekt`, `sql` and others."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import clock
from pipelines.cli.common import Accepted, AsJson, command, err, out, print_findings, print_json, print_text
from pipelines.cli.lokal import read_handed_in
from pipelines.errors import CatalogError, ConfigError
from pipelines.files import write_file
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.catalog.model import Catalog

app = typer.Typer()


@command(app, kolada=True)
def check(
    settings: Settings,
    online: Annotated[bool, typer.Option("--online", help="Also against Kolada's catalogue.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Also put the JSON Schemas for editors where the files look for them.")
    ] = False,
    godkann: Accepted = None,
    as_json: AsJson = False,
) -> None:
    """Validate the YAML files against each other and decided targets against what is published, and with --online
    against Kolada's catalogue. Also says whether anything in lokala would be refused, and whether sentences were
    approved of other figures than the frozen ones.
    """
    from pipelines.answers.intake import read_answers
    from pipelines.catalog.load import load_catalog
    from pipelines.local.intake import find

    if schema:
        from pipelines.catalog.schema import schemas

        for name, text in schemas().items():
            write_file(settings.catalog_dir / "docs" / "schema" / name, text)
    try:
        catalog = load_catalog(settings.catalog_dir)
        _, refused = read_handed_in(catalog, settings)
        answers = read_answers(find(settings.answers_dir), catalog, clock.today())
        notes = []
        if answers.refused.height:
            notes.append(
                f"{answers.refused.height} boxes or files in {settings.answers_dir} would be refused: see them with "
                "`malbild svar kontroll`"
            )
        if refused:
            notes.append(
                f"{len(refused)} rows or files in {settings.local_dir} would be refused: see them with "
                "`malbild lokal kontroll`"
            )
        if online:
            from pipelines.kolada.catalogue import check_online

            notes += check_online(catalog, settings.kolada_url, settings.patience)
        if settings.published.exists():
            notes += _check_targets(catalog, settings.published)
        if any(follow_up.approved for follow_up in catalog.follow_ups):
            _check_approvals(settings, catalog, godkann or ())
    except CatalogError as error:
        if as_json:
            print_json({"problems": error.problems})
        else:
            for problem in error.problems:
                err.print(str(problem), style="red")
        raise ConfigError(
            f"{len(error.problems)} problems in the YAML files under {settings.catalog_dir} → do what stands above"
        ) from None
    if as_json:
        print_json({"problems": [], "warnings": catalog.warnings, "notes": notes})
        return
    out.print(
        f"{len(catalog.indicators)} indikatorer, {len(catalog.measures)} mått, {len(catalog.kpis)} nyckeltal "
        f"({len(catalog.followed_kpis())} fetched), {len(catalog.geography.kommuner)} kommuner, "
        f"{len(catalog.corrections)} korrigeringar: "
        "the files hold together"
    )
    for line in (*catalog.warnings, *notes):
        out.print(str(line), style="yellow")


def _check_targets(catalog: Catalog, published: Path) -> list[str]:
    """Raise ConfigError for targets that are worse than where they start; a line when that cannot be seen."""
    from pipelines.warehouse.queries import require_published
    from pipelines.warehouse.targets import against_direction

    try:
        require_published(published)
    except ConfigError as error:
        return [f"decided targets are not looked at beside what is published: {error}"]
    if wrong := against_direction(published, catalog.kpis.values()):
        raise ConfigError(
            f"{'; '.join(wrong)} → correct varde or bas_ar, or write hall_minst: ja where the target is a floor"
        )
    return []


@command(app, data=False, catalog=False, kolada=True)
def nyckeltal(
    settings: Settings, ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids in Kolada, e.g. N00090.")]
) -> None:
    """Print the keys of nyckeltal from Kolada's catalogue, to paste into indikatorer.yaml. What Kolada does not say is
    left empty, and `malbild check` asks for it.
    """
    from pipelines.catalog.fields import KPI_PATTERN
    from pipelines.catalog.proposal import kpi_entry
    from pipelines.kolada.catalogue import find_kpis

    if wrong := [kpi_id for kpi_id in ids if not re.fullmatch(KPI_PATTERN, kpi_id)]:
        raise ConfigError(f"{', '.join(wrong)}: no id in Kolada → write N or U and five digits, e.g. N00090")
    for kpi in find_kpis(settings.kolada_url, ids, settings.patience):
        entry = kpi_entry(
            kpi.id, kpi.title, kpi.description or "", kpi.municipality_type, by_gender=bool(kpi.is_divided_by_gender)
        )
        print_text(entry)


def _check_approvals(settings: Settings, catalog: Catalog, accepted: Collection[str]) -> None:
    from pipelines.followups.approvals import outdated

    lines = outdated(settings, catalog, accepted)
    for line in lines:
        err.print(line, style="red")
    if lines:
        raise ConfigError(
            f"{len(lines)} målområden have sentences that were approved of something else than the frozen figures → "
            "compare both with `malbild uppfoljning meningar ID --alla`; change them, or accept the målområde by name "
            "with --godkann"
        )


@command(app)
def andringar(
    settings: Settings,
    sedan: Annotated[
        str | None,
        typer.Option(
            "--sedan",
            help="Changes after this day (from its beginning, Swedish time), time (ISO, UTC) or uppföljning (its id in "
            "uppfoljningar.yaml), each value compared with what it was then; default: what the newest published run "
            "brought.",
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Also write andringar.csv and katalog.csv into this folder.")
    ] = None,
) -> None:
    """What changed in values and catalogue, per mått and kommun, from the published database alone."""
    from pipelines.warehouse.changes import changes, csv_files
    from pipelines.warehouse.changes_text import as_text

    changed = changes(settings.published, _since(sedan, settings.catalog_dir) if sedan else None)
    if csv is not None:
        csv.mkdir(parents=True, exist_ok=True)
        for name, content in csv_files(changed).items():
            (csv / name).write_text(content, encoding="utf-8")
    print_text(as_text(changed))


@command(app, catalog=False)
def effekt(settings: Settings) -> None:
    """Whether the satsningar can be seen in the figures, where what was expected was written before they came: from the
    published database alone.
    """
    from pipelines.warehouse.effect_text import as_text
    from pipelines.warehouse.queries import read_published

    with read_published(settings.published) as connection:
        print_text(as_text(connection))


@command(app, catalog=False)
def rebuild(settings: Settings) -> None:
    """Make the warehouse again from the raw archive: every run with its own times and YAML. Nothing is fetched."""
    from pipelines.kolada.archive import RawArchive
    from pipelines.locks import hold_data_dir
    from pipelines.warehouse.location import warehouse_of
    from pipelines.warehouse.rebuild import rebuild as rebuild_warehouse

    warehouse = warehouse_of(settings)
    with hold_data_dir(settings.data_dir), warehouse.hold():
        rebuilt = rebuild_warehouse(RawArchive(settings.raw_dir), warehouse, settings.chunk_size)
    out.print(
        f"{rebuilt.values} values from {rebuilt.replayed} runs ({rebuilt.without_data} had stored nothing). "
        f"{rebuilt.old}; the next run publishes anew."
    )


@command(app, catalog=False, kolada=True)
def probe(
    settings: Settings,
    spara: Annotated[
        Path | None, typer.Option("--spara", help="Folder for the answers (default: probe in the data dir).")
    ] = None,
) -> None:
    """Check what our code leans on Kolada for: at most 40 requests, one at a time. Prints a line per check, keeps the
    answers.
    """
    from pipelines.kolada.probe.asking import MAX_REQUESTS
    from pipelines.kolada.probe.asking import probe as probe_kolada

    folder = spara or settings.data_dir / "probe"
    err.print(f"At most {MAX_REQUESTS} requests to Kolada, one at a time: half a minute or more …")
    print_findings(probe_kolada(settings.kolada_url, folder))
    out.print(f"Answers   {folder}")


@command(app, catalog=False)
def sql(
    settings: Settings,
    fil: Annotated[Path, typer.Argument(help="A file with one SELECT.", exists=True, dir_okay=False)],
    till: Annotated[Path, typer.Option("--till", help="The file to write: .xlsx, or .csv for a Swedish Excel.")],
) -> None:
    """Answer a query over the published database in a file that Excel reads right: decimal commas, ids as text."""
    from pipelines.exports.answer import write_answer
    from pipelines.warehouse.queries import read_published

    with read_published(settings.published) as connection:
        rows = write_answer(connection, fil.read_text(encoding="utf-8"), till)
    out.print(f"{rows} rows   {till}")


def _since(text: str, catalog_dir: Path) -> datetime:
    """A time in UTC, naive; a bare date is its beginning in Sweden, any other word the uppföljning with that id."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return _of_follow_up(text, catalog_dir)
    if when.tzinfo is None:
        when = when.replace(tzinfo=clock.SWEDEN if len(text) == len("2026-11-22") else UTC)
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
