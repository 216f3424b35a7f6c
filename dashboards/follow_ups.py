"""The half-yearly issues as the published database tells them, and which of them a report is (`Edition`).

What is written about them stands in `pages` and on the start page; how they are frozen and decided is
`pipelines.followups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dashboards import words
from pipelines.errors import ConfigError

DRAFT, FROZEN, DECIDED = "utkast", "fryst", "fastställd"

TABLES = (
    "uppfoljning",
    "uppfoljning_mote",
    "uppfoljning_forslag",
    "uppfoljning_sammanfattning",
    "uppfoljning_rattelse",
)

# A draft goes *to* a meeting: 'Utkast till arbetsgrupperna'.
_TO = {
    "arbetsgrupp": "arbetsgrupperna",
    "beredningsgrupp": "beredningsgrupperna",
    "Länsstyrgruppen": "Länsstyrgruppen",
    "NSV": "NSV",
}


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting of the styrkedja."""

    body: str
    day: date


@dataclass(frozen=True, slots=True)
class Approved:
    """A målområde's approved sentences."""

    sentences: tuple[str, ...]
    by: str
    day: date


@dataclass(frozen=True, slots=True)
class Rectification:
    """A version after the decided one, and why it was made."""

    version: int
    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An uppföljning. as_of is UTC; approved: by the id of the målområde."""

    id: str
    number: int
    name: str | None
    status: str
    as_of: datetime | None
    version: int
    case_number: str | None
    document_number: str | None
    officer: str | None
    sent: date | None
    board_day: date | None
    decided: date | None
    meetings: tuple[Meeting, ...]
    proposals: tuple[str, ...]
    approved: Mapping[str, Approved]
    rectifications: tuple[Rectification, ...]

    @property
    def title(self) -> str:
        """'Höst 2026, nr 2'."""
        return f"{self.name or self.id}, nr {self.number}"

    def rectification(self, version: int) -> Rectification | None:
        """What was said when this version was made; None for the first."""
        return next((one for one in self.rectifications if one.version == version), None)


@dataclass(frozen=True, slots=True)
class Edition:
    """What a report is: which issue, which version of it, and for which meeting when it is a draft for one.

    issue None: tonight's draft, and no uppföljning is planned. issues: all of them, the oldest first.
    """

    issue: Issue | None
    version: int = 1
    meeting: Meeting | None = None
    for_body: str | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def final(self) -> bool:
        """Whether this is a decided document; everything else is a draft."""
        return self.issue is not None and self.issue.status == DECIDED

    @property
    def status(self) -> str:
        """The word on the cover."""
        if not self.final:
            return f"Utkast till {_TO[self.for_body]}" if self.for_body else "Utkast"
        return "Fastställd" if self.version == 1 else f"Fastställd, rättad version {self.version}"

    @property
    def watermark(self) -> str | None:
        """What stands across every page of a draft of an issue; tonight's draft says Utkast on its cover alone."""
        if self.issue is None or self.final or (self.for_body is None and self.issue.status == DRAFT):
            return None
        return f"{self.status} {words.day(self.meeting.day)}" if self.meeting else self.status

    @property
    def rectified_before(self) -> tuple[Issue, ...]:
        """Earlier issues that have been rectified."""
        number = self.issue.number if self.issue else max((i.number for i in self.issues), default=0) + 1
        return tuple(issue for issue in self.issues if issue.number < number and issue.rectifications)


def load_issues(database: Path) -> tuple[Issue, ...]:
    """Every uppföljning of a published database, the oldest first."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        return issues({table: connection.sql(f"FROM {table}").pl() for table in TABLES})
    finally:
        connection.close()


def issues(frames: Mapping[str, pl.DataFrame]) -> tuple[Issue, ...]:
    """The uppföljningar that these tables tell, the oldest first."""

    def of(table: str, issue_id: str, *order: str) -> list[dict[str, Any]]:
        mine = frames[table].filter(pl.col("uppfoljning_id") == issue_id)
        return mine.sort(order or "ordning").to_dicts()

    return tuple(
        Issue(
            id=row["uppfoljning_id"],
            number=row["nr"],
            name=row["namn"],
            status=row["status"],
            as_of=row["as_of"],
            version=row["version"],
            case_number=row["diarienummer"],
            document_number=row["dokumentnummer"],
            officer=row["handlaggare"],
            sent=row["utskick"],
            board_day=row["nsv_datum"],
            decided=row["faststalld"],
            meetings=tuple(
                Meeting(one["instans"], one["datum"]) for one in of("uppfoljning_mote", row["uppfoljning_id"])
            ),
            proposals=tuple(one["text"] for one in of("uppfoljning_forslag", row["uppfoljning_id"])),
            approved=_approved(of("uppfoljning_sammanfattning", row["uppfoljning_id"], "malomrade_id", "ordning")),
            rectifications=tuple(
                Rectification(one["version"], one["datum"], one["orsak"])
                for one in of("uppfoljning_rattelse", row["uppfoljning_id"], "version")
            ),
        )
        for row in frames["uppfoljning"].sort("nr").iter_rows(named=True)
    )


def _approved(rows: list[dict[str, Any]]) -> dict[str, Approved]:
    """By målområde; `rows` in the order of the sentences."""
    return {
        row["malomrade_id"]: Approved(
            tuple(other["mening"] for other in rows if other["malomrade_id"] == row["malomrade_id"]),
            row["godkand_av"],
            row["datum"],
        )
        for row in rows
    }


def tonight(issues: tuple[Issue, ...]) -> Edition:
    """Tonight's draft: of the next issue that is not frozen, if one is planned."""
    last = max((issue.number for issue in issues if issue.status != DRAFT), default=0)
    coming = [issue for issue in issues if issue.number > last]
    return Edition(coming[0] if coming else None, issues=issues)


def edition(issues: tuple[Issue, ...], issue_id: str, *, body: str | None = None, version: int = 1) -> Edition:
    """The edition that is asked for. Raises ConfigError when there is no such issue, or no draft of it any more."""
    issue = find(issues, issue_id)
    if body is not None and issue.status == DECIDED:
        raise ConfigError(
            f"--instans {body}: uppföljning {issue_id} is fastställd, there are no drafts of it any more → leave it out"
        )
    meeting = next((meeting for meeting in issue.meetings if meeting.body == body), None)
    return Edition(issue, version, meeting, body, issues)


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
