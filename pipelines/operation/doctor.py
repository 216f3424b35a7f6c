"""`malbild doctor`: what an administrator wants to know of an installation, a line per check, in three seconds.

Here: the list of checks, and Kolada asked beside them. A check is a function of an installation that yields findings:
it looks and changes nothing, says its next step when something is not as it should be, and says so when it cannot look
(no data dir yet, a run has the file open). What the data say is judged by the asset checks of a run, not here.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from pipelines import clock
from pipelines.findings import Finding
from pipelines.operation import copies, databases, halsa, machine, nights
from pipelines.operation.installation import Installation
from pipelines.settings import KOLADA_URL, REPO_ROOT, SYNTHETIC, Settings

Check: TypeAlias = Callable[[Installation], Iterator[Finding]]

# In the order in which one would look.
CHECKS: Final[tuple[Check, ...]] = (
    machine.python,
    machine.packages,
    machine.disk,
    machine.permissions,
    databases.lock,
    databases.warehouse,
    databases.published,
    nights.clock_time,
    nights.last_run,
    nights.next_run,
    nights.report,
    nights.notices,
    copies.backups,
    machine.size,
)
# Seconds. A Kolada that takes longer for one area is not one that a night can be fetched from.
_KOLADA_PATIENCE: Final = 2.0


def examine(settings: Settings, patience: float = _KOLADA_PATIENCE) -> list[Finding]:
    """Every check. Kolada is asked beside the others, and comes last: `patience` seconds after them at most."""
    if settings.kolada_url == KOLADA_URL and halsa.source(settings) == SYNTHETIC:
        finding = Finding("ok", "kolada", "not asked: the figures here are synthetic")
        return [*examine_here(settings), finding]
    with _KoladaQuestion(settings.kolada_url, patience) as question:
        return [*examine_here(settings), question.answer()]


def examine_here(settings: Settings) -> list[Finding]:
    """Every check that asks nothing of other machines."""
    installation = Installation(settings, clock.now())
    return [finding for check in CHECKS for finding in _look(check, installation)]


def _look(check: Check, installation: Installation) -> list[Finding]:
    """The check's findings; one that may not look says so, and stops no other."""
    try:
        return list(check(installation))
    except PermissionError as error:
        name = check.__name__.replace("_", " ")
        return [Finding("error", name, f"it may not look: {error}", "run malbild as the data dir's owner")]


class _KoladaQuestion:
    """Kolada asked in a process of its own."""

    def __init__(self, url: str, patience: float) -> None:
        command = [sys.executable, "-m", "pipelines.operation.reach", url]
        self._url, self._patience = url, patience
        self._process = subprocess.Popen(
            command, cwd=REPO_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __enter__(self) -> _KoladaQuestion:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.kill()
        self._process.communicate()

    def answer(self) -> Finding:
        try:
            output, _ = self._process.communicate(timeout=self._patience)
        except subprocess.TimeoutExpired:
            return Finding(
                "error",
                "kolada",
                f"{self._url} has not answered within {self._patience:.0f} s",
                "check the network, the firewall and HTTPS_PROXY",
            )
        if self._process.returncode == 0:
            return Finding("ok", "kolada", output)
        message, _, fix = output.partition(" → ")
        if fix:
            return Finding("error", "kolada", message, fix)
        return Finding("error", "kolada", "could not be asked", "see that the program is whole: packages above")
