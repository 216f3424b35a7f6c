"""Which warehouse an installation has: the only place that asks."""

from __future__ import annotations

from pipelines.settings import Settings
from pipelines.warehouse.ducklake import DuckLakeWarehouse
from pipelines.warehouse.store import FileWarehouse, Warehouse


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse that the settings name: in DuckLake when MALBILD_LAGER is set, otherwise a file in the data dir."""
    return DuckLakeWarehouse(settings.lake) if settings.lake else FileWarehouse(settings.warehouse_file)
