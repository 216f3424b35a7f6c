"""`malbild meddelande`: whether notices get through (`prova`), and what the roles would hear (`rollbrev`)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from pipelines import clock
from pipelines.cli.common import command, out, print_text
from pipelines.errors import ConfigError, MalbildError
from pipelines.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The notices of failures, new figures and reminders.")


@command(app)
def prova(settings: Settings) -> None:
    """Send a notice to everybody who gets them, and say how it went for each. Nothing is remembered of it."""
    from pipelines.assets.notify import signature
    from pipelines.notices import messages
    from pipelines.notices.send import DeliveryError, senders

    by_name = senders(settings.channels)
    if not by_name:
        raise ConfigError("nobody gets notices → set MALBILD_SMTP… or MALBILD_WEBHOOK… (deploy/malbild.env)")
    notice = messages.trial()
    failed = 0
    for name, send in by_name.items():
        try:
            send(notice.subject, notice.text + signature(settings))
            out.print(f"{name}: taken")
        except DeliveryError as error:
            failed += 1
            out.print(f"{name}: not taken: {error}", style="red")
    if failed:
        raise MalbildError(f"{failed} of {len(by_name)} did not get it → mend what stands above, and try again")


@command(app)
def rollbrev(
    settings: Settings,
    dag: Annotated[str | None, typer.Option("--dag", help="As of this day (year-month-day); default: today.")] = None,
) -> None:
    """Print what each role would hear that day, after what it has heard already. Nothing is sent or remembered."""
    from pipelines.catalog.load import load_catalog
    from pipelines.notices import digest_facts, outbox
    from pipelines.notices.roles import check_roles
    from pipelines.warehouse.changes import origin
    from pipelines.warehouse.queries import published_source

    try:
        today = date.fromisoformat(dag) if dag else clock.today()
    except ValueError:
        raise ConfigError(f"--dag {dag!r} is no day → write year-month-day, e.g. 2026-11-20") from None
    catalog = load_catalog(settings.catalog_dir)
    mark = origin(published_source(settings.published) or "")
    # A copy of what is remembered: nothing of this is written back.
    box = outbox.read(settings.notices)
    check_roles(catalog, settings.channels)
    messages = digest_facts.rollbrev(settings, catalog, box, today, mark)
    print_text("\n".join(f"{m.subject}\n{m.text}" for m in messages) or f"nobody hears anything on {today}")
