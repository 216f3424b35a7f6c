"""The schema's files → `Schema`. What does not hold together is refused with file and line before anything is done.

Read here: `kolumner.yaml` (columns that mean the same in many tables or views), `tabeller/*.yaml` (a table a block; a
`<table>.sql` beside them gives its published rows), `vyer/*.sql` and `funktioner/*.sql` (YAML in the comment block at
the head, then the SELECT), `delar.sql` (what several statements share). Files are read in the order of their names;
a number in front of a name is for that order only. Whether DuckDB takes the statements is `bind`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipelines.errors import Problem
from pipelines.warehouse.schema.tables import Column, Macro, Schema, Table, View, ViewColumn
from pipelines.yamlfile import Location, YamlFile

_FOLDER = Path(__file__).parent
COMMON_FILE, PARTS_FILE = "kolumner.yaml", "delar.sql"
# Keys that the loader fills in itself: a file with such a key would be overruled silently.
_GIVEN = frozenset({"namn", "sql", "publicerad_som", "fil"})
_PART = re.compile(r"^-- \[(\w+)\]\n", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")

_M = TypeVar("_M", bound=BaseModel)
_Columns = Mapping[str, Mapping[str, Any]]


class SchemaError(Exception):
    """The schema's files do not hold together; `problems` lists every finding."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


@cache
def schema() -> Schema:
    """The schema of this program. Raises SchemaError."""
    return load(_FOLDER)


def load(folder: Path) -> Schema:
    """The schema whose files lie in `folder`. Raises SchemaError with every finding."""
    loader = _Loader(folder)
    tables = loader.tables()
    loader.refuse()
    views, macros = loader.views(tables), loader.macros(tables)
    loader.refuse()
    return Schema(tables, views, macros)


class _Loader:
    """Reads the files of a folder and collects what is wrong with them, so that everything is reported at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.parts = self._read_parts(folder / PARTS_FILE)
        common = self._read(folder / COMMON_FILE)
        for section in _mapping(common.data).keys() - {"tabeller", "vyer"}:
            self._report(common, (section,), f"unknown key {section}", "the keys are tabeller and vyer")
        self.table_columns = self._common_columns(common, "tabeller", Column)
        self.view_columns = self._common_columns(common, "vyer", ViewColumn)

    def refuse(self) -> None:
        """Raise SchemaError when anything was found."""
        if self.problems:
            raise SchemaError(self.problems)

    def tables(self) -> dict[str, Table]:
        tables: dict[str, Table] = {}
        files: dict[str, YamlFile] = {}
        for path in sorted((self.folder / "tabeller").glob("*.yaml")):
            file = self._read(path)
            for name, block in _mapping(file.data).items():
                if name in files:
                    self._report(file, (name,), f"table {name} is in {files[name].name} already", "keep one of them")
                files[name] = file
                if table := self._table(file, name, block):
                    tables[name] = table
        for table in tables.values():
            self._check_references(files[table.name], table, tables)
        return tables

    def views(self, tables: Mapping[str, Table]) -> dict[str, View]:
        views: dict[str, View] = {}
        for path in sorted((self.folder / "vyer").glob("*.sql")):
            file, data = self._statement(path)
            data["kolumner"] = self._columns(file, ("kolumner",), data.get("kolumner"), self.view_columns)
            view = self._validated(View, file, (), data)
            if view and view.name in (*tables, *views):
                self._report(file, (), f"{view.name} is the name of another table or view", "give it another name")
            elif view:
                self._check_key(file, (), view)
                views[view.name] = view
        return views

    def macros(self, tables: Mapping[str, Table]) -> dict[str, Macro]:
        macros: dict[str, Macro] = {}
        for path in sorted((self.folder / "funktioner").glob("*.sql")):
            file, data = self._statement(path)
            data["kolumner"] = self._columns(file, ("kolumner",), data.get("kolumner"), self.view_columns)
            if macro := self._validated(Macro, file, (), data):
                if macro.like not in tables and (macro.like or not macro.own_columns):
                    self._report(file, ("som",), f"there is no table {macro.like}", f"name one of {', '.join(tables)}")
                macros[macro.name] = macro
        return macros

    def _read(self, path: Path) -> YamlFile:
        file = YamlFile.read(path)
        self._take_problems(file)
        return file

    def _take_problems(self, file: YamlFile) -> None:
        self.problems += file.problems
        if file.data is not None and not isinstance(file.data, dict):
            self._report(file, (), "expected keys with values", "write name: and what is under it, indented")

    def _table(self, file: YamlFile, name: str, block: object) -> Table | None:
        self._refuse_given(file, (name,), block)
        data = {**_mapping(block), "namn": name}
        data["kolumner"] = self._columns(file, (name, "kolumner"), data.get("kolumner"), self.table_columns)
        published = self.folder / "tabeller" / f"{name}.sql"
        if published.exists():
            data["publicerad_som"] = self._with_parts(published)
        table = self._validated(Table, file, (name,), data)
        if table:
            self._check_key(file, (name,), table)
        return table

    def _statement(self, path: Path) -> tuple[YamlFile, dict[str, Any]]:
        """The comment block at the head of the file as YAML, and its data with name, file and SELECT."""
        lines = self._with_parts(path).splitlines(keepends=True)
        head = list(takewhile(lambda line: line.startswith("--"), lines))
        file = YamlFile.parse(str(path), "".join(line[3:] or "\n" for line in head).encode())
        self._take_problems(file)
        self._refuse_given(file, (), file.data)
        given = {"namn": path.stem.lstrip("0123456789_"), "fil": str(path), "sql": "".join(lines[len(head) :])}
        return file, {**_mapping(file.data), **given}

    def _columns(self, file: YamlFile, location: Location, columns: object, common: _Columns) -> dict[str, Any]:
        """The lines with what they take from the common columns; a line with a type of its own takes nothing."""
        merged = {}
        for name, own in _mapping(columns).items():
            if not isinstance(own, dict):
                fix = "write {} or {typ: …, text: …}"
                self._report(file, (*location, name), f"{name}: expected keys with values", fix)
            self._refuse_given(file, (*location, name), own)
            base = {} if "typ" in _mapping(own) else common.get(name, {})
            merged[name] = {**base, **_mapping(own), "namn": name}
        return merged

    def _common_columns(self, file: YamlFile, section: str, model: type[ViewColumn]) -> _Columns:
        columns = self._columns(file, (section,), _mapping(file.data).get(section), {})
        for name, column in columns.items():
            self._validated(model, file, (section, name), column)
        return columns

    def _check_key(self, file: YamlFile, location: Location, relation: Table | View) -> None:
        for name in relation.key:
            if name not in relation.columns:
                what = f"{relation.name} has no column {name} for its key"
                self._report(file, (*location, "nyckel"), what, f"name some of {', '.join(relation.columns)}")

    def _check_references(self, file: YamlFile, table: Table, tables: Mapping[str, Table]) -> None:
        for column, (target, key) in table.references().items():
            if target not in tables or key not in tables[target].columns:
                what = f"{table.name}.{column} refers to {target}.{key}, which is not there"
                self._report(file, (table.name, "kolumner", column, "hor_till"), what, "write table.column")

    def _read_parts(self, path: Path) -> dict[str, str]:
        text = path.read_text(encoding="utf-8")
        heads = list(_PART.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        parts: dict[str, str] = {}
        for head, end in zip(heads, ends, strict=True):
            line = text.count("\n", 0, head.end()) + 1
            if head[1] in parts:
                self.problems.append(Problem(str(path), line - 1, f"part {head[1]} is there twice", "keep one of them"))
            parts[head[1]] = self._put_in(parts, path, text[head.end() : end].strip(), line)
        return parts

    def _with_parts(self, path: Path) -> str:
        return self._put_in(self.parts, path, path.read_text(encoding="utf-8"), 1)

    def _put_in(self, parts: Mapping[str, str], path: Path, text: str, first_line: int) -> str:
        """`text`, which begins on a line of the file at `path`, with each part in the place of its name."""

        def part(placeholder: re.Match[str]) -> str:
            if placeholder[1] not in parts:
                line = first_line + text.count("\n", 0, placeholder.start())
                what = f"{placeholder[0]} is no part of {PARTS_FILE}"
                self.problems.append(Problem(str(path), line, what, f"the parts are {', '.join(parts)}"))
            return parts.get(placeholder[1], "")

        return _PLACEHOLDER.sub(part, text)

    def _refuse_given(self, file: YamlFile, location: Location, block: object) -> None:
        for key in _GIVEN.intersection(_mapping(block)):
            self._report(file, (*location, key), f"unknown key {key}", "remove it")

    def _validated(self, model: type[_M], file: YamlFile, location: Location, data: object) -> _M | None:
        """`data`, which is at `location` in the file, as the model; None after every finding is reported."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for finding in error.errors(include_url=False):
                place = (*location, *finding["loc"])
                what = f"{'.'.join(map(str, place))}: {finding['msg']}"
                self._report(file, place, what, "the keys and what they take are in schema/tables.py")
            return None

    def _report(self, file: YamlFile, location: Location, what: str, fix: str) -> None:
        """Add a problem on the line of `location`, or of the nearest place around it that is in the file."""
        places = (location[:size] for size in range(len(location), 0, -1))
        line = next((file.line(place) for place in places if file.has(place)), 1)
        self.problems.append(Problem(file.name, line, what, fix))


def _mapping(data: object) -> dict[str, Any]:
    """What is no mapping is refused by the models: here it is one without keys."""
    return data if isinstance(data, dict) else {}
