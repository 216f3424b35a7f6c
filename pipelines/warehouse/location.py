"""The warehouse that an installation has. Besides this only those ask which of the two it is who say something else of
each: `malbild doctor`, and `malbild demo`, which refuses a shared one.
"""

from __future__ import annotations

from pipelines.settings import Settings
from pipelines.warehouse.ducklake import DuckLakeWarehouse
from pipelines.warehouse.store import FileWarehouse, Warehouse


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse that the settings name: in DuckLake when MALBILD_LAGER is set, otherwise a file in the data dir."""
    return DuckLakeWarehouse(settings.lake) if settings.lake else FileWarehouse(settings.warehouse_file)
