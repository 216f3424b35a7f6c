"""A county by Kolada's catalogue: its kommuner, its region, and the groups that they are compared with.

Kolada has no list of counties. Each has a group "… läns kommuner (ovägt medel)", whose title names it and whose members
are its kommuner; the first two digits of a kommun's id are the county's code, and the region's id ends with it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.errors import ConfigError, SourceError
from pipelines.kolada.contract import Group, Municipality

COUNTRY: Final = "0000"
_COUNTY: Final = re.compile(r"(?P<name>.+ län)s kommuner \(ovägt medel\)")
# Read from the right: the subject may hold a comma itself.
_SIMILAR: Final = re.compile(r"Liknande (?P<kind>kommuner|regioner),? (?P<subject>.+), (?P<owner>.+), (?P<year>\d{4})")
_IN_PARENTHESES: Final = re.compile(r" \([^)]*\)$")
_EVERY_KOMMUN, _EVERY_REGION = "Alla kommuner (ovägt medel)", "Alla regioner (ovägt medel)"
_KOMMUN, _REGION = "kommuner", "regioner"


@dataclass(frozen=True, slots=True)
class Place:
    """A kommun or a region; `similar`: Kolada's group of similar areas for each subject."""

    id: str
    name: str
    similar: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class County:
    """A county as Kolada's catalogue has it; groups by id. `country`: riket."""

    name: str
    country: Place
    region: Place
    kommuner: tuple[Place, ...]
    group: str
    group_title: str
    every_kommun: str
    every_region: str

    @property
    def slug(self) -> str:
        """The name as a folder: vastmanlands-lan."""
        return slug(self.name)


def slug(name: str) -> str:
    """A county's name in a–z and hyphens."""
    plain = unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def county_names(groups: Sequence[Group]) -> list[str]:
    """The counties that the catalogue has a group for, in the order of their names."""
    return sorted(name for name, _ in _counties(groups))


def named(name: str, groups: Sequence[Group]) -> str:
    """The county's name as Kolada writes it. Raises ConfigError with the nearest and all when there is none."""
    known = {" ".join(county_name.casefold().split()): county_name for county_name in county_names(groups)}
    if not known:
        raise SourceError(
            "Kolada's groups hold none named '… läns kommuner (ovägt medel)', so the counties are not known → check "
            "that they come from Kolada itself; if it has named them anew, tell the maintainers"
        )
    asked = " ".join(name.casefold().split())
    if asked in known:
        return known[asked]
    near = difflib.get_close_matches(asked, known, n=1, cutoff=0.5)
    guess = f"did you mean {known[near[0]]}? " if near else ""
    raise ConfigError(
        f"Kolada's catalogue has no county named {name!r} → {guess}The counties are {', '.join(sorted(known.values()))}"
    )


def find_county(
    name: str,
    areas: Sequence[Municipality],
    groups: Sequence[Group],
    subjects: tuple[Collection[str], Collection[str]],
) -> County:
    """The county of this name (as returned by `named`), with groups of similar areas for the requested subjects of
    kommuner and of regions.

    Raises SourceError when the catalogue lacks its kommuner, its region or one of the groups.
    """
    own = county_group(name, groups)
    by_id = {area.id: area for area in areas}
    members = sorted(member.member_id for member in own.members)
    kommuner = [by_id[member] for member in members if member in by_id and by_id[member].type == "K"]
    if not kommuner or len(kommuner) < len(members):
        lost = ", ".join(member for member in members if member not in {kommun.id for kommun in kommuner})
        raise SourceError(
            f"{name}: Kolada's group {own.id} {own.title!r} has {len(kommuner)} kommuner of the catalogue and "
            f"{f'names {lost}, which are none' if lost else 'no members'}; expected all of its kommuner "
            "→ try again later; if it lasts, tell the maintainers"
        )
    codes = sorted({kommun.id[:2] for kommun in kommuner})
    region = by_id.get(f"00{codes[0]}")
    if len(codes) > 1 or region is None or region.type != "L":
        raise SourceError(
            f"{name}: no region 00{'/00'.join(codes)} in Kolada's catalogue for the kommuner of group {own.id}; "
            "expected one whose id ends with the first two digits of theirs → tell the maintainers"
        )
    if COUNTRY not in by_id:
        raise SourceError(
            f"Kolada's catalogue has no area {COUNTRY} (riket) → check that it is Kolada's own, or try again later"
        )
    similar = similar_groups(groups)

    def place(area: Municipality, kind: str, wanted: Collection[str]) -> Place:
        by_subject = similar.get((kind, area.title), {})
        if lacking := [subject for subject in wanted if subject not in by_subject]:
            raise SourceError(
                f"{name}: Kolada's catalogue has no group 'Liknande {kind} {lacking[0]}, {area.title}, …', which "
                f"nyckeltal of indikatorer.yaml compare {area.id} {area.title} with → remove the subject from "
                "jamforelsegrupp in a copy of indikatorer.yaml and name its folder with --katalog"
            )
        return Place(area.id, area.title, {subject: by_subject[subject] for subject in wanted})

    return County(
        name=name,
        country=Place(COUNTRY, by_id[COUNTRY].title, {}),
        region=place(region, _REGION, subjects[1]),
        kommuner=tuple(place(kommun, _KOMMUN, subjects[0]) for kommun in kommuner),
        group=own.id,
        group_title=own.title,
        every_kommun=_titled(_EVERY_KOMMUN, groups),
        every_region=_titled(_EVERY_REGION, groups),
    )


def county_group(name: str, groups: Sequence[Group]) -> Group:
    """The group of the kommuner of the county with this name (as returned by `named`)."""
    return next(group for county_name, group in _counties(groups) if county_name == name)


def _counties(groups: Sequence[Group]) -> Iterator[tuple[str, Group]]:
    for group in groups:
        if match := _COUNTY.fullmatch(group.title):
            yield match["name"], group


def similar_groups(groups: Sequence[Group]) -> dict[tuple[str, str], dict[str, str]]:
    """(kommuner or regioner, owner) → subject → id of the group with the newest year."""
    newest: dict[tuple[str, str, str], tuple[str, str]] = {}
    for group in groups:
        if match := _SIMILAR.fullmatch(group.title):
            key = match["kind"], match["owner"], _IN_PARENTHESES.sub("", match["subject"])
            newest[key] = max(newest.get(key, ("", "")), (match["year"], group.id))
    by_owner: dict[tuple[str, str], dict[str, str]] = {}
    for (kind, owner, subject), (_, group_id) in newest.items():
        by_owner.setdefault((kind, owner), {})[subject] = group_id
    return by_owner


def _titled(title: str, groups: Sequence[Group]) -> str:
    for group in groups:
        if group.title == title:
            return group.id
    raise SourceError(f"Kolada's catalogue has no group {title!r} → try again later, or tell the maintainers")
