"""The ids of the report's sections: the one place that knows where a link leads."""

from __future__ import annotations

from dashboards.pages import links
from dashboards.reading.published import Area, GoalArea


def goal_anchor(goal: GoalArea) -> str:
    """A målområde's section."""
    return f"malomrade-{goal.id}"


def indicator_anchor(indicator_id: str) -> str:
    """An indikator's section."""
    return f"indikator-{indicator_id}"


def measure_anchor(measure_id: str) -> str:
    """A mått's own page."""
    return links.measure_page(measure_id)


def principal_anchor(area: Area) -> str:
    """A huvudman's own section."""
    return f"huvudman-{area.id}"
