"""A frame that does not fit its table is never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from pydantic import Field

from pipelines.catalog.activities import Initiative
from pipelines.warehouse.frames import FrameError, as_frame, check, row, shape
from pipelines.warehouse.schema import schema
from pipelines.yamlmodel import Model

ROW: dict[str, Any] = {
    "nyckeltal_id": "N00945",
    "omrade_id": "0484",
    "ar": 2024,
    "kon": "T",
    "varde": 31.5,
    "antal_omraden": 1,
    "status": "publicerad",
    "originalvarde": None,
    "korrigering": None,
    "kalla": "kolada",
    "hamtad": datetime(2026, 11, 22),
    "korning_id": "natt-1",
}


def observations(*changes: dict[str, Any]) -> pl.DataFrame:
    return shape("matvarde", pl.DataFrame([ROW | change for change in changes], infer_schema_length=None))


def test_a_good_frame_passes_unchanged() -> None:
    frame = observations({}, {"kon": "K", "varde": None})
    assert check("matvarde", frame).equals(frame)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kon": "F"}, "kon: .*found F.*nyckeltal_id=N00945, omrade_id=0484, ar=2024, kon=F"),
        ({"omrade_id": "484"}, "omrade_id: .*found 484"),
        ({"ar": 24}, "ar: .*found 24"),
        ({"varde": float("inf")}, "varde: finite .*found inf"),
        ({"varde": float("nan")}, "varde: .*(?i:nan)"),
        ({"status": "ok"}, "status: .*found ok"),
        ({"kalla": None}, "kalla: not_nullable"),
    ],
)
def test_a_bad_value_is_told_with_its_key(change: dict[str, Any], words: str) -> None:
    with pytest.raises(FrameError, match=words):
        check("matvarde", observations({"kon": "K"}, change))


@pytest.mark.parametrize("column", ["varians", "halv_95", "halv_998"])
def test_noise_without_end_is_no_noise(column: str) -> None:
    series = {"nyckeltal_id": "N00945", "omrade_id": "0484", "kon": "T", "varians": 4.0, "frihetsgrader": None}
    good = series | {"halv_95": 4.0, "halv_998": 6.0, "orsak": None}
    check("arsvariation", shape("arsvariation", pl.DataFrame([good])))
    with pytest.raises(FrameError, match=f"{column}: finite .*found inf"):
        check("arsvariation", shape("arsvariation", pl.DataFrame([good | {column: float("inf")}])))


def test_a_key_that_comes_twice_is_told() -> None:
    with pytest.raises(FrameError, match="table matvarde: 2 findings"):
        check("matvarde", observations({}, {"varde": 2.0}))


def test_a_wrong_column_type_is_told() -> None:
    with pytest.raises(FrameError, match="ar: dtype"):
        check("matvarde", observations({}).with_columns(pl.col("ar").cast(pl.Int64)))


def test_switched_off_validation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    with pytest.raises(FrameError, match="unset it"):
        check("matvarde", observations({}))


class Entry(Model):
    """An entry of a YAML file, for table `fokusomrade` if it had no other columns."""

    id: str
    name: str = Field(alias="namn")
    first_year: int = Field(alias="fran")
    last_year: int | None = Field(None, alias="till")
    decision: str | None = Field(None, alias="beslut")


ENTRY = Entry(id="f", namn="Fokus", fran=2023, beslut="b-1")
SOURCE = {"dokument": "Protokoll", "dokument_diarienummer": None}


def test_an_entry_fills_the_columns_of_its_keys_and_of_those_that_the_schema_names() -> None:
    """`fokusomrade_id` is filled from `id`, `fran_ar` from `fran`, `beslut_id` from `beslut`."""
    expected = {"fokusomrade_id": "f", "namn": "Fokus", "fran_ar": 2023, "till_ar": None, "beslut_id": "b-1"}
    assert row("fokusomrade", ENTRY, ordning=1, **SOURCE) == expected | SOURCE | {"ordning": 1}


def test_what_is_given_goes_before_what_the_entry_says() -> None:
    assert row("fokusomrade", ENTRY, ordning=1, namn="Ett annat", **SOURCE)["namn"] == "Ett annat"


def test_a_part_of_the_entry_that_is_left_out_leaves_its_columns_null() -> None:
    """`krit_plan` is filled from `kriterier.plan`."""
    sources = {"ordning": 1, **SOURCE}
    without, filled = (
        row("satsning", Initiative.model_validate(INITIATIVE | criteria), **sources)
        for criteria in (
            {},
            {"kriterier": dict.fromkeys(("uppdrag", "resurser", "finansiering", "plan", "test"), "ja")},
        )
    )
    assert (without["krit_plan"], filled["krit_plan"]) == (None, "ja")
    assert (filled["satsning_id"], filled["ansvarig_id"]) == ("s", "nsv")


INITIATIVE = {"id": "s", "namn": "Satsning", "slag": "satsning", "kalla": "k", "ansvarig": "nsv"}


def test_a_column_that_nothing_fills_is_refused() -> None:
    with pytest.raises(FrameError, match=r"table fokusomrade: there is no key dokument in the entry.*`ur`"):
        row("fokusomrade", ENTRY, ordning=1)


def test_a_value_for_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(FrameError, match="table fokusomrade has no column period"):
        row("fokusomrade", ENTRY, ordning=1, period="2023–2027", **SOURCE)


def test_rows_become_a_frame_by_name_in_the_order_of_the_table() -> None:
    link = {"matt_id": "m", "ordning": 2, "indikator_id": "i"}
    assert as_frame("indikator_matt", [link]).rows(named=True) == [{"indikator_id": "i", "matt_id": "m", "ordning": 2}]
    assert as_frame("indikator_matt", []).columns == ["indikator_id", "matt_id", "ordning"]


@pytest.mark.parametrize(
    "rows", [[{"indikator_id": "i", "matt_id": "m"}], [{"indikator_id": "i"} | dict.fromkeys("xy")]]
)
def test_a_row_with_other_columns_than_its_table_is_refused(rows: list[dict[str, object]]) -> None:
    with pytest.raises(FrameError, match=r"table indikator_matt: a row differs in .*ordning"):
        as_frame("indikator_matt", rows)


def test_every_table_has_a_schema_that_takes_an_empty_frame() -> None:
    for table in schema().tables.values():
        empty = pl.DataFrame(schema=dict.fromkeys(table.columns, pl.String))
        check(table.name, shape(table.name, empty))
