"""What everybody may ask of the catalogue: a search, a card, a dictionary. Only what is public is known here."""

from typing import Annotated, Any

from pydantic import Field

from hub_extensions.portal.catalogue_live import Snapshot
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.catalogue_access import access_of
from hub_extensions.portal.words import CLASS_LABELS, both, iso
from project_spaces.catalogue.cards import REFRESH_LABELS, THEME_LABELS, Bilingual, Card, TableCard, Theme
from project_spaces.catalogue.dcat import catalogue_document, dataset_document
from project_spaces.catalogue.schema import table_schema
from project_spaces.catalogue.search import Described, Hit, Question
from project_spaces.errors import NotFound
from project_spaces.facts import Classification
from project_spaces.text import Language, Text

#: Data sets of one page of results.
PAGE_SIZE = 20
NOT_PUBLIC = Text(
    "Il n'y a pas de jeu de données public à cette adresse.", "There is no public data set at this address."
)
Year = Annotated[int, Field(ge=1000, le=9999)]


class Search(Input):
    """What is looked for; *after* continues an answer (its ``next``)."""

    q: Annotated[str, Field(max_length=200)] = ""
    theme: Theme | None = None
    owner: Annotated[str, Field(max_length=200)] | None = None
    classification: Classification | None = None
    since: Year | None = None
    until: Year | None = None
    after: Annotated[int, Field(ge=0, le=10_000)] = 0

    @property
    def question(self) -> Question:
        """As the index understands it."""
        return Question(
            words=self.q,
            theme=self.theme and self.theme.value,
            owner=self.owner,
            classification=self.classification and self.classification.value,
            since=self.since,
            until=self.until,
        )


def search(call: Call, body: Search) -> Page:
    """Data sets that anybody may know of: those that answer the words and choices, best first, with facets."""
    now_public = call.portal.catalogue.current(call.now)
    answer = now_public.index.ask(body.question)
    shown = answer.hits[body.after : body.after + PAGE_SIZE]
    following = body.after + PAGE_SIZE
    return {
        "total": len(answer.hits),
        "datasets": [_found(now_public[hit.slug], hit) for hit in shown],
        "next": following if following < len(answer.hits) else None,
        "facets": {
            name: [{"value": value, "label": _label(name, value), "count": count} for value, count in choices.items()]
            for name, choices in answer.facets.items()
        },
    }


def dataset(call: Call, _body: Nothing) -> Page:
    """The card of one public data set: what it holds, how good it is, who may have it and how."""
    now_public = call.portal.catalogue.current(call.now)
    each = public(now_public, call["dataset"])
    standing, described = each.standing, each.described
    embargo = standing.embargo(call.now)
    card = {
        **_summary(each),
        **_card(described.card),
        "version": standing.version,
        "licence": described.licence,
        "source": described.source,
        "citation": _citation(call, each),
        "identifier": described.card.identifier or f"{base(call)}/{standing.slug}",
        "embargo": None if embargo is None else {"until": iso(embargo.last)},
        "access": access_of(call, now_public, each),
        "versions": [{"version": name, "registered_at": iso(at)} for name, at, _ in standing.versions],
    }
    return {**card, **(_closed() if each.closed else _open(now_public, each))}


def table(call: Call, _body: Nothing) -> Page:
    """The dictionary of one table of a public data set."""
    each, found = _table(call)
    return {
        "dataset": _summary(each),
        "table": _table_row(found),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "label": _text(column.label),
                "unit": column.unit,
                "identifying": column.identifying,
                "linkable": column.linkable,
                "values": [{"value": value, "label": _text(label)} for value, label in column.values.items()],
            }
            for column in found.columns
        ],
    }


def schema(call: Call, language: Language) -> dict[str, Any]:
    """The same as Frictionless Table Schema."""
    return table_schema(_table(call)[1], language)


def linked(call: Call, _body: Nothing) -> dict[str, Any]:
    """One public data set as DCAT-AP."""
    return dataset_document(public(call.portal.catalogue.current(call.now), call["dataset"]), base(call))


def linked_catalogue(call: Call, _body: Nothing) -> dict[str, Any]:
    """The whole public catalogue as DCAT-AP."""
    found = call.portal.catalogue.current(call.now).entries.values()
    changed = max((each.standing.published_at for each in found), default=call.now)
    return catalogue_document(found, base(call), publisher=call.portal.operator, now=changed)


def public(snapshot: Snapshot, slug: str) -> Described:
    """Return the public data set *slug*, or raise ``NotFound``: the same for an unknown and an unpublished one."""
    try:
        return snapshot[slug]
    except KeyError:
        raise NotFound(NOT_PUBLIC) from None


def base(call: Call) -> str:
    """Where the catalogue is, for those who link to it."""
    return f"{call.portal.public_url}/services/bureau/catalogue"


def _table(call: Call) -> tuple[Described, TableCard]:
    each = public(call.portal.catalogue.current(call.now), call["dataset"])
    found = next((table for table in each.described.tables if table.name == call["table"]), None)
    if found is None or each.closed:
        raise NotFound(NOT_PUBLIC)
    return each, found


def _found(each: Described, hit: Hit) -> Page:
    return {**_summary(each), "found_in": [] if each.closed else list(hit.tables)}


def _summary(each: Described) -> Page:
    standing, card = each.standing, each.described.card
    return {
        "slug": standing.slug,
        "title": both(standing.title),
        "description": _text(card.description),
        "owner": standing.owner,
        "classification": standing.classification,
        "class_label": both(CLASS_LABELS[Classification(standing.classification)]),
        "themes": [{"value": theme.value, "label": both(THEME_LABELS[theme])} for theme in card.themes],
        "start": card.coverage.start and card.coverage.start.isoformat(),
        "end": card.coverage.end and card.coverage.end.isoformat(),
        "updated": card.updated and card.updated.isoformat(),
        "withdrawn": standing.withdrawn_at is not None,
        "embargoed": each.closed,
        "table_count": None if each.closed else len(each.described.tables),
    }


def _card(card: Card) -> Page:
    return {
        "keywords": {"fr": list(card.keywords.fr), "en": list(card.keywords.en)},
        "population": _text(card.population),
        "ages": [card.min_age, card.max_age],
        "place": _text(card.coverage.place),
        "refresh": card.refresh and both(REFRESH_LABELS[card.refresh]),
        "codings": [each.model_dump() for each in card.codings],
        "legislation": list(card.legislation),
        "contact": card.contact and card.contact.model_dump(),
        "landing_page": card.landing_page,
    }


def _open(now_public: Snapshot, each: Described) -> Page:
    """What an embargo hides: figures, dictionary, sample."""
    card, tables = each.described.card, each.described.tables
    sample = card.sample if card.sample is not None and card.sample.sha256 is not None else None
    return {
        "persons": card.persons,
        "rows": sum(table.rows for table in tables),
        "quality": [{"name": _text(one.name), "value": one.value, "note": _text(one.note)} for one in card.quality],
        "tables": [_table_row(table) for table in tables],
        "sample": sample and {**sample.model_dump(), "title": _text(sample.title)},
        "twin": card.twin if card.twin in now_public.entries else None,
    }


def _closed() -> Page:
    return {"persons": None, "rows": None, "quality": [], "tables": [], "sample": None, "twin": None}


def _table_row(table: TableCard) -> Page:
    return {
        "name": table.name,
        "title": _text(table.title),
        "rows": table.rows,
        "column_count": len(table.columns),
    }


def _citation(call: Call, each: Described) -> str:
    version = each.standing.version
    return f"{each.described.citation} Version {version}. {base(call)}/{each.standing.slug}"


def _label(facet: str, value: str) -> dict[str, str] | None:
    if facet == "theme":
        return both(THEME_LABELS[Theme(value)])
    if facet == "classification":
        return both(CLASS_LABELS[Classification(value)])
    return {"fr": value, "en": value}


def _text(text: Bilingual | None) -> dict[str, str] | None:
    return None if text is None else both(text.text)
