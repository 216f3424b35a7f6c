"""What a cycle's figures said on the day they were to be looked at, beside what the same values are now.

What stood there is table `titt`, which no later night changes; the page of a satsning shows it as tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from dashboards import cite, formatting
from dashboards.pages import attribution
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.content import Records
from dashboards.reading.published import Kpi, Published
from pipelines.rows import Record


def look_tables(rows: Records, published: Published) -> Iterator[Table]:
    """A table for every look and nyckeltal. rows: those of table `titt` of one cycle, in its order."""
    for (look, kpi_id), of_look in groupby(rows, key=lambda row: (row.planerad_titt, row.nyckeltal_id)):
        areas = tuple(of_look)
        kpi = published.kpis.get(kpi_id)
        seen = formatting.day(areas[0].observerad)
        planned = "" if seen == formatting.day(look) else f"; den planerade dagen var {formatting.day(look)}"
        unit = f" Enhet: {kpi.unit}." if kpi else ""
        source = attribution.unchanged(attribution.source_of(kpi, published.run)) if kpi else ""
        own = attribution.own(published.run.source)
        yield Table(
            caption=f"{kpi.title if kpi else kpi_id}, nedskrivet {seen}{planned}.{unit}",
            columns=("Område", "Avser", "Värde då", "Särskild orsak då", "Nu"),
            rows=tuple(_rows(areas, kpi, published)),
            source=f"{source} (värdena); {formatting.lowered(own)} (särskild orsak)" if source else own,
            own=True,
        )


def _rows(rows: Records, kpi: Kpi | None, published: Published) -> Iterator[Row]:
    values = [row.varde for row in rows if row.varde is not None]
    decimals = formatting.decimals_for(values, kpi.unit if kpi else "") if values else 0
    names = published.content.texts("omrade", "namn")
    for row in sorted(rows, key=lambda row: names[row.omrade_id]):
        if row.varde is None:
            fields = (Field("–"), Field("inget värde", missing=True), Field("–"), Field("–"))
        else:
            place = cite.place("titt", row.nyckeltal_id, row.omrade_id, row.ar, None)
            value = Field(cite.figure(formatting.number(row.varde, decimals), row.varde, place))
            fields = (Field(row.avser), value, Field(_cause(row)), _now(row, decimals, published))
        yield Row(names[row.omrade_id], fields)


def _cause(row: Record) -> str:
    if row.sarskild_orsak:
        return str(row.sarskild_orsak)
    return {"inga": "för få perioder för gränser", None: "–"}.get(row.granser, "ingen")


def _now(row: Record, decimals: int, published: Published) -> Field:
    """The value of the same period as it is now."""
    of_period = published.content.where(
        "periodvarde", nyckeltal_id=row.nyckeltal_id, omrade_id=row.omrade_id, period=row.avser, kon="T"
    )
    if row.granser is not None:
        table, value = "periodvarde", of_period[0].varde if of_period else None
    else:
        series = published.series.get(row.nyckeltal_id)
        table, value = "matvarde", series.cell(row.omrade_id, row.ar).value if series else None
    if value is None:
        return Field("visas inte längre", missing=True)
    if value == row.varde:
        return Field("oförändrat")
    place = cite.place(table, row.nyckeltal_id, row.omrade_id, row.ar)
    return Field(cite.figure(formatting.number(value, decimals), value, place), note="reviderat")
