"""The half-yearly issues of the published database, and which of them a report is (`Edition`).

What is written about them is in `pages` and on the start page; how they are frozen and decided is
`pipelines.followups`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import duckdb

from dashboards import formatting
from pipelines.errors import ConfigError
from pipelines.rows import Record, rows

DRAFT, FROZEN, DECIDED = "utkast", "fryst", "fastställd"

# The tables that hang on `uppfoljning`, as `Issue` has them, and the columns that order their rows.
_PARTS = {
    "uppfoljning_mote": ("ordning",),
    "uppfoljning_forslag": ("ordning",),
    "uppfoljning_sammanfattning": ("malomrade_id", "ordning"),
    "uppfoljning_rattelse": ("version",),
}

# A draft goes *to* a meeting: 'Utkast till arbetsgrupperna'.
TO = {
    "arbetsgrupp": "arbetsgrupperna",
    "beredningsgrupp": "beredningsgrupperna",
    "Länsstyrgruppen": "Länsstyrgruppen",
    "NSV": "NSV",
}


@dataclass(frozen=True, slots=True)
class Issue:
    """An uppföljning: its row, and the rows that hang on it, in order."""

    row: Record
    meetings: tuple[Record, ...]
    proposals: tuple[Record, ...]
    sentences: tuple[Record, ...]
    rectifications: tuple[Record, ...]

    @property
    def id(self) -> str:
        return str(self.row.uppfoljning_id)

    @property
    def title(self) -> str:
        """'Höst 2026, nr 2'."""
        return f"{self.row.namn or self.id}, nr {self.row.nr}"

    def approved(self, goal_area_id: str) -> tuple[Record, ...]:
        """The sentences that are approved for a målområde, in order."""
        return tuple(row for row in self.sentences if row.malomrade_id == goal_area_id)

    def rectification(self, version: int) -> Record | None:
        """Why this version was made; None for the first."""
        return next((row for row in self.rectifications if row.version == version), None)


@dataclass(frozen=True, slots=True)
class Edition:
    """What a report is: which issue, which version of it, and for which meeting when it is a draft for one.

    issue None: tonight's draft, and no uppföljning is planned. organisation, meeting: who the draft is for, and the row
    of `uppfoljning_mote` with their meeting. issues: all of them, the oldest first.
    """

    issue: Issue | None
    version: int = 1
    meeting: Record | None = None
    organisation: str | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def final(self) -> bool:
        """Whether this is a decided document; everything else is a draft."""
        return self.issue is not None and self.issue.row.skede == DECIDED

    @property
    def decided_id(self) -> str | None:
        """The id of the issue where this is the decided document; what a draft shows is the newest that was written."""
        return self.issue.id if self.issue and self.final else None

    @property
    def name(self) -> str:
        """'Höst 2026, nr 2, Utkast'."""
        return f"{self.issue.title}, {self.status}" if self.issue else self.status

    @property
    def status(self) -> str:
        """The word on the cover."""
        if not self.final:
            return f"Utkast till {TO[self.organisation]}" if self.organisation else "Utkast"
        return "Fastställd" if self.version == 1 else f"Fastställd, rättad version {self.version}"

    @property
    def watermark(self) -> str | None:
        """The text across every page of a draft of an issue; tonight's draft has Utkast on its cover only."""
        if self.issue is None or self.final or (self.organisation is None and self.issue.row.skede == DRAFT):
            return None
        return f"{self.status} {formatting.day(self.meeting.datum)}" if self.meeting else self.status

    @property
    def rectified_before(self) -> tuple[Issue, ...]:
        """Earlier issues that have been rectified."""
        number = self.issue.row.nr if self.issue else max((issue.row.nr for issue in self.issues), default=0) + 1
        return tuple(issue for issue in self.issues if issue.row.nr < number and issue.rectifications)


def load_issues(database: Path) -> tuple[Issue, ...]:
    """Every uppföljning of a published database, the oldest first."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        return issues({table: rows(connection.sql(f"FROM styrning.{table}")) for table in ("uppfoljning", *_PARTS)})
    finally:
        connection.close()


def issues(tables: Mapping[str, Sequence[Record]]) -> tuple[Issue, ...]:
    """The uppföljningar of these tables, the oldest first."""

    def parts(table: str, issue: Record) -> tuple[Record, ...]:
        of_issue = (row for row in tables[table] if row.uppfoljning_id == issue.uppfoljning_id)
        return tuple(sorted(of_issue, key=attrgetter(*_PARTS[table])))

    return tuple(
        Issue(row, *(parts(table, row) for table in _PARTS))
        for row in sorted(tables["uppfoljning"], key=attrgetter("nr"))
    )


def tonight(issues: tuple[Issue, ...]) -> Edition:
    """Tonight's draft: of the next issue that is not frozen, if one is planned."""
    last = max((issue.row.nr for issue in issues if issue.row.skede != DRAFT), default=0)
    coming = [issue for issue in issues if issue.row.nr > last]
    return Edition(coming[0] if coming else None, issues=issues)


def edition(issues: tuple[Issue, ...], issue_id: str, *, organisation: str | None = None, version: int = 1) -> Edition:
    """The edition that is asked for. Raises ConfigError when there is no such issue, or no draft of it any more."""
    issue = find(issues, issue_id)
    if organisation is not None and issue.row.skede == DECIDED:
        raise ConfigError(
            f"--instans {organisation}: uppföljning {issue_id} is fastställd, there are no drafts of it any more → "
            "leave it out"
        )
    meeting = next((meeting for meeting in issue.meetings if meeting.instans == organisation), None)
    return Edition(issue, version, meeting, organisation, issues)


def find(issues: tuple[Issue, ...], issue_id: str) -> Issue:
    """The issue with this id. Raises ConfigError naming those there are."""
    for issue in issues:
        if issue.id == issue_id:
            return issue
    known = ", ".join(issue.id for issue in issues)
    raise ConfigError(
        f"--uppfoljning {issue_id}: not among the uppföljningar that are published ({known or 'there is none'}) → "
        "plan it with `malbild uppfoljning ny`, or name one of them"
    )
