"""What changed in Kolada's catalogue since the run before: versions of nyckeltal, members of groups, and the events.

Events are rows of `katalog_handelse`; what the catalogue contains now is `content`. Every function here runs inside a
transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import duckdb

from pipelines.catalog.model import Catalog, Kpi
from pipelines.catalog.titles import ended_year, is_confirmed
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import Group, KpiRecord
from pipelines.rows import mappings
from pipelines.warehouse.content import day, period
from pipelines.warehouse.frames import append, as_frame, check

_IMPOSSIBLE = "omöjligt publiceringsdatum"

_Row = dict[str, Any]


def note_changes(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, catalogue: Catalogue, *, run_id: str, observed: datetime
) -> list[str]:
    """Store what is new in the catalogue, with an event for each change that a reader should know of.

    Returns the ids of the groups that were redrawn: their values have changed without a word.
    """
    versions = _write_versions(connection, catalog, catalogue, run_id, observed)
    impossible = list(_impossible_days(connection, catalog, catalogue))
    groups = _write_groups(connection, catalogue, observed)
    events = [{"observerad": observed, "korning_id": run_id, **event} for event in (*versions, *impossible, *groups)]
    _append(connection, "katalog_handelse", events)
    return [event["objekt_id"] for event in groups]


def note_late_publications(connection: duckdb.DuckDBPyConnection, *, run_id: str, observed: datetime) -> None:
    """After the merge: one event for each planned publication that passed without data."""
    connection.execute(_LATE, [observed, run_id])


# Once per KPI, date and period: the event of an earlier night is not repeated.
_LATE = """
INSERT INTO katalog_handelse BY NAME
SELECT $1 AS observerad, $2 AS korning_id, 'nyckeltal' AS objekt, n.nyckeltal_id AS objekt_id,
    'planerad publicering passerad' AS handelse, n.publiceras::VARCHAR AS fore, n.publicering_period AS efter
FROM nyckeltal n
WHERE n.foljs AND n.i_katalogen AND n.publiceras < $1::DATE AND try_cast(n.publicering_period AS INTEGER) IS NOT NULL
  AND NOT EXISTS (
    FROM matvarde v JOIN omrade o USING (omrade_id)
    WHERE v.nyckeltal_id = n.nyckeltal_id AND v.ar = try_cast(n.publicering_period AS INTEGER)
      AND v.varde IS NOT NULL AND (o.i_malbild OR o.typ = 'riket'))
  AND NOT EXISTS (
    FROM katalog_handelse h
    WHERE h.objekt_id = n.nyckeltal_id AND h.handelse = 'planerad publicering passerad'
      AND h.fore = n.publiceras::VARCHAR AND h.efter = n.publicering_period)
ORDER BY n.nyckeltal_id
"""


def _event(kind: str, object_id: str, what: str, before: str | None, after: str | None) -> _Row:
    return {"objekt": kind, "objekt_id": object_id, "handelse": what, "fore": before, "efter": after}


def _append(connection: duckdb.DuckDBPyConnection, table: str, table_rows: Sequence[_Row]) -> None:
    if table_rows:
        append(connection, table, check(table, as_frame(table, table_rows)))


def _write_versions(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, catalogue: Catalogue, run_id: str, observed: datetime
) -> list[_Row]:
    """Append a version for each followed KPI that has changed in the catalogue; returns the events."""
    latest = connection.sql(
        """FROM nyckeltal_version
           QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1"""
    )
    before = {row["nyckeltal_id"]: row for row in mappings(latest)}
    events: list[_Row] = []
    versions: list[_Row] = []
    for kpi in catalog.followed_kpis():
        version = _version(kpi, catalogue.kpis.get(kpi.id))
        old = before.get(kpi.id)
        if old is not None and version == {name: old[name] for name in version}:
            continue
        versions.append({"nyckeltal_id": kpi.id, "observerad": observed, "korning_id": run_id, **version})
        events += [_event("nyckeltal", kpi.id, *change) for change in _what_is_new(kpi, old, version)]
    _append(connection, "nyckeltal_version", versions)
    return events


def _impossible_days(connection: duckdb.DuckDBPyConnection, catalog: Catalog, catalogue: Catalogue) -> Iterator[_Row]:
    """One event for each planned day that does not exist; none for one that has its event already."""
    known = connection.sql(
        "SELECT objekt_id, efter FROM katalog_handelse WHERE handelse = $1", params=[_IMPOSSIBLE]
    ).fetchall()
    for kpi in catalog.followed_kpis():
        record = catalogue.kpis.get(kpi.id)
        days = dict.fromkeys((record.publication_date, record.prel_publication_date) if record else ())
        for text in days:
            if text and day(text) is None and (kpi.id, text) not in known:
                yield _event("nyckeltal", kpi.id, _IMPOSSIBLE, None, text)


def _version(kpi: Kpi, record: KpiRecord | None) -> _Row:
    """A KPI as it is in the catalogue: the columns of `nyckeltal_version` but for its keys and the run."""
    return {
        "titel": record.title if record else None,
        "beskrivning": record.description if record else None,
        "niva": record.municipality_type if record else None,
        "konsuppdelat": bool(record.is_divided_by_gender) if record else None,
        "publiceras": day(record.publication_date) if record else None,
        "publicering_period": period(record) if record else None,
        "preliminart_publiceras": day(record.prel_publication_date) if record else None,
        "titel_bekraftad": is_confirmed(kpi, record.title) if record else None,
        "i_katalogen": record is not None,
    }


def _what_is_new(kpi: Kpi, old: _Row | None, new: _Row) -> Iterator[tuple[str, str | None, str | None]]:
    """(handelse, fore, efter) between two versions. New publication dates are no event: they change for hundreds a
    month.
    """
    if not new["i_katalogen"]:
        yield ("nyckeltal saknas", None, kpi.titles[0]) if old is None else ("nyckeltal borttaget", old["titel"], None)
        return
    title = new["titel"]
    if old is not None and not old["i_katalogen"]:
        yield "nyckeltal åter i katalogen", None, title
    elif old is not None:
        if old["titel"] != title:
            yield "ny titel", old["titel"], title
        if old["beskrivning"] != new["beskrivning"]:
            yield "ny definition", old["beskrivning"], new["beskrivning"]
        if old["niva"] != new["niva"]:
            yield "ny nivå", old["niva"], new["niva"]
        if old["konsuppdelat"] != new["konsuppdelat"]:
            yield "ny könsuppdelning", _ja_nej(old["konsuppdelat"]), _ja_nej(new["konsuppdelat"])
        if ended_year(title) and not ended_year(old["titel"]):
            yield "nyckeltal upphört", None, str(ended_year(title))
    if not is_confirmed(kpi, title) and (old is None or old["titel"] != title):
        yield "titel ej bekräftad", kpi.titles[0], title
    if new["niva"] != kpi.level and (old is None or old["niva"] != new["niva"]):
        yield "annan nivå än i indikatorer.yaml", kpi.level, new["niva"]


def _ja_nej(value: bool) -> str:
    return "ja" if value else "nej"


def _write_groups(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, observed: datetime) -> list[_Row]:
    """Close memberships that ended and open new ones; returns the events."""
    members = connection.sql(
        "SELECT grupp_id, titel, omrade_id FROM grupp_medlem WHERE till IS NULL ORDER BY ALL"
    ).fetchall()
    before: dict[str, tuple[str, set[str]]] = {}
    for group_id, title, area_id in members:
        before.setdefault(group_id, (title, set()))[1].add(area_id)
    events: list[_Row] = []
    opened: list[_Row] = []
    for group_id, (title, _) in before.items():
        if group_id not in catalogue.groups:
            events.append(_event("grupp", group_id, "grupp borttagen", title, None))
            _close(connection, group_id, observed)
    for group in catalogue.groups.values():
        title, was = before.get(group.id, ("", set()))
        now = {member.member_id for member in group.members}
        if (title, was) == (group.title, now):
            continue
        if title:
            texts = (_group_text(title, was), _group_text(group.title, now))
            events.append(_event("grupp", group.id, "grupp ändrad", *texts))
            _close(connection, group.id, observed)
        opened += [membership(group, area_id, observed) for area_id in sorted(now)]
    _append(connection, "grupp_medlem", opened)
    return events


def membership(group: Group, area_id: str, since: datetime) -> _Row:
    """A row of `grupp_medlem` that holds."""
    return {"grupp_id": group.id, "omrade_id": area_id, "fran": since, "titel": group.title, "till": None}


def _close(connection: duckdb.DuckDBPyConnection, group_id: str, observed: datetime) -> None:
    connection.execute("UPDATE grupp_medlem SET till = $1 WHERE grupp_id = $2 AND till IS NULL", [observed, group_id])


def _group_text(title: str, members: set[str]) -> str:
    return f"{title}: {', '.join(sorted(members))}"
