"""Data sets as linked data: DCAT-AP 3 with the health extension (HealthDCAT-AP), as JSON-LD that needs no look-up.

The context is written out in the document: who reads it fetches nothing. Text goes in as values with a language, never
as keys or names, so that words of a sheet can't become statements of ours. Vocabularies: W3C DCAT 3; DCAT-AP 3.0
(semiceu.github.io); HealthDCAT-AP (healthdataportal.eu/ns/health#); controlled lists of publications.europa.eu.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from project_spaces.catalogue.cards import THEME_LABELS, Bilingual, Card, Contact
from project_spaces.catalogue.search import Described
from project_spaces.text import Text

MEDIA_TYPE: Final = "application/ld+json"
_EU: Final = "http://publications.europa.eu/resource/authority/"
CONTEXT: Final[dict[str, str]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "adms": "http://www.w3.org/ns/adms#",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "healthdcatap": "http://healthdataportal.eu/ns/health#",
    "oa": "http://www.w3.org/ns/oa#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
#: Who may have the data: everybody, or those whose request was accepted.
_ACCESS: Final = {"open": "PUBLIC", "synthetic": "PUBLIC", "pseudonymised": "RESTRICTED", "identifying": "NON_PUBLIC"}

Node = dict[str, Any]


def dataset_document(each: Described, base: str) -> Node:
    """Return one data set as a document; *base* is the catalogue's address, without a slash at the end."""
    return {"@context": CONTEXT, **_dataset(each, base)}


def catalogue_document(found: Iterable[Described], base: str, *, publisher: str, now: datetime) -> Node:
    """Return the whole catalogue as a document, its data sets inside."""
    return {
        "@context": CONTEXT,
        "@id": base,
        "@type": "dcat:Catalog",
        "dct:title": _both(Text("Catalogue du Bureau virtuel", "Catalogue of the Bureau virtuel")),
        "dct:description": _both(
            Text("Jeux de données de santé accessibles sur demande.", "Health data sets available on request.")
        ),
        "dct:publisher": _agent(publisher, base + "#publisher"),
        "dct:language": [{"@id": _EU + "language/FRA"}, {"@id": _EU + "language/ENG"}],
        "dct:modified": _moment(now),
        "foaf:homepage": {"@id": base, "@type": "foaf:Document"},
        "dcat:themeTaxonomy": {"@id": _EU + "data-theme", "@type": "skos:ConceptScheme"},
        "dcat:dataset": [_dataset(each, base) for each in found],
    }


def _dataset(each: Described, base: str) -> Node:
    standing, card = each.standing, each.described.card
    address = f"{base}/{standing.slug}"
    node: Node = {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:title": _both(standing.title),
        "dct:description": _texts(card.description),
        "dct:identifier": card.identifier or address,
        "dct:publisher": _agent(standing.owner, f"{address}#publisher"),
        "dct:accessRights": {"@id": f"{_EU}access-right/{_ACCESS[standing.classification]}"},
        "dcat:theme": {"@id": _EU + "data-theme/HEAL", "@type": "skos:Concept"},
        "dcat:landingPage": {"@id": card.landing_page or address, "@type": "foaf:Document"},
        "dct:issued": _moment(standing.published_at),
        "dcat:keyword": _keywords(card),
    }
    node |= _described(card)
    node |= {} if each.closed else _counts(each)
    node |= (
        {} if each.closed else {"dcat:distribution": [_access(each, address)], "adms:sample": _sample(each, address)}
    )
    return {name: value for name, value in node.items() if value not in (None, [], {})}


def _described(card: Card) -> Node:
    coverage = card.coverage
    return {
        "adms:identifier": card.identifier
        and {"@type": "adms:Identifier", "skos:notation": {"@value": card.identifier, "@type": "xsd:anyURI"}},
        "dct:modified": card.updated and _day(card.updated),
        "dct:accrualPeriodicity": card.refresh and {"@id": f"{_EU}frequency/{card.refresh.value}"},
        "dct:temporal": _period(coverage.start, coverage.end),
        "dct:spatial": [{"@id": uri, "@type": "dct:Location"} for uri in coverage.place_uris],
        "dcat:contactPoint": card.contact and _contact(card.contact),
        "dcatap:applicableLegislation": [{"@id": uri} for uri in card.legislation],
        "healthdcatap:healthCategory": [{"@id": uri} for uri in card.categories],
        "healthdcatap:hasCodingSystem": [{"@id": each.uri} for each in card.codings if each.uri],
        "healthdcatap:populationCoverage": card.population and _texts(card.population),
        "healthdcatap:minTypicalAge": card.min_age if card.min_age is None else _count(card.min_age),
        "healthdcatap:maxTypicalAge": card.max_age if card.max_age is None else _count(card.max_age),
    }


def _counts(each: Described) -> Node:
    card = each.described.card
    return {
        "dcat:version": each.standing.version,
        "healthdcatap:numberOfRecords": _count(sum(table.rows for table in each.described.tables)),
        "healthdcatap:numberOfUniqueIndividuals": card.persons if card.persons is None else _count(card.persons),
        "dqv:hasQualityAnnotation": [
            {
                "@type": "dqv:QualityAnnotation",
                "oa:hasBody": {"@type": "oa:TextualBody", "rdfs:label": _labelled(quality.name, quality.value)},
            }
            for quality in card.quality
        ],
    }


def _access(each: Described, address: str) -> Node:
    return {
        "@id": f"{address}#access",
        "@type": "dcat:Distribution",
        "dct:title": _both(Text("Accès dans un espace projet", "Access in a project space")),
        "dcat:accessURL": {"@id": address},
        "dct:format": {"@id": _EU + "file-type/PARQUET"},
        "dct:rights": _rights(each),
    }


def _sample(each: Described, address: str) -> Node | None:
    sample = each.described.card.sample
    if sample is None or sample.sha256 is None:
        return None
    return {
        "@id": f"{address}#sample",
        "@type": "dcat:Distribution",
        "dct:title": _texts(sample.title),
        "dcat:accessURL": {"@id": address},
        "dcat:downloadURL": {"@id": f"{address}/sample"},
        "dcat:byteSize": _count(sample.bytes or 0),
        "dct:rights": _rights(each),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {
                "@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
                "@type": "spdx:ChecksumAlgorithm",
            },
            "spdx:checksumValue": {"@value": sample.sha256, "@type": "xsd:hexBinary"},
        },
    }


def _rights(each: Described) -> Node:
    return {"@type": "dct:RightsStatement", "rdfs:label": each.described.licence}


def _keywords(card: Card) -> list[Node]:
    words = [(word, "fr") for word in card.keywords.fr] + [(word, "en") for word in card.keywords.en]
    for theme in card.themes:
        words += [(THEME_LABELS[theme].fr, "fr"), (THEME_LABELS[theme].en, "en")]
    return [{"@value": word, "@language": language} for word, language in words]


def _agent(name: str, address: str) -> Node:
    return {"@id": address, "@type": "foaf:Agent", "foaf:name": name}


def _contact(contact: Contact) -> Node:
    node: Node = {"@type": "vcard:Kind", "vcard:fn": contact.name}
    if contact.email is not None:
        node["vcard:hasEmail"] = {"@id": f"mailto:{contact.email}"}
    if contact.page is not None:
        node["vcard:hasURL"] = {"@id": contact.page}
    return node


def _period(start: date | None, end: date | None) -> Node | None:
    if start is None:
        return None
    node: Node = {"@type": "dct:PeriodOfTime", "dcat:startDate": _day(start)}
    return node if end is None else {**node, "dcat:endDate": _day(end)}


def _labelled(name: Bilingual, value: str) -> list[Node]:
    return _both(Text(f"{name.fr} : {value}", f"{name.en}: {value}"))


def _both(text: Text) -> list[Node]:
    return [{"@value": text.fr, "@language": "fr"}, {"@value": text.en, "@language": "en"}]


def _texts(text: Bilingual) -> list[Node]:
    return _both(text.text)


def _count(number: int) -> Node:
    return {"@value": str(number), "@type": "xsd:nonNegativeInteger"}


def _day(day: date) -> Node:
    return {"@value": day.isoformat(), "@type": "xsd:date"}


def _moment(at: datetime) -> Node:
    return {"@value": at.isoformat(), "@type": "xsd:dateTime"}
