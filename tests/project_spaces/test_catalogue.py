"""The catalogue's domain: what is public and what is not, how it is found, and what an embargo hides."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from audit.events import Kind
from project_spaces.catalogue.cards import Card, VersionCard
from project_spaces.catalogue.publications import (
    describe_version,
    public_standings,
    publications,
    read_card,
    set_public,
)
from project_spaces.catalogue.schema import field_type, table_schema
from project_spaces.catalogue.search import Described, Index, Question, fold
from project_spaces.datasets import register_version
from project_spaces.embargoes.setting import lift_embargo, set_embargo
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import Classification, PlatformRole
from project_spaces.owner_perimeters import entrust
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

WORDS = {"fr": "Séjours à l'hôpital", "en": "Hospital stays"}


def card(**changes: Any) -> dict[str, Any]:
    return {"description": WORDS, **changes}


def described(tables: tuple[dict[str, Any], ...] = (), **changes: Any) -> VersionCard:
    return VersionCard.model_validate(
        {"card": card(**changes), "licence": "convention", "source": "extraction", "citation": "CHU", "tables": tables}
    )


TABLE = {
    "name": "SEJ_T",
    "rows": 12,
    "title": {"fr": "Séjours", "en": "Stays"},
    "columns": [
        {"name": "nir_hache", "type": "string", "identifying": True, "label": {"fr": "Œuvré", "en": "Worked"}},
        {"name": "montant", "type": "double", "unit": "EUR"},
        {"name": "sexe", "type": "string", "values": {"1": {"fr": "homme", "en": "man"}}},
    ],
}


@pytest.fixture
def steward(world: World) -> World:
    world.person("sam", PlatformRole.STEWARD)
    world.person("tom", PlatformRole.STEWARD)
    entrust(world.store, "CHU", "sam", actor=SYSTEM, now=NOW)
    register_version(world.store, "sejours", "1", manifest_sha256="0" * 64, rows=12, actor=SYSTEM, now=NOW)
    return world


def publish(world: World, slug: str = "sejours", document: VersionCard | None = None) -> None:
    describe_version(world.store, slug, "1", document or described((TABLE,)), actor="sam", now=NOW)
    set_public(world.store, slug, public=True, actor="sam", now=NOW)


def entries(session: Session, now: datetime) -> list[Described]:
    return [
        Described(each, read_card(session, each.slug, each.version), closed=each.embargo(now) is not None)
        for each in public_standings(session)
    ]


def test_nothing_is_public_until_a_steward_says_so(steward: World):
    store = steward.store
    describe_version(store, "sejours", "1", described(), actor="sam", now=NOW)
    with store.read() as session:
        assert public_standings(session) == []
        assert publications(session) == {"sejours": False}
    set_public(store, "sejours", public=True, actor="sam", now=NOW)
    with store.read() as session:
        (standing,) = public_standings(session)
    assert (standing.slug, standing.version, standing.versions[0][0]) == ("sejours", "1", "1")
    set_public(store, "sejours", public=False, actor="sam", now=NOW)
    with store.read() as session:
        assert public_standings(session) == []
    changes = [event.subject["change"] for event in steward.ledger.of(Kind.DATASET_CHANGED)]
    assert changes == ["described", "published", "unpublished"]


@pytest.mark.parametrize("who", ["ana", "tom"])
def test_only_who_speaks_for_the_owner_describes_and_publishes(steward: World, who: str):
    """Attack: a researcher, or the steward of another owner, opens somebody's data set to the public."""
    with pytest.raises(Refused):
        describe_version(steward.store, "sejours", "1", described(), actor=who, now=NOW)
    describe_version(steward.store, "sejours", "1", described(), actor="sam", now=NOW)
    with pytest.raises(Refused):
        set_public(steward.store, "sejours", public=True, actor=who, now=NOW)


def test_a_card_belongs_to_a_version_and_is_there_before_it_is_shown(steward: World):
    with pytest.raises(NotFound):
        describe_version(steward.store, "sejours", "2", described(), actor="sam", now=NOW)
    with pytest.raises(Conflict):
        set_public(steward.store, "sejours", public=True, actor="sam", now=NOW)


def test_the_ledger_holds_the_hash_of_each_card(steward: World):
    document = described((TABLE,))
    publish(steward, document=document)
    with steward.store.read() as session:
        assert read_card(session, "sejours", "1") == document
    assert steward.ledger.of(Kind.DATASET_CHANGED)[0].subject["card_sha256"] == document.sha256


def test_rows_of_sensitive_data_are_never_an_open_sample(steward: World):
    sample = {"file": "extrait.csv", "marked": "open", "title": WORDS}
    with pytest.raises(Invalid, match="only an open data set"):
        describe_version(steward.store, "sejours", "1", described(sample=sample), actor="sam", now=NOW)
    describe_version(
        steward.store, "sejours", "1", described(sample={**sample, "marked": "synthetic"}), actor="sam", now=NOW
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"sample": {"file": "../../etc/passwd.csv", "marked": "synthetic", "title": WORDS}},
        {"sample": {"file": "x.html", "marked": "synthetic", "title": WORDS}},
        {"sample": {"file": "x.csv", "marked": "pseudonymised", "title": WORDS}},
        {"landing_page": "javascript:alert(1)"},
        {"landing_page": 'https://x"><script>'},
        {"identifier": "https://x y"},
        {"coverage": {"start": "2020-01-01", "end": "2019-01-01"}},
        {"contact": {"name": "CHU"}},
        {"min_age": 200},
        {"themes": ["astrology"]},
    ],
)
def test_what_could_mislead_or_harm_a_reader_is_no_card(bad: dict[str, Any]):
    with pytest.raises(ValueError, match="validation error"):
        Card.model_validate(card(**bad))


def test_words_are_found_by_their_beginning_without_accents(steward: World):
    publish(steward, document=described((TABLE,), keywords={"fr": ["réanimation"], "en": []}))
    with steward.store.read() as session:
        index = Index(entries(session, NOW))
    for words in ("", "hopital", "HÔPIT", "reanim", "rÉa séj", "sejours", "CHU", "oeuvre", "nir_hache", "SEJ_T"):
        assert [hit.slug for hit in index.ask(Question(words)).hits] == ["sejours"], words
    for words in ("dentiste", "hopital dentiste", "pital"):
        assert index.ask(Question(words)).hits == (), words
    assert index.ask(Question("montant")).hits[0].tables == ("SEJ_T",)
    assert fold("Été à l'hôpital, CŒUR") == "ete a l'hopital, coeur"


def test_facets_count_what_each_choice_would_leave(steward: World):
    publish(steward, document=described(themes=["hospital"], coverage={"start": "2010-01-01", "end": "2015-12-31"}))
    steward.dataset("autre", Classification.OPEN)
    register_version(steward.store, "autre", "1", manifest_sha256="0" * 64, rows=1, actor=SYSTEM, now=NOW)
    publish(steward, "autre", described(themes=["hospital", "claims"], coverage={"start": "2020-01-01"}))
    with steward.store.read() as session:
        index = Index(entries(session, NOW))
    answer = index.ask(Question(theme="claims"))
    assert [hit.slug for hit in answer.hits] == ["autre"]
    assert answer.facets["theme"] == {"hospital": 2, "claims": 1}
    assert answer.facets["classification"] == {"open": 1}
    for since, until, found in ((2012, 2012, ["sejours"]), (2016, 2019, []), (2016, None, ["autre"]), (None, 1999, [])):
        assert [hit.slug for hit in index.ask(Question(since=since, until=until)).hits] == found


def test_an_embargo_closes_the_dictionary_and_nothing_of_it_is_found(steward: World):
    publish(steward)
    embargo = set_embargo(
        steward.store, "sejours", starts_at=NOW, ends_at=NOW + 10 * DAY, reason="article", actor="sam", now=NOW
    )
    with steward.store.read() as session:
        index = Index(entries(session, NOW))
        (standing,) = public_standings(session)
    assert index.ask(Question("montant")).hits == ()
    assert [hit.slug for hit in index.ask(Question("hopital")).hits] == ["sejours"]
    held = standing.embargo(NOW)
    assert held is not None
    assert held.last == NOW + 10 * DAY
    assert standing.embargo(NOW + 10 * DAY) is None
    lift_embargo(steward.store, embargo, actor="sam", now=NOW + timedelta(hours=1), reason="paru")
    with steward.store.read() as session:
        assert public_standings(session)[0].embargo(NOW + DAY) is None


def test_a_dictionary_is_a_table_schema():
    (table,) = described((TABLE,)).tables
    schema = table_schema(table, "fr")
    assert schema["title"] == "Séjours"
    assert [each["type"] for each in schema["fields"]] == ["string", "number", "string"]
    assert schema["fields"][0]["identifying"]
    assert schema["fields"][1]["unit"] == "EUR"
    assert schema["fields"][2]["categories"] == [{"value": "1", "label": "homme"}]
    kinds = {"int64": "integer", "date32[day]": "date", "timestamp[us]": "datetime", "large_string": "string"}
    assert {kind: field_type(kind) for kind in kinds} == kinds
    assert field_type("fixed_size_binary[16]") == "any"
