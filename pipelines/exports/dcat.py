"""The exports described for Sweden's data portal: DCAT-AP-SE 3.0.1 as JSON-LD.

Two datasets, so that Kolada is named for its own values and not for what we compute: the values, and the follow-up as a
whole. Publisher, contact, address and licence are the owners' to say (`utgivare` in kommuner.yaml); without them there
is no description, and none is invented. The context is in the file: nothing is looked up when it is read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pipelines.exports.about import VALUES_TABLE, About
from pipelines.exports.datapackage import CSV_FOLDER, EXCEL_FOLDER, FILE, KOLADA_SITE, NEWEST
from pipelines.exports.relations import CUT
from pipelines.exports.workbook import WORKBOOK
from pipelines.rows import Record
from pipelines.settings import KOLADA

DCAT_FILE: Final = "dcat.jsonld"

_CONTEXT = {
    "adms": "http://purl.org/adms/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "odrs": "http://schema.theodi.org/odrs#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU = "http://publications.europa.eu/resource/authority"
# DCAT-AP-SE requires this licence for the description, independent of that of the data.
_CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
_PUBLISHER_TYPES = {
    "kommun": "LocalAuthority",
    "region": "RegionalAuthority",
    "statlig myndighet": "NationalAuthority",
    "ideell organisation": "NonProfitOrganisation",
}
_CSV, _PARQUET = "text/csv", "application/vnd.apache.parquet"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DUCKDB = "application/octet-stream"
_KEYWORDS = ("nära vård", "nyckeltal", "hälso- och sjukvård", "omsorg")


def write_dcat(about: About, publisher: Record, folder: Path, published: Path, parquet: Path) -> None:
    """`dcat.jsonld` into `folder`, where the other exports are; `published` and `parquet` give the sizes of what lies
    beside them.
    """
    writer = _Writer(about, publisher)
    csv, values_parquet = f"{CSV_FOLDER}/{VALUES_TABLE}.csv", f"{VALUES_TABLE}.parquet"
    values = [
        writer.file("matvarden-csv", "CSV", f"export/{csv}", _CSV, folder / csv),
        writer.file("matvarden-parquet", "Parquet", f"parquet/{values_parquet}", _PARQUET, parquet / values_parquet),
    ]
    whole = [
        writer.file("duckdb", "DuckDB: alla tabeller", "analys.duckdb", _DUCKDB, published),
        writer.file("xlsx", "Excel: målbildens områden och riket", f"export/{WORKBOOK}", _XLSX, folder / WORKBOOK),
        writer.distribution(
            "csv", f"CSV: en fil per tabell, beskrivna i datapackage.json. {CUT} {NEWEST}", f"export/{FILE}", _CSV
        ),
        writer.distribution("csv-excel", f"CSV för svenska Excel. {CUT}", f"export/{EXCEL_FOLDER}/", _CSV),
        writer.distribution("parquet", "Parquet: en fil per tabell", "parquet/", _PARQUET),
    ]
    for distribution in values:
        distribution["dcterms:rights"] = writer.rights(about.values_line)
    for distribution in whole:
        distribution["dcterms:rights"] = writer.rights(about.citation)
    datasets = [
        writer.dataset(
            "matvarden",
            f"Mätvärden: {about.title}",
            f"Nyckeltalens värden per område, år och kön. {about.values_line}.",
            values,
        ),
        writer.dataset(
            "uppfoljning",
            about.title,
            "Målområden, indikatorer, mått, nyckeltal, värden, ändringar, jämförelser och trender. "
            f"Jämförelser, trender och ändringar: {about.own.lower()}.",
            whole,
        ),
    ]
    if about.source == KOLADA and about.all_unchanged:
        datasets[0]["dcterms:source"] = {"@id": KOLADA_SITE}
    document = {"@context": _CONTEXT, "@graph": [writer.catalogue(datasets), *datasets, *values, *whole, *writer.who()]}
    (folder / DCAT_FILE).write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _sv(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "sv"}


class _Writer:
    """Nodes of the graph, each with an address of its own: the portal takes no blank ones."""

    def __init__(self, about: About, publisher: Record) -> None:
        self.about = about
        self.publisher = publisher

    def _id(self, name: str) -> str:
        return f"{self.publisher.adress}export/{DCAT_FILE}#{name}"

    def _described(self, name: str, kind: str, title: str, description: str) -> dict[str, Any]:
        mark = f"{self.about.mark}. " if self.about.mark and self.about.mark not in description else ""
        return {
            "@id": self._id(name),
            "@type": kind,
            "dcterms:title": _sv(title),
            "dcterms:description": _sv(f"{mark}{description}"),
            "dcterms:modified": {"@value": f"{self.about.as_of:%Y-%m-%d}", "@type": "xsd:date"},
        }

    def catalogue(self, datasets: list[dict[str, Any]]) -> dict[str, Any]:
        return self._described(
            "katalog", "dcat:Catalog", self.about.title, "Öppna data ur uppföljningen av målbilden."
        ) | {
            "dcterms:publisher": {"@id": self.publisher.uri},
            "dcterms:license": {"@id": _CC0},
            "dcterms:language": {"@id": f"{_EU}/language/SWE"},
            "dcat:themeTaxonomy": {"@id": f"{_EU}/data-theme"},
            "dcat:dataset": [{"@id": dataset["@id"]} for dataset in datasets],
        }

    def dataset(self, name: str, title: str, description: str, distributions: list[dict[str, Any]]) -> dict[str, Any]:
        node = self._described(name, "dcat:Dataset", title, description) | {
            "dcterms:publisher": {"@id": self.publisher.uri},
            "dcat:contactPoint": {"@id": self._id("kontakt")},
            "dcat:keyword": [_sv(word) for word in (*_KEYWORDS, *filter(None, [self.about.county]))],
            "dcat:theme": {"@id": f"{_EU}/data-theme/HEAL"},
            "dcterms:language": {"@id": f"{_EU}/language/SWE"},
            "dcat:distribution": [{"@id": distribution["@id"]} for distribution in distributions],
        }
        if self.about.first_year is not None:
            node["dcterms:temporal"] = {
                "@type": "dcterms:PeriodOfTime",
                "dcat:startDate": {"@value": str(self.about.first_year), "@type": "xsd:gYear"},
                "dcat:endDate": {"@value": str(self.about.last_year), "@type": "xsd:gYear"},
            }
        return node

    def distribution(self, name: str, title: str, path: str, media_type: str) -> dict[str, Any]:
        """Of several files: where they are described."""
        return self._described(name, "dcat:Distribution", title, f"{title}. {self.about.terms}") | {
            "dcat:accessURL": {"@id": f"{self.publisher.adress}{path}"},
            "dcterms:format": media_type,
            "dcterms:license": {"@id": self.publisher.licens},
        }

    def file(self, name: str, title: str, path: str, media_type: str, source: Path) -> dict[str, Any]:
        """The distribution of one file, which is read from `source`."""
        return self.distribution(name, title, path, media_type) | {
            "dcat:downloadURL": {"@id": f"{self.publisher.adress}{path}"},
            "dcat:byteSize": {"@value": str(source.stat().st_size), "@type": "xsd:nonNegativeInteger"},
        }

    def rights(self, attribution: str) -> dict[str, Any]:
        return {"@type": "odrs:RightsStatement", "odrs:attributionText": _sv(attribution)}

    def who(self) -> list[dict[str, Any]]:
        return [
            {
                "@id": self.publisher.uri,
                "@type": "foaf:Agent",
                "foaf:name": _sv(self.publisher.namn),
                "dcterms:type": {"@id": f"http://purl.org/adms/publishertype/{_PUBLISHER_TYPES[self.publisher.typ]}"},
            },
            {
                "@id": self._id("kontakt"),
                "@type": "vcard:Organization",
                "vcard:fn": _sv(self.publisher.kontakt),
                "vcard:hasEmail": {"@id": f"mailto:{self.publisher.epost}"},
            },
        ]
