"""The benchmarks in their small form: that they measure what they claim, never how fast it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT, SHARED

pytestmark = [
    pytest.mark.skipif(not SHARED.is_dir(), reason="the real archive is not beside the project"),
    pytest.mark.lang,
]


def tool(module: str, *options: str) -> list[list[str]]:
    """Run a program of tools/; the rows of the table that it printed, cell by cell."""
    done = subprocess.run(
        [sys.executable, "-m", f"tools.{module}", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = [line.strip("|").split("|") for line in done.stdout.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows]


def test_all_who_are_compared_ask_for_the_same_answers() -> None:
    heads, _, *rows = tool("bench.side_by_side", "--kpis", "3", "--runs", "1", "--only", "limit", "malbild", "koladapy")
    sent = {row[0]: (row[heads.index("anrop")], row[heads.index("MB")]) for row in rows}
    assert len(sent) == 3
    assert len(set(sent.values())) == 1, sent
    assert all(float(number) > 0 for numbers in sent.values() for number in numbers)
