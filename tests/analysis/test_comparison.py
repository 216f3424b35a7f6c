"""Where an area stands."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.comparison import Bands, bands, comparison
from tests.analysis.women_and_men import of_both, with_women_and_men

OURS = ["1000", "1001", "1002", "0004"]
QUARTERS = bands("fjärdedelar")


def table(
    values: dict[str, float | None],
    direction: str = "högre",
    kpi: str = "N1",
    more: list[tuple[str, str, float]] | None = None,
    cuts: Bands = QUARTERS,
    replaced: str = "",
    **of_kpi: object,
) -> pl.DataFrame:
    """`comparison` for one KPI, year and gender; areas 1xxx are kommuner, 00xx regions, 0000 riket."""
    rows = [(kpi, area, value) for area, value in values.items()] + (more or [])
    observations = pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "varde"], orient="row").with_columns(
        ar=pl.lit(2024, pl.Int32),
        kon=pl.lit("T"),
        varde=pl.col("varde").cast(pl.Float64),
        ersatt=pl.col("omrade_id") == replaced,
    )
    kinds = {area: "riket" if area == "0000" else "region" if area < "1000" else "kommun" for area in values}
    areas = pl.DataFrame(
        [(area, kind, area in OURS) for area, kind in kinds.items()],
        schema=["omrade_id", "typ", "i_malbild"],
        orient="row",
    )
    similar = pl.DataFrame(
        [(kpi, "1000", "G1", member) for member in ("1001", "1003", "1999")],
        schema=["nyckeltal_id", "omrade_id", "grupp_id", "medlem_id"],
        orient="row",
    )
    fields = {
        "nyckeltal_id": kpi,
        "riktning": direction,
        "enhet": "%",
        "underlag": None,
        "osakerhet_nyckeltal_id": "N1E",
        "taljare_nyckeltal_id": None,
        "namnare_nyckeltal_id": None,
        "per": None,
        **of_kpi,
    }
    text = dict.fromkeys(fields, pl.String) | {"per": pl.Float64}
    kpis = pl.DataFrame([fields], schema=text)
    return of_both(comparison(with_women_and_men(observations), kpis, areas, similar, cuts))


def kommuner(count: int) -> dict[str, float | None]:
    return {f"{1000 + n}": float(n) for n in range(count)}


def column(frame: pl.DataFrame, name: str) -> dict[str, object]:
    return dict(frame.filter(pl.col("nyckeltal_id") == "N1").select("omrade_id", name).iter_rows())


@pytest.mark.parametrize(
    ("count", "sizes"), [(290, (72, 146, 72)), (289, (72, 145, 72)), (21, (5, 11, 5)), (20, (5, 10, 5))]
)
def test_bands_split_by_quarters_of_those_that_have_a_value(count: int, sizes: tuple[int, int, int]) -> None:
    bands = list(column(table(kommuner(count)), "band").values())
    assert tuple(bands.count(word) for word in (QUARTERS.best, QUARTERS.middle, QUARTERS.worst)) == sizes


def test_no_band_below_twenty_areas_but_a_place() -> None:
    frame = table(kommuner(19))
    assert set(column(frame, "band").values()) == {None}
    assert set(column(frame, "basta_kvartil").values()) == {None}
    assert column(frame, "plats")["1018"] == 1
    assert set(column(frame, "antal_med_varde").values()) == {19}


def test_the_best_is_first_whichever_way_is_better() -> None:
    assert column(table(kommuner(20), "högre"), "plats")["1019"] == 1
    assert column(table(kommuner(20), "lägre"), "plats")["1000"] == 1
    assert column(table(kommuner(20), "lägre"), "basta_kvartil")["1000"] == 4.75
    assert column(table(kommuner(20), "högre"), "basta_kvartil")["1000"] == 14.25


def test_without_a_direction_nobody_is_placed() -> None:
    frame = table(kommuner(20), "ingen")
    assert set(column(frame, "plats").values()) == set(column(frame, "band").values()) == {None}


def test_equal_values_share_the_middle_of_their_places() -> None:
    assert column(table({"1000": 5.0, "1001": 5.0, "1002": 1.0}), "plats") == {"1000": 1.5, "1001": 1.5, "1002": 3.0}


def test_the_county_mean_counts_only_those_that_have_a_value() -> None:
    frame = table({"1000": 10.0, "1001": None, "1002": 40.0, "1003": 1000.0, "0004": 7.0})
    assert column(frame, "lan_ovagt") == {"1000": 25.0, "1002": 25.0, "1003": 25.0, "0004": None}
    assert column(frame, "lan_antal")["1000"] == 2
    assert "1001" not in column(frame, "varde")


def test_kommuner_and_regions_are_never_ranked_together() -> None:
    frame = table({"1000": 10.0, "1001": 20.0, "0004": 99.0, "0001": 98.0, "0000": 50.0})
    assert column(frame, "antal_med_varde") == {"1000": 2, "1001": 2, "0004": 2, "0001": 2}
    assert column(frame, "plats")["1001"] == column(frame, "plats")["0004"] == 1
    assert set(column(frame, "riket").values()) == {50.0}


def test_similar_areas_are_the_members_that_have_a_value() -> None:
    frame = table({"1000": 1.0, "1001": 10.0, "1002": 5.0, "1003": 20.0})
    assert column(frame, "liknande") == {"1000": 15.0, "1001": None, "1002": None, "1003": None}
    assert column(frame, "liknande_antal")["1000"] == 2
    assert column(frame, "liknande_grupp_id")["1000"] == "G1"


def test_uncertainty_is_koladas_own_or_nothing() -> None:
    frame = table({"1000": 74.0, "1001": 60.0}, more=[("N1E", "1000", 4.0)])
    assert column(frame, "osakerhet") == {"1000": 4.0, "1001": None}


def test_other_bands_are_cut_where_they_say() -> None:
    thirds = bands("tredjedelar")
    words = list(column(table(kommuner(21), cuts=thirds), "band").values())
    assert [words.count(word) for word in ("bästa tredjedelen", "mellan", "sämsta tredjedelen")] == [7, 7, 7]


def test_infinities_and_nan_are_no_values() -> None:
    frame = table({"1000": 10.0, "1001": float("nan"), "1002": float("inf"), "1003": 20.0})
    assert column(frame, "antal_med_varde") == {"1000": 2, "1003": 2}
    assert column(frame, "lan_ovagt")["1003"] == 10.0


def test_the_interval_is_the_osakerhetstal_on_either_side() -> None:
    frame = table({"1000": 74.0, "1001": 60.0}, more=[("N1E", "1000", 4.0)], underlag="urval")
    assert (column(frame, "nedre")["1000"], column(frame, "ovre")["1000"]) == (70.0, 78.0)
    assert column(frame, "intervall") == {"1000": "osäkerhetstal", "1001": "inget"}
    assert column(frame, "nedre")["1001"] is column(frame, "ovre")["1001"] is None
    assert column(frame, "intervall_orsak") == {"1000": None, "1001": "osäkerhetstal saknas för detta värde"}


@pytest.mark.parametrize("margin", [0.0, -1.0, float("nan")])
def test_an_osakerhetstal_that_is_no_margin_gives_no_interval_of_zero_width(margin: float) -> None:
    frame = table({"1000": 74.0}, more=[("N1E", "1000", margin)])
    assert (column(frame, "osakerhet"), column(frame, "nedre")) == ({"1000": None}, {"1000": None})
    assert column(frame, "intervall_orsak") == {"1000": "osäkerhetstalet är inte ett tal över noll"}


def test_a_value_that_the_owners_replaced_has_no_interval_of_koladas() -> None:
    frame = table({"1000": 74.0, "1001": 60.0}, more=[("N1E", "1000", 4.0), ("N1E", "1001", 4.0)], replaced="1000")
    assert column(frame, "osakerhet") == {"1000": None, "1001": 4.0}
    assert "ersatt av ägarna" in str(column(frame, "intervall_orsak")["1000"])


@pytest.mark.parametrize("basis", ["urval", "totalundersökning", "register", "egen redovisning", None])
def test_every_way_of_measuring_says_why_there_is_no_interval(basis: str | None) -> None:
    frame = table({"1000": 74.0}, underlag=basis, osakerhet_nyckeltal_id=None)
    word = {None: "inte angivet", "urval": "urval utan", "egen redovisning": "utan kända antal"}.get(basis, basis)
    assert str(word) in str(column(frame, "intervall_orsak")["1000"])


COUNTS = {"taljare_nyckeltal_id": "N1T", "namnare_nyckeltal_id": "N1N", "osakerhet_nyckeltal_id": None}


def test_known_counts_give_wilsons_interval_of_a_share_and_byars_of_a_rate() -> None:
    counts = [("N1T", "1000", 65.0), ("N1N", "1000", 100.0)]
    share = table({"1000": 65.0}, more=counts, **COUNTS, per=100.0)
    assert column(share, "intervall") == {"1000": "Wilson"}
    assert column(share, "nedre")["1000"] == pytest.approx(55.254443296887967, rel=1e-12)
    assert column(share, "ovre")["1000"] == pytest.approx(73.635751756902468, rel=1e-12)
    rate_counts = [("N1T", "1000", 65.0), ("N1N", "1000", 8500.0)]
    rate = table({"1000": 764.7059}, more=rate_counts, **COUNTS, per=100_000.0, enhet="antal per 100 000 invånare")
    assert column(rate, "intervall") == {"1000": "Byar"}
    assert column(rate, "nedre")["1000"] == pytest.approx(590.1551, abs=5e-5)
    assert column(rate, "ovre")["1000"] == pytest.approx(974.6957, abs=5e-5)


def test_a_count_has_byars_interval() -> None:
    frame = table(
        {"1000": 5.0, "1001": 0.0},
        **COUNTS | {"taljare_nyckeltal_id": "N1", "namnare_nyckeltal_id": None},
        per=1.0,
        enhet="antal",
    )
    assert column(frame, "intervall") == {"1000": "Byar", "1001": "Byar"}
    assert column(frame, "nedre")["1000"] == pytest.approx(1.6113477157471938, rel=1e-11)
    assert (column(frame, "nedre")["1001"], column(frame, "ovre")["1001"]) == (0.0, pytest.approx(3.6680118321737507))


def test_an_osakerhetstal_goes_before_counts() -> None:
    counts = [("N1T", "1000", 65.0), ("N1N", "1000", 100.0), ("N1E", "1000", 2.0)]
    frame = table({"1000": 65.0}, more=counts, **COUNTS | {"osakerhet_nyckeltal_id": "N1E"}, per=100.0)
    assert (column(frame, "intervall"), column(frame, "nedre")) == ({"1000": "osäkerhetstal"}, {"1000": 63.0})


def test_the_three_county_values_are_told_apart() -> None:
    weights = [("N1N", "1000", 1000.0), ("N1N", "1001", 100.0)]
    values: dict[str, float | None] = {"1000": 80.0, "1001": 60.0, "1002": 10.0, "0004": 77.0, "1003": 1.0}
    frame = table(values, more=weights, namnare_nyckeltal_id="N1N")
    # 1002 has no denominator: it is in the unweighted mean only.
    assert (column(frame, "lan_ovagt")["1003"], column(frame, "lan_antal")["1003"]) == (50.0, 3)
    assert column(frame, "lan_vagt")["1003"] == pytest.approx(86000 / 1100, rel=1e-12)
    assert (column(frame, "lan_vagt_antal")["1003"], column(frame, "lan_kolada")["1003"]) == (2, 77.0)
    assert column(frame, "lan_vagt")["0004"] is column(frame, "lan_kolada")["0004"] is None


def test_without_a_declared_denominator_there_is_no_weighted_mean() -> None:
    frame = table({"1000": 80.0, "1001": 60.0}, more=[("N1N", "1000", 1000.0)])
    assert set(column(frame, "lan_vagt").values()) == set(column(frame, "lan_vagt_antal").values()) == {None}


def margins(areas: dict[str, float]) -> list[tuple[str, str, float]]:
    return [("N1E", area, margin) for area, margin in areas.items()]


def test_a_difference_is_judged_at_the_level_for_flags() -> None:
    # 99.8 % is 1.5767 times 95 %: √(3² + 4²) · 1.5767 = 7.88.
    for value, word in ((62.0, "bättre"), (57.0, "ingen säkerställd skillnad"), (42.0, "sämre")):
        frame = table({"1000": value, "0000": 50.0}, more=margins({"1000": 3.0, "0000": 4.0}))
        assert column(frame, "mot_riket")["1000"] == word
    lower = table({"1000": 42.0, "0000": 50.0}, "lägre", more=margins({"1000": 3.0, "0000": 4.0}))
    assert column(lower, "mot_riket")["1000"] == "bättre"
    neither = table({"1000": 42.0, "0000": 50.0}, "ingen", more=margins({"1000": 3.0, "0000": 4.0}))
    assert column(neither, "mot_riket")["1000"] == "lägre"


def test_nothing_is_judged_without_an_interval_on_both_sides() -> None:
    own = table({"1000": 90.0, "0000": 50.0}, more=margins({"1000": 3.0}))
    assert column(own, "mot_riket")["1000"] == "kan ej bedömas"
    other = table({"1000": 90.0, "0000": 50.0}, more=margins({"0000": 3.0}))
    assert column(other, "mot_riket")["1000"] == "kan ej bedömas"
    assert column(table({"1000": 90.0}), "mot_riket")["1000"] is None


def test_a_kommun_is_part_of_its_county_mean() -> None:
    # k = 3: Var = e²(1 - 2/3) + 3e²/9 = 2e²/3; 99.8 %: √(2/3) · 6 · 1.5767 = 7.72.
    areas = margins(dict.fromkeys(("1000", "1001", "1002"), 6.0))
    near = table({"1000": 57.5, "1001": 46.25, "1002": 46.25}, more=areas)
    assert column(near, "mot_lan")["1000"] == "ingen säkerställd skillnad"
    far = table({"1000": 58.0, "1001": 46.0, "1002": 46.0}, more=areas)
    assert column(far, "mot_lan")["1000"] == "bättre"
    part = table({"1000": 99.0, "1001": 46.0, "1002": 46.0}, more=margins({"1000": 6.0, "1001": 6.0}))
    assert column(part, "mot_lan")["1000"] == "kan ej bedömas"


def test_a_kommun_of_another_county_is_no_part_of_the_mean() -> None:
    # Var = e² + 3e²/9 = 4e²/3; 99.8 %: √(4/3) · 6 · 1.5767 = 10.92, where a part of the mean would need 7.72.
    areas = margins(dict.fromkeys(("1000", "1001", "1002", "1003"), 6.0))
    county = {"1000": 50.0, "1001": 50.0, "1002": 50.0}
    for value, word in ((60.8, "ingen säkerställd skillnad"), (61.0, "bättre")):
        assert column(table(county | {"1003": value}, more=areas), "mot_lan")["1003"] == word


def test_alone_in_the_county_nobody_is_judged_against_it() -> None:
    frame = table({"1000": 90.0}, more=margins({"1000": 6.0}))
    assert column(frame, "mot_lan")["1000"] == "kan ej bedömas"


def test_similar_areas_are_judged_by_the_margin_of_their_mean() -> None:
    # Mean of 1001 and 1003, each ± 6: ± 4.24; with own ± 6: 7.35; 99.8 %: 11.59.
    areas = margins(dict.fromkeys(("1000", "1001", "1003"), 6.0))
    for value, word in ((61.5, "ingen säkerställd skillnad"), (61.7, "bättre")):
        frame = table({"1000": value, "1001": 50.0, "1003": 50.0}, more=areas)
        assert column(frame, "mot_liknande")["1000"] == word
