"""Nuläge, wide: a row per mått and a column per huvudman, as the view `bred` and the macro `bred(ar)`.

Which columns there are follows from the areas of the database, so both are made when it is written.
"""

from __future__ import annotations

import re
import unicodedata

import duckdb

from pipelines.warehouse.schema.tables import Macro, View
from pipelines.warehouse.sql import identifier, literal

NAME = "bred"


def wide(connection: duckdb.DuckDBPyConnection) -> tuple[View, Macro]:
    """The view and the macro for the målbild's own areas in the open published database, which has `senaste`."""
    areas = own_areas(connection)
    by_area = _area_columns(areas)
    columns = {
        name: {"namn": name, "text": text, "far_saknas": "nej" if name in _NEVER_NULL else "ja"}
        for name, text in {**_HEAD, **by_area, **_TAIL}.items()
    }
    values = "".join(
        f", any_value(c.varde) FILTER (c.omrade_id = {literal(area_id)}) AS {identifier(name)}"
        for (area_id, _), name in zip(areas, by_area, strict=True)
    )
    shared = {"namn": NAME, "nyckel": ("matt_id", "nyckeltal_id"), "kolumner": columns, "fil": __file__}
    newest = {"text": _TEXT, "beredd": "ja", "sql": _ROWS.format(cells=_NEWEST, areas=values)}
    of_year = {"text": _TEXT_OF_YEAR, "parametrar": ("ar",), "exempel": "2022"}
    of_year["sql"] = _ROWS.format(cells=_OF_YEAR, areas=values)
    return View.model_validate(shared | newest), Macro.model_validate(shared | of_year)


def own_areas(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Id and name of the målbild's own areas, in the order of the columns."""
    return connection.sql("SELECT omrade_id, namn FROM omrade WHERE i_malbild ORDER BY typ, namn, omrade_id").fetchall()


def area_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of those areas."""
    return list(_area_columns(own_areas(connection)))


def _area_columns(areas: list[tuple[str, str]]) -> dict[str, str]:
    """Column → what it means, in the order of the areas; the id is added where two names are alike in a–z."""
    columns: dict[str, str] = {}
    for area_id, name in areas:
        plain = unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
        column = re.sub("[^a-z0-9]+", "_", plain).strip("_")
        column = column if column[:1].isalpha() else f"omrade_{area_id}"
        taken = column in columns or column in _HEAD or column in _TAIL
        columns[f"{column}_{area_id}" if taken else column] = f"Värdet i {name}; NULL = saknas, aldrig noll"
    return columns


_TEXT = (
    "Nuläge: en rad per mått (och nyckeltal som det visas med) och en kolumn per huvudman, totalt. Varje huvudmans "
    "senaste värde; de som är äldre än radens år står i aldre_varden. Egen bearbetning"
)
_TEXT_OF_YEAR = "Som bred, med värdena för ett visst år. Egen bearbetning"
_HEAD = {
    "malomrade": "Målområdet som måttet först står i",
    "matt_id": "Måttets id",
    "matt": "Måttets namn",
    "nyckeltal_id": "Nyckeltalet som måttet visas med; NULL = inget har värden, se tackning",
    "titel": "Nyckeltalets titel",
    "roll": "Nyckeltalets roll i måttet: indirekt mäter inte måttet",
    "enhet": "Enhet",
    "riktning": "högre = högre är bättre, lägre = lägre är bättre, ingen = utan riktning",
    "visas_for": "kommun, region eller båda",
    "ar": "Året som raden gäller: det senaste med värde hos någon huvudman; riket och lanet gäller det",
}
_TAIL = {
    "lanet": "Länets värde det året, se lan_grund",
    "lan_grund": "regionens värde, vägt medel eller ovägt medel (sätts aldrig bredvid riket)",
    "riket": "Koladas värde för riket det året",
    "battre_an_riket": "Huvudmän som säkert eller troligen är bättre än riket",
    "samre_an_riket": "Huvudmän som säkert eller troligen är sämre än riket",
    "har_forbattrats": "Huvudmän vars trend är har förbättrats",
    "har_forsamrats": "Huvudmän vars trend är har försämrats",
    "aldre_varden": "Huvudmän vars senaste värde är från ett tidigare år, med året; NULL = inga",
    "tackning": "Hur Kolada täcker måttet",
    "ordning": "Måttets ordning i målbilden",
}
_NEVER_NULL = ("matt_id", "matt", "tackning", "ordning")

_NEWEST = "FROM senaste"
# `ar` is the macro's; columns of that name are qualified everywhere.
_OF_YEAR = """
    SELECT v.nyckeltal_id, v.omrade_id, v.ar, v.kon, v.varde, o.namn, o.typ, o.i_malbild, j.lan_varde, j.lan_grund,
        j.riket, j.mot_riket, CAST(NULL AS VARCHAR) AS trend
    FROM (FROM matvarde m WHERE m.ar = ar AND m.kon = 'T' AND m.varde IS NOT NULL) v
    JOIN (FROM omrade WHERE i_malbild) o USING (omrade_id)
    LEFT JOIN (FROM jamforelse x WHERE x.ar = ar AND x.kon = 'T') j USING (nyckeltal_id, omrade_id, ar, kon)
"""

_ROWS = """
WITH alla AS (
    SELECT m.ordning, m.matt_id, m.namn AS matt, m.tackning, k.nyckeltal_id, k.visas_for, n.titel, k.roll, n.enhet,
        n.riktning
    FROM matt m
    LEFT JOIN (FROM matt_nyckeltal WHERE visas_for IS NOT NULL) k USING (matt_id)
    LEFT JOIN nyckeltal n USING (nyckeltal_id)
),
cell AS (
    SELECT a.matt_id, s.*, max(s.ar) OVER (PARTITION BY a.matt_id, s.nyckeltal_id) AS radens_ar
    FROM alla a JOIN ({cells}) s USING (nyckeltal_id)
    WHERE s.i_malbild AND s.kon = 'T' AND a.visas_for IN ('båda', s.typ)
),
forst AS (
    SELECT im.matt_id, arg_min(g.namn, (i.ordning, im.ordning)) AS malomrade
    FROM indikator_matt im JOIN indikator i USING (indikator_id) JOIN malomrade g USING (malomrade_id) GROUP BY ALL
)
SELECT f.malomrade, a.matt_id, a.matt, a.nyckeltal_id, a.titel, a.roll, a.enhet, a.riktning, a.visas_for,
    max(c.radens_ar) AS ar{areas},
    max_by(c.lan_varde, c.ar) FILTER (c.ar = c.radens_ar) AS lanet,
    max_by(c.lan_grund, c.ar) FILTER (c.ar = c.radens_ar) AS lan_grund,
    max_by(c.riket, c.ar) FILTER (c.ar = c.radens_ar) AS riket,
    array_to_string(list_sort(list(c.namn) FILTER (c.mot_riket LIKE '%bättre')), ', ') AS battre_an_riket,
    array_to_string(list_sort(list(c.namn) FILTER (c.mot_riket LIKE '%sämre')), ', ') AS samre_an_riket,
    array_to_string(list_sort(list(c.namn) FILTER (c.trend = 'har förbättrats')), ', ') AS har_forbattrats,
    array_to_string(list_sort(list(c.namn) FILTER (c.trend = 'har försämrats')), ', ') AS har_forsamrats,
    array_to_string(list_sort(list(c.namn || ' ' || c.ar) FILTER (c.ar < c.radens_ar)), ', ') AS aldre_varden,
    a.tackning, a.ordning
FROM alla a LEFT JOIN forst f USING (matt_id)
LEFT JOIN cell c ON c.matt_id = a.matt_id AND c.nyckeltal_id = a.nyckeltal_id
GROUP BY f.malomrade, a.matt_id, a.matt, a.nyckeltal_id, a.titel, a.roll, a.enhet, a.riktning, a.visas_for, a.tackning,
    a.ordning
ORDER BY a.ordning, a.visas_for
"""
