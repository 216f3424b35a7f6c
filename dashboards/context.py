"""What every page is made from: the published database, which edition of the report it is, and what is new in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dashboards.pages.series_summary import SeriesSummary, series_summaries
from dashboards.reading.changes import IssueDiff
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import Published
from dashboards.readings import Topic, topics


@dataclass(frozen=True)
class Report:
    """A report before it is written. as_profiles: only the huvudmän's two pages are made, as profiles of any county,
    without what anybody has decided or written and without links to the report's other pages.
    """

    published: Published
    edition: Edition
    diff: IssueDiff
    as_profiles: bool = False

    @cached_property
    def topics(self) -> tuple[Topic, ...]:
        """What is said of each nyckeltal that measures a mått, in the målbild's order."""
        return topics(self.published)

    @cached_property
    def summaries(self) -> tuple[SeriesSummary, ...]:
        """The series of every mått, in the målbild's order."""
        return tuple(series_summaries(self.published))
