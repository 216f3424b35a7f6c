"""One webserver and daemon for all tests that look at Dagster, over a copy of the demo."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dashboards.conftest import browser as browser
from tests.ui.dagster import PATIENCE, Dagster, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.small import Finished


@pytest.fixture(scope="module")
def dagster(
    demo: tuple[Finished, Path], browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dagster]:
    data_dir = tmp_path_factory.mktemp("ui") / "data"
    shutil.copytree(demo[1], data_dir)
    with serving(data_dir) as served:
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1720, "height": 1250})
    opened.set_default_timeout(PATIENCE * 1000)
    yield opened
    opened.close()
