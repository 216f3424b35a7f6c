"""`jamforelse` and `trend` computed a second time, by plain loops and scipy, for twenty KPIs of the real archive.

Nothing of `pipelines.analysis` is used here but its words.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from scipy import stats

from tests.analysis import naive_variation
from tests.conftest import ArchiveNight
from tests.small import own_catalog

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
        directed = direction != "ingen" and len(same) >= 20
        limit = percentile(same, 0.75 if direction == "högre" else 0.25) if directed else None
        assert close(row["basta_kvartil"], limit)
        ours = [values[kpi, k, year, kon] for k in county if (kpi, k, year, kon) in values]
        in_county = area in county
        of_county = ours if in_county else []
        assert close(row["lan_ovagt"], mean(of_county))
        assert row["lan_antal"] == (len(of_county) or None)
        of_region = values.get((kpi, region, year, kon)) if in_county else None
        assert row["lan_kolada"] == of_region
        if in_county and kpis[kpi]["niva"] == "A" and of_region is not None:
            assert (row["lan_varde"], row["lan_grund"]) == (of_region, "regionens värde")
        elif row["lan_grund"] == "ovägt medel":
            assert close(row["lan_varde"], mean(of_county))
            assert len(of_county) * 2 >= len(county)
        else:
            assert row["lan_grund"] in (None, "vägt medel")
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


def test_the_arsvariation_is_what_plain_loops_say(night: Path, twenty: list[str], values: dict[Cell, float]) -> None:
    kinds = {row["omrade_id"]: row["typ"] for row in rows_of(night, "FROM omrade")}
    kpis = own_catalog().kpis
    measured = 0
    for kpi in twenty:
        for kind in ("kommun", "region"):
            points = [
                (area, year, value)
                for (of, area, year, kon), value in values.items()
                if (of, kon) == (kpi, "T") and kinds[area] == kind
            ]
            if not points:
                continue
            breaks = [series_break.year for series_break in kpis[kpi].breaks]
            assert all(series_break.last_old_year is None for series_break in kpis[kpi].breaks)
            noise = naive_variation.measure(points, kpis[kpi].overlapping_years or 1, breaks)
            rows = rows_of(
                night,
                f"SELECT a.* FROM arsvariation a JOIN omrade USING (omrade_id) "
                f"WHERE nyckeltal_id = '{kpi}' AND kon = 'T' AND typ = '{kind}'",
            )
            assert {row["omrade_id"] for row in rows} == {area for area, _, _ in points}
            # Every third: the quantiles of each are scipy's.
            for row in rows[::3]:
                if noise is None:
                    assert row["varians"] is row["halv_95"] is None
                    assert row["orsak"]
                    continue
                expected = noise(row["omrade_id"])
                assert math.isclose(row["varians"], expected.variance, rel_tol=1e-7), row
                assert math.isclose(row["halv_95"], expected.half_95, rel_tol=1e-7), row
                assert math.isclose(row["halv_998"], expected.half_998, rel_tol=1e-7), row
                measured += 1
    assert measured > 500


def test_every_place_is_what_plain_loops_say(night: Path, twenty: list[str], values: dict[Cell, float]) -> None:
    areas = {row["omrade_id"]: row for row in rows_of(night, "FROM omrade")}
    kpis = {row["nyckeltal_id"]: row for row in rows_of(night, "FROM nyckeltal")}
    wanted = ", ".join(f"'{kpi}'" for kpi in twenty)
    rows = rows_of(night, f"FROM placering WHERE nyckeltal_id IN ({wanted})")
    peers: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for (kpi, area, year, kon), value in values.items():
        if kon == "T":
            peers[kpi, year, areas[area]["typ"]].append(value)
    for row in rows:
        kpi, area, year = row["nyckeltal_id"], row["omrade_id"], row["ar"]
        kind, direction = areas[area]["typ"], kpis[kpi]["riktning"]
        same = peers[kpi, year, kind]
        assert row["antal_med_varde"] == len(same)
        if direction == "ingen":
            assert row["plats"] is row["nedre"] is row["band"] is None
            continue
        value = values[kpi, area, year, "T"]
        better = sum(other > value if direction == "högre" else other < value for other in same)
        equal = sum(other == value for other in same)
        assert (row["plats"], row["plats_till"]) == (better + 1, better + equal)
        if row["nedre"] is not None:
            assert 1 <= row["nedre"] <= row["ovre"] <= len(same)
        if row["band"] is not None:
            assert row["band_orsak"] is None
            assert len(same) >= 20
    newest = rows_of(
        night,
        "SELECT count(*) AS n FROM senaste WHERE kon = 'T' AND i_malbild AND typ IN ('kommun', 'region') "
        f"AND nyckeltal_id IN ({wanted}) AND antal_med_varde IS NULL",
    )
    assert newest == [{"n": 0}]
    assert len(rows) > 100


def test_trends_are_what_plain_loops_and_scipy_say(night: Path, twenty: list[str], values: dict[Cell, float]) -> None:
    kinds = {row["omrade_id"]: row["typ"] for row in rows_of(night, "FROM omrade")}
    kpis = {row["nyckeltal_id"]: row for row in rows_of(night, "FROM nyckeltal")}
    catalog = own_catalog()
    breaks = {kpi: catalog.kpis[kpi].breaks for kpi in twenty}
    parts: dict[tuple[str, str, str], dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for (kpi, area, year, kon), value in sorted(values.items()):
        parts[kpi, kinds[area], kon][area].append((year, value))
    wanted = ", ".join(f"'{kpi}'" for kpi in twenty)
    rows = {
        (r["nyckeltal_id"], r["omrade_id"], r["kon"]): r
        for r in rows_of(night, f"FROM trend WHERE nyckeltal_id IN ({wanted})")
    }
    tested = compared = 0
    for (kpi, kind, kon), by_area in parts.items():
        after = {area: after_last_break(points, breaks[kpi]) for area, points in by_area.items()}
        years = last_measurement_years(after.values())
        country = {y: v for (k, a, y, g), v in values.items() if (k, a, g) == (kpi, "0000", kon)}
        for number, (area, points) in enumerate(after.items()):
            counted = [(year, rounded(value)) for year, value in points if year in years]
            row = rows.pop((kpi, area, kon), None)
            if not counted:
                assert row is None
                continue
            assert row is not None
            seen, figures = [year for year, _ in counted], [figure for _, figure in counted]
            assert (row["fran_ar"], row["till_ar"], row["antal_ar"]) == (seen[0], seen[-1], len(seen))
            if kpis[kpi]["overlappande_ar"] is not None:
                assert (row["trend"], row["p_varde"], row["mot_riket"]) == ("prövas inte", None, None)
                continue
            if len(seen) < 5:
                assert (row["trend"], row["p_varde"]) == ("för få mätningar", None)
                continue
            # Every third: scipy's slopes and tests are what takes the time.
            if number % 3:
                continue
            tested += 1
            slope = stats.theilslopes(figures, seen).slope
            # The ninth digit of a value may be rounded either way when it lies between two.
            assert math.isclose(row["lutning_per_ar"], slope, rel_tol=1e-9, abs_tol=1e-8 * max(map(abs, figures)))
            s, p = naive_mann_kendall(figures)
            assert row["s"] == s
            assert math.isclose(row["p_varde"], p, rel_tol=1e-9), (kpi, area, figures, row["p_varde"], p)
            assert row["trend"] == word(s, p, kpis[kpi]["riktning"])
            both = [(y, v, country[y]) for y, v in counted if y in country]
            if country and kind in ("kommun", "region") and len(both) >= 5:
                compared += 1
                p = naive_mann_kendall([rounded(v - r) for _, v, r in both])[1]
                assert math.isclose(row["riket_p_varde"], p, rel_tol=1e-9)
                assert (row["mot_riket"] == "som riket") == (p > 0.05)
    assert not rows
    assert tested > 1000
    assert compared > 500


def word(s: int, p: float, direction: str) -> str:
    if p > 0.05:
        return "ingen säkerställd trend"
    if direction == "ingen":
        return "har ökat" if s > 0 else "har minskat"
    return "har förbättrats" if (s > 0) == (direction == "högre") else "har försämrats"


def after_last_break(points: list[tuple[int, float]], breaks: Iterable[Any]) -> list[tuple[int, float]]:
    for series_break in breaks:
        last_old = series_break.year - 1 if series_break.last_old_year is None else series_break.last_old_year
        after = [point for point in points if point[0] >= series_break.year]
        points = after or [point for point in points if point[0] <= last_old]
    return points


def last_measurement_years(series: Iterable[list[tuple[int, float]]]) -> set[int]:
    """The ten last years in which at least half as many areas have a value as in the best."""
    counts = Counter(year for points in series for year, _ in points)
    return set(sorted(year for year, n in counts.items() if 2 * n >= max(counts.values()))[-10:])


def rounded(value: float) -> float:
    return float(f"{value:.8e}")


def naive_mann_kendall(figures: list[float]) -> tuple[int, float]:
    """S and its two-sided p, over every order of the values."""
    s = sum((b > a) - (b < a) for a, b in combinations(figures, 2))
    ties = tuple(sorted(figures.count(value) for value in set(figures)))
    return s, exact(ties, abs(s))


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
    judged = rows_of(night, "SELECT osakerhet_grund, nedre, ovre, osakerhet_orsak FROM jamforelse")
    frame = pl.DataFrame(judged, infer_schema_length=None)
    assert frame.filter(pl.col("osakerhet_grund").is_null() != pl.col("osakerhet_orsak").is_not_null()).is_empty()
    assert frame.filter(pl.col("osakerhet_grund").is_null() != pl.col("ovre").is_null()).is_empty()
