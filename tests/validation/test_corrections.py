"""Corrections change the values they name, keep Kolada's own beside them, and stop the run once they are stale."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.catalog.model import Correction
from pipelines.errors import ConfigError
from pipelines.validation.corrections import correct, touched_kpis
from pipelines.validation.quarantine import KEY

NOW = datetime(2026, 11, 22, 4, 15)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "nyckeltal_id": pl.String,
    "omrade_id": pl.String,
    "ar": pl.Int64,
    "kon": pl.String,
    "varde": pl.Float64,
    "antal_omraden": pl.Int64,
    "status": pl.String,
    "borttagen": pl.Boolean,
    "hamtad": pl.Datetime("us"),
}


def value(**changes: Any) -> dict[str, Any]:
    plain = {
        "nyckeltal_id": "N20506",
        "omrade_id": "0482",
        "ar": 2023,
        "kon": "T",
        "varde": 123.0,
        "antal_omraden": 1,
        "status": "publicerad",
        "borttagen": False,
        "hamtad": NOW,
    }
    return plain | changes


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def correction(**changes: Any) -> Correction:
    plain = {
        "id": "flen-aterinskrivning-2023",
        "nyckeltal": "N20506",
        "omrade": "0482",
        "ar": 2023,
        "kon": "T",
        "atgard": "utelamna",
        "vantat": {"lika": 123.0},
        "skal": "Påhittat skäl.",
        "kalla": "Påhittad källa.",
        "datum": "2026-11-22",
    }
    return Correction.model_validate(plain | changes)


@pytest.mark.parametrize(
    ("changes", "varde", "status"),
    [
        ({"atgard": "utelamna"}, None, "utelämnad"),
        ({"atgard": "ersatt", "varde": 12.3}, 12.3, "ersatt"),
        ({"atgard": "ersatt", "varde": 0.0}, 0.0, "ersatt"),
        ({"atgard": "flagga"}, 123.0, "publicerad"),
    ],
)
def test_each_action_changes_its_own_value_and_keeps_koladas(
    changes: dict[str, Any], varde: float | None, status: str
) -> None:
    others = [value(kon="K"), value(ar=2022), value(omrade_id="0484"), value(nyckeltal_id="N00945")]
    corrected = correct(frame(value(), *others), [correction(**changes)])
    first, *rest = corrected.to_dicts()
    assert first == value(varde=varde, status=status) | {
        "originalvarde": 123.0,
        "korrigering": "flen-aterinskrivning-2023",
    }
    assert rest == [other | {"originalvarde": None, "korrigering": None} for other in others]


@pytest.mark.parametrize("status", ["saknas", "bortfall", "sekretess", "okänd: X9"])
def test_a_missing_value_is_overridden_only_where_it_is_expected_to_be_missing(status: str) -> None:
    missing = frame(value(varde=None, status=status))
    (row,) = correct(missing, [correction(atgard="ersatt", varde=12.3, vantat={"saknas": "ja"})]).to_dicts()
    assert (row["varde"], row["status"], row["originalvarde"]) == (12.3, "ersatt", None)
    assert row["korrigering"] == "flen-aterinskrivning-2023"


def test_a_flagged_missing_value_keeps_the_word_for_why_it_is_missing() -> None:
    corrected = correct(
        frame(value(varde=None, status="sekretess")), [correction(atgard="flagga", vantat={"saknas": "ja"})]
    )
    assert corrected.select("varde", "status", "korrigering").row(0) == (None, "sekretess", "flen-aterinskrivning-2023")


@pytest.mark.parametrize(
    ("expected", "came", "holds"),
    [
        ({"lika": 123.0}, {"varde": 123.0}, True),
        ({"lika": 123.0}, {"varde": 123.00000000000001}, False),
        ({"storre": 100.0}, {"varde": 100.1}, True),
        ({"storre": 100.0}, {"varde": 100.0}, False),
        ({"mindre": 5.0}, {"varde": 4.9}, True),
        ({"mindre": 5.0}, {"varde": 5.0}, False),
        ({"mindre": 5.0}, {"varde": 0.0}, True),
        ({"storre": 100.0, "mindre": 200.0}, {"varde": 150.0}, True),
        ({"storre": 100.0, "mindre": 200.0}, {"varde": 99.0}, False),
        ({"storre": 100.0, "mindre": 200.0}, {"varde": 201.0}, False),
        ({"saknas": "ja"}, {"varde": 0.0}, False),
        ({"lika": 123.0}, {"varde": None, "status": "saknas"}, False),
        ({"storre": 100.0}, {"varde": None, "status": "sekretess"}, False),
        ({"mindre": 5.0}, {"varde": None, "status": "saknas"}, False),
        ({"saknas": "ja"}, {"varde": None, "status": "borttagen", "borttagen": True}, True),
        ({"mindre": 5.0}, {"varde": None, "status": "borttagen", "borttagen": True}, False),
        # A deleted value is none, whatever number still comes with it.
        ({"lika": 123.0}, {"varde": 123.0, "status": "borttagen", "borttagen": True}, False),
        ({"saknas": "ja"}, {"varde": 123.0, "status": "borttagen", "borttagen": True}, True),
    ],
)
def test_a_correction_holds_only_while_kolada_says_what_it_expects(
    expected: dict[str, Any], came: dict[str, Any], holds: bool
) -> None:
    values, corrections = frame(value(**came)), [correction(vantat=expected)]
    if holds:
        assert correct(values, corrections)["status"].to_list() == ["utelämnad"]
    else:
        with pytest.raises(ConfigError, match="flen-aterinskrivning-2023"):
            correct(values, corrections)


@pytest.mark.parametrize("action", [{"atgard": "utelamna"}, {"atgard": "ersatt", "varde": 9.0}, {"atgard": "flagga"}])
def test_a_stale_correction_of_any_kind_is_told_with_what_to_do(action: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        correct(frame(value(varde=12.5)), [correction(vantat={"storre": 100.0, "mindre": 200.0}, **action)])
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in message
    for words in (
        "flen-aterinskrivning-2023",
        "N20506",
        "0482",
        "2023",
        "storre: 100.0 and mindre: 200.0",
        "Kolada now says 12.5 →",
        "remove the correction from korrigeringar.yaml if Kolada has mended the value",
    ):
        assert words in message
    assert "more" not in message


def test_a_value_that_went_missing_is_told_with_its_status() -> None:
    with pytest.raises(ConfigError, match=r"lika: 123\.0, but Kolada now says no value \(sekretess\)"):
        correct(frame(value(varde=None, status="sekretess")), [correction()])
    with pytest.raises(ConfigError, match=r"expects of Kolada's own value saknas: ja, but Kolada now says 123\.0"):
        correct(frame(value()), [correction(vantat={"saknas": "ja"})])


def test_all_stale_corrections_are_told_in_one_error_the_files_first_in_full() -> None:
    rows = [value(kon=kon, varde=1.0) for kon in ("M", "K", "T")] + [value(ar=2022)]
    corrections = [
        correction(id="sound", ar=2022),
        correction(id="first", kon="T"),
        correction(id="second", kon="K"),
        correction(id="third", kon="M"),
    ]
    with pytest.raises(ConfigError, match=r"^korrigeringar.yaml: first .* \(and 2 more corrections"):
        correct(frame(*rows), corrections)


def test_a_correction_whose_value_did_not_come_is_left_alone() -> None:
    values = frame(value(ar=2024), value(kon="K"))
    corrected = correct(values, [correction()])
    assert corrected["korrigering"].to_list() == [None, None]
    assert_frame_equal(corrected.select(values.columns), values)


def test_other_columns_pass_through_whatever_they_are_called() -> None:
    extra = frame(value()).with_columns(preliminart=True, lika=pl.lit("x"), nytt=1, atgard=pl.lit("y"))
    (row,) = correct(extra, [correction(atgard="ersatt", varde=2.0)]).to_dicts()
    assert (row["preliminart"], row["lika"], row["nytt"], row["atgard"], row["varde"]) == (True, "x", 1, "y", 2.0)


def test_a_deleted_value_stays_deleted() -> None:
    gone = frame(value(varde=None, status="borttagen", borttagen=True))
    corrected = correct(gone, [correction(atgard="ersatt", varde=9.0, vantat={"saknas": "ja"})])
    assert corrected["borttagen"].to_list() == [True]


keys = st.tuples(
    st.sampled_from(["N20506", "N00945"]),
    st.sampled_from(["0482", "0000"]),
    st.sampled_from([2022, 2023]),
    st.sampled_from(["T", "K"]),
)
figures = st.none() | st.floats(allow_nan=False, allow_infinity=False)
came = st.dictionaries(keys, figures).map(
    lambda rows: [
        value(**dict(zip(KEY, key, strict=True)), varde=x, status="saknas" if x is None else "publicerad")
        for key, x in rows.items()
    ]
)


@given(came)
def test_without_corrections_the_frame_gets_two_empty_columns_and_nothing_else(rows: list[dict[str, Any]]) -> None:
    values = frame(*rows)
    empty = values.with_columns(originalvarde=pl.lit(None, dtype=pl.Float64), korrigering=pl.lit(None, dtype=pl.String))
    assert_frame_equal(correct(values, []), empty)


@given(came, st.data())
def test_only_the_named_values_change_and_rows_keep_their_order(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    named = data.draw(st.dictionaries(keys, st.sampled_from(["utelamna", "ersatt", "flagga"])))
    kolada = {tuple(row[column] for column in KEY): row["varde"] for row in rows}
    corrections = [
        correction(
            id=f"nr-{number}",
            **dict(zip(["nyckeltal", "omrade", "ar", "kon"], key, strict=True)),
            atgard=action,
            vantat={"saknas": "ja"} if kolada.get(key) is None else {"lika": kolada[key]},
            **({"varde": -1.0} if action == "ersatt" else {}),
        )
        for number, (key, action) in enumerate(named.items())
    ]
    corrected = correct(frame(*rows), corrections).to_dicts()
    assert len(corrected) == len(rows)
    for before, after in zip(rows, corrected, strict=True):
        key = tuple(before[column] for column in KEY)
        action = named.get(key)
        changed = {"utelamna": (None, "utelämnad"), "ersatt": (-1.0, "ersatt")}.get(
            action or "", (before["varde"], before["status"])
        )
        assert (after.pop("varde"), after.pop("status")) == changed
        assert after.pop("originalvarde") == (before["varde"] if action else None)
        assert after.pop("korrigering") == (f"nr-{list(named).index(key)}" if action else None)
        assert after == {column: cell for column, cell in before.items() if column not in ("varde", "status")}


def test_kpis_are_touched_by_what_differs_and_not_by_the_order() -> None:
    stays, other = correction(), correction(id="riket", nyckeltal="N00945", omrade="0000")
    assert touched_kpis([stays, other], [other, stays]) == set()
    assert touched_kpis([stays], [stays, other]) == {"N00945"}
    assert touched_kpis([stays, other], [other]) == {"N20506"}
    assert touched_kpis([stays], [correction(vantat={"storre": 100.0})]) == {"N20506"}
    assert touched_kpis([stays], [correction(nyckeltal="N00945")]) == {"N20506", "N00945"}
    assert touched_kpis([], []) == set()
