"""Months and quarters that are handed in: how they may be written, and what they must add up to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.local import cells, reasons
from pipelines.local.intake import SHOWN, Local, find, read_local
from pipelines.local.template import periods_of, write_templates
from pipelines.periods import parse
from tests.local.small import PLANS, SHARE, TODAY, catalog, csv, excel

WRITTEN = {
    "2025": "2025",
    "2025-03": "2025-03",
    "2025-5": "2025-05",
    "2025M03": "2025-03",
    "mars 2025": "2025-03",
    "2025 mar": "2025-03",
    "Sept. 2025": "2025-09",
    "3/2025": "2025-03",
    "2025 kv1": "2025 kv1",
    "2025kv1": "2025 kv1",
    "2025Q1": "2025 kv1",
    "2025-K1": "2025 kv1",
    "kv 1 2025": "2025 kv1",
    "kvartal 1 2025": "2025 kv1",
    "2026 kv2": "2026 kv2",
    "2026-07": "2026-07",
    "2026": "2026",
    "mar-25": reasons.AMBIGUOUS_PERIOD,
    "2025-3": reasons.AMBIGUOUS_PERIOD,
    "2011-12": reasons.AMBIGUOUS_PERIOD,
    "25-03": reasons.AMBIGUOUS_PERIOD,
    "2024/25": reasons.NOT_A_PERIOD,
    "2011/12": reasons.NOT_A_PERIOD,
    "2025-00": reasons.NOT_A_PERIOD,
    "2025-13": reasons.NOT_A_PERIOD,
    "2025 kv5": reasons.NOT_A_PERIOD,
    "2025.1": reasons.NOT_A_PERIOD,
    "2025 T1": reasons.NOT_A_PERIOD,
    "kv1-2 2025": reasons.NOT_A_PERIOD,
    "2025-W12": reasons.NOT_A_PERIOD,
    "mars 2025 ack": reasons.NOT_A_PERIOD,
    "202503": reasons.NOT_A_PERIOD,
    "45717": reasons.NOT_A_PERIOD,
    "20225": reasons.NOT_A_PERIOD,
    "ju 2025": reasons.NOT_A_PERIOD,
    "2025-03-01": reasons.A_DAY,
    "1905-07": reasons.STRANGE_YEAR,
    "2027": reasons.STRANGE_YEAR,
    "2026-08": reasons.NOT_OVER,
    "2026-12": reasons.NOT_OVER,
    "2026 kv3": reasons.NOT_OVER,
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_period_is_read_when_it_can_mean_nothing_else(text: str) -> None:
    read = cells.period(text, TODAY)
    assert (read if isinstance(read, reasons.Reason) else str(read)) == WRITTEN[text]


def test_a_period_knows_its_parts_and_what_follows() -> None:
    assert list(map(str, parse("2025 kv4").parts("månad"))) == ["2025-10", "2025-11", "2025-12"]
    assert [str(parse(text).following()) for text in ("2025", "2025 kv4", "2025-12")] == ["2026", "2026 kv1", "2026-01"]
    assert [parse(text).last_day for text in ("2025 kv1", "2024-02", "2025")] == [
        date(2025, 3, 31), date(2024, 2, 29), date(2025, 12, 31)
    ]  # fmt: skip


@pytest.fixture
def taken(followed: Catalog, tmp_path: Path) -> Callable[[], Local]:
    return lambda: read_local(find(tmp_path), followed, pl.DataFrame(schema=SHOWN), TODAY)


def monthly(*counts: int, area: str = "0484", year: int = 2025) -> list[str]:
    return [f"{area};;{year}-{month:02};T;{count};" for month, count in enumerate(counts, start=1)]


def test_years_and_months_are_kept_apart(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path, PLANS, "0484;;2025;T;120;", *monthly(*[10] * 12), "0484;;2024;T;99;")
    local = taken()
    assert local.refused.is_empty()
    assert local.values.select("ar", "varde").rows() == [(2025, 120.0), (2024, 99.0)]
    assert local.periods["period"].to_list() == [f"2025-{month:02}" for month in range(1, 13)]
    assert set(local.periods["varde"]) == {10.0}


@pytest.mark.parametrize(("year", "fits"), [(120, True), (121, False), (119, False)])
def test_a_year_is_the_sum_of_its_months(taken: Callable[[], Local], tmp_path: Path, year: int, fits: bool) -> None:
    csv(tmp_path, PLANS, f"0484;;2025;T;{year};", *monthly(*[10] * 12))
    local = taken()
    assert set(local.refused["orsak"]) == (set() if fits else {reasons.PERIODS_DIFFER.what})
    assert (local.values.height, local.periods.height) == ((1, 12) if fits else (0, 0))


def test_some_of_the_months_may_be_less_than_the_year_but_not_more(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path, PLANS, "0484;;2025;T;31;", *monthly(10, 10, 10))
    assert taken().refused.is_empty()
    csv(tmp_path, PLANS, "0484;;2025;T;29;", *monthly(10, 10, 10))
    assert taken().refused.height == 4


def test_persons_who_are_in_several_months_are_no_sum_when_the_owners_say_so(tmp_path: Path) -> None:
    folder = catalog(tmp_path / "katalog")
    path = folder / "indikatorer.yaml"
    path.write_text(
        path.read_text().replace("      raknas: Antal planer", "      period_summa: nej\n      raknas: Antal planer")
    )
    csv(tmp_path / "lokala", PLANS, "0484;;2025;T;29;", *monthly(10, 10, 10))
    local = read_local(find(tmp_path / "lokala"), load_catalog(folder), pl.DataFrame(schema=SHOWN), TODAY)
    assert local.refused.is_empty()


def test_a_rate_is_no_sum(taken: Callable[[], Local], tmp_path: Path) -> None:
    rows = [f"0484;;2025 kv{n};T;10;40;" for n in (1, 2, 3, 4)]
    csv(tmp_path, SHARE, "0484;;2025;T;30;80;", *rows, columns="taljare;namnare")
    local = taken()
    assert local.refused.is_empty()
    assert set(local.periods.filter(pl.col("nyckeltal_id") == f"L_{SHARE}")["varde"]) == {25.0}


def test_a_change_from_months_to_quarters_is_refused_row_by_row(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path, PLANS, *monthly(10, 11), "0484;;2025 kv2;T;30;", "0484;;2024;T;90;")
    local = taken()
    assert local.refused.select("orsak", "cell").rows() == [(reasons.OTHER_FORM.what, "rad 4")]
    assert (local.values.height, local.periods.height) == (1, 2)


def test_a_month_twice_is_refused_with_its_row(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path, PLANS, "0484;;2025-03;T;10;", "0484;;mars 2025;T;11;")
    assert taken().refused.select("orsak", "cell").rows() == [
        (reasons.DIFFERENT.what, "rad 2"),
        (reasons.DIFFERENT.what, "rad 3"),
    ]


@pytest.mark.parametrize(
    ("number_format", "day", "read"),
    [
        *((shown, 1, True) for shown in ("mmm-yy", 'yyyy"-"mm', r"[$-41D]mmm\ yyyy;@")),
        *((shown, 1, False) for shown in ("yyyy-mm-dd", "yyyy", 'yyyy"-12"', 'yyyy-mm" kv2"', "[>1]yyyy;mm-yy")),
        ("mmm-yy", 25, False),
    ],
)
def test_excel_may_make_a_date_of_a_month(
    taken: Callable[[], Local], tmp_path: Path, number_format: str, day: int, read: bool
) -> None:
    path = tmp_path / f"{PLANS}.xlsx"
    book = excel(path, ["omrade_id", "omrade", "period", "kon", "varde"], ["0484", "", date(2025, 3, day), "T", 9])
    book["uppgifter"]["C2"].number_format = number_format
    book.save(path)
    local = taken()
    assert local.periods["period"].to_list() == (["2025-03"] if read else [])
    assert local.refused.select("orsak", "cell").rows() == ([] if read else [(reasons.A_DAY.what, "C2")])


def test_the_templates_of_months_ask_for_those_that_are_over(followed: Catalog, tmp_path: Path) -> None:
    asked = periods_of("månad", date(2026, 3, 1))
    assert (str(asked[0]), str(asked[-1]), len(asked)) == ("2025-01", "2026-02", 14)
    write_templates(followed, tmp_path, asked)
    rows = (tmp_path / f"{PLANS}.csv").read_text("utf-8-sig").splitlines()
    assert rows[0] == "omrade_id;omrade;period;kon;varde;kommentar"
    assert [row.split(";")[2] for row in rows[1:5]] == ["2025-01"] * 3 + ["2025-02"]
    assert len(rows) == 1 + 2 * 14 * 3
