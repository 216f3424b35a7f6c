"""What Dagster's UI is given to show: descriptions are Markdown there, and addresses are links."""

from __future__ import annotations

import re
from pathlib import Path

import dagster as dg
import yaml

from pipelines.assets import graph
from pipelines.catalog.load import load_catalog
from pipelines.definitions import build_defs
from pipelines.run.lifecycle import NullProgress
from pipelines.settings import Settings
from tests.small import CATALOG

HOSTILE = "<img src=x onerror=alert(1)> [klicka](javascript:alert(1)) ![x](http://ond.example/x) \\<script> <http://ond.example/>"


def hostile(folder: Path) -> Path:
    """The small catalogue with every free text exchanged."""

    def changed(tree: object) -> object:
        if isinstance(tree, list):
            return [changed(item) for item in tree]
        if isinstance(tree, dict):
            texts = ("namn", "definition", "beskrivning", "kommentar", "fraga", "kalla", "enhet", "titlar", "forbehall")
            return {
                key: ([HOSTILE] if isinstance(value, list) else f"{HOSTILE} {value}")
                if key in texts and not isinstance(value, dict)
                else changed(value)
                for key, value in tree.items()
            }
        return tree

    for file in CATALOG.iterdir():
        tree = changed(yaml.safe_load(file.read_text(encoding="utf-8")))
        (folder / file.name).write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return folder


def live(text: str) -> list[str]:
    """Signs in a Markdown text that begin a tag, a link or an image."""
    return re.findall(r"(?<!\\)(?:\\\\)*([<\[].{0,20})", text)


def test_no_text_of_the_yaml_files_is_a_tag_or_a_link(tmp_path: Path) -> None:
    folder = hostile(tmp_path)
    assert HOSTILE in load_catalog(folder).indicators[0].definition
    defs = build_defs(Settings(tmp_path / "data", folder), NullProgress())
    described = [node.description or "" for node in defs.resolve_asset_graph().asset_nodes]
    described += [spec.description or "" for check in defs.asset_checks or () for spec in check.check_specs]
    assert sum("klicka" in text for text in described) >= 4
    assert [sign for text in described for sign in live(text)] == []


def test_every_link_leads_to_kolada_and_nothing_is_markdown(tmp_path: Path) -> None:
    defs = build_defs(Settings(tmp_path / "data", hostile(tmp_path)), NullProgress())
    values = [value for node in defs.resolve_asset_graph().asset_nodes for value in node.metadata.values()]
    links = [value.value for value in values if isinstance(value, dg.UrlMetadataValue)]
    assert links
    assert all(re.fullmatch(r"https://api\.kolada\.se/v3/kpi/[NU][0-9]{5}", str(link)) for link in links)
    assert not [value for value in values if isinstance(value, dg.MarkdownMetadataValue)]


def test_what_was_written_is_what_is_read() -> None:
    assert graph.as_text(r"a \ b <c> [d](e)") == r"a \\ b \<c> \[d](e)"
    assert graph.as_text('Andel (%), 100_000 inv. & mer – "ja"') == 'Andel (%), 100_000 inv. & mer – "ja"'
