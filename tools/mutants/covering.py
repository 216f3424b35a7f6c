"""Which test files can notice an error: those that execute the statement it is in.

A statement that is executed once, when its module is imported (a constant, a default, a field), can be noticed where
it is used: by those that execute a function which names it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage

from tools import ROOT
from tools.mutants.sites import Site

Lines = dict[str, set[int]]
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
# How far a name is followed: a constant of a constant of a constant.
_DEPTH = 4


class Covering:
    """What the recorded runs of the test files executed. Made for the tree as it is now."""

    def __init__(self, data: coverage.CoverageData) -> None:
        self._data = data
        self._modules = {
            str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
            for top in ("pipelines", "dashboards")
            for path in sorted((ROOT / top).rglob("*.py"))
        }

    def tests(self, site: Site) -> set[str]:
        """The test files that can notice the error; none when no test executes what is wrong."""
        if not site.path.endswith(".py"):
            users = self._naming_file(Path(site.path))
            return self._executing(users) if users else set(self._data.measured_contexts())
        place = _place(self._modules[site.path], site.line)
        if place.in_function:
            return self._executing({site.path: set(place.lines)})
        users = self._using(place.names, _DEPTH)
        return self._executing(users or {site.path: set(place.lines)})

    def _executing(self, lines: Lines) -> set[str]:
        """The test files that execute one of these lines."""
        return {
            test
            for path, numbers in lines.items()
            for line, tests in self._data.contexts_by_lineno(path).items()
            if line in numbers
            for test in tests
        }

    def _using(self, names: frozenset[str], depth: int) -> Lines:
        """The statements in functions that name one of these, or a constant that is built from them."""
        statements: Lines = {}
        further: set[str] = set()
        for path, module in self._modules.items():
            for node in ast.walk(module):
                name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
                if name in names and isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
                    place = _place(module, node.lineno)  # type: ignore[attr-defined]
                    if place.in_function:
                        statements.setdefault(path, set()).update(place.lines)
                    else:
                        further |= place.names - names
        if depth > 1 and further:
            for path, lines in self._using(frozenset(further), depth - 1).items():
                statements.setdefault(path, set()).update(lines)
        return statements

    def _naming_file(self, file: Path) -> Lines:
        """The statements that name a file which is not Python, or the folder it is in."""
        statements: Lines = {}
        for path, module in self._modules.items():
            for node in ast.walk(module):
                is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
                if is_text and re.search(rf"\b({re.escape(file.name)}|{file.parent.name})\b", node.value):  # type: ignore[attr-defined]
                    place = _place(module, node.lineno)  # type: ignore[attr-defined]
                    lines = {path: set(place.lines)} if place.in_function else self._using(place.names, _DEPTH)
                    for user, numbers in lines.items():
                        statements.setdefault(user, set()).update(numbers)
        return statements


@dataclass(frozen=True)
class _Place:
    """Where a line is. lines: of its statement, or of the functions that depend on it. names: what it defines, if it is
    executed at import.
    """

    in_function: bool
    lines: frozenset[int]
    names: frozenset[str]


def _place(module: ast.Module, line: int) -> _Place:
    inside = list(_enclosing(module, line))
    function = next((node for node in reversed(inside) if isinstance(node, _FUNCTION)), None)
    if function is not None:
        if line >= function.body[0].lineno:
            # `except …` and `case …` are lines of a statement, but not of its head.
            return _Place(True, frozenset({line, *_own_lines(inside[-1])}), frozenset())
        # A default value or a decorator: noticed where the function is executed.
        body = range(function.body[0].lineno, (function.end_lineno or function.lineno) + 1)
        return _Place(True, frozenset(body), frozenset())
    names = {node.name for node in inside if isinstance(node, ast.ClassDef)}
    statement = inside[-1] if inside else None
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        defined = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
        # A field is found by its own name; many have one that says little, and then the class tells more.
        names = defined if not names or len(next(iter(defined), "")) > 3 else names
    lines = _own_lines(statement) if statement is not None else range(line, line + 1)
    return _Place(False, frozenset(lines), frozenset(names))


def _enclosing(node: ast.AST, line: int) -> Iterator[ast.stmt]:
    """The statements that a line is in, the outermost first."""
    for child in ast.iter_child_nodes(node):
        first = min((d.lineno for d in getattr(child, "decorator_list", [])), default=getattr(child, "lineno", 0))
        if first <= line <= (getattr(child, "end_lineno", None) or -1):
            if isinstance(child, ast.stmt):
                yield child
            yield from _enclosing(child, line)


def _own_lines(statement: ast.stmt) -> range:
    """The lines of a statement; of one with a body, those before the body."""
    body = getattr(statement, "body", None)
    end = body[0].lineno if body else (statement.end_lineno or statement.lineno) + 1
    return range(statement.lineno, max(end, statement.lineno + 1))
