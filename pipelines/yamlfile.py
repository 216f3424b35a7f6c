"""A YAML file as plain data in which every value knows its line.

What YAML itself can get wrong is found here: encoding, syntax, anchors, keys given twice, keys without a value. What
the keys mean is `model`. Nothing in the file is turned into an object: text, plain numbers, dates, lists and mappings
are all there is, and whatever else YAML 1.1 reads into a word (yes, 0461, 1:30) stays an
`AmbiguousScalar`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from pipelines.errors import Problem

# The C parser is some ten times faster, but PyYAML is not built with it everywhere.
_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_TAG = "tag:yaml.org,2002:"
_READ_AS = {
    "bool": "a truth value",
    "float": "a decimal number",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a YAML sign",
}
# The only numbers that everybody reads alike: YAML 1.1 takes 012 for ten, 1:30 for ninety and 1_0 for ten.
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
# Ours have some hundred kilobytes and a depth of ten. Beyond these limits reading would take all memory, or the stack.
_LARGEST, _DEEPEST = 5_000_000, 40
_DECIMAL_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")

Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class AmbiguousScalar:
    """A scalar that YAML reads as something other than text, a plain number or a date."""

    as_what: str


@dataclass
class YamlFile:
    """Plain data (dict, tuple, str, int, float, date, AmbiguousScalar) of one file, the lines of its values, and its
    problems.

    `data` is None when the file cannot be read at all; `problems` then says why.
    """

    name: str
    content: bytes = b""
    data: object = None
    problems: list[Problem] = field(default_factory=list)
    # Places that already have a problem of their own: further complaints about them are noise.
    faulty: set[Location] = field(default_factory=set)
    _values: dict[Location, yaml.Node] = field(default_factory=dict)
    _keys: dict[Location, yaml.Node] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> YamlFile:
        """Read one file. Other faults of the machine than a missing file (permission, disk) are raised."""
        try:
            with path.open("rb") as source:
                content = source.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            file = cls(str(path))
            file._fault(
                1,
                "the file does not exist",
                "name the folder that has it with --katalog or MALBILD_KATALOG, go there, or create it",
            )
            return file
        return cls.parse(str(path), content)

    @classmethod
    def parse(cls, name: str, content: bytes) -> YamlFile:
        """Read the content of a file called `name`."""
        file = cls(name, content)
        text = file._decode()
        node = file._compose(text) if text is not None else None
        if node is not None:
            file.data = file._plain(node, ())
        return file

    def has(self, location: Location) -> bool:
        """Whether anything stands at `location`."""
        return location in self._values

    def line(self, location: Location) -> int:
        """The line of the key at `location`, or of the entry when it is one of a list."""
        node = self._keys.get(location) or self._values[location]
        return _line(node)

    def raw(self, location: Location) -> str | None:
        """The scalar at `location` as it is written; None for lists and mappings."""
        node = self._values[location]
        return str(node.value) if isinstance(node, yaml.ScalarNode) else None

    def prefix(self, location: Location) -> str:
        """The entry and key at `location`, as the beginning of a sentence: "matt sip-antal, huvudman: "."""
        parts: list[str] = []
        here: object = self.data
        for step in location:
            if isinstance(step, str):
                here = here.get(step) if isinstance(here, dict) else None
                parts.append(step)
            else:
                here = here[step] if isinstance(here, tuple) else None
                entry_id = here.get("id") if isinstance(here, dict) else None
                parts[-1] += f" {entry_id}" if isinstance(entry_id, str) else f" no {step + 1}"
        return ", ".join(parts) + ": " if parts else ""

    def report(self, location: Location, what: str, fix: str) -> None:
        """Add a problem on the line of `location`."""
        self._fault(self.line(location), what, fix)

    def _fault(self, line: int, what: str, fix: str) -> None:
        self.problems.append(Problem(self.name, line, what, fix))

    def _decode(self) -> str | None:
        if len(self.content) > _LARGEST:
            what = f"the file is larger than {_LARGEST // 10**6} MB"
            self._fault(1, what, "restore it from the repository or a backup")
            return None
        try:
            text = self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.content[: error.start].count(b"\n") + 1
            self._fault(line, f"byte {self.content[error.start]:#04x} is not UTF-8", "save the file as UTF-8")
            return None
        if not text.strip():
            self._fault(1, "the file is empty", "restore it from the repository or a backup")
            return None
        # A Mac may write å as two signs, and then no text is equal to the same text.
        return unicodedata.normalize("NFC", text)

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            if not self._is_plain_tree(text):
                return None
            node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._fault(
                mark.line + 1 if mark else 1,
                f"not readable as YAML: {error.problem or error.context}",
                'indent with spaces, and put text with ": ", " #" or a leading sign such as % in quotes',
            )
            return None
        except yaml.reader.ReaderError:
            # The error's own position counts bytes in one parser and characters in the other.
            match = yaml.reader.Reader.NON_PRINTABLE.search(text)
            line = text.count("\n", 0, match.start()) + 1 if match else 1
            self._fault(line, "a control character stands in the text", "remove it")
            return None
        if node is None:
            self._fault(1, "the file has only comments", "restore it from the repository or a backup")
        return node

    def _is_plain_tree(self, text: str) -> bool:
        """Looked at before composing: an alias is the same node again, and nested ones would be walked exponentially
        often; and what composes calls itself for every level.
        """
        depth, shared = 0, False
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.NodeEvent):
                depth += isinstance(event, yaml.CollectionStartEvent)
                if depth > _DEEPEST:
                    what = f"lists and mappings lie more than {_DEEPEST} deep in each other"
                    self._fault(_line(event), what, "write it as in docs/schema")
                    return False
                if event.anchor is not None:
                    shared = True
                    sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
                    what = f"{sign}{event.anchor}: anchors and aliases are not used here"
                    self._fault(_line(event), what, "write the value out")
        return not shared

    def _plain(self, node: yaml.Node, location: Location) -> object:
        self._values[location] = node
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._plain(item, (*location, index)) for index, item in enumerate(node.value))
        tag = str(node.tag).removeprefix(_TAG)
        if tag == "str":
            return str(node.value)
        if tag == "int" and isinstance(node, yaml.ScalarNode):
            return int(node.value) if _WHOLE_NUMBER.fullmatch(node.value) else AmbiguousScalar(_number_read(node))
        if tag == "float" and _DECIMAL_NUMBER.fullmatch(node.value):
            return float(node.value)
        if tag == "timestamp" and (day := iso_date(node.value)):
            return day
        if tag == "null":
            self.faulty.add(location)
            key = location[-1] if location else "the file"
            self.report(location, f"{key} has no value", "give it one, or remove the line")
        return AmbiguousScalar(_READ_AS.get(tag, tag))

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != f"{_TAG}str":
                written = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or mapping"
                self._fault(line, f"the key {written} is not text", "use the keys of the schema, in quotes if need be")
                continue
            key = str(key_node.value)
            here = (*location, key)
            if key in result:
                self._fault(line, f"the key {key} stands here and on line {self.line(here)}", "keep one of them")
                continue
            self._keys[here] = key_node
            result[key] = self._plain(value_node, here)
        return result


def _number_read(node: yaml.ScalarNode) -> str:
    """What YAML 1.1 takes a whole number for that is not written plainly."""
    try:
        return f"the number {yaml.constructor.SafeConstructor().construct_yaml_int(node)}"
    except ValueError:
        return "a number that cannot be read"


def iso_date(text: str) -> date | None:
    """The day that is written as year-month-day, e.g. 2026-11-22; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # ISO has other forms for a day, such as 20261122, that few readers know.
    return day if day.isoformat() == text else None


def _line(part: yaml.Node | yaml.Event) -> int:
    """The line on which a part of the file begins, counted from 1."""
    assert part.start_mark is not None, "the parser marks everything it reads"
    return int(part.start_mark.line) + 1
