"""Refusals of the domain that no other test comes by: each is said in both languages (see ``fixtures.refusals``)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from audit.errors import LedgerError
from audit.events import Event, Kind
from audit.keystore import KeyStore
from project_spaces.catalogue.publications import read_card
from project_spaces.control_periods import ControlTerms, month
from project_spaces.datasets import register_dataset
from project_spaces.endings.beginning import begin_ends, end_project
from project_spaces.endings.settling import propose, withdraw
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Unavailable
from project_spaces.facts import Classification, PlatformRole
from project_spaces.manifests import Manifest
from project_spaces.own_trace import OwnTrace
from project_spaces.owner_perimeters import dismiss
from project_spaces.people import create_person
from project_spaces.perimeters import revoke_perimeter
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.records.ends import Fate
from project_spaces.register import set_entry
from project_spaces.requests import applying
from project_spaces.requests.answers import LONGEST_REASONS, check_answer
from project_spaces.requests.forms import RequestForm, read_form
from project_spaces.requests.records import get_request
from project_spaces.requests.steps import Outcome, Step
from project_spaces.requirements import Requirement, network
from project_spaces.sign_ins import SignInEnd, end_sign_in
from project_spaces.text import Text
from project_spaces.trainings.claims import refuse_claim
from tests.fixtures.refusals import in_both
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

AT = {"actor": SYSTEM, "now": NOW}
NOTHING = "0" * 32


def _read(world: World, read: Callable[..., object], *names: str) -> object:
    with world.store.read() as session:
        return read(session, *names)


def _dataset(world: World, **change: object) -> None:
    said = {"title": Text("Séjours", "Stays"), "owner": "CHU", "min_persons": 11, **change}
    kind = Classification.PSEUDONYMISED
    register_dataset(world.store, slug="autres", classification=kind, person_column=None, **said, **AT)  # type: ignore[arg-type]


def _project(world: World, **change: str) -> None:
    said = {"title": "Étude", "purpose": "Mesurer.", **change}
    window = {"starts_at": NOW, "ends_at": NOW + DAY}
    create_project(world.store, slug="autre", quota=Quota(), **said, **window, **AT)  # type: ignore[arg-type]


def _reopened(world: World) -> None:
    """A project that was never archived."""
    world.person("rita", PlatformRole.ADMINISTRATOR)
    begin_ends(world.store, now=NOW + 101 * DAY)
    later = NOW + 101 * DAY
    propose(world.store, "etude", Fate.REOPEN, until=later + DAY, reason="x", actor="rita", now=later)


def _withdrawn(world: World) -> None:
    world.person("rita", PlatformRole.ADMINISTRATOR)
    begin_ends(world.store, now=NOW + 101 * DAY)
    withdraw(world.store, "etude", actor="rita", now=NOW + 101 * DAY)


def _named(world: World) -> None:
    create_person(world.store, username="sans-nom", display_name=" ", email="a@example.org", **AT)


REFUSALS: dict[str, tuple[type[BureauError], Callable[[World], object]]] = {
    "no card": (NotFound, lambda world: _read(world, read_card, "sejours", "1")),
    "no request": (NotFound, lambda world: _read(world, get_request, NOTHING)),
    "no month": (Invalid, lambda _world: month("2026-13", ControlTerms(ZoneInfo("Europe/Paris"), 15))),
    "no title": (Invalid, lambda world: _dataset(world, owner="")),
    "no threshold": (Invalid, lambda world: _dataset(world, min_persons=1)),
    "no reason of an end": (Invalid, lambda world: end_project(world.store, "etude", reason=" ", **AT)),
    "not at that stage": (Conflict, _reopened),
    "nothing waits": (Conflict, _withdrawn),
    "no manifest": (Invalid, lambda _world: Manifest.from_bytes(b"{")),
    "no such steward": (NotFound, lambda world: dismiss(world.store, "CHU", "ana", **AT)),
    "no name": (Invalid, _named),
    "no perimeter": (NotFound, lambda world: revoke_perimeter(world.store, NOTHING, reason="x", **AT)),
    "no purpose": (Invalid, lambda world: _project(world, purpose=" ")),
    "no organisation": (Invalid, lambda world: set_entry(world.store, "etude", organisation="x" * 201, **AT)),
    "a reason too long": (
        Invalid,
        lambda _world: check_answer(Step.OWNER, Outcome.FAVOURABLE, "x" * (LONGEST_REASONS + 1), ""),
    ),
    "no slug": (Invalid, lambda _world: Requirement(trainings=frozenset({"A B"}))),
    "no network": (Invalid, lambda _world: network("10.0.0.0/99")),
    "no reason of a refusal": (Invalid, lambda world: refuse_claim(world.store, NOTHING, reason=" ", **AT)),
    "no session": (NotFound, lambda world: end_sign_in(world.store, NOTHING, SignInEnd.ASKED, **AT)),
    "no claim": (NotFound, lambda world: refuse_claim(world.store, NOTHING, reason="x", **AT)),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_is_said_in_both_languages(quick_world: World, name: str) -> None:
    error, act = REFUSALS[name]
    with pytest.raises(error) as caught:
        act(quick_world)
    assert in_both(caught.value.text)


def test_a_form_that_is_changed_while_it_is_submitted_is_not(
    quick_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sealed in the record is what was submitted: a change in between is told."""
    mine, sealed = {"actor": "ana", "now": NOW}, applying._frozen
    number = applying.draft_request(quick_world.store, read_form({"title": "Avant"}), **mine)

    def meanwhile(form: RequestForm) -> dict[str, Any]:
        applying.change_request(quick_world.store, number, read_form({"title": "Après"}), **mine)
        return sealed(form)

    monkeypatch.setattr(applying, "_frozen", meanwhile)
    with pytest.raises(Conflict) as caught:
        applying.submit_request(quick_world.store, number, **mine)
    assert in_both(caught.value.text)


def test_a_key_that_can_t_be_made_is_said_in_both_languages(
    quick_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = OwnTrace(quick_world.store, KeyStore(tmp_path / "keys"))

    def fails(*_given: object) -> None:
        raise LedgerError

    monkeypatch.setattr(type(own.keys.traces), "ensure", fails)
    monkeypatch.setattr("project_spaces.own_trace.password_marker", lambda *_of: "marker")
    with pytest.raises(Unavailable) as caught:
        own.signed_in("ana", "x", now=NOW)
    assert in_both(caught.value.text)


@pytest.mark.parametrize("verb", ["append", "settle"])
def test_a_ledger_that_fails_is_said_in_both_languages(
    quick_world: World, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def fails(*_events: object) -> None:
        raise LedgerError

    monkeypatch.setattr(quick_world.ledger, verb, fails)
    event = Event(Kind.REFUSAL, "ana", None, NOW, {"refused": "x"})
    with pytest.raises(Unavailable) as caught:
        quick_world.store.record(event) if verb == "append" else quick_world.store.settle()
    assert in_both(caught.value.text)
