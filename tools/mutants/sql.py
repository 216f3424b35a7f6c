"""Small errors in SQL: what a slip of the hand would make of a statement that DuckDB still accepts.

Works on text, because the product's SQL stands in strings, some of them with holes. Which strings are SQL is decided
here as well; where they stand is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_KEYWORDS = (
    "SELECT|FROM|WHERE|JOIN|ORDER BY|GROUP BY|FILTER|HAVING|QUALIFY|INSERT INTO|DELETE|UPDATE|UNION|WHEN|USING|AND|OR"
)
_SQL = re.compile(rf"\b({_KEYWORDS})\b")
_OPERAND = r"(?:'[^']*'|\d+(?:\.\d+)?|\?|\$\w+|[a-z_][\w.]*(?:\([^()]*\))?)"
_END = r"(?=\s*(?:AND\b|OR\b|THEN\b|GROUP\b|ORDER\b|QUALIFY\b|LIMIT\b|LEFT\b|JOIN\b|UNION\b|\)|,|;|$))"


@dataclass(frozen=True)
class Edit:
    """A piece of a text and what stands there instead. `rule`: what kind of slip it is."""

    start: int
    end: int
    text: str
    rule: str


def is_sql(text: str) -> bool:
    return bool(_SQL.search(text))


def edits(text: str) -> Iterator[Edit]:
    """Every slip that can be made in a piece of SQL, in order of the rules. Comments are left alone."""
    comments = [match.span() for match in re.finditer(r"--.*", text)]
    for rule, pattern, change in RULES:
        for match in re.finditer(pattern, text):
            start, end = match.span("it")
            new = change(match)
            if new is not None and not any(a <= start < b for a, b in comments):
                yield Edit(start, end, new, rule)


def _swap(**pairs: str) -> Callable[[re.Match[str]], str | None]:
    return lambda match: pairs.get(match["it"])


def _compare(match: re.Match[str]) -> str | None:
    """The other comparison, but not the `=` of UPDATE … SET."""
    before = re.findall(r"\b(SET|WHERE|ON|AND|OR|WHEN|HAVING|SELECT|QUALIFY)\b", match.string[: match.start()])
    if match["it"] == "=" and before and before[-1] == "SET":
        return None
    return {"=": "<>", "<>": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}[match["it"]]


def _connect(match: re.Match[str]) -> str | None:
    """The other connective, but not the AND of BETWEEN."""
    if match["it"] == "OR":
        return "AND"
    between = re.search(r"\bBETWEEN\b(?:(?!\bAND\b).)*$", match.string[: match.start()], re.DOTALL)
    return None if between else "OR"


def _always(text: str) -> Callable[[re.Match[str]], str | None]:
    return lambda _: text


# Rule, what it finds (the group `it` is replaced), what stands there instead (None: nothing is changed).
RULES: tuple[tuple[str, str, Callable[[re.Match[str]], str | None]], ...] = (
    (
        "condition dropped",
        rf"\b(?:WHERE|AND|OR|ON|WHEN|HAVING|QUALIFY)\s+(?P<it>{_OPERAND}"
        rf"\s+(?:(?:=|<>|<=|>=|<|>|IS DISTINCT FROM|IS NOT DISTINCT FROM)\s+{_OPERAND}|IS (?:NOT )?NULL)){_END}",
        _always("true"),
    ),
    ("comparison", r"(?<=[\w)'\"]) (?P<it><>|<=|>=|<|>|=) (?=[\w('$?{])", _compare),
    ("connective", r"\b(?P<it>AND|OR)\b", _connect),
    ("null", r"\bIS (?P<it>NOT NULL|NULL)\b", lambda m: "NULL" if m["it"] == "NOT NULL" else "NOT NULL"),
    ("order", r"\b(?P<it>DESC)\b", _always("ASC")),
    ("order", r"\bORDER BY (?P<it>[a-z_][\w.]*|ALL)(?=\s*(?:,|\)|\"|$|\n|LIMIT))", lambda m: f"{m['it']} DESC"),
    ("join", r"(?P<it>LEFT JOIN|FULL JOIN)\b", _always("JOIN")),
    ("join", r"\b(?P<it>SEMI|ANTI)(?= JOIN)", _swap(SEMI="ANTI", ANTI="SEMI")),
    ("join", r"USING \([\w, ]+(?P<it>, \w+)\)", _always("")),
    ("aggregate", r"\b(?P<it>min|max|bool_or|bool_and)(?=\()", _swap(min="max", max="min", bool_or="bool_and", bool_and="bool_or")),
    ("aggregate", r"\bcount\((?P<it>DISTINCT )", _always("")),
    ("aggregate", r"\bSELECT (?P<it>DISTINCT )(?!ON)", _always("")),
    ("exists", r"(?<!IF )(?P<it>NOT EXISTS|NOT IN|(?<!NOT )EXISTS|(?<=[\w)] )(?<!NOT )IN)(?= \()", lambda m: m["it"][4:] if m["it"].startswith("NOT ") else f"NOT {m['it']}"),
    ("gender", r"(?P<it>'T')", _always("'K'")),
    ("coalesce", r"\b(?P<it>coalesce\((?P<first>[a-z_][\w.]*), [^()]*\))", lambda m: m["first"]),
)  # fmt: skip
