"""Every place of the product where a small error can be made. Which of them are tried is decided elsewhere.

A site is known by what stands there, not by its line, so that it stays the same while lines move above it.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tools import ROOT
from tools.mutants import sql
from tools.mutants.operators import Node, operators

# Keyword arguments that say how careful a class or a call is, not what it does.
_CAREFUL = re.compile(
    r"\b(frozen|strict|slots|kw_only|repr|compare|missing_ok|exist_ok|parents|soft_wrap|maintain_order)\s*=\s*$"
)
_OPERATORS = operators()


@dataclass(frozen=True)
class Site:
    """One possible error.

    Attributes:
        id: Eight hexadecimal digits, from the path, the kind of error and what stands in the line.
        path: Relative to the root.
        line: Where it stands.
        family: What kind of error, roughly: `comparison`, `sql: join`, …
        operator: The kind exactly.
        occurrence: Which one of the operator's places in the file.
    """

    id: str
    path: str
    line: int
    family: str
    operator: str
    occurrence: int

    @property
    def package(self) -> str:
        """`pipelines/warehouse`; what stands beside the packages counts as `pipelines` or `dashboards`."""
        parts = Path(self.path).parts
        if parts[0] == "pipelines" and (len(parts) == 2 or parts[1] == "cli"):
            return "pipelines and cli"
        return "/".join(parts[: min(2, len(parts) - 1)])

    def changed(self) -> str:
        """The text of the file with the error in it."""
        text = (ROOT / self.path).read_text(encoding="utf-8")
        if self.path.endswith(".py"):
            (operator,) = [operator for _, name, operator in _OPERATORS if name == self.operator]
            changed = mutate_code(text, operator, self.occurrence)
            assert isinstance(changed, str), f"{self}: nothing to change"
            return changed
        edit = list(_text_edits(Path(self.path), text))[self.occurrence]
        return text[: edit.start] + edit.text + text[edit.end :]

    def diff(self) -> str:
        """The changed lines, as in a unified diff without its head."""
        before = (ROOT / self.path).read_text(encoding="utf-8").splitlines()
        lines = difflib.unified_diff(before, self.changed().splitlines(), n=0, lineterm="")
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def all_sites() -> list[Site]:
    """The sites of all files of pipelines and dashboards, in order of path and line."""
    sites: list[Site] = []
    for path in sorted(path for top in ("pipelines", "dashboards") for path in (ROOT / top).rglob("*")):
        if path.suffix in (".py", ".sql", ".yaml", ".html") and "__pycache__" not in path.parts:
            sites += _with_ids(path.relative_to(ROOT))
    return sites


def _with_ids(path: Path) -> Iterator[Site]:
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.splitlines()
    places = _python(text) if path.suffix == ".py" else _text(path, text)
    seen: Counter[tuple[str, str]] = Counter()
    for line, family, operator, occurrence in sorted(places):
        key = operator, lines[line - 1].strip()
        seen[key] += 1
        digest = hashlib.sha256("|".join((str(path), *key, str(seen[key]))).encode()).hexdigest()
        yield Site(digest[:8], str(path), line, family, operator, occurrence)


def _python(text: str) -> Iterator[tuple[int, str, str, int]]:
    """Line, family, operator, occurrence."""
    excluded = _excluded_lines(ast.parse(text))
    nodes = list(ast_nodes(get_ast(text)))
    for family, name, operator in _OPERATORS:
        occurrence = 0
        for node in nodes:
            for index, ((line, _), _) in enumerate(operator.mutation_positions(node)):
                if line not in excluded and _makes_sense(family, node, index):
                    yield line, family, name, occurrence
                occurrence += 1


def _excluded_lines(module: ast.Module) -> set[int]:
    """Lines that are never run (types, and what runs as a program only), and assertions, which the types need."""
    lines: set[int] = set()
    for node in ast.walk(module):
        if (isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")) or (
            isinstance(node, ast.Assert)
        ):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def _makes_sense(family: str, node: Node, index: int) -> bool:
    """Whether the error is more than a crash at once (a text divided by a text) or nothing at all (another type)."""
    if _in_annotation(node):
        return False
    parent = node.parent
    code = parent.get_code(include_prefix=False) if parent is not None else ""
    match family:
        case "arithmetic":
            # Texts and lists are joined with +, paths with /.
            has_number = re.search(r"\d", code)
            is_text = re.search(r"[\"'\[{]", code) or (node.value == "/" and not has_number)
            return bool(parent.type in ("arith_expr", "term") and not is_text)
        case "set":
            return not re.search(r"\b(dict|str|int|None|type)\b", code)
        case "truth":
            return not _CAREFUL.search(code[: -len(node.value)])
        case "number":
            # The last instead of the first is often the same; no number that is large is exact.
            is_last = parent.type == "trailer" and getattr(node, "value", "") == "0" and index == 1
            return not is_last and bool(re.fullmatch(r"\d{1,2}|0\.\d+", getattr(node, "value", "0")))
        case "condition":
            # `if x := …` would need parentheses.
            return ":=" not in node.get_code().partition("\n")[0]
        case "exception":
            # cosmic-ray breaks where the name has a dot.
            return "." not in node.get_code()
    return True


def _in_annotation(node: Node) -> bool:
    child = node
    while child.parent is not None:
        parent = child.parent
        if parent.type == "annassign" and child is parent.children[1]:
            return True
        if parent.type == "tfpdef" and child is parent.children[-1]:
            return True
        if parent.type == "funcdef" and child is parent.annotation:
            return True
        if parent.type in ("suite", "file_input"):
            return False
        child = parent
    return False


def _text(path: Path, text: str) -> Iterator[tuple[int, str, str, int]]:
    for occurrence, edit in enumerate(_text_edits(path, text)):
        yield text.count("\n", 0, edit.start) + 1, edit.rule, edit.rule, occurrence


def _text_edits(path: Path, text: str) -> Iterator[sql.Edit]:
    """The errors in a file that is not Python."""
    if path.suffix == ".html":
        for match in re.finditer(r"\{%-? *(?:if|elif) (?P<it>.+?) *-?%\}", text):
            yield sql.Edit(*match.span("it"), f"not ({match['it']})", "template")
        return
    if path.suffix == ".yaml":
        for match in re.finditer(r":[ \t]+(?P<it>true|false|ja|nej)\b", text):
            other = {"true": "false", "false": "true", "ja": "nej", "nej": "ja"}[match["it"]]
            yield sql.Edit(*match.span("it"), other, "yaml")
        for match in re.finditer(r"\[[^\[\]]+(?P<it>,[^\[\],]+)\]", text):
            yield sql.Edit(*match.span("it"), "", "yaml")
    for line in re.finditer(r".+", text) if path.suffix == ".yaml" else re.finditer(r".+", text, re.DOTALL):
        if path.suffix == ".sql" or sql.is_sql(line[0]):
            for edit in sql.edits(line[0]):
                yield sql.Edit(line.start() + edit.start, line.start() + edit.end, edit.text, f"sql: {edit.rule}")
