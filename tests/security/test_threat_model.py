"""The threat model names the modules that keep its promises: they are there."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def test_the_modules_are_there() -> None:
    text = (ROOT / "docs" / "sakerhet.md").read_text(encoding="utf-8")
    modules = set(re.findall(r"\| `((?:pipelines|dashboards)[\w.]+)` \|$", text, re.MULTILINE))
    assert len(modules) > 15
    for module in modules:
        path = ROOT.joinpath(*module.split("."))
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), module
