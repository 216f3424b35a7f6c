"""What an answer must look like, and how real ones decode."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.kolada.contract import Municipality, Record, UnreadableAnswerError, all_stated, read_page
from pipelines.kolada.fetch import ArchivedPage
from pipelines.kolada.observations import SCHEMA, to_frame

NOW = datetime(2026, 11, 22, 4, 15)


def answer(*values: dict[str, object] | None, **record: object) -> bytes:
    row = {"kpi": "N00945", "period": 2024, "municipality": "0484", "values": list(values), **record}
    return json.dumps({"values": [row], "count": 1, "next_url": None, "previous_url": None}).encode()


def rows(body: bytes) -> list[dict[str, object]]:
    """A row per value. Where every value is stated there are two ways to read an answer, which must not differ."""
    records = frame(body, stated=False)
    if all_stated(read_page(body, Record).values):
        assert_frame_equal(frame(body, stated=True), records)
    return records.to_dicts()


def frame(body: bytes, *, stated: bool) -> pl.DataFrame:
    return to_frame([(ArchivedPage("", NOW, stated), body)])


def test_genders_are_read_by_letter_whatever_their_order() -> None:
    records = rows(answer({"gender": "K", "value": 1.5}, {"gender": "M", "value": 2.5}, {"gender": "T", "value": 2.0}))
    assert {row["kon"]: row["varde"] for row in records} == {"T": 2.0, "K": 1.5, "M": 2.5}


def test_absent_null_missing_deleted_and_zero_are_five_things() -> None:
    records = rows(
        answer(
            {"gender": "T", "value": 0, "count": 1, "status": "", "isdeleted": False},
            {"gender": "K", "value": None, "count": 0, "status": "", "isdeleted": False},
            {"gender": "M", "value": None, "count": 0, "status": "Missing", "isdeleted": False},
        )
    )
    records += rows(
        answer({"gender": "T", "value": None, "status": "", "isdeleted": True}, {"gender": "K", "count": 1})
    )
    values = [(r["varde"], r["angivet"], r["kolada_status"], r["borttagen"]) for r in records]
    assert values == [
        (0.0, True, "", False),
        (None, True, "", False),
        (None, True, "Missing", False),
        (None, True, "", True),
        (None, False, None, False),
    ]


def test_a_frame_has_the_same_columns_with_and_without_rows() -> None:
    assert to_frame([]).schema == SCHEMA
    for body in (b'{"values": [], "count": 0, "next_url": null}', answer({"gender": "T", "value": 1})):
        assert frame(body, stated=False).schema == frame(body, stated=True).schema == SCHEMA
        assert_frame_equal(frame(body, stated=False), frame(body, stated=True))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (answer({"gender": "T", "value": "1,5"}), r"\$\.values\[0\]\.values\[0\]\.value"),
        (answer({"gender": "T", "value": 1}, period="2024"), r"\$\.values\[0\]\.period"),
        (answer({"gender": None, "value": 1}), "gender"),
        (answer({"gender": "T", "value": 1}, municipality=484), "municipality"),
        (answer({"gender": "T", "value": 1}, period=2**70), r"\$\.values\[0\]\.period"),
        (answer({"gender": "T", "value": 1, "count": -(2**70)}), r"\$\.values\[0\]\.values\[0\]\.count"),
        (answer({"gender": "T", "value": 1}, None), r"got `null` - at `\$\.values\[0\]\.values\[1\]`"),
        (answer({"gender": "T", "value": True}), "got `bool`"),
        (answer({"gender": "T", "value": 1, "isdeleted": "false"}), "isdeleted"),
        (b'{"values": [{"gender": NaN}], "count": 1, "next_url": null}', "malformed"),
        (answer({"gender": "T", "value": float("inf")}), "malformed"),
        (answer({"gender": "T", "value": 7}).replace(b"7", b"1e999"), "out of range"),
        (answer({"gender": "T", "value": 7}).replace(b"7", b"1,5"), "malformed"),
        (answer({"gender": "T", "value": 7}) + b"<!-- cached -->", "trailing"),
        (b"[" * 100_000, "the answer begins"),
        ("<html>".encode("utf-16"), "the answer begins"),
    ],
    ids=[
        "text value",
        "text period",
        "no gender",
        "number area",
        "huge year",
        "huge count",
        "null value",
        "truth",
        "text flag",
        "NaN",
        "Infinity",
        "beyond doubles",
        "decimal comma",
        "more after it",
        "deep nesting",
        "wrong charset",
    ],
)
def test_an_answer_of_other_types_is_unreadable_and_the_place_is_told(body: bytes, place: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=place):
        read_page(body, Record)


WHOLE = answer({"gender": "T", "value": 1, "count": 1, "status": "", "isdeleted": False})


@pytest.mark.parametrize(
    ("once", "twice", "key"),
    [
        (b'"value": 1', b'"value": 2, "value": 1', "value"),
        (b'"gender": "T"', b'"gender": "T", "gender": "T"', "gender"),
        (b'"period": 2024', b'"period": 2023, "\\u0070eriod": 2024', "period"),
        (b'"count": 1, "next_url"', b'"count": 0, "count": 1, "next_url"', "count"),
        # One stands twice and another does not stand at all: the numbers of keys are right.
        (b'"count": 1, "status": ""', b'"status": "", "status": ""', "status"),
        (b'"kpi": "N00945"', b'"unit": {"value": 1, "value": 2}, "kpi": "N00945"', "value"),
    ],
    ids=["value", "gender", "escaped", "envelope", "instead", "unknown"],
)
def test_a_key_that_stands_twice_is_unreadable(once: bytes, twice: bytes, key: str) -> None:
    assert once in WHOLE
    with pytest.raises(UnreadableAnswerError, match=f"the key '{key}' stands twice in one object"):
        read_page(WHOLE.replace(once, twice, 1), Record)


def test_a_key_that_stands_twice_in_the_catalogue_is_unreadable() -> None:
    area = b'{"id": "0484", "title": "A", "title": "B", "type": "K"}'
    with pytest.raises(UnreadableAnswerError, match="the key 'title' stands twice"):
        read_page(b'{"values": [' + area + b'], "count": 1, "next_url": null}', Municipality)


def test_a_text_that_is_a_key_s_name_is_no_key() -> None:
    named = answer({"gender": "T", "value": None, "count": 0, "status": "value", "isdeleted": False})
    assert rows(named)[0]["kolada_status"] == "value"


def test_a_record_without_values_is_a_row_without_kon() -> None:
    (row,) = rows(answer())
    assert (row["nyckeltal_id"], row["omrade_id"], row["ar"], row["kon"], row["angivet"]) == (
        *("N00945", "0484", 2024, ""),
        False,
    )


def test_fields_that_kolada_adds_do_no_harm() -> None:
    assert rows(answer({"gender": "T", "value": 1, "quality": "A"}, unit="%"))[0]["varde"] == 1.0


def test_real_answers_decode_value_by_value(shared_data: Path) -> None:
    files = sorted((shared_data / "raw-v3").glob("data_*.json"))
    assert files
    for file in files:
        body = file.read_bytes()
        expected = [
            (r["kpi"], r["municipality"], r["period"], v["gender"], v["value"], v["count"], v["status"], v["isdeleted"])
            for r in json.loads(body)["values"]
            for v in r["values"]
        ]
        columns = ("nyckeltal_id", "omrade_id", "ar", "kon", "varde", "antal_omraden", "kolada_status", "borttagen")
        records = [tuple(row[c] for c in columns) for row in rows(body)]
        assert records == expected, file.name


def test_a_real_search_answer_decodes(shared_data: Path) -> None:
    body = (shared_data / "raw-v3" / "municipality_title-Uppsala.json").read_bytes()
    records = read_page(body, Municipality).values
    assert [(a.id, a.title, a.type) for a in records] == [("0003", "Region Uppsala", "L"), ("0380", "Uppsala", "K")]
