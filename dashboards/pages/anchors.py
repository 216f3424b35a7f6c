"""The ids of the report's sections: the one place that knows where a link leads."""

from __future__ import annotations

from dashboards.reading.published import Area, GoalArea


def goal_anchor(goal: GoalArea) -> str:
    """A målområde's section."""
    return f"malomrade-{goal.id}"


def indicator_anchor(indicator_id: str) -> str:
    """An indikator's section."""
    return f"indikator-{indicator_id}"


def measure_anchor(measure_id: str) -> str:
    """A mått's own section."""
    return f"matt-{measure_id}"


def kpi_anchor(kpi_id: str) -> str:
    """A nyckeltal where it is drawn in full."""
    return f"nyckeltal-{kpi_id}"


def principal_anchor(area: Area) -> str:
    """A huvudman's own section."""
    return f"huvudman-{area.id}"


def part_anchor(number: int) -> str:
    """A länsdel's section, by its order."""
    return f"lansdel-{number}"
