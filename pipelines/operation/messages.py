"""The catalogue of error messages, `docs/felmeddelanden.md`: read from the code itself, so that none is forgotten.

`python -m pipelines.operation.messages docs` writes it. A message is found where one of the classes of
`pipelines.errors` is called with a literal text, and where the YAML files' findings are reported; what varies
in it is shown as "…".
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines import errors
from pipelines.local import reasons
from pipelines.settings import REPO_ROOT

FILE: Final = "felmeddelanden.md"
_PACKAGES: Final = ("pipelines", "dashboards")
_STEP: Final = " → "
_VARYING: Final = "…"
# How findings in the YAML files are reported: name of the function → where what and fix stand among its arguments.
_FINDINGS: Final = {"Problem": (2, 3), "report": (1, 2), "_fault": (1, 2)}
_MEANING: Final = {
    1: (
        "fel i programmet eller maskinen",
        "Skivan är full, en rättighet saknas, en fil är skadad. Det som var publicerat gäller fortfarande. Andra fel "
        "än de nedan skrivs som `unexpected <typ>: …`: kör om kommandot med `--debug` och meddela dem som förvaltar "
        "programmet.",
    ),
    2: (
        "inställningarna är fel",
        "YAML-filerna, ett kommandos val eller en datamapp som hör till en annan källa. Ingenting har ändrats. Fel i "
        "kommandots egen form (okänt val, saknat argument) skrivs av kommandoraden och har också kod 2.",
    ),
    3: (
        "Kolada svarar inte, eller oläsligt",
        "Programmet har redan försökt igen. Ingenting har ändrats; nästa natt hämtar det som saknas.",
    ),
    4: ("för mycket underkändes", "Ingenting publicerades. Ta reda på varför innan gränsen höjs."),
    5: ("en annan körning håller datamappen", "Ingenting har ändrats. Vänta tills den är klar."),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its exit code (None: part of another message), what it says, its next step, and its module."""

    code: int | None
    what: str
    step: str
    module: str


def messages(root: Path = REPO_ROOT) -> list[Message]:
    """Every error message in the code, by exit code and module."""
    found = [message for path in _modules(root) for message in _in_module(path, root)]
    return sorted(found, key=lambda m: (m.code or 99, m.module, m.what))


def findings(root: Path = REPO_ROOT) -> list[Message]:
    """Every finding in the YAML files that the code can report."""
    found = [message for path in _modules(root) for message in _reported(path, root)]
    return sorted(found, key=lambda m: (m.module, m.what))


def document(root: Path = REPO_ROOT) -> str:
    """`docs/felmeddelanden.md`."""
    everything = messages(root)
    lines = [
        "# Felmeddelanden",
        "",
        "Varje fel är en rad på stderr: vad som hände, var, och efter pilen (→) vad man gör. Kommandot slutar med",
        "felets kod. `…` står för det som varierar: fil, rad, nyckeltal, adress. Körningens loggfil (`logg/` i data-",
        "mappen) har mer, och `--debug` visar hela spåret. Meddelandena är på engelska, som loggarna.",
        "",
        "Förteckningen skrivs ur koden (`make docs`); ett prov ser till att den är hel.",
        "",
    ]
    for code, (title, meaning) in _MEANING.items():
        lines += [f"## Kod {code}: {title}", "", meaning, ""]
        lines += _table(message for message in everything if message.code == code)
    lines += ["## Inuti andra meddelanden", "", "Skälen till att ett svar från Kolada inte kan läsas.", ""]
    lines += _table(message for message in everything if message.code is None)
    lines += [
        "## Fynd i YAML-filerna (kod 2)",
        "",
        "Skrivs som `fil:rad: vad → rättelse`; `malbild check` visar alla på en gång.",
        "",
        *_table(findings(root)),
        "## Lokala uppgifter",
        "",
        "Det som huvudmännen lämnar och som inte tas emot. Stoppar ingen körning; `malbild lokal kontroll` visar fil",
        "och cell.",
        "",
        *_table(
            Message(None, reason.what, reason.fix, "pipelines.local.reasons")
            for reason in vars(reasons).values()
            if isinstance(reason, reasons.Reason)
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _modules(root: Path) -> Iterator[Path]:
    for package in _PACKAGES:
        yield from sorted((root / package).rglob("*.py"))


def _exit_codes() -> dict[str, int | None]:
    """Name of an error class → its exit code; None for the one that is only part of another message."""
    ours = {name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if hasattr(kind, "exit_code")}
    codes: dict[str, int | None] = {name: kind.exit_code for name, kind in ours.items()}
    return codes | {"UnreadableAnswerError": None}


def _in_module(path: Path, root: Path) -> Iterator[Message]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    codes = _exit_codes()
    for call in _calls(tree):
        name = _name(call)
        if name not in codes or not call.args:
            continue
        text = _text(call.args[0])
        # Not a text: an error made of findings, which stand in their own table.
        if text is not None:
            what, _, step = text.partition(_STEP)
            yield Message(codes[name], what, step, _module(path, root))


def _reported(path: Path, root: Path) -> Iterator[Message]:
    for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
        what_at, fix_at = _FINDINGS.get(_name(call), (0, 0))
        if fix_at and len(call.args) == fix_at + 1:
            what, fix = _text(call.args[what_at]), _text(call.args[fix_at])
            if what is not None and fix is not None and (what.strip(_VARYING) or fix.strip(_VARYING)):
                yield Message(2, what, fix, _module(path, root))


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _text(node: ast.expr) -> str | None:
    """A literal text with what varies as "…"; None when it is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else _VARYING for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None and right is None else f"{left or _VARYING}{right or _VARYING}"
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body) or _VARYING} / {_text(node.orelse) or _VARYING}"
    return None


def _module(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def _table(rows: Iterator[Message] | list[Message]) -> list[str]:
    lines = ["| meddelande | gör så här | var |", "|---|---|---|"]
    for row in rows:
        what, step = (" ".join(text.replace("|", "\\|").split()) for text in (row.what, row.step))
        lines.append(f"| {what} | {step} | `{row.module}` |")
    return [*lines, ""]


def main() -> None:
    """Write the catalogue into the folder that is named."""
    (Path(sys.argv[1]) / FILE).write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
