"""Dagster's own commands in the checkout, before any run: the program loads, and an asset says what to do first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.lang


def dagster(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of Dagster with an empty data dir and a DAGSTER_HOME of its own."""
    home = folder / "hem"
    home.mkdir()
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "MALBILD_DATA": str(folder / "data"),
        "MALBILD_KOLADA_URL": "http://127.0.0.1:9/v3",
    }
    command = [sys.executable, "-m", "dagster", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_definitions_validate(tmp_path: Path) -> None:
    ended = dagster(tmp_path, "definitions", "validate")
    assert ended.returncode == 0, ended.stderr
    assert not (tmp_path / "data").exists()


def test_an_asset_without_anything_stored_says_what_to_do(tmp_path: Path) -> None:
    """One of them: all kinds are asked in `assets.test_runs`."""
    command = ("asset", "materialize", "-m", "pipelines.definitions", "--select", "publicerat/rapport")
    ended = dagster(tmp_path, *command)
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert "ConfigError" in said
    assert "nothing has been published there → `malbild run` first" in said, said
    assert "_duckdb." not in said
