"""indikatorer.yaml of one målbild as a starting point for another county: mått and nyckeltal, and no decision.

The file is changed as text, at the marks of the YAML parser, so that its comments stay. What somebody has decided or
taken on (beslutad, målvärden, ägare, målbildens år) is theirs and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError

PROPOSED: Final = "föreslagen"
_DECISIONS: Final = ("beslut", "riktning_beslut")
_OWN: Final = ("mal", "agare", "malbild_ar")
# What a county has asked its own inhabitants says nothing of another.
_OF_THE_COUNTY: Final = ("egen_undersokning",)
_HOW_TO: Final = "# Så här ändrar du:"


def undecided(text: str, *, elsewhere: bool = False) -> str:
    """The file's text with every decision as föreslagen and without målvärden, ägare and the year of the målbild.

    elsewhere: it is for another county, and without what is said of the own one's surveys too. Of the comments before
    its first key only the instructions for changing the file remain.
    """
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    lines = text.splitlines(keepends=True)
    own = (*_OWN, *_OF_THE_COUNTY) if elsewhere else _OWN
    # From the end, so that the places of what comes before stay.
    for key, value in sorted(_pairs(root), key=lambda pair: _place(pair[0]), reverse=True):
        line, column = _place(value)
        if key.value in _DECISIONS and value.value != PROPOSED and value.end_mark.line == line:
            lines[line] = lines[line][:column] + PROPOSED + lines[line][value.end_mark.column :]
        elif key.value in own and not lines[key.start_mark.line][: key.start_mark.column].strip():
            last = value.end_mark.line
            # A block ends where the next key begins, and what is written between them belongs to that.
            end = last + 1 if lines[last : last + 1] and lines[last][: value.end_mark.column].strip() else last
            while end > key.start_mark.line + 1 and _is_between(lines[end - 1]):
                end -= 1
            del lines[key.start_mark.line : end]
    body = [line for line in lines[: _first_key(lines)] if line.startswith("#")]
    how_to = [n for n, line in enumerate(body) if line.startswith(_HOW_TO)]
    heading = body[how_to[0] :] if how_to else []
    return "".join([*heading, "\n", *lines[_first_key(lines) :]])


def proposed_from(county: str, text: str) -> str:
    """The text with `forslag_fran`, unless it says already whose målbild it is."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert isinstance(root, yaml.MappingNode), "the file has been read as a catalogue"
    keys = {key.value: value for key, value in root.value}
    if "forslag_fran" in keys:
        return text
    lines = text.splitlines(keepends=True)
    lines.insert(keys["version"].end_mark.line + 1, f"\nforslag_fran: {county}\n")
    return "".join(lines)


def check_undecided(catalog: Catalog, file: str) -> None:
    """Raises ConfigError when anything in it is decided, has a målvärde or an ägare."""
    decided = [
        *(m.id for m in catalog.measures if m.owner or any(use.decision != PROPOSED for use in m.kpis)),
        *(m.id for m in catalog.measures if m.local and m.local.direction_decision != PROPOSED),
        *(kpi.id for kpi in catalog.kpis.values() if kpi.target or kpi.direction_decision != PROPOSED),
    ]
    if decided:
        raise ConfigError(
            f"{file}: the decisions about {', '.join(decided)} could not be taken out; another county has not made "
            "them → write each beslut, mal and agare on lines of their own there"
        )


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Every key of every mapping with its value; what stands under a key that goes away goes with it."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _pairs(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key, value
            if key.value not in _OWN:
                yield from _pairs(value)


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line, node.start_mark.column


def _is_between(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _first_key(lines: list[str]) -> int:
    return next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
