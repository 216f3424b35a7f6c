"""Approved sentences beside the automatic ones of the frozen figures: which of them were approved of something else.

An approved sentence is edited on purpose, or the figures have changed under it; nothing tells these apart but a person,
who accepts the målområde by name (`--godkann`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from dashboards.tjansteutlatande import sentences
from pipelines.catalog.follow_ups import DECIDED, DRAFT, FollowUp
from pipelines.catalog.load import FOLLOW_UP_FILE
from pipelines.catalog.model import Catalog
from pipelines.clock import swedish
from pipelines.errors import ConfigError
from pipelines.followups import frozen
from pipelines.settings import Settings


def check_approved(
    settings: Settings, follow_up: FollowUp, database: Path, as_of: datetime, accepted: Collection[str]
) -> None:
    """Raise ConfigError when approved sentences were approved of other figures than these, and are not accepted.

    database: with the figures, as of `as_of` (UTC, naive). accepted: ids of målområden.
    """
    if unknown := sorted(set(accepted) - {approved.goal_area for approved in follow_up.approved}):
        raise ConfigError(
            f"--godkann {unknown[0]}: {follow_up.id} has no approved sentences of it → name the id of a målområde "
            "that stands under sammanfattning"
        )
    if lines := list(_outdated(follow_up, database, as_of, accepted)):
        raise ConfigError(
            f"{settings.catalog_dir / FOLLOW_UP_FILE}: {follow_up.id}: {'; '.join(lines)}; nothing was written → "
            f"compare both with `malbild uppfoljning meningar {follow_up.id} --alla`; change the approved ones and "
            "their datum, or accept the målområde by name with --godkann"
        )


def outdated(settings: Settings, catalog: Catalog, accepted: Collection[str]) -> list[str]:
    """A line for each målområde of an undecided issue whose approved sentences were approved of something else than
    what is frozen, and is not accepted.
    """
    return [
        f"{settings.catalog_dir / FOLLOW_UP_FILE}: {follow_up.id}: {line}"
        for follow_up in catalog.follow_ups
        if follow_up.status != DECIDED and follow_up.approved
        for line in _of_issue(settings, follow_up, accepted)
    ]


def _of_issue(settings: Settings, follow_up: FollowUp, accepted: Collection[str]) -> Iterator[str]:
    version = frozen.find(settings, follow_up.id, 1)
    if version is not None:
        frozen.check(version)
        yield from _outdated(follow_up, version.database, version.as_of, accepted)
    elif follow_up.status == DRAFT:
        for approved in follow_up.approved:
            if approved.goal_area not in accepted:
                yield f"{approved.goal_area} was approved {approved.day}, and nothing is frozen yet"


def _outdated(follow_up: FollowUp, database: Path, as_of: datetime, accepted: Collection[str]) -> Iterator[str]:
    automatic = sentences(database) if follow_up.approved else {}
    for approved in follow_up.approved:
        if approved.goal_area in accepted:
            continue
        if approved.day < swedish(as_of).date():
            yield f"{approved.goal_area} was approved {approved.day}, before the figures of {swedish(as_of).date()}"
        elif approved.sentences != automatic[approved.goal_area]:
            yield f"{approved.goal_area} is approved with other sentences than the automatic ones of the frozen figures"
