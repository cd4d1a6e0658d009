"""Public data sets for the tests of the pages that everybody reads."""

from typing import Any

from hub_extensions.portal.testing import NOW, SETUP, World
from project_spaces.catalogue.cards import VersionCard
from project_spaces.catalogue.publications import describe_version, set_public

CARD: dict[str, Any] = {
    "description": {"fr": "Séjours à l'hôpital, un par ligne.", "en": "Hospital stays, one per row."},
    "themes": ["hospital"],
    "keywords": {"fr": ["réanimation"], "en": ["intensive care"]},
    "population": {"fr": "Tous les patients.", "en": "All patients."},
    "persons": 4321,
    "min_age": 0,
    "max_age": 120,
    "coverage": {"place": {"fr": "France", "en": "France"}, "start": "2010-01-01", "end": "2020-12-31"},
    "refresh": "ANNUAL",
    "updated": "2026-03-01",
    "quality": [{"name": {"fr": "Complétude", "en": "Completeness"}, "value": "98 %"}],
    "codings": [{"name": "CIM-10", "uri": "http://www.wikidata.org/entity/Q45127"}],
    "contact": {"name": "Guichet", "email": "guichet@example.org"},
    "access": {"fr": "Sur avis du comité.", "en": "After the committee's opinion."},
}
TABLE: dict[str, Any] = {
    "name": "SEJ_T",
    "rows": 120_000,
    "title": {"fr": "Séjours", "en": "Stays"},
    "columns": [
        {"name": "num_enq", "type": "string", "identifying": True, "linkable": True},
        {"name": "montant", "type": "double", "unit": "EUR", "label": {"fr": "Montant", "en": "Amount"}},
        {"name": "sexe", "type": "string", "values": {"1": {"fr": "homme", "en": "man"}}},
    ],
}


def describe(
    world: World,
    slug: str,
    *,
    version: str = "2026.1",
    public: bool = True,
    tables: tuple[Any, ...] = (TABLE,),
    **card: Any,
) -> None:
    """Give a registered data set of the world a card, and show it."""
    document = VersionCard.model_validate(
        {
            "card": {**CARD, **card},
            "licence": "convention",
            "source": "ATIH",
            "citation": "ATIH (2026).",
            "tables": tables,
        }
    )
    describe_version(world.portal.store, slug, version, document, actor=SETUP, now=NOW)
    if public:
        set_public(world.portal.store, slug, public=True, actor=SETUP, now=NOW)
