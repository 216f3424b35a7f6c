"""How many cases are played, and what a mutation is: of a tree of plain data, and of text."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def cases(number: int) -> Callable[[Any], Any]:
    """So many cases in the suite, the same every time; as many as the profile says with FUZZ."""
    if "FUZZ" in os.environ:
        return settings(deadline=None, suppress_health_check=_CHECKS)
    return settings(max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=_CHECKS)


# What readers of data stumble over: limits of numbers, signs that steer, names that lead somewhere else.
# fmt: off
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**30, 0.0, -0.0, 1e308,
    -1e308, 5e-324, 1e-7, float("inf"), float("-inf"), float("nan"), "", " ", "\n", "0", "null", "ja", "nej", "T", "K",
    "2024", "0484", "N00001", "U00002", "1e999", "0x", "1:30", "~", "../..", "/etc/passwd", "a/../../b", "..\\..",
    "%2e%2e/", "C:\\x", "con", ".", "..", "-rf", "--help", "\x00", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u202e",
    "\ufeff", "å" * 300, "👩‍⚕️", "<script>", "{{ 7*7 }}", "=1+1", "2024-02-30", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-11-22", "2026-11-22T04:30:00Z", [], {}, [[]], [None], {"id": "x"},
    [{"id": "a"}, {"id": "a"}],
]
# fmt: on


def odd() -> st.SearchStrategy[Any]:
    """A value that nobody expects."""
    return st.one_of(
        st.sampled_from(ODD).map(copy.deepcopy),
        st.text(max_size=12),
        st.integers(),
        st.floats(),
        st.binary(max_size=6).map(repr),
    )


def _places(tree: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [here, *(place for key, value in inner for place in _places(value, (*here, key)))]


def _at(tree: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        tree = tree[step]
    return tree


@st.composite
def mutated(draw: st.DrawFn, trees: st.SearchStrategy[Any]) -> Any:
    """A tree of one of `trees` in which up to three places are other than they should be."""
    tree = copy.deepcopy(draw(trees))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(tree)
        if len(places) == 1:
            return draw(odd())
        # Half of the time a single value: there are more lists and mappings than one would think.
        single = [place for place in places[1:] if not isinstance(_at(tree, place), dict | list)]
        *above, last = draw(st.sampled_from(single if single and draw(st.booleans()) else places[1:]))
        parent, what = _at(tree, tuple(above)), draw(st.integers(0, 8))
        if what == 0:
            del parent[last]
        elif what == 1 and isinstance(parent, dict):
            parent[draw(st.sampled_from([str(last) + "x", str(last)[:-1], "id", "", "\n", "ar"]))] = parent.pop(last)
        elif what == 2 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        elif what == 3:
            parent[last] = [parent[last]] if draw(st.booleans()) else {"id": parent[last]}
        elif what == 4:
            parent[last] = copy.deepcopy(_at(tree, draw(st.sampled_from(places))))
        else:
            # What is of the right kind gets further.
            alike = [value for value in ODD if type(value) is type(parent[last])]
            parent[last] = copy.deepcopy(draw(st.sampled_from(alike))) if alike and what > 5 else draw(odd())
    return tree


# What text formats are made of.
# fmt: off
_PIECES = [
    "\n", "\r\n", "\r", "\t", " ", "  ", '"', "'", ":", ": ", "- ", "-", "[", "]", "{", "}", ",", ";", "#", "&a", "*a",
    "|", ">", "!", "!!int", "!!python/object:os.system", "%", "@", "`", "?", "---\n", "...\n", "<<", "=", "\\", "/",
    ".", "\x00", "\x07", "\x1b", "\x85", "\ufeff", "\u2028", "å", "👩", "0x", "012", "1_0", "1:30", "-", "+", "1e400",
    "null", "[" * 60, "{a: " * 60, "- " * 60, "9" * 5000, "x" * 200,
]
# fmt: on


@st.composite
def scrambled(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> bytes:
    """The bytes of one of `texts`, in which up to four places are cut, doubled, moved or exchanged."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.sampled_from([0, 0, 1, 1, 2, 5, 40])))
        what = draw(st.integers(0, 4))
        if what == 0:
            text = text[:at] + text[to:]
        elif what == 1:
            text = text[:at] + text[at:to] * 2 + text[to:]
        elif what == 2:
            elsewhere = draw(st.integers(0, len(text)))
            text = text[:elsewhere] + text[at:to] + text[elsewhere:]
        else:
            text = text[:at] + draw(st.one_of(st.sampled_from(_PIECES), st.text(max_size=4))) + text[to:]
    encoding = draw(st.sampled_from(["utf-8"] * 12 + ["utf-8-sig", "utf-16", "latin-1", "cp1252"]))
    data = text.encode(encoding, "replace")
    if draw(st.integers(0, 9)) == 0 and data:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at + 1 :]
    return data
