"""From the YAML files to a checked `Catalog`: read, check the entries against the models, then what is between them.

`load_catalog` is the way in. Pydantic does the checking; this module rewords what it finds, with the line and what to
write instead. What must hold between entries is `rules`; YAML itself is `yamlfile`.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipelines.catalog import activity_rules, fields, follow_up_rules, model, references, rules
from pipelines.catalog.activities import Activities
from pipelines.catalog.follow_ups import FollowUp, FollowUpFile
from pipelines.catalog.model import Catalog, CorrectionFile, Geography, IndicatorFile, SourceFile
from pipelines.errors import CatalogError, Problem
from pipelines.yamlfile import AmbiguousScalar, Location, YamlFile
from pipelines.yamlmodel import TEXT_PATTERN

INDICATOR_FILE = "indikatorer.yaml"
GEOGRAPHY_FILE = "kommuner.yaml"
CORRECTION_FILE = "korrigeringar.yaml"
FOLLOW_UP_FILE = "uppfoljningar.yaml"
ACTIVITY_FILE = "aktiviteter.yaml"
# The file → what it is as a whole.
MODELS: Mapping[str, type[BaseModel]] = {
    INDICATOR_FILE: IndicatorFile,
    GEOGRAPHY_FILE: Geography,
    CORRECTION_FILE: CorrectionFile,
    FOLLOW_UP_FILE: FollowUpFile,
    ACTIVITY_FILE: Activities,
}

_M = TypeVar("_M", bound=BaseModel)

# What a pattern asks for, and an example.
_PATTERNS = {
    TEXT_PATTERN: ("text", "write something"),
    fields.KPI_PATTERN: ("a KPI id: N or U and five digits", 'write it as in Kolada, e.g. "U21463"'),
    fields.AREA_PATTERN: ("an area id: four digits", 'write it as in Kolada, e.g. "0484"'),
    fields.GROUP_PATTERN: ("a group id: G and digits", 'write it as in Kolada, e.g. "G33614"'),
    fields.NAME_PATTERN: ("an id of a–z, 0–9 and _", "write it without å, ä, ö, capitals and hyphens, e.g. god_halsa"),
    fields.SLUG_PATTERN: ("an id of a–z, 0–9 and -", "write it without å, ä, ö and capitals, e.g. sip-antal"),
    fields.ADDRESS_PATTERN: ("a web address", "write it whole, e.g. https://www.example.se/"),
    fields.FOLDER_PATTERN: ("the web address of a folder", "end it with a slash, e.g. https://www.example.se/data/"),
    fields.EMAIL_PATTERN: ("an e-mail address", "write it alone, e.g. funktion@example.se"),
}
_YES_NO = {
    **dict.fromkeys(("yes", "true", "on", "y", "ja", "1"), "ja"),
    **dict.fromkeys(("no", "false", "off", "n", "nej", "0"), "nej"),
}


def load_catalog(folder: Path) -> Catalog:
    """The catalogue in `folder`. Raises CatalogError with every problem of its files."""
    indicators = YamlFile.read(folder / INDICATOR_FILE)
    geography = YamlFile.read(folder / GEOGRAPHY_FILE)
    corrections = _read_if_there(folder / CORRECTION_FILE, korrigeringar=())
    follow_ups = _read_if_there(folder / FOLLOW_UP_FILE, uppfoljningar=())
    activities = _read_if_there(folder / ACTIVITY_FILE)
    indicator_model = _validate(IndicatorFile, indicators)
    geography_model = _validate(Geography, geography)
    correction_model = _validate(CorrectionFile, corrections)
    follow_up_model = _validate(FollowUpFile, follow_ups)
    activity_model = _validate(Activities, activities)

    files = dict(zip(MODELS, (indicators, geography, corrections, follow_ups, activities), strict=True))
    ids = references.read_ids((MODELS[name], file) for name, file in files.items())
    content = rules.Content(
        ids=ids,
        goal_areas=_entries(indicators, "malomraden", model.GoalArea),
        measures=_entries(indicators, "matt", model.Measure),
        kpis=_entries(indicators, "nyckeltal", model.Kpi),
        kommuner=_entries(geography, "kommuner", model.Kommun),
        sub_counties=_entries(geography, "lansdelar", model.SubCounty),
        region=geography_model.region if geography_model else None,
        corrections=_entries(corrections, "korrigeringar", model.Correction),
        follow_ups=_entries(follow_ups, "uppfoljningar", FollowUp),
    )
    references.check(ids)
    rules.check(content, indicators, geography, corrections, follow_ups)
    if activity_model is not None:
        activity_rules.check(activity_model, activities)
    problems: list[Problem] = [problem for file in files.values() for problem in file.problems]
    if (
        problems
        or indicator_model is None
        or geography_model is None
        or correction_model is None
        or follow_up_model is None
        or activity_model is None
    ):
        raise CatalogError(problems)
    return Catalog(
        goal_areas=indicator_model.goal_areas,
        measures=indicator_model.measures,
        kpis={kpi.id: kpi for kpi in indicator_model.kpis},
        geography=geography_model,
        # Only a file that does not exist has no bytes: an empty one is refused.
        files=tuple(SourceFile(name, file.content) for name, file in files.items() if file.content),
        corrections=correction_model.corrections,
        follow_ups=follow_up_model.follow_ups,
        activities=activity_model,
        warnings=tuple(follow_up_rules.warnings(content.follow_ups.sound, follow_ups)),
        method=indicator_model.method,
        definitions=indicator_model.definitions,
        reached=indicator_model.reached,
        proposed_from=indicator_model.proposed_from,
    )


def _read_if_there(path: Path, **empty: tuple[()]) -> YamlFile:
    """A file that a catalogue may be without: then its lists are empty."""
    if path.exists():
        return YamlFile.read(path)
    return YamlFile(str(path), data={"version": 1, **empty})


def _validate(kind: type[_M], file: YamlFile) -> _M | None:
    """The file as `kind`, or None with every finding reported."""
    if file.data is None:
        return None
    try:
        return kind.model_validate(file.data)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        misspelt = {_meant(kind, finding["loc"]) for finding in findings if finding["type"] == "extra_forbidden"}
        for finding in findings:
            # A misspelt key is reported once, with the right spelling, and not as a missing key as well.
            if finding["type"] != "missing" or finding["loc"] not in misspelt:
                _report_problem(kind, file, finding)
            file.faulty.add(finding["loc"])
        return None


def _entries(file: YamlFile, section: str, kind: type[_M]) -> rules.Entries[_M]:
    """The sound entries of a list, each with its place."""
    entries = file.data.get(section) if isinstance(file.data, dict) else None
    if not isinstance(entries, tuple):
        return rules.Entries((), complete=False)
    sound: list[tuple[Location, _M]] = []
    for index, entry in enumerate(entries):
        try:
            sound.append(((section, index), kind.model_validate(entry)))
        except ValidationError:
            continue  # reported when the whole file was validated
    return rules.Entries(tuple(sound), complete=len(sound) == len(entries))


def _report_problem(kind: type[BaseModel], file: YamlFile, finding: ErrorDetails) -> None:
    """Report one of pydantic's findings, reworded."""
    location: Location = finding["loc"]
    if location[-1:] == ("[key]",):
        location = location[:-1]
    if location in file.faulty:
        return
    where = file.prefix(location)
    key = location[-1] if location else ""
    problem = finding["type"]
    given = finding["input"]
    context: Mapping[str, Any] = finding.get("ctx", {})

    if problem == "missing":
        annotation = _type_at(kind, location)
        words = get_args(annotation) if get_origin(annotation) is Literal else ()
        fix = f"add {key}: {'one of ' if words else '…'}{', '.join(map(str, words))}"
        file.report(location[:-1], f"{file.prefix(location[:-1])}the key {key} is missing", fix)
    elif problem == "extra_forbidden":
        known = _known_keys(kind, location[:-1])
        file.report(location, f"{where}unknown key", _instead(str(key), known, "the keys are"))
    elif problem == "literal_error":
        allowed = [str(value) for value in get_args(_type_at(kind, location))]
        written = file.raw(location)
        what = f"{where}{written} is not allowed here" if written is not None else f"{where}expected a single value"
        fix = "write it without quotes" if written in allowed else _instead(written or "", allowed, "write one of")
        file.report(location, what, fix)
    elif problem == "yes_no":
        written = file.raw(location) or "a list or mapping"
        answer = _YES_NO.get(written.lower())
        file.report(location, f"{where}{written} is neither ja nor nej", f"write {answer or 'ja or nej'}")
    elif problem == "string_pattern_mismatch":
        what, fix = _PATTERNS[context["pattern"]]
        file.report(location, f'{where}"{given}" is not {what}', fix)
    elif problem == "string_type":
        file.report(location, *_not_text(where, file.raw(location), given))
    elif problem == "int_type":
        written = file.raw(location) or "a list or mapping"
        file.report(location, f"{where}{written} is not a whole number", "write its digits alone, without quotes")
    elif problem in ("float_type", "finite_number"):
        written = file.raw(location) or "a list or mapping"
        fix = "write it with digits and a decimal point, without quotes, e.g. 12.3"
        file.report(location, f"{where}{written} is not a number", fix)
    elif problem == "iso_date":
        written = file.raw(location) or "a list or mapping"
        file.report(location, f"{where}{written} is not a date", "write year, month and day, e.g. 2026-11-22")
    elif problem == "iso_time":
        written = file.raw(location) or "a list or mapping"
        fix = 'write date, time and zone in quotes, e.g. "2026-11-22T04:30:00Z"'
        file.report(location, f"{where}{written} is not a time with its zone", fix)
    elif problem in ("greater_than_equal", "less_than_equal"):
        limit = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        file.report(location, f"{where}{given} is out of range", f"write {limit}")
    elif problem == "tuple_type":
        file.report(location, f"{where}expected a list", f"write {key}: and then lines that begin with a hyphen, or []")
    elif problem == "too_long":
        file.report(location, f"{where}the list has more than {context['max_length']} lines", "remove some of them")
    elif problem == "too_short" and context["min_length"] > 1:
        file.report(location, f"{where}the list has fewer than {context['min_length']} lines", "add the others")
    elif problem == "too_short":
        file.report(location, f"{where}the list is empty", "add at least one line that begins with a hyphen")
    elif problem in ("model_type", "dict_type", "mapping_type"):
        file.report(location, f"{where}expected keys with values", "write key: value on lines of its own, indented")
    else:
        file.report(location, f"{where}the value does not fit", "see the descriptions in docs/schema")


def _not_text(where: str, written: str | None, given: object) -> tuple[str, str]:
    if written is None:
        return f"{where}expected text, found a list or mapping", "write a single value"
    if isinstance(given, AmbiguousScalar):
        read_as = given.as_what
    else:
        read_as = "a date" if isinstance(given, date) else f"the number {given}"
    return f"{where}{written} without quotes is read as {read_as}, not as text", f'write "{written}"'


def _instead(written: str, allowed: Iterable[str], listing: str) -> str:
    """The nearest allowed word, if one is near, and all of them."""
    words = list(allowed)
    near = _nearest(written, words)
    guess = f"did you mean {near}? " if near else ""
    return f"{guess}{listing} {', '.join(words)}"


def _nearest(written: str, words: list[str]) -> str | None:
    return next(iter(difflib.get_close_matches(written.lower(), words, n=1)), None)


def _meant(kind: type[BaseModel], location: Location) -> Location:
    """Where an unknown key would stand if it were spelt like the nearest known one."""
    return (*location[:-1], _nearest(str(location[-1]), _known_keys(kind, location[:-1])) or "")


def _known_keys(kind: type[BaseModel], location: Location) -> list[str]:
    """The keys of the model at `location`."""
    entry = _type_at(kind, location)
    assert isinstance(entry, type), "only models refuse keys"
    assert issubclass(entry, BaseModel), "only models refuse keys"
    return [info.alias or name for name, info in entry.model_fields.items()]


def _type_at(kind: type[BaseModel], location: Location) -> object:
    """The annotation of what stands at `location`, without `| None`."""
    annotation: object = kind
    for step in location:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = next(
                info.annotation for name, info in annotation.model_fields.items() if (info.alias or name) == step
            )
        elif isinstance(step, int):
            annotation = get_args(annotation)[0]
        else:
            annotation = get_args(annotation)[1]
        if get_origin(annotation) in (Union, types.UnionType):
            annotation = next(choice for choice in get_args(annotation) if choice is not type(None))
    return annotation
