"""What people are asked inside an uppföljning: `fraga`, `svar kontroll`, `svar yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines import clock
from pipelines.cli.common import command, out, print_text
from pipelines.errors import ConfigError
from pipelines.permissions import keep_private
from pipelines.settings import Settings

questions = typer.Typer()
app = typer.Typer(
    no_args_is_help=True, help="What huvudmän and groups have answered in the workbooks of `malbild fraga`."
)


@command(questions)
def fraga(
    settings: Settings,
    issue_id: Annotated[str, typer.Argument(metavar="ID", help="The uppföljning's id in uppfoljningar.yaml.")],
    till: Annotated[
        Path | None,
        typer.Option("--till", help="Folder for the workbooks (default: lokala/mallar/ID in the data dir)."),
    ] = None,
    paminn: Annotated[
        bool, typer.Option("--paminn", help="Write no workbook; print a reminder for each who has not answered.")
    ] = False,
    word: Annotated[
        bool, typer.Option("--word", help="Also a .docx beside each, to read; answers come back in the workbook.")
    ] = False,
) -> None:
    """Write the workbooks of an issue, filled with what is known and what was answered before: one for each huvudman,
    one for each beredningsgrupp, and one for the steering group.
    """
    from pipelines.answers.document import write_document
    from pipelines.answers.facts import read_facts
    from pipelines.answers.forms import forms
    from pipelines.answers.reminders import reminders
    from pipelines.answers.workbook import file_name, write_workbook
    from pipelines.catalog.load import load_catalog
    from pipelines.followups.freeze import find_follow_up
    from pipelines.local.intake import TEMPLATES
    from pipelines.warehouse.queries import read_published

    catalog = load_catalog(settings.catalog_dir)
    issue = find_follow_up(catalog, issue_id, settings.catalog_dir)
    with read_published(settings.published) as connection:
        facts = read_facts(connection, issue_id)
    all_forms = forms(catalog, facts, issue)
    if paminn:
        print_text("\n\n".join(reminders(all_forms)) or "nobody is waited for")
        return
    folder = till or settings.local_dir / TEMPLATES / issue_id
    if till is None:
        keep_private(settings)
        settings.answers_dir.mkdir(parents=True, exist_ok=True)
    if folder.resolve() in (settings.answers_dir.resolve(), settings.local_dir.resolve()):
        raise ConfigError(f"{folder} is where filled-in files lie → name another folder with --till, or leave it out")
    folder.mkdir(parents=True, exist_ok=True)
    for form in all_forms:
        path = write_workbook(form, folder / file_name(form))
        out.print(str(path))
        if word:
            write_document(form, path.with_suffix(".docx"))
    out.print(f"Put what comes back into {settings.answers_dir}")


@command(app)
def kontroll(settings: Settings) -> None:
    """Say what a run would take in of the workbooks in lokala/svar, and what it would refuse: file, cell, what is
    wrong, what to do. Nothing is stored.
    """
    from pipelines.answers.intake import read_answers
    from pipelines.catalog.load import load_catalog
    from pipelines.local.intake import find, findings

    answers = read_answers(find(settings.answers_dir), load_catalog(settings.catalog_dir), clock.today())
    for line in (*answers.notes, *findings(answers.refused)):
        out.print(line)
    taken = f"answers taken: {answers.given}"
    if answers.refused.height:
        raise ConfigError(
            f"{answers.refused.height} boxes or files in {settings.answers_dir} would be refused; {taken} "
            "→ do what stands above"
        )
    out.print(f"{taken} in {settings.answers_dir}; nothing would be refused")


@command(app, "yaml")
def print_yaml(settings: Settings) -> None:
    """Print what has been answered and is not decided, as lines for aktiviteter.yaml and indikatorer.yaml: who decides
    pastes what is decided.
    """
    from pipelines.answers.proposals import as_yaml
    from pipelines.catalog.load import load_catalog
    from pipelines.rows import rows
    from pipelines.warehouse.queries import read_published

    with read_published(settings.published) as connection:
        answers = rows(connection.sql("FROM svar_nu WHERE senast ORDER BY ALL"))
    print_text(as_yaml(load_catalog(settings.catalog_dir), answers))
