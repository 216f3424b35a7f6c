"""The small catalogue that files are handed in for."""

from __future__ import annotations

import pytest

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from tests.local.small import catalog


@pytest.fixture(scope="session")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load_catalog(catalog(tmp_path_factory.mktemp("katalog")))
