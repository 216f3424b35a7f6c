"""What an entry of the YAML files defines and what it refers to, and the check that everything referred to is defined.

A field says it in its annotation: `Annotated[Slug, Defines("instans")]` is the id of an instans, and
`Annotated[Slug, Ref("instans")]` names one. One walk over all files finds both. It reads the plain data beside the
models' types, so that the sound parts of a file that has faults are checked as well. What else must hold between
entries is `rules`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from pipelines.catalog.fields import AreaId, KpiId, Name, Slug
from pipelines.yamlfile import Location, YamlFile

# Kind of entry → the list in which it is defined, for the advice about an id that is missing.
SECTIONS: Mapping[str, str] = {
    "målområde": "malomraden",
    "indikator": "indikatorer of a målområde",
    "mått": "matt",
    "nyckeltal": "nyckeltal",
    "område": "kommuner",
    "kommun": "kommuner",
    "huvudman": "kommuner, or region,",
    "länsdel": "lansdelar",
    "korrigering": "korrigeringar",
    "uppföljning": "uppfoljningar",
    "källa": "kallor",
    "citat": "citat",
    "instans": "instanser",
    "fokusområde": "fokusomraden",
    "målsättning": "malsattningar of a fokusområde",
    "satsning": "satsningar",
    "uppföljningsmått": "uppfoljningsmatt of a satsning",
    "beslut": "beslut",
    "fråga": "att_bekrafta",
    "påstående": "pastaenden of sjalvskattning",
}


class Defines:
    """The id of an entry. `kinds`: what the entry is, the first kind being the one that must be unique."""

    def __init__(self, *kinds: str) -> None:
        assert set(kinds) <= SECTIONS.keys(), kinds
        self.kinds = kinds


class Ref:
    """The id of an entry of `kind`, defined in the same file or another."""

    def __init__(self, kind: str) -> None:
        assert kind in SECTIONS, kind
        self.kind = kind


# The ids that entries refer to.
DocumentRef = Annotated[Slug, Ref("källa")]
OrganisationRef = Annotated[Slug, Ref("instans")]
DecisionRef = Annotated[Slug, Ref("beslut")]
InitiativeRef = Annotated[Slug, Ref("satsning")]
GoalRef = Annotated[Slug, Ref("målsättning")]
IndicatorRef = Annotated[Name, Ref("indikator")]
GoalAreaRef = Annotated[Name, Ref("målområde")]
MeasureRef = Annotated[Slug, Ref("mått")]
KpiRef = Annotated[KpiId, Ref("nyckeltal")]
FollowUpRef = Annotated[Slug, Ref("uppföljning")]
PrincipalRef = Annotated[AreaId, Ref("huvudman")]
SubCountyRef = Annotated[Name, Ref("länsdel")]
KommunRef = Annotated[AreaId, Ref("kommun")]


@dataclass(frozen=True, slots=True)
class Reference:
    """An id that an entry refers to. `owner`: kind and id of the innermost entry that it stands in."""

    file: YamlFile
    location: Location
    kind: str
    id: str
    owner: tuple[str, str] | None


@dataclass
class Ids:
    """Everything that the files define and refer to.

    `incomplete` has the kinds of which an entry has no readable id: what is not among those may exist nevertheless.
    """

    defined: dict[str, dict[str, YamlFile]] = field(default_factory=dict)
    definitions: list[tuple[YamlFile, Location, str, str]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)

    def of(self, kind: str) -> set[str]:
        """The ids of this kind."""
        return set(self.defined.get(kind, ()))

    def located(self, kind: str) -> list[tuple[Location, str]]:
        """The ids of this kind with their entries, in the order of the file; one that is defined twice comes twice."""
        return [(location, entry_id) for _, location, entry_kind, entry_id in self.definitions if entry_kind == kind]


def read_ids(files: Iterable[tuple[type[BaseModel], YamlFile]]) -> Ids:
    """What the files, each read as its model, define and refer to."""
    ids = Ids()
    for model, file in files:
        _visit(_Visit(ids, file), model, (), file.data, (), None)
    return ids


def check(ids: Ids) -> None:
    """Report every id that is defined twice, refers to its own entry, or is not defined."""
    lines: dict[tuple[str, str], int] = {}
    for file, location, kind, entry_id in ids.definitions:
        line = file.line(location)
        if (kind, entry_id) in lines:
            what = f"{kind} {entry_id} is defined here and on line {lines[kind, entry_id]}"
            file.report(location, what, "keep one of them")
        lines.setdefault((kind, entry_id), line)
    for reference in ids.references:
        file, kind = reference.file, reference.kind
        place = file.prefix(reference.location)
        if reference.owner == (kind, reference.id):
            what = f"{place}{reference.id} is the {kind} itself"
            file.report(reference.location, what, "name another, or remove the line")
        elif kind not in ids.incomplete and reference.id not in ids.of(kind):
            what = f"{place}{reference.id} is not defined"
            file.report(reference.location, what, _advice(reference, ids))


def _advice(reference: Reference, ids: Ids) -> str:
    """What to do about an id that is not defined."""
    known = ids.defined.get(reference.kind, {})
    section = SECTIONS[reference.kind]
    others = {file.name: file for file in known.values() if file is not reference.file}
    where = f"{section} in {next(iter(others)).rpartition('/')[2]}" if others else section
    near = difflib.get_close_matches(reference.id, sorted(known), n=1, cutoff=0.75)
    return f"did you mean {near[0]}? Otherwise define it under {where}" if near else f"define it under {where}"


@dataclass(frozen=True, slots=True)
class _Visit:
    ids: Ids
    file: YamlFile


def _visit(
    visit: _Visit,
    annotation: Any,
    metadata: tuple[object, ...],
    value: object,
    location: Location,
    owner: tuple[str, str] | None,
) -> None:
    """Walk a type and the plain data that is meant to be of it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        _visit(visit, inner, (*metadata, *more), value, location, owner)
    elif origin in (Union, UnionType):
        if value is not None:
            (inner,) = (choice for choice in get_args(annotation) if choice is not type(None))
            _visit(visit, inner, metadata, value, location, owner)
    elif origin is tuple:
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                _visit(visit, get_args(annotation)[0], (), item, (*location, index), owner)
        else:
            visit.ids.incomplete.update(_kinds_in(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        _visit_entry(visit, annotation, value, location, owner)
    else:
        _read_marker(visit, metadata, value, location, owner)


def _visit_entry(
    visit: _Visit, model: type[BaseModel], value: object, location: Location, owner: tuple[str, str] | None
) -> None:
    fields = {info.alias or name: info for name, info in model.model_fields.items()}
    markers = {key: marker for key, info in fields.items() for marker in info.metadata if isinstance(marker, Defines)}
    if not isinstance(value, dict):
        visit.ids.incomplete.update(_kinds_in(model))
        return
    if not value.keys() <= fields.keys():
        # A misspelt key may be the list that is missing.
        visit.ids.incomplete.update(_kinds_in(model))
    for key, marker in markers.items():
        entry_id = value.get(key)
        if isinstance(entry_id, str) and (*location, key) not in visit.file.faulty:
            owner = (marker.kinds[0], entry_id)
            visit.ids.definitions.append((visit.file, location, marker.kinds[0], entry_id))
            for kind in marker.kinds:
                visit.ids.defined.setdefault(kind, {}).setdefault(entry_id, visit.file)
        else:
            visit.ids.incomplete.update(marker.kinds)
    for key, info in fields.items():
        if key in value:
            _visit(visit, info.annotation, tuple(info.metadata), value[key], (*location, key), owner)
        elif info.is_required():
            visit.ids.incomplete.update(_kinds_in(info.annotation))


def _read_marker(
    visit: _Visit, metadata: tuple[object, ...], value: object, location: Location, owner: tuple[str, str] | None
) -> None:
    for marker in metadata:
        if isinstance(marker, Ref) and isinstance(value, str) and location not in visit.file.faulty:
            visit.ids.references.append(Reference(visit.file, location, marker.kind, value, owner))


def _kinds_in(annotation: Any) -> Iterator[str]:
    """The kinds that are defined somewhere within a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for info in annotation.model_fields.values():
            for marker in info.metadata:
                if isinstance(marker, Defines):
                    yield from marker.kinds
            yield from _kinds_in(info.annotation)
    else:
        for inner in get_args(annotation):
            yield from _kinds_in(inner)
