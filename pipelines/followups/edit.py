"""Changes to uppfoljningar.yaml as text: comments, order and everything else stay as they were written.

Entries in block style are changed line by line; what cannot be changed safely is refused with exactly what to write.
Every change is read again before it counts: the whole catalogue must hold together, and nothing but what was meant may
differ. Where the frozen figures and the report go is not decided here.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import yaml

from pipelines.catalog.load import FOLLOW_UP_FILE, load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import CatalogError, ConfigError
from pipelines.files import replacing
from pipelines.yamlfile import YamlFile

SECTION = "uppfoljningar"
Value = str | int | date | datetime
Fields = Mapping[str, Value | Mapping[str, Value]]


def read(catalog_dir: Path) -> str:
    """The file's text; an empty one where there is no file yet."""
    try:
        return (catalog_dir / FOLLOW_UP_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return f"version: 1\n\n{SECTION}: []\n"


def appended(text: str, fields: Fields) -> str:
    """The text with one more issue at the end."""
    section = _value(_root(text), SECTION)
    item = _item(fields)
    if section is not None and isinstance(section, yaml.SequenceNode):
        if not section.value:
            start, end = section.start_mark.index, section.end_mark.index
            if text[start:end].replace(" ", "") == "[]":
                return text[:start].rstrip(" ") + "\n" + _indented(item, "  ") + text[end:].lstrip("\n")
        elif not section.flow_style:
            return _inserted(text, _last_line(section.value[-1]) + 1, _indented(item, _indent_of(section)))
    raise _by_hand(f"an entry under {SECTION}", item)


def changed(text: str, issue_id: str, fields: Fields) -> str:
    """The text with these keys of an issue set: a single value replaced or added, a mapping added to the key's list."""
    for key, value in fields.items():
        text = _set(text, issue_id, key, value)
    return text


def checked(catalog_dir: Path, text: str, touched: str, keys: Sequence[str]) -> Catalog:
    """The catalogue with this text as uppfoljningar.yaml.

    Raises ConfigError when it would not hold together, or when anything but `keys` of issue `touched` would differ.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in catalog_dir.glob("*.yaml"):
            shutil.copy(file, folder / file.name)
        before = _entries(folder / FOLLOW_UP_FILE) if (folder / FOLLOW_UP_FILE).exists() else {}
        (folder / FOLLOW_UP_FILE).write_text(text, encoding="utf-8")
        try:
            catalog = load_catalog(folder)
        except CatalogError as error:
            problem = str(error).replace(name, str(catalog_dir))
            raise ConfigError(f"nothing was changed, because with it {problem}") from None
        after = _entries(folder / FOLLOW_UP_FILE)
    without = [_without(entries, touched, keys) for entries in (before, after)]
    if without[0] != without[1]:
        raise ConfigError(
            f"{catalog_dir / FOLLOW_UP_FILE} is written in a way that cannot be changed safely; nothing was changed → "
            f"write {', '.join(keys)} of {touched} there yourself, one key a line"
        )
    # What it warns of stands in the file that people have.
    warnings = (replace(warning, file=warning.file.replace(name, str(catalog_dir))) for warning in catalog.warnings)
    return replace(catalog, warnings=tuple(warnings))


def write(catalog_dir: Path, text: str) -> None:
    """Put the text in place, whole or not at all."""
    target = catalog_dir / FOLLOW_UP_FILE
    with replacing(target) as partial:
        partial.write_text(text, encoding="utf-8")
        if target.exists():
            shutil.copymode(target, partial)


def as_yaml(value: Value) -> str:
    """A single value as it is written in the file."""
    if isinstance(value, datetime):
        return f'"{value.isoformat()}Z"'
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    # A JSON string is a YAML string, whatever is in it.
    node = yaml.compose(value, Loader=yaml.SafeLoader) if _PLAIN.fullmatch(value) else None
    return value if node is not None and node.tag == _TEXT else json.dumps(value, ensure_ascii=False)


_PLAIN = re.compile(r"[\wåäöÅÄÖ]+(?:[-/ ][\wåäöÅÄÖ]+)*")
_TEXT = "tag:yaml.org,2002:str"


def _set(text: str, issue_id: str, key: str, value: Value | Mapping[str, Value]) -> str:
    entry = _entry(text, issue_id)
    indent = " " * entry.start_mark.column
    node = _value(entry, key)
    if isinstance(value, Mapping):
        item = _item(value)
        if node is None:
            return _inserted(text, _last_line(entry) + 1, f"{indent}{key}:\n" + _indented(item, f"{indent}  "))
        if not isinstance(node, yaml.SequenceNode) or node.flow_style:
            raise _by_hand(f"an entry under {key} of {issue_id}", item)
        return _inserted(text, _last_line(node.value[-1]) + 1, _indented(item, _indent_of(node)))
    if node is None:
        after = _value(entry, "status") or entry.value[0][1]
        return _inserted(text, _last_line(after) + 1, f"{indent}{key}: {as_yaml(value)}\n")
    if not isinstance(node, yaml.ScalarNode) or node.start_mark.line != node.end_mark.line:
        raise _by_hand(f"{key} of {issue_id}", f"{key}: {as_yaml(value)}")
    return text[: node.start_mark.index] + as_yaml(value) + text[node.end_mark.index :]


def _inserted(text: str, at: int, new: str) -> str:
    """The text with `new` before its line number `at`, counted from 0."""
    lines = text.splitlines(keepends=True)
    before = "".join(lines[:at])
    return (before if before.endswith("\n") else before + "\n") + new + "".join(lines[at:])


def _indent_of(section: yaml.SequenceNode) -> str:
    """What its items begin with: the column of an item is that of its first key, two to the right of the hyphen."""
    return " " * int(section.value[0].start_mark.column - 2)


def _item(fields: Fields) -> str:
    """A list item: its first line with the hyphen."""
    lines = []
    for key, value in fields.items():
        assert not isinstance(value, Mapping), "an item holds single values"
        lines.append(f"{key}: {as_yaml(value)}")
    return "- " + "\n  ".join(lines) + "\n"


def _indented(block: str, indent: str) -> str:
    return "".join(indent + line for line in block.splitlines(keepends=True))


def _root(text: str) -> yaml.Node:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode), "the catalogue was read before it is changed"
    return node


def _entry(text: str, issue_id: str) -> yaml.MappingNode:
    section = _value(_root(text), SECTION)
    assert isinstance(section, yaml.SequenceNode)
    for entry in section.value:
        id_node = _value(entry, "id")
        if isinstance(id_node, yaml.ScalarNode) and id_node.value == issue_id:
            if entry.flow_style or section.flow_style:
                raise ConfigError(
                    f"{FOLLOW_UP_FILE}:{entry.start_mark.line + 1}: {issue_id} is written in braces on one line, which "
                    "the program does not change; nothing was changed → write one key a line"
                )
            assert isinstance(entry, yaml.MappingNode)
            return entry
    raise AssertionError(f"{issue_id} was found in the catalogue before")


def _value(node: yaml.Node, key: str) -> yaml.Node | None:
    assert isinstance(node, yaml.MappingNode)
    return next((value for name, value in node.value if name.value == key), None)


def _last_line(node: yaml.Node) -> int:
    """The last line that a node's own text stands on: a block's end mark lies after the comments that follow it."""
    if isinstance(node, yaml.MappingNode) and node.value:
        return node.end_mark.line if node.flow_style else _last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and node.value:
        return node.end_mark.line if node.flow_style else _last_line(node.value[-1])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return node.end_mark.line - 1
    return int(node.end_mark.line)


def _entries(path: Path) -> dict[str, dict[str, object]]:
    data = YamlFile.read(path).data
    listed = data.get(SECTION) if isinstance(data, dict) else ()
    return {str(entry.get("id")): entry for entry in (listed or ()) if isinstance(entry, dict)}


def _without(entries: dict[str, dict[str, object]], touched: str, keys: Sequence[str]) -> dict[str, dict[str, object]]:
    """The entries without the keys that may differ; entries left empty are dropped."""
    remainder = {
        issue_id: {key: value for key, value in entry.items() if issue_id != touched or key not in keys}
        for issue_id, entry in entries.items()
    }
    return {issue_id: entry for issue_id, entry in remainder.items() if entry}


def _by_hand(what: str, lines: str) -> ConfigError:
    snippet = " ⏎ ".join(line.strip() for line in lines.strip().splitlines())
    return ConfigError(
        f"{FOLLOW_UP_FILE}: {what} cannot be written by the program as the file is laid out; nothing was changed → "
        f"write there: {snippet}"
    )
