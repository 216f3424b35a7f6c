"""Which errors are tried: a fixed choice, the same as long as the product's code is the same, whatever the tests are.

Every package has its share, and within a package every kind of error takes its turn.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

from tools.mutants.sites import Site

SEED = "Nära vård i Sörmland"
PYTHON, SQL = 100, 30
_AT_LEAST = {"python": 4, "sql": 1}


def choose(sites: Iterable[Site]) -> list[Site]:
    """The sample, in order of path and line; about `PYTHON` errors in Python and templates, and `SQL` in SQL."""
    groups: dict[str, dict[str, list[Site]]] = {"python": defaultdict(list), "sql": defaultdict(list)}
    for site in sites:
        groups["sql" if site.family.startswith("sql") else "python"][site.package].append(site)
    chosen = []
    for language, total in (("python", PYTHON), ("sql", SQL)):
        count = sum(map(len, groups[language].values()))
        for package in groups[language].values():
            chosen += _in_turn(package)[: max(_AT_LEAST[language], round(total * len(package) / count))]
    return sorted(chosen, key=lambda site: (site.path, site.line, site.id))


def _in_turn(sites: Iterable[Site]) -> list[Site]:
    """One of each family, then a second of each, and so on; by lot within a family, and between families."""
    families = defaultdict(list)
    for site in sorted(sites, key=lambda site: _lot(site.id)):
        families[site.family].append(site)
    rounds = zip_longest(*(families[name] for name in sorted(families, key=_lot)))
    return [site for one_of_each in rounds for site in one_of_each if site is not None]


def _lot(text: str) -> str:
    return hashlib.sha256(f"{SEED}|{text}".encode()).hexdigest()
