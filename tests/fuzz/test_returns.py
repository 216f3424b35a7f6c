"""Returned workbooks of any bytes and any XML: answers that are there, or a reason; never another exception."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from pipelines.answers.intake import Answers, read_answers
from pipelines.local.intake import LocalFile, findings
from tests.answers.small import ESKILSTUNA, FALLS, TODAY, Hand, catalog, written
from tests.fuzz.cases import ODD, cases

_TEXTS = [text for text in ODD if isinstance(text, str)]


@cache
def _parts() -> dict[str, bytes]:
    """The parts of a workbook that is filled in."""
    with TemporaryDirectory() as name:
        hand = Hand(written(Path(name), ESKILSTUNA)).fill({("Måtten", FALLS, "Vad vet vi?"): "Något."})
        with zipfile.ZipFile(hand.save()) as packed:
            return {part: packed.read(part) for part in packed.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return content.getvalue()


def _read(content: bytes) -> Answers:
    answers = read_answers([LocalFile("svar.xlsx", content)], catalog(), TODAY)
    assert answers.rows.filter(answers.rows["svar"].str.len_chars() > 2000).is_empty()
    assert all(len(line.splitlines()) == 1 for line in findings(answers.refused))
    assert answers.given or answers.refused.height, "neither an answer nor a reason"
    return answers


@cases(12)
@given(data=st.data())
def test_a_workbook_with_any_value_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    parts = dict(_parts())
    sheets = [name for name in parts if name.startswith("xl/") and name.endswith(".xml")]
    name = data.draw(st.sampled_from(sheets))
    text = parts[name].decode()
    values = list(re.finditer(r'(?<==")[^"]*(?=")|(?<=>)[^<]+(?=<)', text))
    for place in data.draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique_by=lambda m: m.start())):
        odd = data.draw(st.sampled_from(_TEXTS))
        text = text[: place.start()] + odd.replace("<", "&lt;").replace('"', "") + text[place.end() :]
    parts[name] = text.encode("utf-8", "replace")
    _read(_packed(parts))


@cases(12)
@given(position=st.floats(0, 1), junk=st.binary(min_size=1, max_size=8))
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(position: float, junk: bytes) -> None:
    whole = _packed(_parts())
    at = int(position * len(whole))
    _read(whole[:at] + junk + whole[at + len(junk) :])
