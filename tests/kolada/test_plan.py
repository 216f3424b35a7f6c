"""Which requests a fetch needs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

from pipelines.kolada.plan import Areas, Batch, plan, plan_changes

AREAS = Areas(
    kommuner=tuple(f"{n:04d}" for n in range(1000, 1290)),
    regions=tuple(f"{n:04d}" for n in range(1, 22)),
    country=("0000",),
    kommun_groups=tuple(f"G{n}" for n in range(28)),
    region_groups=("G2329", "G43559"),
)
LEVELS = {f"N{n:05d}": "KLA"[n % 3] for n in range(154)}


def test_the_areas_of_a_level_are_those_that_have_values_of_it() -> None:
    few = Areas(("0428", "0484"), ("0004",), ("0000",), ("G1",), ("G2",))
    assert set(few.of_level("K")) == {"0428", "0484", "0000", "G1"}
    assert set(few.of_level("L")) == {"0004", "0000", "G2"}
    assert set(few.of_level("A")) == {"0428", "0484", "0004", "0000", "G1", "G2"}


def test_every_kpi_is_asked_of_every_area_of_its_level_exactly_once() -> None:
    asked = [pair for batch in plan(LEVELS, AREAS) for pair in product(batch.kpis, batch.areas)]
    expected = {(kpi, area) for kpi, level in LEVELS.items() for area in AREAS.of_level(level)}
    assert len(asked) == len(set(asked))
    assert set(asked) == expected


def test_no_batch_is_larger_than_kolada_takes() -> None:
    for batch in plan(LEVELS, AREAS):
        assert 1 <= len(batch.kpis) <= 25
        assert 1 <= len(batch.areas) <= 25


def test_a_region_kpi_is_never_asked_of_a_kommun_nor_the_other_way_round() -> None:
    for batch in plan(LEVELS, AREAS):
        levels = {LEVELS[kpi] for kpi in batch.kpis}
        if set(batch.areas) & {*AREAS.kommuner, *AREAS.kommun_groups}:
            assert "L" not in levels
        if set(batch.areas) & {*AREAS.regions, *AREAS.region_groups}:
            assert "K" not in levels


def test_batches_are_few() -> None:
    whole_grid = -(-len(LEVELS) // 25) * -(-len(AREAS.all()) // 25)
    assert len(plan(LEVELS, AREAS)) <= whole_grid


def test_narrowed_areas_keep_their_kind() -> None:
    narrowed = AREAS.within(["1000", "0004", "0000"])
    assert (narrowed.kommuner, narrowed.regions, narrowed.country, narrowed.kommun_groups) == (
        ("1000",),
        ("0004",),
        ("0000",),
        (),
    )


def test_the_path_is_koladas() -> None:
    (batch,) = plan({"N00945": "K"}, AREAS.within(["1000", "1001"]))
    assert batch.path == "/data/kpi/N00945/municipality/1000,1001"


# --- only what changed ----------------------------------------------------------------------------------------------

NIGHT = datetime(2026, 11, 22, 4, 15)
LAG = timedelta(days=2)


def all_fetched(when: datetime = NIGHT) -> dict[str, dict[str, datetime]]:
    return {kpi: dict.fromkeys(AREAS.of_level(level), when) for kpi, level in LEVELS.items()}


def asked(batches: list[Batch]) -> dict[tuple[str, str], date | None]:
    pairs = [(pair, batch.since) for batch in batches for pair in product(batch.kpis, batch.areas)]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def test_what_was_never_fetched_is_asked_whole() -> None:
    assert plan_changes(LEVELS, AREAS, {}, LAG) == plan(LEVELS, AREAS)


def test_what_was_fetched_is_asked_since_then_minus_the_lag_in_as_few_requests() -> None:
    batches = plan_changes(LEVELS, AREAS, all_fetched(), LAG)
    assert set(asked(batches).values()) == {date(2026, 11, 20)}
    assert len(batches) == len(plan(LEVELS, AREAS))


def test_a_new_kpi_is_asked_whole_and_nothing_else_is() -> None:
    fetched = all_fetched()
    del fetched["N00001"]
    whole = {pair for pair, since in asked(plan_changes(LEVELS, AREAS, fetched, LAG)).items() if since is None}
    assert whole == {("N00001", area) for area in AREAS.of_level(LEVELS["N00001"])}


def test_a_new_area_is_asked_whole_and_nothing_else_is() -> None:
    fetched = {kpi: {a: when for a, when in areas.items() if a != "G5"} for kpi, areas in all_fetched().items()}
    whole = {pair for pair, since in asked(plan_changes(LEVELS, AREAS, fetched, LAG)).items() if since is None}
    assert whole == {(kpi, "G5") for kpi, level in LEVELS.items() if level in "KA"}


def test_a_batch_asks_from_the_earliest_of_its_pairs() -> None:
    fetched = all_fetched()
    fetched["N00000"]["1000"] = NIGHT - timedelta(days=30)
    since_of = asked(plan_changes(LEVELS, AREAS, fetched, LAG))
    assert since_of["N00000", "1000"] == date(2026, 10, 21)
    assert all(since is not None and since <= date(2026, 11, 20) for since in since_of.values())
    assert sum(since == date(2026, 10, 21) for since in since_of.values()) <= 25 * 25
