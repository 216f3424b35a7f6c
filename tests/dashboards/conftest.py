"""Reports built once from the small published database, and the browser that shows them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboards.report import build_report
from tests.dashboards.page import Node, parse
from tests.dashboards.published import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The published database with a given source, made once."""
    made: dict[str, Path] = {}

    def get(source: str = "kolada") -> Path:
        if source not in made:
            made[source] = build(tmp_path_factory.mktemp("publicerat") / "analys.duckdb", source=source)
        return made[source]

    return get


@pytest.fixture(scope="session")
def reports(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The report on a source, made once."""
    made: dict[str, Path] = {}

    def get(source: str = "kolada") -> Path:
        if source not in made:
            made[source] = build_report(databases(source), tmp_path_factory.mktemp("rapport") / "index.html")
        return made[source]

    return get


@pytest.fixture(scope="session")
def pages(reports: Callable[..., Path]) -> Callable[..., Node]:
    """The report on a source, as a tree."""
    made: dict[str, Node] = {}

    def get(source: str = "kolada") -> Node:
        if source not in made:
            made[source] = parse(reports(source).read_text(encoding="utf-8"))
        return made[source]

    return get


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; the tests that need it are skipped where there is none."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium: install it with `apt-get install chromium` to run the browser tests")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=BROWSER_ARGUMENTS)
        yield opened
        opened.close()
