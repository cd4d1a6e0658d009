"""Delegation: a hub's administrator does the daily acts in the own perimeter, and can neither leave nor widen it."""

from collections.abc import Callable
from datetime import datetime

import pytest

from audit.events import Kind
from project_spaces.accounts import Accounts
from project_spaces.approvals import record_approval
from project_spaces.charters.versions import publish_charter
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused
from project_spaces.facts import PlaceKind, PlatformRole
from project_spaces.habilitations import habilitations, revoke_habilitation
from project_spaces.kill_switches import StopScope, lift_switch, set_switch
from project_spaces.memberships import memberships, revoke_membership
from project_spaces.organisations import (
    affiliation,
    create_organisation,
    organisations,
    review_identity,
    set_organisation,
    set_project_organisation,
)
from project_spaces.people import create_person, disable_person, enable_person, grant_role
from project_spaces.perimeters import grant_perimeter, perimeters, reach, revoke_perimeter
from project_spaces.person_details import change_person
from project_spaces.projects import change_project, create_project
from project_spaces.quotas import Quota
from project_spaces.reviews.campaigns import Occasion, ReviewDecision, decide_item, items, open_campaign
from project_spaces.text import Text
from project_spaces.trainings.kinds import define_training
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

AS_SYSTEM = {"actor": SYSTEM, "now": NOW}
WINDOW = {"starts_at": NOW - DAY, "ends_at": NOW + 300 * DAY}


@pytest.fixture
def hubs(world: World) -> World:
    """Two hospitals with a project and a person each; Nora administers the northern one. Root administers all."""
    return _hubs(world)


@pytest.fixture
def quick_hubs(quick_world: World) -> World:
    """The same on SQLite only."""
    return _hubs(quick_world)


def _hubs(world: World) -> World:
    world.person("root", PlatformRole.ADMINISTRATOR)
    world.person("nora")
    world.project("greffes")
    for place, person, project in (("chu-nord", "ana", "etude"), ("chu-sud", "ben", "greffes")):
        create_organisation(world.store, place, name=place.upper(), **AS_SYSTEM)
        set_project_organisation(world.store, project, place, **AS_SYSTEM)
        set_organisation(world.store, person, place, **AS_SYSTEM)
    grant_perimeter(
        world.store, person="nora", scope=PlaceKind.ORGANISATION, name="chu-nord", **WINDOW, actor="root", now=NOW
    )
    return world


def lea(world: World, actor: str, organisation: str | None) -> None:
    create_person(
        world.store,
        username="lea",
        display_name="Léa",
        email="lea@chu.fr",
        organisation=organisation,
        actor=actor,
        now=NOW,
    )


def renamed(world: World, username: str, by: dict) -> None:
    change_person(world.store, username, display_name="Autre", email="autre@chu.fr", reason="x", **by)


class TestInside:
    def test_the_daily_acts(self, hubs: World) -> None:
        acts = {"actor": "nora", "now": NOW}
        lea(hubs, "nora", "chu-nord")
        change_person(hubs.store, "lea", display_name="Léa Blanc", email="lea@chu.fr", reason="mariage", **acts)
        review_identity(hubs.store, "lea", document="Carte professionnelle", **acts)
        hubs.member("lea", "etude", actor="nora")
        hubs.habilitate("lea", "etude", "sejours", actor="nora")
        record_approval(hubs.store, project="etude", kind="cnil", reference="1", **WINDOW, **acts)
        disable_person(hubs.store, "lea", reason="x", **acts)
        enable_person(hubs.store, "lea", reason="x", **acts)
        for scope, name in ((StopScope.PROJECT, "etude"), (StopScope.PERSON, "lea")):
            number = set_switch(hubs.store, scope, name, reason="x", **acts)
            lift_switch(hubs.store, number, reason="x", actor="root", now=NOW)
        with hubs.store.read() as session:
            assert affiliation(session, "lea").reviewed_by == "nora"
            (member,), (right,) = memberships(session, person="lea"), habilitations(session, person="lea")
            assert reach(session, "nora", NOW) == ({"etude"}, {"ana", "lea"})
        revoke_habilitation(hubs.store, right.id, reason="x", **acts)
        revoke_membership(hubs.store, member.id, **acts)
        assert {event.actor for event in hubs.ledger.of(Kind.HABILITATION_GRANTED)} == {SYSTEM, "nora"}

    def test_reviews_of_the_own_projects(self, quick_hubs: World) -> None:
        asked = {"project": "etude", "due_at": NOW + 9 * DAY, "actor": "nora", "now": NOW}
        campaign = open_campaign(quick_hubs.store, Occasion.PROJECT_END, **asked)
        with quick_hubs.store.read() as session:
            item = items(session, campaign)[0].id
        decide_item(quick_hubs.store, item, ReviewDecision.KEEP, evidence="x", actor="nora", now=NOW)
        for project in ("greffes", None):
            with pytest.raises(Refused, match="outside your perimeter"):
                open_campaign(quick_hubs.store, Occasion.YEARLY, **{**asked, "project": project})


#: What a hub's administrator tries outside the perimeter, on the platform, and to get more than was given.
ATTACKS: dict[str, Callable[[World, dict], object]] = {
    "a member elsewhere": lambda w, by: w.member("ana", "greffes", actor=by["actor"]),
    "a habilitation elsewhere": lambda w, by: w.habilitate("ana", "greffes", "sejours", actor=by["actor"]),
    "a place for oneself": lambda w, by: w.member("nora", "etude", actor=by["actor"]),
    "a habilitation for oneself": lambda w, by: w.habilitate("nora", "etude", "sejours", actor=by["actor"]),
    "an approval elsewhere": lambda w, by: record_approval(
        w.store, project="greffes", kind="cnil", reference="1", **WINDOW, **by
    ),
    "closing an account elsewhere": lambda w, by: disable_person(w.store, "ben", reason="x", **by),
    "closing an administrator's account": lambda w, by: disable_person(w.store, "root", reason="x", **by),
    "the name of somebody elsewhere": lambda w, by: renamed(w, "ben", by),
    "an administrator's address": lambda w, by: renamed(w, "root", by),
    "the own name": lambda w, by: renamed(w, "nora", by),
    "a person of nowhere": lambda w, by: lea(w, by["actor"], None),
    "a person of another organisation": lambda w, by: lea(w, by["actor"], "chu-sud"),
    "a person moved into the perimeter": lambda w, by: set_organisation(w.store, "ben", "chu-nord", **by),
    "a project moved into the perimeter": lambda w, by: set_project_organisation(w.store, "greffes", "chu-nord", **by),
    "an organisation": lambda w, by: create_organisation(w.store, "chu-est", name="Est", **by),
    "a wider perimeter for oneself": lambda w, by: grant_perimeter(
        w.store, person="nora", scope=PlaceKind.ORGANISATION, name="chu-sud", **WINDOW, **by
    ),
    "the own perimeter for a friend": lambda w, by: grant_perimeter(
        w.store, person="ana", scope=PlaceKind.ORGANISATION, name="chu-nord", **WINDOW, **by
    ),
    "a role for a friend": lambda w, by: grant_role(w.store, "ana", PlatformRole.ADMINISTRATOR, **by),
    "own identity": lambda w, by: review_identity(w.store, "nora", document="x", **by),
    "an identity elsewhere": lambda w, by: review_identity(w.store, "ben", document="x", **by),
    "a stop of everything": lambda w, by: set_switch(w.store, StopScope.ALL, "", reason="x", **by),
    "a stop of a project elsewhere": lambda w, by: set_switch(w.store, StopScope.PROJECT, "greffes", reason="x", **by),
    "a stop of a data set": lambda w, by: set_switch(w.store, StopScope.DATASET, "sejours", reason="x", **by),
    "a longer project": lambda w, by: change_project(w.store, "etude", ends_at=NOW + 900 * DAY, **by),
    "a project": lambda w, by: create_project(
        w.store, slug="neuf", title="x", purpose="x", quota=Quota(), **WINDOW, **by
    ),
    "a charter": lambda w, by: publish_charter(
        w.store, "cgu", title=Text("x", "x"), text=Text("x", "x"), sign_by=NOW + DAY, **by
    ),
    "a training": lambda w, by: define_training(w.store, "snds", title=Text("x", "x"), months=12, **by),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_outside_the_perimeter_everything_is_refused(quick_hubs: World, attack: str) -> None:
    revision = quick_hubs.store.revision()
    with pytest.raises(Refused) as refused:
        ATTACKS[attack](quick_hubs, {"actor": "nora", "now": NOW})
    assert refused.value.reasons
    assert quick_hubs.store.revision() == revision


class TestPerimeters:
    def test_an_administrators_account_is_out_of_reach_whatever_the_organisation(self, quick_hubs: World) -> None:
        """Who could re-enrol an account with a role would have the role."""
        store = quick_hubs.store
        set_organisation(store, "root", "chu-nord", **AS_SYSTEM)
        set_organisation(store, "nora", "chu-nord", **AS_SYSTEM)
        accounts = Accounts(store, box=None)  # type: ignore[arg-type] - nothing is sealed before the refusal
        for target in ("root", "nora"):
            with pytest.raises(Refused):
                accounts.create(target, actor="nora", now=NOW)
            with pytest.raises(Refused):
                disable_person(store, target, reason="x", actor="nora", now=NOW)

    @pytest.mark.parametrize(("at", "codes"), [(NOW, []), (WINDOW["ends_at"], ["perimeter_ended"])])
    def test_it_ends_by_itself(self, quick_hubs: World, at: datetime, codes: list[str]) -> None:
        with quick_hubs.store.read() as session:
            places = perimeters(session)[0].facts.place
        decision = quick_hubs.may("nora", Action.ADMINISTER, at, within=[places])
        assert [reason.code for reason in decision.reasons] == codes
        assert decision.until == (None if codes else WINDOW["ends_at"])

    def test_it_is_taken_away_at_once_and_stays_readable(self, hubs: World) -> None:
        with hubs.store.read() as session:
            (held,) = perimeters(session)
        revoke_perimeter(hubs.store, held.id, actor="root", now=NOW, reason="départ")
        with pytest.raises(Refused, match="withdrawn"):
            hubs.member("ben", "etude", actor="nora")
        with hubs.store.read() as session:
            assert [each.revoked_at for each in perimeters(session)] == [NOW]
            assert reach(session, "nora", NOW) == (set(), set())
        assert [event.subject["change"] for event in hubs.ledger.of(Kind.PERIMETER)] == ["granted", "revoked"]

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"person": "rien"}, NotFound),
            ({"name": "rien"}, NotFound),
            ({"scope": PlaceKind.PROJECT, "name": "rien"}, NotFound),
            ({"ends_at": NOW - DAY}, Invalid),
            ({"person": "root"}, Refused),
            ({"actor": "ana"}, Refused),
        ],
    )
    def test_what_is_refused(self, quick_hubs: World, change: dict, error: type[BureauError]) -> None:
        asked = {"person": "ana", "scope": PlaceKind.ORGANISATION, "name": "chu-sud", **WINDOW}
        with pytest.raises(error):
            grant_perimeter(quick_hubs.store, **{**asked, "actor": "root", "now": NOW, **change})


class TestOrganisations:
    def test_another_employer_is_another_review(self, hubs: World) -> None:
        review_identity(hubs.store, "ana", document="Passeport vu", actor="root", now=NOW)
        set_organisation(hubs.store, "ana", "chu-nord", actor="root", now=NOW)
        with hubs.store.read() as session:
            assert affiliation(session, "ana").reviewed_by == "root"
        set_organisation(hubs.store, "ana", "chu-sud", actor="root", now=NOW)
        with hubs.store.read() as session:
            found = affiliation(session, "ana")
            assert (found.organisation, found.reviewed_at, found.document) == ("chu-sud", None, None)
            assert [each.slug for each in organisations(session)] == ["chu-nord", "chu-sud"]

    def test_what_can_not_be(self, quick_hubs: World) -> None:
        store = quick_hubs.store
        with pytest.raises(Conflict, match="taken"):
            create_organisation(store, "chu-sud", name="x", **AS_SYSTEM)
        with pytest.raises(Invalid):
            create_organisation(store, "chu-est", name=" ", **AS_SYSTEM)
        with pytest.raises(Invalid):
            review_identity(store, "ana", document="", **AS_SYSTEM)
        with pytest.raises(Conflict, match="for whom"):
            review_identity(store, "nora", document="x", **AS_SYSTEM)
        with pytest.raises(NotFound):
            set_organisation(store, "ana", "rien", **AS_SYSTEM)
        with pytest.raises(NotFound):
            lea(quick_hubs, "root", "rien")


class TestStops:
    """A hub that is stopped from above may be what is wrong: it does not set itself going again."""

    @pytest.mark.parametrize("setter", ["root", SYSTEM])
    def test_what_the_platform_stopped_only_the_platform_lifts(self, quick_hubs: World, setter: str) -> None:
        store = quick_hubs.store
        number = set_switch(store, StopScope.PROJECT, "etude", reason="x", actor=setter, now=NOW)
        with pytest.raises(Refused, match="outside your perimeter"):
            lift_switch(store, number, reason="x", actor="nora", now=NOW)
        quick_hubs.person("rita", PlatformRole.ADMINISTRATOR)
        lift_switch(store, number, reason="x", actor="rita", now=NOW)

    def test_what_a_hub_stopped_another_of_its_administrators_lifts(self, quick_hubs: World) -> None:
        store = quick_hubs.store
        quick_hubs.person("noe")
        given_to = {"person": "noe", "scope": PlaceKind.PROJECT, "name": "etude"}
        grant_perimeter(store, **given_to, **WINDOW, actor="root", now=NOW)
        number = set_switch(store, StopScope.PROJECT, "etude", reason="x", actor="nora", now=NOW)
        with pytest.raises(Refused, match="another administrator"):
            lift_switch(store, number, reason="x", actor="nora", now=NOW)
        lift_switch(store, number, reason="x", actor="noe", now=NOW)
