"""What a look at an installation, or at Kolada, found: one line per check, with its next step.

Here: the type and its line. `operation.doctor` and `kolada.probe` make findings, the command line prints them. What an
asset check says of the stored tables is `checks.evaluate.CheckResult`, what is wrong in a YAML file `errors.Problem`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "unknown", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`check`: its name; `message`: what was found; `fix`: the next step, which every warning and error has."""

    level: Level
    check: str
    message: str
    fix: str = ""

    def __post_init__(self) -> None:
        if self.level in ("warning", "error") and not self.fix:
            raise ValueError(f"{self.check}: {self.message!r} has no next step")

    def __str__(self) -> str:
        step = f" → {self.fix}" if self.fix else ""
        return " ".join(f"{self.level:<8} {self.check:<14} {self.message}{step}".splitlines())
