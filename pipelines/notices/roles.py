"""Who gets a rollbrev, by the catalogue: bodies, groups and huvudmän, with their meetings and what concerns them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.catalog.activities import Organisation
from pipelines.catalog.follow_ups import DRAFT, FollowUp
from pipelines.catalog.model import Catalog
from pipelines.channels import Channels
from pipelines.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Role:
    """Who gets a rollbrev. page: where all of it stands. meetings: in any order. areas, measures, initiatives: what is
    its business; None: everything.
    """

    id: str
    name: str
    page: str
    meetings: tuple[date, ...]
    areas: frozenset[str] | None = None
    measures: frozenset[str] | None = None
    initiatives: frozenset[str] | None = None


def roles(catalog: Catalog) -> list[Role]:
    """The board, the steering group, the beredningsgrupper that prepare something, what there is one of in every
    länsdel, and the huvudmän.
    """
    chain = [link for link in catalog.activities.organisations if link.in_chain]
    listed = [Role(link.id, _name(link), "index.html", _meetings(catalog, link, body)) for link, body in _wide(chain)]
    for group in catalog.activities.organisations:
        if len(chain) > 2 and group.part_of == chain[2].id and group.prepares:
            listed.append(
                Role(
                    group.id,
                    _name(group),
                    "satsningar.html",
                    _meetings(catalog, group, "beredningsgrupp"),
                    measures=frozenset(group.prepares.measures),
                    initiatives=frozenset(group.prepares.initiatives),
                )
            )
    for number, part in enumerate(catalog.geography.sub_counties, start=1):
        for group in catalog.activities.organisations:
            if group.per_sub_county:
                listed.append(
                    Role(
                        f"{group.id}-{part.id}",
                        f"{_name(group)}, {part.name}",
                        f"lansdel/{number}.html",
                        _meetings(catalog, group, "arbetsgrupp"),
                        areas=frozenset(part.kommuner),
                    )
                )
    return listed + [
        Role(area.id, area.name, f"huvudman/{area.id}.html", _first_meetings(catalog), areas=frozenset({area.id}))
        for area in (*catalog.geography.kommuner, catalog.geography.region)
    ]


def check_roles(catalog: Catalog, channels: Channels) -> None:
    """Raise ConfigError when receivers are named for a role that is not there."""
    known = [role.id for role in roles(catalog)]
    unknown = sorted(channels.mail.to_role.keys() - set(known)) if channels.mail else []
    if unknown:
        raise ConfigError(
            f"MALBILD_ROLLBREV_TILL: no role is called {', '.join(unknown)}, so its receivers get nothing → name "
            f"some of {', '.join(known)}"
        )


def _wide(chain: Sequence[Organisation]) -> Iterable[tuple[Organisation, str]]:
    return zip(chain[:2], ("NSV", "Länsstyrgruppen"), strict=False)


def _name(group: Organisation) -> str:
    return group.short or group.name


def _meetings(catalog: Catalog, group: Organisation, body: str) -> tuple[date, ...]:
    """The group's own days, and those of its kind in the issues that are open."""
    planned = [meeting.day for issue in _open(catalog) for meeting in issue.chain if meeting.body == body]
    return tuple(sorted({*group.meetings, *planned}))


def _first_meetings(catalog: Catalog) -> tuple[date, ...]:
    """The huvudmän hear before the first group that meets about each issue."""
    return tuple(issue.chain[0].day for issue in _open(catalog) if issue.chain)


def _open(catalog: Catalog) -> list[FollowUp]:
    return [issue for issue in catalog.follow_ups if issue.status == DRAFT]
