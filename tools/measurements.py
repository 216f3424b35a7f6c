"""Figures into docs/matningar.md: runs what measures, and writes what it prints, with the day and the commit.

    python -m tools.measurements [--last] NAME COMMAND …

NAME is the make target, and a word after a hyphen where that measures several things. The part of the page that is written
lies between `<!-- NAME -->` and `<!-- slut NAME -->`. What is printed goes there as it is when it has a table in Markdown, else
as preformatted text; with --last only its last line. A command that fails writes nothing.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
from datetime import date

from tools import ROOT

PAGE = ROOT / "docs" / "matningar.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--last", action="store_true", help="the last line only")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    begin, end = f"<!-- {options.name} -->", f"<!-- slut {options.name} -->"
    if begin not in PAGE.read_text(encoding="utf-8"):
        raise SystemExit(f"{PAGE.name} has no part {begin}")
    output = _output(options.command)
    if options.last:
        output = output.splitlines()[-1].strip("= ")
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    part = f"{begin}\n*`make {options.name.partition('-')[0]}`, {date.today()}, version {commit}.*\n\n{_markdown(output)}\n{end}"
    text = re.sub(f"{begin}.*?{end}", lambda _: part, PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    PAGE.write_text(text, encoding="utf-8")


def _output(command: list[str]) -> str:
    """What the command prints, which is shown as it comes. Raises SystemExit when it fails."""
    lines = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"{shlex.join(command)} ended with {process.returncode}: {PAGE.name} is as it was")
    return "".join(lines).strip()


def _markdown(output: str) -> str:
    is_table = any(line.startswith("|") for line in output.splitlines())
    return output if is_table or "\n" not in output else f"```\n{output}\n```"


if __name__ == "__main__":
    main()
