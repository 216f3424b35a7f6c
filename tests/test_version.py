"""The command line says which version it is."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("others", [[], ["run", "--no-such-option"]], ids=["alone", "before a command"])
def test_the_version_is_said_and_nothing_else_done(others: list[str]) -> None:
    command = [sys.executable, "-m", "pipelines", "--version", *others]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"malbild {version('malbild')}\n", "")
