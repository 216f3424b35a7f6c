"""Every error that a user can meet says its next step after "→": read from the source, and met on the command line.

An error is a call of MalbildError or one of its kin, or a finding in a YAML file. What varies in its text is "…" here.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from pipelines.local import reasons
from tests.conftest import ROOT
from tests.small import CATALOG, malbild

STEP = " → "
# Functions that take the text of an error, or of a finding and its fix, at these places among their arguments.
TEXT_AT = {"hold_file": 1}
FIX_AT = {"Problem": 3, "report": 2, "_fault": 2}
# Errors whose text is made elsewhere, with its step: module → (how many, where).
MADE_ELSEWHERE = {
    "pipelines.assets.kontroll": (1, "checks.evaluate: each result that stops says what to do"),
    "pipelines.catalog.load": (1, "a CatalogError is made of Problems"),
    "pipelines.followups.edit": (1, "ends with the Problem that the change would have made"),
    "pipelines.kolada.catalogue": (1, "a CatalogError is made of Problems"),
    "pipelines.locks": (1, "hold_file: its callers' texts are looked at instead"),
}


@dataclass(frozen=True)
class Error:
    module: str
    line: int
    text: str | None


@cache
def sources(root: Path) -> list[tuple[str, list[ast.AST]]]:
    """Each module and all that is in it; parsed once, because every test looks at them."""
    return [
        (".".join(path.relative_to(root).with_suffix("").parts), list(ast.walk(ast.parse(path.read_text("utf-8")))))
        for package in ("pipelines", "dashboards")
        for path in sorted((root / package).rglob("*.py"))
    ]


def error_classes(root: Path) -> set[str]:
    """MalbildError and all that is made of it, wherever it is."""
    classes = [node for _, nodes in sources(root) for node in nodes if isinstance(node, ast.ClassDef)]
    names = {"MalbildError"}
    while more := {c.name for c in classes if names & {ast.unparse(b).split(".")[-1] for b in c.bases}} - names:
        names |= more
    return names


def calls(root: Path) -> Iterator[tuple[str, ast.Call, str]]:
    for module, nodes in sources(root):
        for node in nodes:
            if isinstance(node, ast.Call):
                function = node.func
                yield module, node, function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def text_of(node: ast.expr) -> str | None:
    """A text with what varies as "…"; None for an expression that is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None and right is None else f"{left or '…'}{right or '…'}"
    return None


def constants(root: Path) -> dict[str, str]:
    """Names of texts that modules define for their errors."""
    return {
        target.id: text
        for _, (module, *_) in sources(root)
        for node in module.body
        if isinstance(node, ast.Assign) and (text := text_of(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }


@cache
def errors(root: Path) -> list[Error]:
    places = dict.fromkeys(error_classes(root), 0) | TEXT_AT
    named = constants(root)
    return [
        Error(module, call.lineno, named.get(ast.unparse(argument)) or text_of(argument))
        for module, call, name in calls(root)
        if name in places and len(call.args) > places[name]
        for argument in [call.args[places[name]]]
    ]


def without_step(root: Path) -> list[Error]:
    return [error for error in errors(root) if not (error.text or "").partition(STEP)[2].strip()]


def test_every_error_says_its_next_step() -> None:
    lacking = without_step(ROOT)
    expected = {module: number for module, (number, _) in MADE_ELSEWHERE.items()}
    assert {error.module: sum(e.module == error.module for e in lacking) for error in lacking} == expected, lacking
    assert len(errors(ROOT)) > 100


def test_every_finding_in_a_yaml_file_says_what_to_write_instead() -> None:
    fixes = [
        (module, call.lineno, text_of(call.args[FIX_AT[name]]))
        for module, call, name in calls(ROOT)
        if name in FIX_AT and len(call.args) > FIX_AT[name]
    ]
    assert len(fixes) > 50
    assert [where for *where, fix in fixes if fix is not None and not fix.strip()] == []


def test_every_refusal_of_a_local_figure_says_what_to_do() -> None:
    everything = [reason for reason in vars(reasons).values() if isinstance(reason, reasons.Reason)]
    assert len(everything) > 10
    assert [reason for reason in everything if not (reason.what and reason.fix)] == []


def test_an_error_without_a_step_is_found(tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "new.py").write_text(
        "class MalbildError(Exception): ...\n"
        "class OddError(errors.MalbildError): ...\n"
        "class DiskError(OddError): ...\n"
        'BUSY = "somebody holds it"\n'
        'raise DiskError(f"{path}: full → ")\n'
        'raise MalbildError(f"{path}: too " + size + f" by {n} → mend it")\n'
        "raise DiskError(str(error))\n"
        "with hold_file(path, BUSY): ...\n"
    )
    assert [error.line for error in without_step(tmp_path)] == [5, 7, 8]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["restore", "finns-inte.zip"], 2),
        (["backup", "."], 2),
        (["report"], 2),
        (["rebuild"], 2),
        (["andringar", "--sedan", "2999-01-01"], 2),
        (["check", "--katalog", "{broken}"], 2),
        (["check", "--online", "--kolada-url", "http://127.0.0.1:9/v3"], 3),
        (["probe", "--kolada-url", "http://127.0.0.1:9/v3"], 3),
    ],
)
def test_an_error_is_one_line_with_its_next_step_and_its_code(arguments: list[str], code: int, tmp_path: Path) -> None:
    broken = shutil.copytree(CATALOG, tmp_path / "broken")
    (broken / "kommuner.yaml").unlink()
    environment = {"MALBILD_DATA": str(tmp_path / "data"), "MALBILD_KATALOG": str(CATALOG), "MALBILD_TALAMOD": "0"}
    ended = malbild(*(argument.format(broken=broken) for argument in arguments), **environment)
    assert ended.code == code, ended
    *_, line = (ended.out + ended.err).strip().splitlines()
    assert line.startswith("malbild: ")
    assert STEP in line
