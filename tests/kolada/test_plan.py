"""Which requests a fetch needs."""

from __future__ import annotations

from itertools import product

from pipelines.kolada.plan import Areas, plan

AREAS = Areas(
    kommuner=tuple(f"{n:04d}" for n in range(1000, 1290)),
    regions=tuple(f"{n:04d}" for n in range(1, 22)),
    country=("0000",),
    kommun_groups=tuple(f"G{n}" for n in range(28)),
    region_groups=("G2329", "G43559"),
)
LEVELS = {f"N{n:05d}": "KLA"[n % 3] for n in range(154)}


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
    some = AREAS.within(["1000", "0004", "0000"])
    assert (some.kommuner, some.regions, some.country, some.kommun_groups) == (("1000",), ("0004",), ("0000",), ())


def test_the_path_is_koladas() -> None:
    (batch,) = plan({"N00945": "K"}, AREAS.within(["1000", "1001"]))
    assert batch.path == "/data/kpi/N00945/municipality/1000,1001"
