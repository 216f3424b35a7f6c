"""The licences of what is installed with malbild, `docs/licenser.md`: every package of `requirements.lock`.

`python -m pipelines.operation.licences docs` writes it, from what the installed packages say of themselves. Packages
for other systems are not installed here and cannot say anything; they are named.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

from pipelines.settings import REPO_ROOT

FILE: Final = "licenser.md"
UNKNOWN: Final = "okänd"
_ELSEWHERE: Final = "inte installerat här (annat system)"
# name==version, with extras, for whom (`; sys_platform == …`)
_ENTRY: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)(?: *; *([^\\]*))?")


def locked(lock: Path = REPO_ROOT / "requirements.lock") -> list[tuple[str, str, bool]]:
    """Name, version, and whether every system needs it, of each package in the lock file."""
    entries = (_ENTRY.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return [(entry[1], entry[2], not entry[3]) for entry in entries if entry]


def licence(name: str) -> str:
    """What the installed package says its licence is: as an expression, by classifier, or in its own words."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return _ELSEWHERE
    expression, own = (str(about[key]).strip() if key in about else "" for key in ("License-Expression", "License"))
    if expression:
        return expression
    prefix = "License :: OSI Approved :: "
    classified = [text.removeprefix(prefix) for text in about.get_all("Classifier") or () if text.startswith(prefix)]
    if classified:
        return ", ".join(sorted(classified))
    return own.splitlines()[0] if own else UNKNOWN


def document() -> str:
    """`docs/licenser.md`."""
    rows = [f"| {name} | {version} | {licence(name)} |" for name, version, _ in locked()]
    return "\n".join(
        [
            "# Licenser",
            "",
            "malbild har licensen EUPL-1.2. Paketen nedan installeras med det (`requirements.lock`) och följer sina",
            "egna licenser, så som de själva anger dem. Rapporten bär dessutom med sig plotly.js (MIT), se",
            "`dashboards/static/plotly-basic.LICENSE.txt`.",
            "",
            "Förteckningen skrivs av `make licences`; ett prov ser till att den följer låsfilen.",
            "",
            "| paket | version | licens |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def main() -> None:
    """Write the list into the folder that is named."""
    (Path(sys.argv[1]) / FILE).write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
