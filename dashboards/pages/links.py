"""Where the pages of a report lie and what they are called: the one place that knows.

Paths are relative to the report's folder; a page in a folder of its own puts `../` before them (`root`).
"""

from __future__ import annotations

from dashboards.reading.published import Area

INDEX = "index.html"
# The folder of the figures as files.
PICTURES = "bilder"
# Page or part of a page → its name, the same in navigation, contents and heading.
LAGET, LIKVARDIGHET, SEDAN = "index.html#laget", "index.html#likvardighet", "index.html#sedan"
STYRKEDJA, SATSNINGAR, BEKRAFTA = "styrkedja.html", "satsningar.html", "att-bekrafta.html"
SJALVSKATTNING, LATTLAST = "sjalvskattning.html", "lattlast.html"
METOD, NYCKELTAL, TILLGANGLIGHET = "metod.html", "nyckeltal.html", "tillganglighet.html"
NAMES = {
    LAGET: "Läget på en sida",
    LIKVARDIGHET: "Likvärdighet",
    SEDAN: "Sedan förra uppföljningen och beslut som väntar",
    STYRKEDJA: "Styrkedjan",
    SATSNINGAR: "Fokusområden och satsningar",
    SJALVSKATTNING: "Självskattning",
    BEKRAFTA: "Att bekräfta av ägarna",
    METOD: "Metod och källor",
    NYCKELTAL: "Alla nyckeltal",
    LATTLAST: "Lättläst",
    TILLGANGLIGHET: "Tillgänglighetsredogörelse",
}


def measure_page(measure_id: str) -> str:
    """A mått's own page."""
    return f"matt/{measure_id}.html"


def kpi_anchor(kpi_id: str) -> str:
    """A nyckeltal on the page of the mått that it is shown at."""
    return f"nyckeltal-{kpi_id}"


def principal_page(area: Area) -> str:
    """A huvudman's own page."""
    return f"huvudman/{area.id}.html"


def initiative_page(initiative_id: str) -> str:
    """A satsning's own page."""
    return f"satsning/{initiative_id}.html"


def part_page(number: int) -> str:
    """A länsdel's page, by its order."""
    return f"lansdel/{number}.html"


def indicator_anchor(indicator_id: str) -> str:
    """Where an indikator's half page begins in the index."""
    return f"indikator-{indicator_id}"


def indicator_part(indicator_id: str) -> str:
    """The address of an indikator's half page."""
    return f"{INDEX}#{indicator_anchor(indicator_id)}"


def measure_csv(measure_id: str) -> str:
    """Every number of a mått."""
    return f"csv/{measure_id}.csv"


def period_csv(kpi_id: str) -> str:
    """The months and quarters of a nyckeltal."""
    return f"csv/perioder-{kpi_id}.csv"


def picture(measure_id: str, figure: str) -> str:
    """A figure of a mått as a file; the name is the same from issue to issue."""
    return f"{PICTURES}/{measure_id}/{figure}.svg"


def initiative_picture(initiative_id: str, figure: str) -> str:
    """A figure of a satsning as a file."""
    return picture(f"satsning-{initiative_id}", figure)


def measure_data(measure_id: str) -> str:
    """A mått for programs."""
    return f"data/{measure_id}.json"


def principal_data(area: Area) -> str:
    """A huvudman for programs; no mått is called by four digits."""
    return f"data/{area.id}.json"


SUMMARY_CSV = "csv/sammanfattning.csv"
