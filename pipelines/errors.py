"""The errors that users meet, each with the exit code of the command line.

Here: one class per exit code, and nothing else. Every message says what happened, where (KPI, kommun, year, file:line,
URL), what was expected, what was found and the next step, in one line. Errors of our own making (a broken invariant)
are plain exceptions and end as exit code 1.
"""

from __future__ import annotations

from dataclasses import dataclass


class MalbildError(Exception):
    """Base of everything that ends as one clear line on stderr."""

    exit_code = 1


class ConfigError(MalbildError):
    """The configuration is wrong: YAML files, options, or a data dir that belongs to another source."""

    exit_code = 2


class SourceError(MalbildError):
    """Kolada cannot be reached, or an answer is still unreadable after retries."""

    exit_code = 3


class RefusedDataError(MalbildError):
    """So much of the data was refused that nothing of this run may be published."""

    exit_code = 4


class BusyError(MalbildError):
    """Another process holds what this one needs: the data dir, or the warehouse that several share."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a YAML file: where it stands, what is wrong, and what to write instead."""

    file: str
    line: int
    what: str
    fix: str

    def __str__(self) -> str:
        # What is wrong may quote a text of several lines.
        return " ".join(f"{self.file}:{self.line}: {self.what} → {self.fix}".split())


class CatalogError(ConfigError):
    """The YAML files do not hold together; `problems` lists every finding, in file and line order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file, p.line, p.what))
        rest = len(self.problems) - 1
        more = f" (and {rest} more; see them all with `malbild check`)" if rest else ""
        super().__init__(f"{self.problems[0]}{more}")
