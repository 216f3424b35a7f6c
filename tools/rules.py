"""The table of plausibility rules into docs/drift.md: `python -m tools.rules docs/drift.md`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pipelines.checks.plausibility_rules import rules_table

BEGIN, END = "<!-- Tabellen skrivs av make docs -->", "<!-- slut -->"

if __name__ == "__main__":
    path = Path(sys.argv[1])
    text = path.read_text(encoding="utf-8")
    table = f"{BEGIN}\n\n{rules_table()}\n\n{END}"
    path.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: table, text, flags=re.DOTALL), encoding="utf-8")
