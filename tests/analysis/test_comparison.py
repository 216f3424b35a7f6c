"""What a value is beside riket, the county and similar areas, and how sure the difference is."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.comparison import comparison
from tests.analysis.frames import of_both, with_women_and_men

OURS = ["1000", "1001", "1002", "0004"]
WHY = "bara en mätning, så årsvariationen kan inte mätas"


def table(
    values: dict[str, float | None],
    direction: str = "högre",
    kpi: str = "N1",
    more: list[tuple[str, str, float]] | None = None,
    replaced: str = "",
    noise: dict[str, tuple[float, float]] | None = None,
    counties: dict[str, str] | None = None,
    **of_kpi: object,
) -> pl.DataFrame:
    """`comparison` for one KPI, year and gender; areas 1xxx are kommuner, 00xx regions, 0000 riket. noise: the
    årsvariation (half widths at 95 and 99.8 %) of areas, for kön T; women's and men's is another. counties: own area →
    its county; the areas of OURS in one by default.
    """
    rows = [(kpi, area, value) for area, value in values.items()] + (more or [])
    observations = pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "varde"], orient="row").with_columns(
        ar=pl.lit(2024, pl.Int32),
        kon=pl.lit("T"),
        varde=pl.col("varde").cast(pl.Float64),
        ersatt=pl.col("omrade_id") == replaced,
    )
    kinds = {area: "riket" if area == "0000" else "region" if area < "1000" else "kommun" for area in values}
    county_of = dict.fromkeys(OURS, "04") if counties is None else counties
    areas = pl.DataFrame(
        [(area, kind, area in county_of, county_of.get(area, "99")) for area, kind in kinds.items()],
        schema=["omrade_id", "typ", "i_malbild", "lan_kod"],
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
        "niva": "K",
        "osakerhet_nyckeltal_id": "N1E",
        "taljare_nyckeltal_id": None,
        "namnare_nyckeltal_id": None,
        "vikt_nyckeltal_id": None,
        "per": None,
        **of_kpi,
    }
    text = dict.fromkeys(fields, pl.String) | {"per": pl.Float64}
    kpis = pl.DataFrame([fields], schema=text)
    variation = pl.DataFrame(
        [
            (kpi, area, kon, *(half if kon == "T" else (900.0, 950.0)), None)
            for area, half in (noise or {}).items()
            for kon in "TKM"
        ]
        or [(kpi, area, "T", None, None, WHY) for area in values],
        schema={
            "nyckeltal_id": pl.String,
            "omrade_id": pl.String,
            "kon": pl.String,
            "halv_95": pl.Float64,
            "halv_998": pl.Float64,
            "orsak": pl.String,
        },
        orient="row",
    )
    return of_both(comparison(with_women_and_men(observations), kpis, areas, similar, variation))


def kommuner(count: int) -> dict[str, float | None]:
    return {f"{1000 + n}": float(n) for n in range(count)}


def column(frame: pl.DataFrame, name: str) -> dict[str, object]:
    return dict(frame.filter(pl.col("nyckeltal_id") == "N1").select("omrade_id", name).iter_rows())


def test_the_best_quarter_is_whichever_way_is_better() -> None:
    assert column(table(kommuner(20), "lägre"), "basta_kvartil")["1000"] == 4.75
    assert column(table(kommuner(20), "högre"), "basta_kvartil")["1000"] == 14.25
    assert set(column(table(kommuner(20), "ingen"), "basta_kvartil").values()) == {None}
    assert set(column(table(kommuner(19)), "basta_kvartil").values()) == {None}


def test_the_county_mean_counts_only_those_that_have_a_value() -> None:
    frame = table({"1000": 10.0, "1001": None, "1002": 40.0, "1003": 1000.0, "0004": 7.0})
    # 1003 is of another county, and 0004 the region itself.
    assert column(frame, "lan_ovagt") == {"1000": 25.0, "1002": 25.0, "1003": None, "0004": None}
    assert (column(frame, "lan_varde")["1000"], column(frame, "lan_grund")["1000"]) == (25.0, "ovägt medel")
    assert column(frame, "lan_antal") == {"1000": 2, "1002": 2, "1003": None, "0004": None}
    assert "1001" not in column(frame, "varde")


def test_every_own_kommun_is_beside_its_own_county() -> None:
    counties = {"1000": "04", "1001": "04", "0004": "04", "1002": "19", "1003": "19", "1004": "19", "0019": "19"}
    values: dict[str, float | None] = {"1000": 10.0, "1001": 30.0, "1002": 1.0, "1003": 2.0, "1004": 6.0, "1999": 500.0}
    frame = table({**values, "0004": 44.0, "0019": 55.0}, counties=counties)
    without = {"0004": None, "0019": None, "1999": None}
    assert column(frame, "lan_ovagt") == {"1000": 20.0, "1001": 20.0, "1002": 3.0, "1003": 3.0, "1004": 3.0, **without}
    assert column(frame, "lan_kolada")["1000"] == 44.0
    assert column(frame, "lan_kolada")["1004"] == 55.0
    # Two of five are fewer than half of their county, and more than half of the other.
    of_19 = {**{f"101{n}": "19" for n in range(3)}, **counties}
    few = table({**values, "1002": None, **{f"101{n}": None for n in range(3)}}, counties=of_19)
    assert (column(few, "lan_varde")["1000"], column(few, "lan_varde")["1003"]) == (20.0, None)


def test_kommuner_and_regions_are_set_against_the_same_riket() -> None:
    frame = table({"1000": 10.0, "1001": 20.0, "0004": 99.0, "0001": 98.0, "0000": 50.0})
    assert set(column(frame, "riket").values()) == {50.0}


@pytest.mark.parametrize(
    ("without_value", "weight", "county", "ground"),
    [
        (1, None, 80.0, "ovägt medel"),
        (1, "N1N", 80.0, "vägt medel"),
        (2, None, None, None),
        (2, "N1N", None, None),
    ],
)
def test_half_of_the_kommuner_are_a_county_and_fewer_are_none(
    without_value: int, weight: str | None, county: float | None, ground: str | None
) -> None:
    ours: dict[str, float | None] = {"1000": 80.0, **{f"{1001 + n}": None for n in range(without_value)}}
    frame = table(ours, more=[("N1N", "1000", 5.0)], vikt_nyckeltal_id=weight)
    assert (column(frame, "lan_varde"), column(frame, "lan_grund")) == ({"1000": county}, {"1000": ground})
    assert column(frame, "lan_antal") == {"1000": 1}


def test_the_regions_value_is_the_countys_where_both_have_the_nyckeltal() -> None:
    values: dict[str, float | None] = {"1000": 80.0, "1001": 60.0, "1002": 10.0, "0004": 77.0}
    both, of_kommuner = table(values, niva="A"), table(values, niva="K")
    assert (column(both, "lan_varde")["1000"], column(both, "lan_grund")["1000"]) == (77.0, "regionens värde")
    assert (column(of_kommuner, "lan_varde")["1000"], column(of_kommuner, "lan_grund")["1000"]) == (50.0, "ovägt medel")


def test_similar_areas_are_the_members_that_have_a_value() -> None:
    frame = table({"1000": 1.0, "1001": 10.0, "1002": 5.0, "1003": 20.0})
    assert column(frame, "liknande") == {"1000": 15.0, "1001": None, "1002": None, "1003": None}
    assert column(frame, "liknande_antal")["1000"] == 2
    assert column(frame, "liknande_grupp_id")["1000"] == "G1"


def test_uncertainty_is_koladas_own_or_nothing() -> None:
    frame = table({"1000": 74.0, "1001": 60.0}, more=[("N1E", "1000", 4.0)])
    assert column(frame, "osakerhet") == {"1000": 4.0, "1001": None}


def test_infinities_and_nan_are_no_values() -> None:
    frame = table({"1000": 10.0, "1001": float("nan"), "1002": float("inf"), "1003": 20.0})
    assert column(frame, "varde") == {"1000": 10.0, "1003": 20.0}
    assert (column(frame, "lan_ovagt")["1000"], column(frame, "lan_antal")["1000"]) == (10.0, 1)


def test_the_ground_is_koladas_margin_then_counts_then_the_arsvariation() -> None:
    noise = {"1000": (5.0, 9.0), "1001": (6.0, 11.0)}
    frame = table({"1000": 74.0, "1001": 60.0, "1002": 50.0}, more=[("N1E", "1000", 4.0)], noise=noise)
    assert column(frame, "osakerhet_grund") == {"1000": "osäkerhetstal", "1001": "årsvariation", "1002": None}
    assert (column(frame, "nedre")["1000"], column(frame, "ovre")["1000"]) == (70.0, 78.0)
    assert (column(frame, "nedre")["1001"], column(frame, "ovre")["1001"]) == (54.0, 66.0)
    assert (column(frame, "halv_95")["1001"], column(frame, "halv_998")["1001"]) == (6.0, 11.0)
    assert column(frame, "osakerhet") == {"1000": 4.0, "1001": None, "1002": None}


def test_without_any_ground_the_reason_is_given() -> None:
    frame = table({"1000": 74.0, "0000": 50.0})
    assert column(frame, "osakerhet_orsak") == {"1000": WHY}
    assert (column(frame, "nedre"), column(frame, "halv_95")) == ({"1000": None}, {"1000": None})
    assert column(frame, "mot_riket") == {"1000": "kan inte bedömas"}


@pytest.mark.parametrize("margin", [0.0, -1.0, float("nan")])
def test_an_osakerhetstal_that_is_no_margin_gives_no_interval_of_zero_width(margin: float) -> None:
    frame = table({"1000": 74.0}, more=[("N1E", "1000", margin)], noise={"1000": (5.0, 9.0)})
    assert column(frame, "osakerhet_grund") == {"1000": "årsvariation"}
    assert (column(frame, "osakerhet"), column(frame, "nedre")) == ({"1000": None}, {"1000": 69.0})


def test_a_value_that_the_owners_replaced_has_no_interval_of_koladas() -> None:
    frame = table({"1000": 74.0, "1001": 60.0}, more=[("N1E", "1000", 4.0), ("N1E", "1001", 4.0)], replaced="1000")
    assert column(frame, "osakerhet") == {"1000": None, "1001": 4.0}
    assert column(frame, "osakerhet_grund") == {"1000": None, "1001": "osäkerhetstal"}


COUNTS = {"taljare_nyckeltal_id": "N1T", "namnare_nyckeltal_id": "N1N", "osakerhet_nyckeltal_id": None}


def test_known_counts_give_wilsons_interval_of_a_share_and_byars_of_a_rate() -> None:
    counts = [("N1T", "1000", 65.0), ("N1N", "1000", 100.0)]
    share = table({"1000": 65.0}, more=counts, **COUNTS, per=100.0)
    assert column(share, "osakerhet_grund") == {"1000": "räknat"}
    assert column(share, "nedre")["1000"] == pytest.approx(55.254443296887967, rel=1e-12)
    assert column(share, "ovre")["1000"] == pytest.approx(73.635751756902468, rel=1e-12)
    # The longer side counts.
    assert column(share, "halv_95")["1000"] == pytest.approx(65 - 55.254443296887967, rel=1e-9)
    rate_counts = [("N1T", "1000", 65.0), ("N1N", "1000", 8500.0)]
    rate = table({"1000": 764.7059}, more=rate_counts, **COUNTS, per=100_000.0, enhet="antal per 100 000 invånare")
    assert column(rate, "osakerhet_grund") == {"1000": "räknat"}
    assert column(rate, "nedre")["1000"] == pytest.approx(590.1551, abs=5e-5)
    assert column(rate, "ovre")["1000"] == pytest.approx(974.6957, abs=5e-5)


def test_a_count_has_byars_interval() -> None:
    frame = table(
        {"1000": 5.0, "1001": 0.0},
        **COUNTS | {"taljare_nyckeltal_id": "N1", "namnare_nyckeltal_id": None},
        per=1.0,
        enhet="antal",
    )
    assert column(frame, "osakerhet_grund") == {"1000": "räknat", "1001": "räknat"}
    assert column(frame, "nedre")["1000"] == pytest.approx(1.6113477157471938, rel=1e-11)
    assert (column(frame, "nedre")["1001"], column(frame, "ovre")["1001"]) == (0.0, pytest.approx(3.6680118321737507))


def test_an_osakerhetstal_goes_before_counts() -> None:
    counts = [("N1T", "1000", 65.0), ("N1N", "1000", 100.0), ("N1E", "1000", 2.0)]
    frame = table({"1000": 65.0}, more=counts, **COUNTS | {"osakerhet_nyckeltal_id": "N1E"}, per=100.0)
    assert (column(frame, "osakerhet_grund"), column(frame, "nedre")) == ({"1000": "osäkerhetstal"}, {"1000": 63.0})


def test_the_three_county_values_are_told_apart() -> None:
    weights = [("N1N", "1000", 1000.0), ("N1N", "1001", 100.0)]
    values: dict[str, float | None] = {"1000": 80.0, "1001": 60.0, "1002": 10.0, "0004": 77.0, "1003": 1.0}
    frame = table(values, more=weights, namnare_nyckeltal_id="N1N")
    # 1002 has no denominator: it is in the unweighted mean only.
    assert (column(frame, "lan_ovagt")["1000"], column(frame, "lan_antal")["1000"]) == (50.0, 3)
    assert column(frame, "lan_vagt")["1000"] == pytest.approx(86000 / 1100, rel=1e-12)
    assert (column(frame, "lan_vagt_antal")["1000"], column(frame, "lan_kolada")["1000"]) == (2, 77.0)
    assert (column(frame, "lan_varde")["1000"], column(frame, "lan_grund")["1000"]) == (
        pytest.approx(86000 / 1100),
        "vägt medel",
    )
    assert {column(frame, name)[area] for name in ("lan_vagt", "lan_kolada") for area in ("0004", "1003")} == {None}


def test_a_declared_weight_goes_before_the_denominator() -> None:
    weights = [("N1N", "1000", 1000.0), ("N1N", "1001", 100.0), ("N1V", "1000", 1.0), ("N1V", "1001", 3.0)]
    frame = table({"1000": 80.0, "1001": 60.0}, more=weights, namnare_nyckeltal_id="N1N", vikt_nyckeltal_id="N1V")
    assert column(frame, "lan_vagt")["1000"] == 65.0


def test_a_weight_without_values_leaves_the_unweighted_mean() -> None:
    frame = table({"1000": 80.0, "1001": 60.0}, vikt_nyckeltal_id="N1V")
    assert (column(frame, "lan_varde")["1000"], column(frame, "lan_grund")["1000"]) == (70.0, "ovägt medel")
    assert column(frame, "lan_vagt")["1000"] is None


def test_without_a_declared_weight_there_is_no_weighted_mean() -> None:
    frame = table({"1000": 80.0, "1001": 60.0}, more=[("N1N", "1000", 1000.0)])
    assert set(column(frame, "lan_vagt").values()) == set(column(frame, "lan_vagt_antal").values()) == {None}


def margins(areas: dict[str, float]) -> list[tuple[str, str, float]]:
    return [("N1E", area, margin) for area, margin in areas.items()]


def test_a_difference_is_sure_or_likely_or_neither() -> None:
    # √(3² + 4²) = 5 at 95 %, 1.5767 times as much at 99.8 %: 7.88.
    words = {
        62.0: "säkert bättre", 57.5: "troligen bättre", 54.9: "ingen säker skillnad",
        44.0: "troligen sämre", 42.0: "säkert sämre",
    }  # fmt: skip
    for value, word in words.items():
        frame = table({"1000": value, "0000": 50.0}, more=margins({"1000": 3.0, "0000": 4.0}))
        assert column(frame, "mot_riket")["1000"] == word
    lower = table({"1000": 42.0, "0000": 50.0}, "lägre", more=margins({"1000": 3.0, "0000": 4.0}))
    assert column(lower, "mot_riket")["1000"] == "säkert bättre"
    neither = table({"1000": 42.0, "0000": 50.0}, "ingen", more=margins({"1000": 3.0, "0000": 4.0}))
    assert column(neither, "mot_riket")["1000"] == "säkert lägre"


def test_riket_counts_as_exact_where_its_uncertainty_is_not_published() -> None:
    for value, word in ((55.1, "troligen bättre"), (54.9, "ingen säker skillnad"), (59.1, "säkert bättre")):
        frame = table({"1000": value, "0000": 50.0}, noise={"1000": (5.0, 9.0)})
        assert column(frame, "mot_riket")["1000"] == word
    own_margin = table({"1000": 90.0, "0000": 50.0}, more=margins({"1000": 3.0}))
    assert column(own_margin, "mot_riket")["1000"] == "säkert bättre"


def test_a_side_without_any_ground_is_not_judged() -> None:
    other = table({"1000": 90.0, "0000": 50.0}, more=margins({"0000": 3.0}))
    assert column(other, "mot_riket")["1000"] == "kan inte bedömas"
    assert column(table({"1000": 90.0}), "mot_riket")["1000"] is None


def test_a_kommun_is_part_of_its_county_mean() -> None:
    # k = 3: Var = e²(1 - 2/3) + 3e²/9 = 2e²/3: √(2/3) · 6 = 4.90 at 95 %, 7.72 at 99.8 %.
    areas = margins(dict.fromkeys(("1000", "1001", "1002"), 6.0))
    for value, rest, word in (
        (53.2, 48.4, "ingen säker skillnad"),
        (56.0, 47.0, "troligen bättre"),
        (58.0, 46.0, "säkert bättre"),
    ):
        frame = table({"1000": value, "1001": rest, "1002": rest}, more=areas)
        assert column(frame, "mot_lan")["1000"] == word
    part = table({"1000": 99.0, "1001": 46.0, "1002": 46.0}, more=margins({"1000": 6.0, "1001": 6.0}))
    assert column(part, "mot_lan")["1000"] == "kan inte bedömas"


def test_beside_the_regions_value_both_sides_count() -> None:
    # √(3² + 4²) = 5.
    for value, word in ((54.9, "ingen säker skillnad"), (55.1, "troligen bättre")):
        values = {"1000": value, "1001": 10.0, "0004": 50.0}
        frame = table(values, more=margins({"1000": 3.0, "0004": 4.0}), niva="A")
        assert column(frame, "mot_lan")["1000"] == word


def test_a_kommun_of_another_county_is_not_set_against_ours() -> None:
    county = {"1000": 50.0, "1001": 50.0, "1002": 50.0, "1003": 90.0}
    assert column(table(county, more=margins(dict.fromkeys(county, 6.0))), "mot_lan")["1003"] is None


def test_similar_areas_are_judged_by_the_interval_of_their_mean() -> None:
    # Mean of 1001 and 1003, each ± 6: ± 4.24; with own ± 6: 7.35; 99.8 %: 11.59.
    areas = margins(dict.fromkeys(("1000", "1001", "1003"), 6.0))
    for value, word in ((57.3, "ingen säker skillnad"), (57.4, "troligen bättre"), (61.7, "säkert bättre")):
        frame = table({"1000": value, "1001": 50.0, "1003": 50.0}, more=areas)
        assert column(frame, "mot_liknande")["1000"] == word
