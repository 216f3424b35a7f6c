"""Which values are refused, with which reason, and that none disappears on the way."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import RefusedDataError
from pipelines.kolada.observations import SCHEMA
from pipelines.validation.accepted import read_accepted, write_accepted
from pipelines.validation.bounds import SCHEMA as SCHEMA_OF_LIMITS
from pipelines.validation.quarantine import KEY, doubtful, refuse_run, screen

ASKED = {"N00945": {"0484", "0428"}, "U21463": {"0484"}}
NOW = datetime(2026, 11, 22, 4, 15)
# A share, and what may be anything and of any year.
LIMITS = pl.DataFrame(
    [("U21463", 0.0, 100.0, False, False), ("N00945", None, None, False, True)], schema=SCHEMA_OF_LIMITS, orient="row"
)


def value(**changes: Any) -> dict[str, Any]:
    plain = {
        "nyckeltal_id": "N00945",
        "omrade_id": "0484",
        "ar": 2024,
        "kon": "T",
        "varde": 31.5,
        "antal_omraden": 1,
        "kolada_status": "",
        "borttagen": False,
        "angivet": True,
        "hamtad": NOW,
    }
    return plain | changes


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nyckeltal_id": "N99999"}, "nyckeltalet var inte efterfrågat"),
        ({"omrade_id": "0180"}, "området var inte efterfrågat"),
        ({"nyckeltal_id": "U21463", "omrade_id": "0428"}, "området var inte efterfrågat"),
        *(({"kon": kon}, "okänt kön, väntade T, K eller M") for kon in ("F", "X", "t", "T ", "")),
        ({"ar": -1}, "orimligt år, väntade 1900–2036"),
        ({"ar": 20240}, "orimligt år, väntade 1900–2036"),
        ({"varde": None, "angivet": False}, "svaret saknar fältet value"),
        ({"varde": float("inf")}, "värdet är inte ett ändligt tal"),
        ({"varde": float("nan")}, "värdet är inte ett ändligt tal"),
        ({"varde": -1e300}, "orimligt stort värde"),
        ({"varde": 1e15}, "orimligt stort värde"),
        ({"ar": 1899}, "orimligt år, väntade 1900–2036"),
        ({"ar": 2037}, "orimligt år, väntade 1900–2036"),
        *(
            ({"kolada_status": status}, "värde med en status som säger att det inte ska användas")
            for status in ("Missing", "Private", "X9")
        ),
        ({"antal_omraden": -1}, "negativt antal"),
        ({"antal_omraden": 2**31}, "orimligt antal, väntade högst 2147483647"),
        ({"ar": 2**40}, "orimligt år, väntade 1900–2036"),
        ({"kon": "", "varde": None, "angivet": False}, "posten har inga värden"),
        ({"nyckeltal_id": "U21463", "varde": 640.0}, "utanför enhetens gränser, väntade högst 100"),
        ({"nyckeltal_id": "U21463", "ar": 2027}, "år som inte har kommit, väntade högst 2026"),
    ],
)
def test_a_value_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    screened = screen(frame(value(**changes), value(kon="K")), ASKED, 2026, LIMITS)
    assert screened.refused["orsak"].to_list() == [reason]
    assert screened.accepted["kon"].to_list() == ["K"]


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({}, (31.5, "publicerad")),
        ({"varde": 0.0}, (0.0, "publicerad")),
        ({"varde": -12.5}, (-12.5, "publicerad")),
        ({"varde": None, "antal_omraden": 0}, (None, "saknas")),
        ({"varde": None, "antal_omraden": 0, "kolada_status": None}, (None, "saknas")),
        ({"varde": None, "antal_omraden": 0, "kolada_status": "Missing"}, (None, "bortfall")),
        ({"varde": None, "antal_omraden": 0, "kolada_status": "Private"}, (None, "sekretess")),
        ({"varde": None, "antal_omraden": 0, "kolada_status": "X9"}, (None, "okänd: X9")),
        ({"varde": None, "borttagen": True}, (None, "borttagen")),
        ({"varde": 4.0, "borttagen": True}, (None, "borttagen")),
        ({"varde": None, "borttagen": True, "angivet": False}, (None, "borttagen")),
        ({"varde": 4.0, "borttagen": True, "kolada_status": "Missing"}, (None, "borttagen")),
        ({"ar": 1900}, (31.5, "publicerad")),
        ({"ar": 2036}, (31.5, "publicerad")),
        ({"antal_omraden": 2**31 - 1}, (31.5, "publicerad")),
        ({"varde": 9.9e14}, (9.9e14, "publicerad")),
    ],
)
def test_missing_suppressed_deleted_and_zero_stay_apart(changes: dict[str, Any], stored: tuple[Any, str]) -> None:
    (row,) = screen(frame(value(**changes)), ASKED, 2026, LIMITS).accepted.to_dicts()
    assert (row["varde"], row["status"]) == stored


def test_the_same_value_twice_is_kept_once() -> None:
    screened = screen(frame(value(), value()), ASKED, 2026, LIMITS)
    assert screened.accepted["varde"].to_list() == [31.5]
    assert screened.refused["orsak"].to_list() == ["samma värde kom flera gånger"]


def test_two_values_for_one_key_are_both_refused() -> None:
    screened = screen(frame(value(), value(varde=99.0), value(kon="K")), ASKED, 2026, LIMITS)
    assert screened.accepted["kon"].to_list() == ["K"]
    assert screened.refused["orsak"].to_list() == ["samma värde kom flera gånger med olika innehåll"] * 2


rows = st.builds(
    value,
    nyckeltal_id=st.sampled_from(["N00945", "U21463", "N99999"]),
    omrade_id=st.sampled_from(["0484", "0428", "0180"]),
    ar=st.sampled_from([2023, 2024, 0]),
    kon=st.sampled_from(["T", "K", "M", "x"]),
    varde=st.none() | st.floats(),
    kolada_status=st.none() | st.sampled_from(["", "Missing", "Private", "?"]),
    borttagen=st.booleans(),
    antal_omraden=st.none() | st.integers(-1, 2),
)


@given(st.lists(rows, max_size=40))
def test_rows_in_are_rows_out_plus_refused_and_keys_are_unique(came: list[dict[str, Any]]) -> None:
    screened = screen(frame(*came), ASKED, 2026, LIMITS)
    assert screened.accepted.height + screened.refused.height == len(came)
    assert not screened.accepted.select(pl.struct(KEY).is_duplicated().any()).item() or screened.accepted.is_empty()
    assert screened.accepted["varde"].is_finite().fill_null(True).all()
    assert screened.refused["orsak"].null_count() == 0


def test_what_an_earlier_attempt_accepted_does_not_come_in(tmp_path: Path) -> None:
    first, second = (
        screen(frame(value(ar=year), value(ar=year, kon="x")), ASKED, 2026, LIMITS) for year in (2023, 2024)
    )
    accepted, refused = write_accepted(tmp_path, [first, second])
    assert (accepted.height, refused.height) == (2, 2)
    write_accepted(tmp_path, [second])
    again = read_accepted(tmp_path)
    assert again.of(["N00945"])["ar"].to_list() == [2024]
    assert again.height == 1


PAIRS = pl.DataFrame(
    [("N1", "0484"), ("N1", "0428"), ("N2", "0484"), ("N2", "0428")], schema=["nyckeltal_id", "omrade_id"], orient="row"
)


@pytest.mark.parametrize(
    ("refused", "doubted"),
    [
        ([], []),
        ([("N1", "0484")], [("N1", "0484")]),
        # An area that nobody asked for may be any of the nyckeltal's; a nyckeltal, any of the area's.
        ([("N1", "9999")], [("N1", "0428"), ("N1", "0484")]),
        ([("N9", "0484"), ("N2", "0428")], [("N1", "0484"), ("N2", "0428"), ("N2", "0484")]),
        ([("N9", "9999")], sorted(PAIRS.rows())),
    ],
    ids=["nothing", "first", "area astray", "nyckeltal astray", "both astray"],
)
def test_a_pair_of_which_something_was_refused_is_doubtful(
    refused: list[tuple[str, str]], doubted: list[tuple[str, str]]
) -> None:
    came = pl.DataFrame(refused, schema={"nyckeltal_id": pl.String, "omrade_id": pl.String}, orient="row")
    assert sorted(doubtful(PAIRS, came).rows()) == doubted


def test_too_many_refusals_stop_the_run() -> None:
    refuse_run(received=100, refused=5, limit=0.05)
    with pytest.raises(RefusedDataError, match=r"6 of 100 values were refused \(6\.0%\), more than the limit 5\.0%"):
        refuse_run(received=100, refused=6, limit=0.05)
    refuse_run(received=0, refused=0, limit=0.05)
