"""`jamforelse` and `trend` computed a second time, by plain loops and scipy, for twenty KPIs of the real archive.

Nothing of `pipelines.analysis` is used here but its words.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from scipy import stats

from pipelines.catalog.load import load_catalog
from tests.conftest import ROOT, ArchiveNight

pytestmark = pytest.mark.lang

Cell = tuple[str, str, int, str]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def night(archive_nights: Callable[[str], ArchiveNight]) -> Path:
    """The published database of a run of the whole catalogue against the real archive."""
    played = archive_nights("kolada-2026")
    assert played.ended.code == 0, played.ended.err
    return played.data_dir / "analys.duckdb"


def rows_of(database: Path, query: str) -> Rows:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(query).pl().to_dicts()


@pytest.fixture(scope="module")
def twenty(night: Path) -> list[str]:
    """Twenty KPIs with values: long and short series, all levels and directions, every seventh by id."""
    with_values = [row["nyckeltal_id"] for row in rows_of(night, _WITH_VALUES)]
    chosen = with_values[::3][:20]
    assert len(chosen) == 20
    return chosen


_WITH_VALUES = "SELECT DISTINCT nyckeltal_id FROM matvarde WHERE varde IS NOT NULL ORDER BY 1"


@pytest.fixture(scope="module")
def values(night: Path, twenty: list[str]) -> dict[Cell, float]:
    wanted = ", ".join(f"'{kpi}'" for kpi in twenty)
    rows = rows_of(night, f"FROM matvarde WHERE varde IS NOT NULL AND nyckeltal_id IN ({wanted})")
    return {(row["nyckeltal_id"], row["omrade_id"], row["ar"], row["kon"]): row["varde"] for row in rows}


def mean(numbers: Iterable[float]) -> float | None:
    actual = list(numbers)
    return math.fsum(actual) / len(actual) if actual else None


def close(actual: float | None, expected: float | None) -> bool:
    if actual is None or expected is None:
        return actual is expected
    return math.isclose(actual, expected, rel_tol=1e-12, abs_tol=1e-12)


def test_every_row_of_jamforelse_is_what_plain_loops_say(
    night: Path, twenty: list[str], values: dict[Cell, float]
) -> None:
    areas = {row["omrade_id"]: row for row in rows_of(night, "FROM omrade")}
    kpis = {row["nyckeltal_id"]: row for row in rows_of(night, "FROM nyckeltal")}
    members = defaultdict(list)
    for row in rows_of(night, "FROM grupp_medlem WHERE till IS NULL"):
        members[row["grupp_id"]].append(row["omrade_id"])
    group_of = {(row["omrade_id"], row["amne"]): row["grupp_id"] for row in rows_of(night, "FROM huvudman_grupp")}
    county = [a for a, row in areas.items() if row["i_malbild"] and row["typ"] == "kommun"]
    (region,) = (a for a, row in areas.items() if row["i_malbild"] and row["typ"] == "region")

    peers: dict[tuple[str, int, str, str], list[float]] = defaultdict(list)
    for (kpi, area, year, kon), value in values.items():
        peers[kpi, year, kon, areas[area]["typ"]].append(value)
    wanted = ", ".join(f"'{kpi}'" for kpi in twenty)
    rows = rows_of(night, f"FROM jamforelse WHERE nyckeltal_id IN ({wanted})")
    keys = {(r["nyckeltal_id"], r["omrade_id"], r["ar"], r["kon"]) for r in rows}
    assert keys == {key for key in values if areas[key[1]]["typ"] in ("kommun", "region")}
    assert len(rows) == len(keys) > 20_000

    for row in rows:
        kpi, area, year, kon = row["nyckeltal_id"], row["omrade_id"], row["ar"], row["kon"]
        kind, direction = areas[area]["typ"], kpis[kpi]["riktning"]
        value = values[kpi, area, year, kon]
        same = peers[kpi, year, kon, kind]
        assert row["varde"] == value
        assert row["riket"] == values.get((kpi, "0000", year, kon))
        assert row["antal_med_varde"] == len(same)
        if direction == "ingen":
            assert row["plats"] is row["band"] is row["basta_kvartil"] is None
        else:
            better = sum(other > value if direction == "högre" else other < value for other in same)
            place = better + (sum(other == value for other in same) + 1) / 2
            assert row["plats"] == place, row
            share = (place - 0.5) / len(same)
            band = "bästa fjärdedelen" if share < 0.25 else "sämsta fjärdedelen" if share > 0.75 else "mellan"
            assert row["band"] == (band if len(same) >= 20 else None)
            limit = percentile(same, 0.75 if direction == "högre" else 0.25) if len(same) >= 20 else None
            assert close(row["basta_kvartil"], limit)
        ours = [values[kpi, k, year, kon] for k in county if (kpi, k, year, kon) in values]
        of_county = ours if kind == "kommun" else []
        assert close(row["lan_ovagt"], mean(of_county))
        assert row["lan_antal"] == (len(of_county) or None)
        assert row["lan_kolada"] == (values.get((kpi, region, year, kon)) if kind == "kommun" else None)
        assert row["lan_vagt"] is None
        group = group_of.get((area, kpis[kpi][f"jamforelsegrupp_{kind}"]))
        alike = [values[kpi, m, year, kon] for m in members.get(group, []) if (kpi, m, year, kon) in values]
        assert close(row["liknande"], mean(alike))
        assert (row["liknande_antal"], row["liknande_grupp_id"]) == ((len(alike), group) if alike else (None, None))


def percentile(numbers: list[float], share: float) -> float:
    """By linear interpolation between the two nearest."""
    ordered = sorted(numbers)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def test_every_row_of_trend_is_what_plain_loops_and_scipy_say(
    night: Path, twenty: list[str], values: dict[Cell, float]
) -> None:
    kpis = {row["nyckeltal_id"]: row for row in rows_of(night, "FROM nyckeltal")}
    breaks = {kpi: load_catalog(ROOT).kpis[kpi].breaks for kpi in twenty}
    series: dict[tuple[str, str, str], list[tuple[int, float]]] = defaultdict(list)
    for (kpi, area, year, kon), value in sorted(values.items()):
        series[kpi, area, kon].append((year, value))
    wanted = ", ".join(f"'{kpi}'" for kpi in twenty)
    rows = {
        (r["nyckeltal_id"], r["omrade_id"], r["kon"]): r
        for r in rows_of(night, f"FROM trend WHERE nyckeltal_id IN ({wanted})")
    }
    assert rows.keys() == series.keys()
    tested = 0
    for key, points in series.items():
        row = rows[key]
        for gap in breaks[key[0]]:
            last_old = gap.year - 1 if gap.last_old_year is None else gap.last_old_year
            after = [point for point in points if point[0] >= gap.year]
            points = after or [point for point in points if point[0] <= last_old]
        years, figures = [year for year, _ in points], [figure for _, figure in points]
        assert (row["fran_ar"], row["till_ar"], row["antal_ar"]) == (years[0], years[-1], len(years))
        if len(years) < 5:
            assert (row["riktning"], row["p_varde"], row["lutning_per_ar"]) == ("för få mätningar", None, None)
            continue
        if kpis[key[0]]["overlappande_ar"] is not None:
            assert (row["riktning"], row["p_varde"]) == ("ej prövad", None)
            continue
        tested += 1
        slope = stats.theilslopes(figures, years).slope
        assert math.isclose(row["lutning_per_ar"], slope, rel_tol=1e-9, abs_tol=1e-12)
        s, p = naive_mann_kendall(figures)
        assert row["s"] == s
        assert math.isclose(row["p_varde"], p, rel_tol=1e-9), (key, figures, row["p_varde"], p)
        rising = s > 0
        if p > 0.05:
            word = "ingen säkerställd trend"
        elif kpis[key[0]]["riktning"] == "ingen":
            word = "ökar" if rising else "minskar"
        else:
            word = "förbättras" if rising == (kpis[key[0]]["riktning"] == "högre") else "försämras"
        assert row["riktning"] == word
    assert tested > 1000


def naive_mann_kendall(figures: list[float]) -> tuple[int, float]:
    """S and its two-sided p: every order of the values up to ten of them, scipy's normal distribution above."""
    s = sum((b > a) - (b < a) for a, b in combinations(figures, 2))
    n = len(figures)
    ties = tuple(sorted(figures.count(value) for value in set(figures)))
    if n <= 10:
        return s, exact(ties, abs(s))
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    if variance == 0:
        return s, 1.0
    return s, float(2 * stats.norm.sf(max(abs(s) - 1, 0) / math.sqrt(variance)))


_COUNTED: dict[tuple[int, ...], dict[int, int]] = {}


def exact(ties: tuple[int, ...], s: int) -> float:
    """The share of orders of a multiset whose |S| is at least s; without ties by scipy's own exact Kendall test."""
    n = sum(ties)
    if len(ties) == n:
        return float(stats.kendalltau(range(n), order_with(n, s), method="exact").pvalue)
    if ties not in _COUNTED:
        _COUNTED[ties] = scores(ties)
    counted = _COUNTED[ties]
    return sum(ways for score, ways in counted.items() if abs(score) >= s) / sum(counted.values())


def order_with(n: int, s: int) -> list[int]:
    """Some order of n different values whose S is s: as many adjacent swaps as there are inversions to make."""
    order, inversions = list(range(n)), (n * (n - 1) // 2 - s) // 2
    while inversions:
        for i in range(n - 1):
            if inversions and order[i] < order[i + 1]:
                order[i], order[i + 1] = order[i + 1], order[i]
                inversions -= 1
    return order


def scores(ties: tuple[int, ...]) -> dict[int, int]:
    """S → in how many distinct orders of a multiset, built up value by value."""
    # (counts left) → S so far → ways: each next value scores against the ones already placed.
    state: dict[tuple[int, ...], dict[int, int]] = {ties: {0: 1}}
    for _ in range(sum(ties)):
        following: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for left, ways in state.items():
            placed = [total - rest for total, rest in zip(ties, left, strict=True)]
            for value, rest in enumerate(left):
                if rest:
                    gain = sum(placed[:value]) - sum(placed[value + 1 :])
                    after = (*left[:value], rest - 1, *left[value + 1 :])
                    for score, count in ways.items():
                        following[after][score + gain] += count
        state = following
    (ways,) = state.values()
    return ways


def test_the_naive_exact_test_is_right_itself() -> None:
    values = (1, 2, 2, 3, 4, 4)
    orders = set(permutations(values))
    for s in range(16):
        share = sum(abs(sum((b > a) - (b < a) for a, b in combinations(o, 2))) >= s for o in orders) / len(orders)
        assert math.isclose(exact((1, 1, 2, 2), s), share)


def test_whoever_has_nothing_is_in_no_row(night: Path) -> None:
    actual = rows_of(
        night, "SELECT count(*) AS n FROM jamforelse ANTI JOIN matvarde USING (nyckeltal_id, omrade_id, ar, kon)"
    )
    assert actual == [{"n": 0}]
    frame = pl.DataFrame(rows_of(night, "SELECT intervall, nedre, ovre, intervall_orsak FROM jamforelse"))
    assert frame.filter((pl.col("intervall") == "inget") != pl.col("intervall_orsak").is_not_null()).is_empty()
