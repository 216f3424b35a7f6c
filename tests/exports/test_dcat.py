"""The description for the data portal: RDF that another library reads, held against shapes of DCAT-AP-SE 3.0.1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import DCAT, DCTERMS, FOAF, RDF, BNode, Graph, Literal, Namespace, URIRef

from tests.conftest import ROOT

SHAPES = ROOT / "tests" / "data" / "dcat-ap-se-3.0.1.shapes.ttl"
BASE = "https://prov.example/malbild/"
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")


def read(folder: Path) -> Graph:
    return Graph().parse(folder / "dcat.jsonld", format="json-ld")


def fits(graph: Graph) -> tuple[bool, str]:
    conforms, _, text = validate(graph, shacl_graph=Graph().parse(SHAPES))
    return bool(conforms), str(text)


@pytest.fixture
def graph(exported: Path) -> Graph:
    return read(exported / "export")


def test_it_fits_the_profile(graph: Graph) -> None:
    conforms, why = fits(graph)
    assert conforms, why
    kinds = {
        kind: len(list(graph.subjects(RDF.type, kind))) for kind in (DCAT.Catalog, DCAT.Dataset, DCAT.Distribution)
    }
    assert kinds == {DCAT.Catalog: 1, DCAT.Dataset: 2, DCAT.Distribution: 7}
    for kind in (*kinds, FOAF.Agent, VCARD.Organization):
        assert not [node for node in graph.subjects(RDF.type, kind) if isinstance(node, BNode)]


def _without(subject: URIRef, predicate: URIRef) -> Callable[[Graph], object]:
    return lambda graph: graph.remove((graph.value(None, RDF.type, subject), predicate, None))


def _second_publisher(graph: Graph) -> None:
    other = URIRef("https://prov.example/id/annan")
    graph.add((other, RDF.type, FOAF.Agent))
    graph.add((other, FOAF.name, Literal("Annan")))
    graph.add((graph.value(None, RDF.type, DCAT.Catalog), DCTERMS.publisher, other))


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (_without(DCAT.Catalog, DCTERMS.title), "title"),
        (_without(DCAT.Catalog, DCTERMS.license), "license"),
        (_without(DCAT.Catalog, DCAT.dataset), "dataset"),
        (_without(DCAT.Dataset, DCTERMS.title), "title"),
        (_without(DCAT.Dataset, DCTERMS.publisher), "publisher"),
        (_without(DCAT.Distribution, DCAT.accessURL), "accessURL"),
        (_without(DCAT.Distribution, DCTERMS["format"]), "format"),
        (_without(FOAF.Agent, FOAF.name), "name"),
        (_without(VCARD.Organization, VCARD.hasEmail), "hasEmail"),
        (_second_publisher, "publisher"),
    ],
)
def test_the_shapes_miss_what_is_missing(graph: Graph, damage: Callable[[Graph], object], named: str) -> None:
    before = len(graph)
    damage(graph)
    assert len(graph) != before
    conforms, why = fits(graph)
    assert not conforms
    assert named in why


def test_the_owners_words_are_the_only_ones_about_the_publisher(graph: Graph) -> None:
    (agent,) = graph.subjects(RDF.type, FOAF.Agent)
    assert agent == URIRef("https://prov.example/id/provregionen")
    assert graph.value(agent, FOAF.name) == Literal("Provregionen", lang="sv")
    assert graph.value(agent, DCTERMS.type) == URIRef("http://purl.org/adms/publishertype/RegionalAuthority")
    assert set(graph.objects(None, VCARD.hasEmail)) == {URIRef("mailto:uppfoljning@prov.example")}
    licences = {graph.value(described, DCTERMS.license) for described in graph.subjects(RDF.type, DCAT.Distribution)}
    assert licences == {URIRef("https://prov.example/licens")}


def test_what_it_points_at_lies_there_and_is_as_large(graph: Graph, exported: Path) -> None:
    files = 0
    for distribution in graph.subjects(RDF.type, DCAT.Distribution):
        access = str(graph.value(distribution, DCAT.accessURL))
        assert (exported / access.removeprefix(BASE)).exists(), access
        if (address := graph.value(distribution, DCAT.downloadURL)) is not None:
            size = graph.value(distribution, DCAT.byteSize)
            assert size.toPython() == (exported / str(address).removeprefix(BASE)).stat().st_size  # type: ignore[union-attr]
            files += 1
    assert files == 4


def test_synthetic_figures_say_so_everywhere_and_name_no_source(graph: Graph) -> None:
    for kind in (DCAT.Catalog, DCAT.Dataset, DCAT.Distribution):
        for node in graph.subjects(RDF.type, kind):
            assert "SYNTETISKA UPPGIFTER" in str(graph.value(node, DCTERMS.description))
    assert not list(graph.objects(None, DCTERMS.source))


def test_kolada_is_the_source_of_unchanged_values_only(from_kolada: Path, corrected: Path) -> None:
    described = read(from_kolada / "export")
    assert fits(described)[0]
    assert [str(dataset).split("#")[1] for dataset in described.subjects(DCTERMS.source)] == ["matvarden"]
    assert not list(read(corrected / "export").subjects(DCTERMS.source))


def test_without_a_publisher_there_is_none_and_the_old_one_goes(lacking: Path) -> None:
    assert not (lacking / "export" / "dcat.jsonld").exists()
    assert "dcat" not in (lacking / "export" / "LAS_MIG.txt").read_text()
    assert "dcat" not in (lacking / "export" / "SHA256SUMS").read_text()
