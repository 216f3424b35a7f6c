"""`malbild meddelande prova`: whether notices get through."""

from __future__ import annotations

import typer

from pipelines.cli.common import CatalogDir, DataDir, Debug, command, load_settings, out
from pipelines.errors import ConfigError, MalbildError

app = typer.Typer(no_args_is_help=True, help="The notices of failures, new figures and reminders.")


@app.callback()
def _group() -> None:
    """A command of its own, also while it is the only one."""


@app.command()
@command
def prova(data_dir: DataDir = None, katalog: CatalogDir = None, debug: Debug = False) -> None:
    """Send a notice to everybody who gets them, and say how it went for each. Nothing is remembered of it."""
    from pipelines.assets.notify import signature
    from pipelines.notices import messages
    from pipelines.notices.send import DeliveryError, senders

    settings = load_settings(data_dir, katalog, None)
    by_name = senders(settings.channels)
    if not by_name:
        raise ConfigError("nobody gets notices → set MALBILD_SMTP… or MALBILD_WEBHOOK… (deploy/malbild.env)")
    notice = messages.trial()
    failed = 0
    for name, send in by_name.items():
        try:
            send(notice.subject, notice.text + signature(settings))
            out.print(f"{name}: taken", soft_wrap=True)
        except DeliveryError as error:
            failed += 1
            out.print(f"{name}: not taken: {error}", style="red", soft_wrap=True)
    if failed:
        raise MalbildError(f"{failed} of {len(by_name)} did not get it → mend what stands above, and try again")
