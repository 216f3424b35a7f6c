"""Tags of Dagster's runs, as they stand in its list of runs."""

from __future__ import annotations

from typing import Final

from pipelines import errors
from pipelines.settings import Settings
from pipelines.warehouse.location import warehouse_of

# The night (Swedish date) that the schedule started the run for.
NIGHT: Final = "malbild/natt"
# How the run ended.
OUTCOME: Final = "malbild/utfall"
# A person has looked at the changes: what they would stop is a warning. Set by `malbild run --godkann`, or in the UI.
APPROVED: Final = "malbild/godkand"
YES: Final = "ja"
# The county, by its schema in a shared warehouse: with one Dagster for several, all else of their runs is the same.
COUNTY: Final = "malbild/lan"

DONE, UNREACHABLE, FAILED = "klar", "Kolada onåbar", "misslyckad"
BY_EXIT_CODE: Final = {
    errors.ConfigError.exit_code: "fel i inställningar eller YAML",
    errors.SourceError.exit_code: UNREACHABLE,
    errors.RefusedDataError.exit_code: "stoppad",
    errors.BusyError.exit_code: "upptagen",
}


def county_tag(settings: Settings) -> dict[str, str]:
    """What the runs of the night's job are marked with."""
    county = warehouse_of(settings).county
    return {COUNTY: county} if county else {}


def mine(settings: Settings) -> dict[str, str]:
    """What tells this county's runs from those of others; nothing where Dagster has no others."""
    return county_tag(settings) if settings.dagster_yaml else {}


def outcome(exit_code: int) -> str:
    """The word for a failed run."""
    return BY_EXIT_CODE.get(exit_code, FAILED)
