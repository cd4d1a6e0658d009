"""Linked data of the catalogue: read by a program that is not ours, and held against the shapes of DCAT-AP."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyshacl import validate
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from project_spaces.catalogue.dcat import catalogue_document, dataset_document
from project_spaces.catalogue.publications import Standing
from project_spaces.catalogue.search import Described
from project_spaces.text import Text
from project_spaces.windows import Window
from tests.project_spaces.conftest import NOW
from tests.project_spaces.test_catalogue import TABLE, WORDS, described

BASE = "https://bureau.example.org/services/bureau/catalogue"
SHAPES = Path(__file__).with_name("dcat_ap_shapes.ttl")
FULL: dict[str, Any] = {
    "themes": ["hospital", "claims"],
    "keywords": {"fr": ["séjour"], "en": ["stay"]},
    "population": WORDS,
    "persons": 1001,
    "min_age": 0,
    "max_age": 120,
    "coverage": {
        "place": WORDS,
        "place_uris": ["http://publications.europa.eu/resource/authority/country/FRA"],
        "start": "2010-01-01",
        "end": "2020-12-31",
    },
    "refresh": "ANNUAL",
    "updated": "2026-03-01",
    "quality": [{"name": WORDS, "value": "98 %"}],
    "codings": [{"name": "CIM-10", "uri": "http://www.wikidata.org/entity/Q45127"}, {"name": "CCAM"}],
    "legislation": ["http://data.europa.eu/eli/reg/2025/327/oj"],
    "contact": {"name": "Guichet", "email": "guichet@example.org", "page": "https://example.org"},
    "identifier": "https://doi.org/10.5555/12345678",
    "sample": {"file": "x.csv", "marked": "synthetic", "title": WORDS, "sha256": "a" * 64, "bytes": 12},
}


def entry(closed: bool = False, title: str = "Séjours", owner: str = "CHU", **changes: Any) -> Described:
    standing = Standing(
        slug="sejours",
        title=Text(title, "Stays"),
        owner=owner,
        classification="pseudonymised",
        min_persons=11,
        agreement_required=False,
        withdrawn_at=None,
        published_at=NOW,
        version="1",
        sha256="0" * 64,
        versions=(("1", NOW, 12),),
        embargoes=(Window(NOW, NOW + timedelta(days=1)),) if closed else (),
    )
    return Described(standing, described((TABLE,), **changes), closed=closed)


def graph(document: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(document), format="json-ld")


def whole(*found: Described) -> Graph:
    return graph(catalogue_document(found, BASE, publisher="Hub", now=NOW))


@pytest.mark.parametrize("changes", [{}, FULL, {**FULL, "sample": None}], ids=["least", "full", "no-sample"])
@pytest.mark.parametrize("closed", [False, True], ids=["open", "embargo"])
def test_it_conforms_to_dcat_ap(changes: dict[str, Any], closed: bool):
    read = whole(entry(closed, **changes))
    conforms, _, said = validate(read, shacl_graph=Graph().parse(SHAPES), inference="none")
    assert conforms, said
    assert len(set(read.subjects(RDF.type, DCAT.Dataset))) == 1


def test_the_shapes_object_to_what_is_missing_or_of_another_kind():
    for wrong in (
        {"dct:title": []},
        {"dct:publisher": "CHU"},
        {"dct:accessRights": {"@id": "urn:anything"}},
        {"healthdcatap:numberOfRecords": "many"},
        {"dct:modified": "2026"},
    ):
        read = graph({**dataset_document(entry(**FULL), BASE), **wrong})
        conforms, _, _ = validate(read, shacl_graph=Graph().parse(SHAPES), inference="none")
        assert not conforms, wrong


def test_an_embargo_tells_no_figure():
    read = graph(dataset_document(entry(closed=True, **FULL), BASE))
    said = {str(predicate).rsplit("#", 1)[-1].rsplit("/", 1)[-1] for predicate in read.predicates()}
    assert said.isdisjoint(
        {"numberOfRecords", "numberOfUniqueIndividuals", "hasQualityAnnotation", "distribution", "sample", "version"}
    )


@pytest.mark.parametrize(
    "text",
    [
        '"}, {"@id": "urn:evil", "@type": "dcat:Dataset"',
        "@id",
        "</script><script>alert(1)</script>",
        "<urn:evil> a <http://www.w3.org/ns/dcat#Dataset> .",
        "dct:publisher",
    ],
)
def test_words_of_a_sheet_stay_words(text: str):
    honest = graph(dataset_document(entry(**FULL), BASE))
    read = graph(
        dataset_document(entry(title=text, owner=text, **{**FULL, "population": {"fr": text, "en": text}}), BASE)
    )
    assert len(read) == len(honest)
    assert Literal(text, lang="fr") in set(read.objects(URIRef(f"{BASE}/sejours"), DCTERMS.title))
    assert set(read.predicates()) == set(honest.predicates())
    assert not [each for each in read.all_nodes() if str(each) == "urn:evil"]
