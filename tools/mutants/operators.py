"""The kinds of small errors in Python: a choice of cosmic-ray's operators, and what it lacks.

Left out are those that make nonsense (`a << b` for `a + b`) or nothing (a frozen dataclass that is not).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import parso.python.tree as tree
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

from tools.mutants import sql

# parso types its trees in part only.
Node = Any

_CORE = {
    "comparison": (
        *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "Gt_LtE", "LtE_Gt", "GtE_Lt"),
        *("Is_IsNot", "IsNot_Is"),
    ),
    "arithmetic": ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv"),
    "set": ("BitOr_BitAnd", "BitAnd_BitOr"),
}
_PREFIX = {
    "comparison": "ReplaceComparisonOperator_",
    "arithmetic": "ReplaceBinaryOperator_",
    "set": "ReplaceBinaryOperator_",
}
_NAMED = {
    "condition": ("AddNot", "ReplaceUnaryOperator_Delete_Not"),
    "connective": ("ReplaceAndWithOr", "ReplaceOrWithAnd"),
    "truth": ("ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    "number": ("NumberReplacer", "ReplaceUnaryOperator_Delete_USub"),
    "loop": ("ZeroIterationForLoop", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
    "exception": ("ExceptionReplacer",),
}
# Methods that narrow or order: a link of a chain that can be forgotten.
_LINKS = {"filter", "sort", "unique", "drop_nulls", "fill_null", "strip", "lower", "casefold", "removeprefix", "over"}


class RemovedStatement(Operator):  # type: ignore[misc]
    """A call made for its effect is not made."""

    def mutation_positions(self, node: Node) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        is_statement = node.parent is not None and node.parent.type == "simple_stmt"
        if is_statement and node.type == "atom_expr" and node.children[-1].get_code().startswith("("):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        return tree.Keyword("pass", node.start_pos, node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("x.append(1)\n", "pass\n"),)


class RemovedLink(Operator):  # type: ignore[misc]
    """A link of a chain is missing: `frame.filter(…).sort(…)` without the filter."""

    def mutation_positions(self, node: Node) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        for name, call in self._links(node):
            yield name.start_pos, call.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        name, call = list(self._links(node))[index]
        node.children = [child for child in node.children if child is not name and child is not call]
        return node

    @staticmethod
    def _links(node: Node) -> Iterator[tuple[Node, Node]]:
        if node.type != "atom_expr":
            return
        for name, call in zip(node.children[1:], node.children[2:], strict=False):
            is_call = name.type == call.type == "trailer" and (name.children[0], call.children[0]) == (".", "(")
            if is_call and name.children[1].get_code() in _LINKS:
                yield name, call

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("f.filter(x).sort(y)", "f.sort(y)"),)


class WrongSql(Operator):  # type: ignore[misc]
    """A slip in the SQL of a string. `rule`: which of those in `sql`."""

    def __init__(self, rule: str) -> None:
        self.rule = rule

    def mutation_positions(self, node: Node) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        for edit in self._edits(node):
            before, piece = node.value[: edit.start], node.value[edit.start : edit.end]
            start = _moved(node.start_pos, before)
            yield start, _moved(start, piece or " ")

    def mutate(self, node: Node, index: int) -> Node:
        edit = self._edits(node)[index]
        node.value = node.value[: edit.start] + edit.text + node.value[edit.end :]
        return node

    def _edits(self, node: Node) -> list[sql.Edit]:
        if node.type not in ("string", "fstring_string") or not sql.is_sql(_whole(node)):
            return []
        return [edit for edit in sql.edits(node.value) if edit.rule == self.rule]

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("'SELECT 1 WHERE a = b'", "'SELECT 1 WHERE a <> b'", operator_args={"rule": "comparison"}),)


def _moved(position: tuple[int, int], text: str) -> tuple[int, int]:
    lines = text.split("\n")
    return (position[0] + len(lines) - 1, len(lines[-1]) + (position[1] if len(lines) == 1 else 0))


def _whole(node: Node) -> str:
    """The string that a piece is a part of; nothing for a docstring."""
    while node.parent is not None and node.parent.type in ("fstring", "strings"):
        node = node.parent
    if node.parent is not None and node.parent.type == "simple_stmt":
        return ""
    return str(node.get_code())


def operators() -> list[tuple[str, str, Operator]]:
    """Family, name and operator of everything that is tried, in the same order every time."""
    core = [(family, f"{_PREFIX[family]}{name}") for family, names in _CORE.items() for name in names]
    core += [(family, name) for family, names in _NAMED.items() for name in names]
    rules = sorted({rule for rule, _, _ in sql.RULES})
    return [
        *((family, name, get_operator(f"core/{name}")()) for family, name in core),
        ("statement", "RemovedStatement", RemovedStatement()),
        ("link", "RemovedLink", RemovedLink()),
        *((f"sql: {rule}", f"WrongSql({rule})", WrongSql(rule)) for rule in rules),
    ]
