"""What README and docs/ say of the repository itself: links lead to files that are there, commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from pipelines.cli import app
from tests.conftest import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# `docs/datakatalog.md` is generated (`make docs`), and not in git.
GENERATED = {"datakatalog.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    own = [target for target in targets if "://" not in target and Path(target).name not in GENERATED]
    assert [target for target in own if not (document.parent / target).exists()] == []


def test_the_readme_lists_the_commands_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Commands")[2].partition("Exit codes")[0]
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    listed = {span.split()[0] for span in re.findall(r"`([^`]+)`", first_cells)}
    assert listed == {*get_command(app).commands, "kolada-standin"}  # type: ignore[attr-defined]
