"""Names and literals in SQL text. Values are parameters wherever the statement takes them."""

from __future__ import annotations


def identifier(name: str) -> str:
    """A SQL name that somebody else has chosen, such as a table of a database that is being examined."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQL string literal (COMMENT ON and ATTACH take no parameters)."""
    return "'" + text.replace("'", "''") + "'"
