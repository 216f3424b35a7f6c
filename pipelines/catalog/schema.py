"""JSON Schemas of the YAML files, for editors that complete and check while you write.

`python -m pipelines.catalog.schema docs/schema` writes them from the models. They know the shape of each entry; the
rules between entries and the lines of faults are `load`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipelines.catalog.load import MODELS


def schemas() -> dict[str, str]:
    """File name of each schema → its text."""
    return {f"{Path(name).stem}.schema.json": _text(name, kind) for name, kind in MODELS.items()}


def _text(name: str, kind: type[BaseModel]) -> str:
    generated = kind.model_json_schema(by_alias=True)
    definitions = {key: _shape(shape) for key, shape in generated.pop("$defs").items()}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        **_shape(generated),
        "$defs": definitions,
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _shape(schema: dict[str, Any]) -> dict[str, Any]:
    """A model's schema without its English name and docstring."""
    keywords = {key: value for key, value in schema.items() if key not in ("title", "description")}
    return keywords | {"properties": {name: _key(shape) for name, shape in schema["properties"].items()}}


def _key(shape: dict[str, Any]) -> dict[str, Any]:
    """A key's schema without the title made from its name, and without null: a key has a value or is left out."""
    values: list[dict[str, Any]] = [choice for choice in shape.get("anyOf", []) if choice != {"type": "null"}]
    keywords = {name: value for name, value in shape.items() if name != "title"}
    if len(values) != 1:
        return keywords
    return values[0] | {name: value for name, value in keywords.items() if name not in ("anyOf", "default")}


def main(arguments: list[str]) -> None:
    """Write the schemas to the folder named on the command line."""
    if len(arguments) != 1:
        sys.exit("usage: python -m pipelines.catalog.schema FOLDER")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
