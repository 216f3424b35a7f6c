"""A catalogue with mått that are handed in, and files of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl

from tests.small import CATALOG

TODAY = date(2026, 8, 15)
PLANS, SHARE, INDEX = "upplevd-kontinuitet", "andel-prov", "index-prov"

_MEASURES = """  - id: andel-prov
    namn: Andel prov
    huvudman: båda
    perspektiv: register
    tackning: utanför kolada
    nyckeltal: []
    lokalt:
      raknas: Täljaren är de som prövats, nämnaren är alla.
      form: andel
      enhet: "%"
      riktning: högre
      riktning_beslut: föreslagen
      niva: A
      konsuppdelat: ja
      kalla: Huvudmännens prov
      minsta_antal: 5

  - id: index-prov
    namn: Index prov
    huvudman: region
    perspektiv: register
    tackning: utanför kolada
    nyckeltal: []
    lokalt:
      raknas: Färdigräknat index.
      form: index
      enhet: index 0–1
      riktning: högre
      riktning_beslut: föreslagen
      niva: L
      konsuppdelat: nej
      kalla: Regionens index

nyckeltal:
"""
_PLANS = """    lokalt:
      raknas: Antal planer under året.
      form: antal
      enhet: antal
      riktning: ingen
      riktning_beslut: föreslagen
      niva: K
      konsuppdelat: ja
      kalla: Kommunernas planer
      minsta_antal: 5

  - id: vardtillfallen
"""


def catalog(folder: Path) -> Path:
    """The minimal catalogue with one mått of each kind: a count (komplement), a share and an index."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in CATALOG.iterdir():
        text = file.read_text()
        if file.name == "indikatorer.yaml":
            text = text.replace(
                "          - vardtillfallen\n",
                "          - vardtillfallen\n          - andel-prov\n          - index-prov\n",
            )
            text = text.replace("\n  - id: vardtillfallen\n", _PLANS).replace("\nnyckeltal:\n", f"\n{_MEASURES}")
        (folder / file.name).write_text(text)
    return folder


def csv(folder: Path, measure: str, *rows: str, columns: str = "varde", encoding: str = "utf-8-sig") -> Path:
    """A file as Swedish Excel saves it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{measure}.csv"
    text = "\r\n".join([f"omrade_id;omrade;ar;kon;{columns};kommentar", *rows]) + "\r\n"
    path.write_bytes(text.encode(encoding))
    return path


def excel(path: Path, *rows: list[object], sheet: str = "uppgifter") -> openpyxl.Workbook:
    """A workbook to be saved as `path` by the caller, or as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    only = book.active
    assert only is not None
    only.title = sheet
    for row in rows:
        only.append(row)
    book.save(path)
    return book
