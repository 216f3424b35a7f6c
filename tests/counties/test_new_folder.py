"""`malbild ny`: the folder that another county begins with holds what Kolada says of it, and nobody's decisions."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pipelines.catalog.load import load_catalog
from pipelines.counties.folder import county_of, write_folder
from pipelines.counties.places import county_names
from pipelines.kolada.catalogue import Lists
from pipelines.kolada.contract import Group, Municipality
from pipelines.standin.synthetic import areas_and_groups
from tests.counties.small import HOME, OTHER, two_counties, without_kommuner
from tests.small import CATALOG, kolada, malbild, own_catalog

AREAS, GROUPS = areas_and_groups()
LISTS = Lists([], msgspec.convert(AREAS, list[Municipality]), msgspec.convert(GROUPS, list[Group]))
# The first two digits of a kommun's id, by Statistics Sweden's numbers of the counties.
CODES = {
    "Stockholms län": "01", "Uppsala län": "03", "Södermanlands län": "04", "Östergötlands län": "05",
    "Jönköpings län": "06", "Kronobergs län": "07", "Kalmar län": "08", "Gotlands län": "09", "Blekinge län": "10",
    "Skåne län": "12", "Hallands län": "13", "Västra Götalands län": "14", "Värmlands län": "17",
    "Örebro län": "18", "Västmanlands län": "19", "Dalarnas län": "20", "Gävleborgs län": "21",
    "Västernorrlands län": "22", "Jämtlands län": "23", "Västerbottens län": "24", "Norrbottens län": "25",
}  # fmt: skip


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The minimal catalogue as a county's own målbild, in which everything that can be decided is."""
    folder = tmp_path_factory.mktemp("beslutad")
    text = (CATALOG / "indikatorer.yaml").read_text()
    text = text.replace("beslut: föreslagen", "beslut: beslutad")
    text = text.replace("version: 1\n", "version: 1\nmalbild_ar: 2035\n")
    text = text.replace("    perspektiv: brukare\n", "    agare: Hemmets utvecklingsgrupp\n    perspektiv: brukare\n")
    goal = (
        "    mal:\n      varde: 90\n      ar: 2030\n      bas_ar: 2023\n      beslut: beslutad\n      kalla: Beslut\n"
    )
    text = text.replace(
        "    kalla: Äldreenkäten\n", f"{goal}\n    # Det här är Äldreenkäten\n    kalla: Äldreenkäten\n"
    )
    (folder / "indikatorer.yaml").write_text(text)
    (folder / "kommuner.yaml").write_text((CATALOG / "kommuner.yaml").read_text())
    decided = load_catalog(folder)
    assert decided.kpis["U00001"].target
    assert decided.measures[0].owner
    return folder


def test_the_counties_of_sweden_are_found_in_the_catalogue() -> None:
    assert county_names(LISTS.groups) == sorted(CODES)


# The first, one that is region and kommun at once, and one of three words, in `make test`.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if n in (0, 7, 11) else [pytest.mark.lang]) for n, name in enumerate(CODES)]
)
def test_every_county_gets_a_folder_that_passes_the_check(name: str, tmp_path: Path) -> None:
    home = own_catalog()
    created = load_catalog(write_folder(county_of(name, LISTS, home.geography), home, tmp_path / "lan"))
    geography = created.geography
    assert geography.county_name == name
    assert geography.region.id == f"00{CODES[name]}"
    assert {k.id for k in geography.kommuner} == {
        a.id for a in LISTS.areas if a.type == "K" and a.id.startswith(CODES[name])
    }
    titles = {group.id: group.title for group in LISTS.groups}
    for place in (*geography.kommuner, geography.region):
        assert all(f", {place.name}, " in titles[group] for group in place.similar.values())
        assert place.similar
    assert [m.id for m in created.measures] == [m.id for m in home.measures]
    assert set(created.kpis) == set(home.kpis)
    # Whom the home county has asked itself says nothing of another.
    assert any(kpi.own_surveys for kpi in created.kpis.values()) is (name == HOME)
    assert geography.sub_counties == ()
    assert geography.publisher is None
    assert (created.follow_ups, created.corrections, created.activities.model_dump(exclude_defaults=True)) == (
        (), (), {"version": 1},
    )  # fmt: skip
    assert created.proposed_from == (None if name == HOME else HOME)
    assert created.reached is None


def test_sormland_gets_the_areas_and_groups_that_it_has_itself(tmp_path: Path) -> None:
    home = own_catalog()
    created = load_catalog(write_folder(county_of(HOME, LISTS, home.geography), home, tmp_path / "lan"))
    ours, theirs = home.geography, created.geography
    assert {k.id: (k.name, dict(k.similar)) for k in ours.kommuner} == {
        k.id: (k.name, dict(k.similar)) for k in theirs.kommuner
    }
    assert (ours.region, ours.county_group, ours.kommun_group, ours.region_group) == (
        theirs.region, theirs.county_group, theirs.kommun_group, theirs.region_group,
    )  # fmt: skip


def test_gotland_is_told_to_be_one_organisation_under_two_ids(tmp_path: Path) -> None:
    home = own_catalog()
    folder = write_folder(county_of("Gotlands län", LISTS, home.geography), home, tmp_path / "gotland")
    text = " ".join(line.lstrip("# ") for line in (folder / "kommuner.yaml").read_text().splitlines())
    assert "samma organisation som regionen. Kolada för den under två id: 0980 Gotland" in text
    assert "0009 Region Gotland" in text
    other = write_folder(county_of(OTHER, LISTS, home.geography), home, tmp_path / "annat")
    assert "samma organisation" not in (other / "kommuner.yaml").read_text()


def test_what_is_decided_stays_where_it_was_decided(start: Path, tmp_path: Path) -> None:
    with kolada(two_counties()) as url:
        ended = malbild("ny", "--lan", OTHER, tmp_path / "lan", "--katalog", start, "--kolada-url", url)
    assert ended.code == 0, ended.err
    assert "3 kommuner, Region Västmanland, 6 nyckeltal to begin with; nothing is decided" in ended.out
    created = load_catalog(tmp_path / "lan")
    assert {use.decision for m in created.measures for use in m.kpis} == {"föreslagen"}
    assert {kpi.direction_decision for kpi in created.kpis.values()} == {"föreslagen"}
    assert all(kpi.target is None for kpi in created.kpis.values())
    assert all(m.owner is None for m in created.measures)
    text = (tmp_path / "lan" / "indikatorer.yaml").read_text()
    assert text.startswith(f"# {OTHER}: förslag till mått och nyckeltal att börja med.\n# {OTHER} har inte beslutat")
    assert "2035" not in text.partition("\nversion: 1")[2]
    assert "forslag_fran: Provlän\n" in text
    assert "    # Det här är Äldreenkäten\n    kalla: Äldreenkäten\n" in text, "comments of what stays are kept"
    all_files = "".join(path.read_text() for path in (tmp_path / "lan").iterdir())
    assert "Hemmets utvecklingsgrupp" not in all_files
    assert "Norra\n" not in all_files, "the länsdelar are not theirs"


@pytest.mark.lang
def test_what_cannot_be_made_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    def ny(*arguments: str | Path) -> tuple[int, str]:
        ended = malbild("ny", *arguments, "--katalog", CATALOG, MALBILD_TALAMOD="0")
        return ended.code, ended.err

    folder, used = tmp_path / "lan", tmp_path / "upptagen"
    used.mkdir()
    (used / "anteckning.txt").write_text("min")
    with kolada(two_counties()) as url:
        code, output = ny("--lan", "Västmanland", folder, "--kolada-url", url)
        assert (code, output.count("→")) == (2, 1), output
        assert f"did you mean {OTHER}? The counties are {HOME}, {OTHER}" in output
        code, output = ny("--lan", OTHER, used, "--kolada-url", url)
        assert code == 2
        assert f"{used} exists and is not empty; nothing was written" in output
    with kolada(without_kommuner(two_counties())) as url:
        code, output = ny("--lan", OTHER, folder, "--kolada-url", url)
        assert code == 3
        assert "G33626" in output
        assert "has 0 kommuner of the catalogue and names 1980, 1981, 1982, which are none" in output
    code, output = ny("--lan", OTHER, folder, "--kolada-url", url)
    assert code == 3, "nobody answers there any more"
    assert url in output
    assert [path.name for path in tmp_path.iterdir()] == ["upptagen"]
    assert [path.name for path in used.iterdir()] == ["anteckning.txt"]
