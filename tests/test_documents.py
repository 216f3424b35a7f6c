"""What README and docs/ say of the repository itself: every link leads to a file that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# `docs/datakatalog.md` is generated (`make docs`), and not in git.
GENERATED = {"datakatalog.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    own = [target for target in targets if "://" not in target and Path(target).name not in GENERATED]
    assert [target for target in own if not (document.parent / target).exists()] == []
