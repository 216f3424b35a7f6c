"""The analysis over the warehouse: what it reads, and where its results go. What it computes is
`pipelines.analysis`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import duckdb
import polars as pl

from pipelines.analysis.annual_variation import annual_variation
from pipelines.analysis.breaks import possible_breaks
from pipelines.analysis.comparison import COMPANIONS, comparison
from pipelines.analysis.county import county_trend
from pipelines.analysis.effect import Facts as EffectFacts
from pipelines.analysis.effect import confirmed, effects
from pipelines.analysis.equity import gender_gap, spread, sub_county_means
from pipelines.analysis.findings import Facts, findings
from pipelines.analysis.learning import models
from pipelines.analysis.position import bands, positions
from pipelines.analysis.target import target
from pipelines.analysis.trend import counted_years, holds, trend
from pipelines.analysis.xmr import xmr
from pipelines.settings import CHUNK_SIZE
from pipelines.streaming import prefetch
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.frames import append, as_frame, check, shape
from pipelines.warehouse.periods import CURRENT
from pipelines.warehouse.store import single_threaded, transaction

T = TypeVar("T")

# What is computed of values is several times as wide as they are.
_SHARE = 2


def analyse(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> dict[str, int]:
    """Write every table that is computed from the values anew; table → number of rows. `chunk_size`: how many values'
    worth of memory they may take.
    """
    return {
        **measure_variation(connection, chunk_size),
        **compare(connection, chunk_size),
        **judge_trends(connection, chunk_size),
        **judge_effects(connection),
        **select_findings(connection),
    }


def measure_variation(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> dict[str, int]:
    """Write the tables of årsvariation anew, which the others lean on."""
    inputs = _Inputs.read(connection)

    def results(chunk: tuple[list[str], pl.DataFrame]) -> dict[str, pl.DataFrame]:
        _, values = chunk
        variation = annual_variation(values, inputs.areas, inputs.kpis, inputs.breaks)
        return {
            "arsvariation": variation.areas,
            "traffsakerhet": variation.accuracy,
            "mojligt_brott": possible_breaks(values, inputs.areas, inputs.kpis, inputs.breaks),
        }

    return _write(connection, prefetch(_fitting(results), _value_chunks(connection, inputs, chunk_size), threads=2))


def compare(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> dict[str, int]:
    """Write the tables of läge and likvärdighet anew, from the values and their årsvariation."""
    ((method,),) = connection.sql("SELECT varde FROM metod WHERE regel = 'band'").fetchall()
    inputs = _Inputs.read(connection)
    kommuner = "SELECT omrade_id, lansdel FROM omrade WHERE i_malbild AND typ = 'kommun'"
    lansdelar = _read(connection, kommuner, inputs.keys)
    similar = _read(connection, _SIMILAR, inputs.keys)
    variation = _variation(connection, inputs.keys)
    cuts = bands(method)

    def read() -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
        for ids, values in _value_chunks(connection, inputs, chunk_size):
            kpis = inputs.kpis.filter(pl.col("nyckeltal_id").is_in(ids))
            companions = {kpi for name in COMPANIONS for kpi in kpis[name].drop_nulls()}.difference(ids)
            yield kpis, values, _values(connection, inputs.keys, sorted(companions))

    def results(chunk: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        kpis, values, companions = chunk
        noise = variation.join(kpis, on="nyckeltal_id", how="semi")
        compared = comparison(pl.concat([values, companions]), kpis, inputs.areas, similar, noise)
        counted = counted_years(values, inputs.areas, inputs.breaks)
        placed = positions(_newest_of_own_areas(compared), cuts)
        other_survey = pl.struct("nyckeltal_id", "ar").is_in(inputs.own_surveys.to_struct("ar").implode())
        return {
            "jamforelse": compared,
            "placering": placed.areas.with_columns(ungefarlig=pl.col("i_malbild") & other_survey),
            "tillforlitlighet": placed.kpis,
            "konsskillnad": gender_gap(compared),
            "spridning": spread(values, inputs.areas, counted, inputs.own_surveys, noise),
            "lansdel_varde": sub_county_means(compared, lansdelar),
            "forebild": models(counted, kpis, noise, similar),
        }

    return _write(connection, prefetch(_fitting(results), read(), threads=2))


def _newest_of_own_areas(compared: pl.DataFrame) -> pl.DataFrame:
    """The rows, kön T, of every year that is the newest one of an own area of the kind."""
    total = compared.filter(pl.col("kon") == "T")
    newest = (
        total.filter(pl.col("i_malbild"))
        .group_by("nyckeltal_id", "typ", "omrade_id")
        .agg(pl.col("ar").max())
        .select("nyckeltal_id", "typ", "ar")
        .unique()
    )
    return total.join(newest, on=["nyckeltal_id", "typ", "ar"], how="semi")


def judge_trends(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> dict[str, int]:
    """Write the tables of riktning and mål anew, from the values and their årsvariation, and of months and quarters."""
    inputs = _Inputs.read(connection)
    decisions = "SELECT * EXCLUDE (beslut, beslutat_av) FROM malvarde WHERE beslut = 'beslutad'"
    decided = _read(connection, decisions, inputs.keys)
    cells = _read(connection, _CELLS, inputs.keys)
    variation = _variation(connection, inputs.keys)
    # A cell of a nyckeltal without values has its row in `mal` too.
    without_values = dict.fromkeys(cells["nyckeltal_id"].unique(), 0)

    def results(chunk: tuple[list[str], pl.DataFrame]) -> dict[str, pl.DataFrame]:
        ids, values = chunk
        noise = variation.filter(pl.col("nyckeltal_id").is_in(ids))
        known = (inputs.kpis, inputs.breaks, noise)
        return {
            "trend": _without_holds(trend(values, inputs.areas, *known)),
            "lan_trend": _without_holds(county_trend(values, inputs.areas, *known)),
            "mal": target(values, cells.filter(pl.col("nyckeltal_id").is_in(ids)), decided, *known),
        }

    chunked = _value_chunks(connection, inputs, chunk_size, without_values)
    rows = _write(connection, prefetch(_fitting(results), chunked, threads=2))
    _write_holds(connection, connection.sql(_TESTED).pl())
    charts = check("xmr", shape("xmr", xmr(connection.sql(_PERIODS).pl())))
    return rows | _write(connection, [{"xmr": charts}])


# The months and quarters of what a mått is shown with, where they have a value: numerators and denominators are none.
_PERIODS = f"""
SELECT nyckeltal_id, omrade_id, kon, ar, period, varde FROM ({CURRENT}) SEMI JOIN matt_nyckeltal USING (nyckeltal_id)
WHERE varde IS NOT NULL
"""  # noqa: S608 - texts of our modules


def analyse_every_county(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> None:
    """The analysis where every kommun and region is an own area: each beside its own county. What is one county's as a
    whole (spridning, lan_trend, lansdel_varde, mal, fynd) is of none, and empty.
    """
    measure_variation(connection, chunk_size)
    compare(connection, chunk_size)
    inputs = _Inputs.read(connection)
    variation = _variation(connection, inputs.keys)
    counties = inputs.areas["lan_kod"].drop_nulls().unique().sort()
    primaries = "SELECT DISTINCT nyckeltal_id FROM matt_nyckeltal WHERE roll = 'primär'"
    primary = _read(connection, primaries, inputs.keys)
    lines: list[pl.DataFrame] = []

    def results(chunk: tuple[list[str], pl.DataFrame]) -> dict[str, pl.DataFrame]:
        ids, values = chunk
        known = (inputs.kpis, inputs.breaks, variation.filter(pl.col("nyckeltal_id").is_in(ids)))
        totals = values.filter(pl.col("kon") == "T").join(primary, on="nyckeltal_id", how="semi")
        for code in counties:
            of_county = inputs.areas.with_columns(i_malbild=pl.col("lan_kod") == code)
            line = county_trend(totals, of_county, *known).filter(pl.col("p_varde").is_not_null())
            lines.append(line.select("nyckeltal_id", "p_varde", lan_kod=pl.lit(code)))
        return {"trend": _without_holds(trend(values, inputs.areas, *known))}

    _write(connection, prefetch(_fitting(results), _value_chunks(connection, inputs, chunk_size), threads=2))
    of_areas = _read(connection, _TESTED, inputs.keys).join(inputs.areas.select("omrade_id", "lan_kod"), on="omrade_id")
    tested = pl.concat([of_areas, *lines], how="diagonal")
    # What is tested together is what one county reads.
    for of_county in tested.partition_by("lan_kod"):
        _write_holds(connection, of_county)
    # Of all own areas taken together, which here are those of the whole country.
    connection.execute("DELETE FROM spridning")


def _without_holds(tested: pl.DataFrame) -> pl.DataFrame:
    """Which directions stand is known when all have been tested (`_write_holds`)."""
    return tested.with_columns(haller=pl.lit(None, pl.Boolean))


def _write_holds(connection: duckdb.DuckDBPyConnection, tested: pl.DataFrame) -> None:
    """Note which directions stand, of all that are tested together: nyckeltal_id, omrade_id (None: the county),
    p_varde; kön T.
    """
    with transaction(connection):
        connection.register("provade", holds(tested))
        connection.execute(
            """UPDATE trend SET haller = p.haller FROM provade p WHERE trend.kon = 'T'
               AND trend.nyckeltal_id = p.nyckeltal_id AND trend.omrade_id = p.omrade_id"""
        )
        connection.execute(
            """UPDATE lan_trend SET haller = p.haller FROM provade p WHERE lan_trend.kon = 'T'
               AND lan_trend.nyckeltal_id = p.nyckeltal_id AND p.omrade_id IS NULL"""
        )
        connection.unregister("provade")


# The series of primary nyckeltal: own areas and the county.
_TESTED = """
WITH primara AS (SELECT DISTINCT nyckeltal_id FROM matt_nyckeltal WHERE roll = 'primär')
SELECT nyckeltal_id, omrade_id, p_varde
FROM trend JOIN primara USING (nyckeltal_id) JOIN omrade USING (omrade_id)
WHERE kon = 'T' AND i_malbild AND p_varde IS NOT NULL
UNION ALL BY NAME
SELECT nyckeltal_id, p_varde FROM lan_trend JOIN primara USING (nyckeltal_id)
WHERE kon = 'T' AND p_varde IS NOT NULL
ORDER BY nyckeltal_id, omrade_id
"""


def judge_effects(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the tables of effekt anew: of what is known, and of what was known in each earlier frozen uppföljning."""
    # Without an expectation, which is the common case, nothing is read.
    ((expected,),) = connection.sql("SELECT count(*) FROM forvantan").fetchall()
    ((newest,),) = connection.sql("SELECT max(observerad) FROM korning").fetchall()
    issues = connection.execute(_EARLIER_ISSUES, [newest]).fetchall() if expected else []
    now = _effects_at(connection, newest) if expected else as_frame("effekt", []).drop("bekraftad")
    earlier = pl.concat(
        [as_frame("effekt_uppfoljning", [])]
        + [
            shape(
                "effekt_uppfoljning",
                _effects_at(connection, as_of).with_columns(uppfoljning_id=pl.lit(issue), as_of=pl.lit(as_of)),
            )
            for issue, as_of in issues
        ]
    )
    tables = {"effekt": confirmed(now, earlier), "effekt_uppfoljning": earlier}
    return _write(connection, [{table: check(table, shape(table, frame)) for table, frame in tables.items()}])


def _effects_at(connection: duckdb.DuckDBPyConnection, when: datetime) -> pl.DataFrame:
    """What would have been said of the expectations by what was known at `when` (UTC, naive)."""
    frames = {
        name: connection.execute(query, {"t": when} if "$t" in query else None).pl()
        for name, query in _EFFECT_FACTS.items()
    }
    return effects(EffectFacts(**frames))


# What is as of the newest run itself is no earlier issue.
_EARLIER_ISSUES = "SELECT uppfoljning_id, as_of FROM uppfoljning WHERE as_of < $1 ORDER BY as_of, uppfoljning_id"

_EFFECT_FACTS = {
    "expectations": """SELECT satsning_id, nyckeltal_id, huvudman_id, vantas, start, fordrojning_ar, observerad
        FROM forvantan WHERE observerad <= $t
        QUALIFY row_number() OVER (
            PARTITION BY satsning_id, nyckeltal_id, huvudman_id ORDER BY observerad DESC) = 1
        ORDER BY ALL""",
    "values": """SELECT nyckeltal_id, omrade_id, ar, varde, status = 'ersatt' AS rattat FROM (
            FROM matvarde_revision SEMI JOIN forvantan USING (nyckeltal_id) WHERE kon = 'T' AND observerad <= $t
            QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id, ar ORDER BY observerad DESC) = 1
        ) WHERE handelse <> 'borttagen' AND varde IS NOT NULL ORDER BY ALL""",
    "arrived": """SELECT r.nyckeltal_id, r.omrade_id, r.ar, min(r.observerad) AS observerad
        FROM matvarde_revision r SEMI JOIN forvantan f
            ON r.nyckeltal_id = f.nyckeltal_id AND r.omrade_id = f.huvudman_id
        WHERE r.kon = 'T' AND r.varde IS NOT NULL AND r.observerad <= $t GROUP BY ALL ORDER BY ALL""",
    # N01951: inhabitants on 31 December.
    "areas": """SELECT o.omrade_id, o.namn, o.typ, o.lan_kod, b.invanare
        FROM omrade o LEFT JOIN (
            SELECT omrade_id, arg_max(varde, (ar, observerad)) AS invanare FROM matvarde_revision
            WHERE nyckeltal_id = 'N01951' AND kon = 'T' AND varde > 0 AND observerad <= $t GROUP BY omrade_id
        ) b USING (omrade_id) ORDER BY o.omrade_id""",
    "kpis": "SELECT nyckeltal_id, overlappande_ar FROM nyckeltal ORDER BY nyckeltal_id",
    "breaks": "SELECT nyckeltal_id, ar, sista_gamla_ar FROM nyckeltal_brott ORDER BY ALL",
    "own_surveys": "SELECT nyckeltal_id, ar FROM nyckeltal_undersokning ORDER BY ALL",
}


def select_findings(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write table `fynd` anew from the tables of the analysis."""
    facts = Facts(**{name: connection.sql(query).pl() for name, query in _FACTS.items()})
    frame = check("fynd", shape("fynd", findings(facts)))
    return _write(connection, [{"fynd": frame}])


# Of the own areas: the målbild's kommuner and its region.
_FACTS = {
    "kpis": """SELECT nyckeltal_id, p.matt_id, titel, enhet, niva, upphort_ar,
            coalesce(upphort_ar < (SELECT max(ar) FROM matvarde WHERE varde IS NOT NULL), false) AS upphort,
            e.eftertradare, coalesce(e.beslutade, false) AS ersatt
        FROM nyckeltal JOIN (
            SELECT nyckeltal_id, arg_min(matt_id, (matt.ordning, matt_id)) AS matt_id
            FROM matt_nyckeltal JOIN matt USING (matt_id) WHERE roll = 'primär' GROUP BY nyckeltal_id
        ) p USING (nyckeltal_id)
        LEFT JOIN (
            SELECT matt_id, string_agg(nyckeltal_id, ', ' ORDER BY ordning) AS eftertradare,
                bool_and(beslut = 'beslutad') AS beslutade
            FROM matt_nyckeltal WHERE roll = 'efterträdare' GROUP BY matt_id
        ) e USING (matt_id)
        WHERE niva IS NOT NULL ORDER BY nyckeltal_id""",
    "areas": """SELECT omrade_id, namn, typ FROM omrade
        WHERE i_malbild AND typ IN ('kommun', 'region') ORDER BY omrade_id""",
    "compared": """SELECT nyckeltal_id, omrade_id, ar, varde, riket, liknande, mot_riket, mot_liknande, halv_95,
            osakerhet_grund
        FROM jamforelse SEMI JOIN (FROM omrade WHERE i_malbild) USING (omrade_id) WHERE kon = 'T'
        QUALIFY ar = max(ar) OVER (PARTITION BY nyckeltal_id, omrade_id) ORDER BY nyckeltal_id, omrade_id""",
    "trends": """SELECT nyckeltal_id, omrade_id, fran_ar, till_ar, lutning_per_ar, trend, mot_riket, senaste, haller
        FROM trend SEMI JOIN (FROM omrade WHERE i_malbild) USING (omrade_id) WHERE kon = 'T'
        ORDER BY nyckeltal_id, omrade_id""",
    "spread": "FROM spridning WHERE kon = 'T' AND spridning_andring IS NOT NULL ORDER BY nyckeltal_id, ar",
    "breaks": "FROM mojligt_brott ORDER BY ALL",
}


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What every analysis reads beside the values.

    keys: the types of the columns that name something, by column. kpis: of every nyckeltal, or with values left by one
    that has gone from the YAML: what `comparison` and `trend` ask for, and antal (its number of values). areas:
    omrade_id, typ, i_malbild, lan_kod. breaks: as table `nyckeltal_brott`. own_surveys: as table
    `nyckeltal_undersokning`.
    """

    keys: Mapping[str, pl.Enum]
    kpis: pl.DataFrame
    areas: pl.DataFrame
    breaks: pl.DataFrame
    own_surveys: pl.DataFrame

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> _Inputs:
        keys = _keys(connection)
        return cls(
            keys,
            _read(connection, _KPIS, keys),
            _read(connection, "SELECT omrade_id, typ, i_malbild, lan_kod FROM omrade", keys),
            _read(connection, "SELECT nyckeltal_id, ar, sista_gamla_ar FROM nyckeltal_brott", keys),
            _read(connection, "SELECT nyckeltal_id, ar FROM nyckeltal_undersokning", keys),
        )


def _keys(connection: duckdb.DuckDBPyConnection) -> dict[str, pl.Enum]:
    """The type of every column that names a nyckeltal, område, kön or kind of area: a number for each name, in the
    names' order, by which frames are joined, grouped and sorted sooner than by texts.
    """
    types = {}
    for columns, query in _NAMES.items():
        names = pl.Enum([name for (name,) in connection.sql(f"{query} ORDER BY 1").fetchall() if name is not None])
        types.update(dict.fromkeys(columns, names))
    return types


_KPI_COLUMNS = ("nyckeltal_id", *COMPANIONS)
_NAMES = {
    _KPI_COLUMNS: f"""SELECT nyckeltal_id FROM matvarde UNION SELECT nyckeltal_id FROM arsvariation
        UNION SELECT unnest([{", ".join(_KPI_COLUMNS)}]) FROM nyckeltal""",  # noqa: S608 - names of our modules
    ("omrade_id", "medlem_id"): """SELECT omrade_id FROM matvarde UNION SELECT omrade_id FROM arsvariation
        UNION SELECT omrade_id FROM omrade UNION SELECT omrade_id FROM grupp_medlem""",
    ("kon",): "SELECT DISTINCT kon FROM matvarde UNION SELECT 'T'",
    ("typ",): "SELECT DISTINCT typ FROM omrade",
}


def _read(
    connection: duckdb.DuckDBPyConnection, query: str, keys: Mapping[str, pl.Enum], parameters: Sequence[object] = ()
) -> pl.DataFrame:
    """The rows of a query, its names as `keys`."""
    # `connection.sql(query, params=…).pl()` gives the same, twenty times slower.
    frame = pl.DataFrame(connection.execute(query, list(parameters)).to_arrow_reader())
    return frame.cast({name: dtype for name, dtype in keys.items() if name in frame.columns})


_KPIS = """
SELECT nyckeltal_id, riktning, enhet, niva, overlappande_ar, osakerhet_nyckeltal_id, taljare_nyckeltal_id,
    namnare_nyckeltal_id, vikt_nyckeltal_id, per, coalesce(antal, 0) AS antal
FROM (SELECT nyckeltal_id, count(*) AS antal FROM matvarde GROUP BY nyckeltal_id)
FULL JOIN nyckeltal USING (nyckeltal_id)
ORDER BY nyckeltal_id
"""


def _variation(connection: duckdb.DuckDBPyConnection, keys: Mapping[str, pl.Enum]) -> pl.DataFrame:
    return _read(connection, "FROM arsvariation", keys).sort("nyckeltal_id", "omrade_id", "kon", maintain_order=True)


def _value_chunks(
    connection: duckdb.DuckDBPyConnection,
    inputs: _Inputs,
    chunk_size: int,
    without_values: Mapping[str, int] | None = None,
) -> Iterator[tuple[list[str], pl.DataFrame]]:
    """The ids and values of a few nyckeltal at a time; once with neither when there is none, so that the tables are
    emptied. without_values: nyckeltal that are to be there without a value too.
    """
    counts = dict(inputs.kpis.filter(pl.col("antal") > 0).select("nyckeltal_id", "antal").iter_rows())
    for ids in [*chunks(dict(without_values or {}) | counts, chunk_size // _SHARE)] or [[]]:
        yield ids, _values(connection, inputs.keys, ids)


# The present members of the group that a KPI is compared with, per huvudman.
_SIMILAR = """
SELECT n.nyckeltal_id, h.omrade_id, h.grupp_id, g.omrade_id AS medlem_id
FROM nyckeltal n
JOIN huvudman_grupp h ON true
JOIN omrade o ON o.omrade_id = h.omrade_id
JOIN grupp_medlem g ON g.grupp_id = h.grupp_id AND g.till IS NULL
WHERE h.amne = CASE o.typ WHEN 'kommun' THEN n.jamforelsegrupp_kommun ELSE n.jamforelsegrupp_region END
"""

# Every nyckeltal of a mått for every huvudman that it can concern.
_CELLS = """
SELECT DISTINCT n.nyckeltal_id, o.omrade_id
FROM matt_nyckeltal k JOIN nyckeltal n USING (nyckeltal_id)
JOIN omrade o ON o.i_malbild AND (n.niva = 'A' OR n.niva = CASE o.typ WHEN 'kommun' THEN 'K' ELSE 'L' END)
"""


def _values(connection: duckdb.DuckDBPyConnection, keys: Mapping[str, pl.Enum], kpis: Sequence[str]) -> pl.DataFrame:
    """The values of some nyckeltal."""
    query = """SELECT nyckeltal_id, omrade_id, ar, kon, varde, status = 'ersatt' AS ersatt
        FROM matvarde WHERE varde IS NOT NULL AND nyckeltal_id IN (SELECT unnest($1::VARCHAR[]))"""
    values = _read(connection, query, keys, [kpis])
    # Sums of floats depend on their order. A stable sort takes half as long as another.
    return values.sort("nyckeltal_id", "omrade_id", "kon", "ar", maintain_order=True)


def _fitting(results: Callable[[T], dict[str, pl.DataFrame]]) -> Callable[[T], dict[str, pl.DataFrame]]:
    """`results`, its frames in the form of their tables and checked against them."""
    return lambda chunk: {table: check(table, shape(table, frame)) for table, frame in results(chunk).items()}


def _write(connection: duckdb.DuckDBPyConnection, results: Iterable[Mapping[str, pl.DataFrame]]) -> dict[str, int]:
    """Replace tables by what `results` has for them, in one transaction and in parts of which no two share a key;
    table → number of rows.
    """
    rows: dict[str, int] = {}
    with single_threaded(connection), transaction(connection):
        for chunk in results:
            for table, frame in chunk.items():
                if table not in rows:
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our schema
                append(connection, table, frame)
                rows[table] = rows.get(table, 0) + frame.height
    return rows
