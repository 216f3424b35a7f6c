"""What a run says of itself at its end."""

from __future__ import annotations

from pathlib import Path

from pipelines.run.lifecycle import NullProgress, open_run
from pipelines.run.summary import summarise
from pipelines.settings import Settings
from pipelines.warehouse.location import warehouse_of
from tests.small import CATALOG
from tests.warehouse.small import insert


def test_what_happened_in_the_catalogue_is_said_with_a_dash_for_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "data", CATALOG)
    with (
        open_run(settings, "natt", dagster_id="d1", progress=NullProgress(), approved=False) as run,
        warehouse_of(settings).open() as connection,
    ):
        for kpi, event, before, after in (
            ("U00001", "nyckeltal borttaget", "Gammal", None),
            ("U00002", "nytt nyckeltal", None, "Ny"),
        ):
            event_of = {"objekt": "nyckeltal", "objekt_id": kpi, "handelse": event, "fore": before, "efter": after}
            insert(connection, "katalog_handelse", **event_of, observerad=run.started, korning_id=run.id)
    events = summarise(settings, "d1", unchanged=False, warnings=[]).events
    assert events == ["U00001 nyckeltal borttaget: Gammal → –", "U00002 nytt nyckeltal: – → Ny"]
