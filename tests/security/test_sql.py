"""SQL is made of texts in the code and of names from our own definitions; everything else goes in as a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.operation import health
from tests.conftest import ROOT

# Functions whose statements hold more than texts and constants of their module, and where that comes from.
ALLOWED = {
    "dashboards.content.load_content": "tables and columns that its module lists",
    "dashboards.data._series": "texts that its module lists",
    "dashboards.follow_ups.load_issues": "tables that its module lists",
    "dashboards.since_data.diff_from_issue": "ATTACH takes no parameter: the path, its quotes doubled",
    "pipelines.checks.inputs.read_inputs": "a view of our schema, tables that the function itself lists",
    "pipelines.exports.csvfiles.write_csv": "tables and columns of our schema",
    "pipelines.exports.csvfiles.write_excel_csv": "tables and columns of our schema",
    "pipelines.exports.datapackage._foreign_keys": "tables and columns of our schema",
    "pipelines.exports.parquet.write_parquet": "tables of our schema",
    "pipelines.exports.workbook.write_workbook": "columns that its module lists",
    "pipelines.run.summary._texts": "called with texts of its module",
    "pipelines.operation.health._first_fault": "names of the database that is examined, quoted",
    "pipelines.warehouse.analyse._write": "tables that its module lists",
    "pipelines.warehouse.history.copy_as_of": "tables and statements of our schema",
    "pipelines.warehouse.content.write_frames": "frames are made by us and checked against the schema",
    "pipelines.warehouse.county.apply_county": "tables that the function itself lists, statements of its module",
    "pipelines.warehouse.schema.bind.bind": "tables and macros of our schema",
    "pipelines.warehouse.frames.append": "frames are made by us and checked against the schema",
    "pipelines.warehouse.publish._insert": "tables and statements of our schema",
    "pipelines.warehouse.publish._describe": "views of our schema, their comments as literals",
    "pipelines.warehouse.publish.publish": "tables of our schema, their comments as literals",
    "pipelines.warehouse.journal.insert_encoded": "columns of our schema",
    "pipelines.warehouse.journal.note": "keywords in our own calls",
    "pipelines.warehouse.ducklake.load_extensions": "settings of the installation, as literals, checked in lake",
    "pipelines.warehouse.ducklake._attach": "a name that we give, literals, options that the function itself lists",
    "pipelines.warehouse.ducklake._opened": "a name that we give",
    "pipelines.warehouse.ducklake.attach": "a name that we give",
    "pipelines.warehouse.ducklake.maintain": "functions that its module lists, a name that we gave",
    "pipelines.warehouse.ducklake.replace": "tables of our schema",
    "pipelines.warehouse.store.attach": "a name that we give, a literal",
    "pipelines.warehouse.request_slots._ask": "called with texts of its module",
}
_QUOTING = {"literal", "identifier"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in ("pipelines", "dashboards"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def constants(tree: ast.Module) -> set[str]:
    """What the module binds to texts and numbers that stand in the code, its own or imported from another of ours."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("pipelines", "dashboards")):
            found |= {name.name for name in node.names if name.name.isupper()}
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        bound = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
        used = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
        # "name" and "column" are the variables of comprehensions over such texts.
        if all(name.isupper() for name in bound) and used <= found | {"tuple", "name", "column"}:
            found |= bound
    return found


def is_ours(node: ast.expr, known: set[str]) -> bool:
    """Whether an expression can only be what stands in the code, or a quoted text."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.JoinedStr):
        return all(is_ours(part.value if isinstance(part, ast.FormattedValue) else part, known) for part in node.values)
    if isinstance(node, ast.IfExp):
        return is_ours(node.body, known) and is_ours(node.orelse, known)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and is_ours(node.left, known) and is_ours(node.right, known)
    if isinstance(node, ast.Call):
        function = node.func
        return (isinstance(function, ast.Name) and function.id in _QUOTING) or (
            isinstance(function, ast.Attribute) and function.attr == "ddl"
        )
    return False


def statements(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """(function, statement) of everything that is handed to a database."""
    for holder in ast.walk(tree):
        if isinstance(holder, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [node for child in holder.body for node in ast.walk(child)]
            nested = {id(n) for d in inner if isinstance(d, ast.FunctionDef) for n in ast.walk(d)}
            for node in inner:
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                    continue
                if id(node) not in nested and node.func.attr in ("sql", "execute", "executemany", "query"):
                    yield holder.name, node.args[0]


def strangers() -> dict[str, str]:
    found = {}
    for name, tree in modules():
        known = constants(tree)
        for function, statement in statements(tree):
            if not is_ours(statement, known):
                found[f"{name}.{function}"] = ast.unparse(statement)
    return found


def test_no_statement_is_made_of_what_comes_from_outside() -> None:
    found = strangers()
    assert {where: what for where, what in found.items() if where not in ALLOWED} == {}
    assert sorted(ALLOWED.keys() - found.keys()) == [], "no longer needed"


@pytest.mark.parametrize(
    "code",
    [
        "connection.sql(f'SELECT * FROM t WHERE id = {kpi_id}')",
        "connection.sql('SELECT * FROM t WHERE id = ' + kpi_id)",
        "connection.execute('SELECT * FROM t WHERE id = %s' % kpi_id)",
        "connection.execute('SELECT * FROM t WHERE id = {}'.format(kpi_id))",
        "connection.execute(text)",
    ],
)
def test_what_is_looked_for_is_found(code: str) -> None:
    ((_, statement),) = statements(ast.parse(f"def f(kpi_id, text):\n    {code}\n"))
    assert not is_ours(statement, {"_KEY"})


def test_a_database_that_is_examined_cannot_reach_another_file(tmp_path: Path) -> None:
    """A backup that somebody else has made may hold tables of any name."""
    target, path = tmp_path / "ute.csv", tmp_path / "lager.duckdb"
    hostile = f"x\" t; COPY (SELECT 1) TO '{target}'; SELECT 1 FROM (SELECT 1) \"y"
    with duckdb.connect(str(path)) as connection:
        connection.execute('CREATE TABLE "' + hostile.replace('"', '""') + '" (a INTEGER)')
    assert health.fault(path) is None
    assert not target.exists()
    # And were a name ever to get through:
    with (
        duckdb.connect(str(path), read_only=True, config=health.READ_CONFIG) as connection,
        pytest.raises(duckdb.PermissionException),
    ):
        connection.execute(f"COPY (SELECT 1) TO '{target}'")
