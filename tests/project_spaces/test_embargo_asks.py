"""A project's lead asks for a temporary closure; who answers for the data closes them or says why not (S-66)."""

from datetime import datetime, timedelta

import pytest

from audit.events import Kind
from project_spaces.agreements import embargoes
from project_spaces.decisions import Action
from project_spaces.embargoes.answering import accept_ask, decline_ask
from project_spaces.embargoes.asking import LONGEST, ask_embargo, withdraw_ask
from project_spaces.embargoes.records import AskState, asks_of_project, waiting_asks
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused
from project_spaces.facts import MemberRole, PlatformRole, ProjectStatus
from project_spaces.memberships import grant_membership
from project_spaces.notifications import notifications
from project_spaces.owner_perimeters import dismiss, entrust
from project_spaces.projects import change_project
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

ENDS = NOW + 90 * DAY
WORK = {"project_slug": "etude", "mounted": ["sejours"]}


@pytest.fixture
def asked(quick_world: World) -> World:
    """Léa leads the study; Stella answers for its data, Sven for nothing, Rita administers."""
    return _people(quick_world)


def _people(world: World) -> World:
    world.person("lea")
    window = {"starts_at": NOW - DAY, "ends_at": NOW + 60 * DAY}
    at = {"actor": SYSTEM, "now": NOW}
    grant_membership(world.store, person="lea", project="etude", role=MemberRole.LEAD, **window, **at)
    for name, role in (("stella", "steward"), ("sven", "steward"), ("rita", "administrator")):
        world.person(name, PlatformRole(role))
    entrust(world.store, "CHU", "stella", **at)
    return world


def ask(world: World, **change: object) -> str:
    given = {"ends_at": ENDS, "reason": "Publication en cours.", "actor": "lea", "now": NOW}
    return ask_embargo(world.store, "etude", "sejours", **{**given, **change})


def told(world: World, person: str, words: str) -> int:
    with world.store.read() as session:
        return sum(words in each.text.fr for each in notifications(session, person))


def test_from_the_question_to_the_closure(world: World) -> None:
    number = ask(_people(world))
    assert [told(world, name, "fermeture temporaire") for name in ("stella", "sven", "rita", "ana")] == [1, 0, 0, 0]
    assert world.may("ana", Action.SEND_MESSAGE, **WORK).allowed, "a question closes nothing"
    world.habilitate("lea", "etude", "sejours")
    embargo = accept_ask(world.store, number, actor="stella", now=NOW + DAY)
    assert [told(world, name, "sous embargo") for name in ("ana", "lea", "sven")] == [1, 0, 0]
    codes = [each.code for each in world.may("ana", Action.SEND_MESSAGE, NOW + DAY, **WORK).reasons]
    assert codes == ["dataset_embargo"]
    assert world.may("ana", Action.SEND_MESSAGE, NOW + 2 * DAY, **WORK).allowed is False
    assert told(world, "lea", "comme vous l'avez demandé") == 1
    with world.store.read() as session:
        (row,) = asks_of_project(session, "etude")
        (held,) = embargoes(session, ["sejours"])
        assert waiting_asks(session, ["sejours"]) == []
    assert (row.state, row.embargo, held.id) == (AskState.ACCEPTED, embargo, embargo)
    assert (held.ends_at, held.set_by, held.reason) == (ENDS, "stella", "Publication en cours.")
    assert [each.subject["change"] for each in world.ledger.of(Kind.EMBARGO)] == ["asked", "accepted", "set"]
    with pytest.raises(NotFound, match="no such request"):
        accept_ask(world.store, "0" * 32, actor="stella", now=NOW)
    with pytest.raises(Conflict, match="answered"):
        decline_ask(world.store, number, reason="x", actor="stella", now=NOW + DAY)


def test_a_no_owes_a_reason_and_then_one_may_ask_again(asked: World) -> None:
    number = ask(asked)
    with pytest.raises(Conflict, match="waits already"):
        ask(asked)
    with pytest.raises(Invalid, match="written reason"):
        decline_ask(asked.store, number, reason=" ", actor="stella", now=NOW)
    decline_ask(asked.store, number, reason="Trop long.", actor="stella", now=NOW)
    assert told(asked, "lea", "le motif est sur la page") == 1
    second = ask(asked)
    with pytest.raises(Refused):
        withdraw_ask(asked.store, second, actor="ana", now=NOW)
    withdraw_ask(asked.store, second, actor="lea", now=NOW)
    with pytest.raises(Conflict, match="answered"):
        accept_ask(asked.store, second, actor="stella", now=NOW)
    with asked.store.read() as session:
        found = {each.state: each.answer for each in asks_of_project(session, "etude")}
        assert embargoes(session, ["sejours"]) == []
    assert found == {AskState.DECLINED: "Trop long.", AskState.WITHDRAWN: None}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"actor": "ana"}, Refused),
        ({"actor": "rita"}, Refused),
        ({"actor": "stella"}, Refused),
        ({"reason": " "}, Invalid),
        ({"reason": "x" * 2001}, Invalid),
        ({"ends_at": NOW}, Invalid),
        ({"ends_at": NOW + LONGEST + timedelta(seconds=1)}, Invalid),
    ],
)
def test_what_may_not_be_asked(asked: World, change: dict, error: type[BureauError]) -> None:
    with pytest.raises(error):
        ask(asked, **change)
    assert asked.ledger.of(Kind.EMBARGO) == []


def test_only_for_data_of_a_running_project(asked: World) -> None:
    asked.dataset("autres")
    with pytest.raises(NotFound, match="does not work"):
        ask_embargo(asked.store, "etude", "autres", ends_at=ENDS, reason="x", actor="lea", now=NOW)
    number = ask(asked)
    change_project(asked.store, "etude", status=ProjectStatus.CLOSED, actor=SYSTEM, now=NOW)
    with pytest.raises(Conflict, match="ended"):
        ask(asked)
    with pytest.raises(Conflict, match="ended"):
        accept_ask(asked.store, number, actor="stella", now=NOW)
    decline_ask(asked.store, number, reason="Projet clos.", actor="stella", now=NOW)


@pytest.mark.parametrize(("actor", "at"), [("sven", NOW), ("ana", NOW), ("lea", NOW), ("stella", ENDS)])
def test_who_may_not_close_and_when_not(asked: World, actor: str, at: datetime) -> None:
    number = ask(asked)
    with pytest.raises(Conflict if actor == "stella" else Refused):
        accept_ask(asked.store, number, actor=actor, now=at)
    assert asked.may("ana", Action.SEND_MESSAGE, **WORK).allowed


def test_nobody_answers_for_a_project_of_his_own_and_administrators_are_told_instead(asked: World) -> None:
    """Attack: the lead of a project, or one of its members, also speaks for the owner of its data."""
    asked.member("stella", "etude")
    number = ask(asked)
    assert [told(asked, name, "fermeture temporaire") for name in ("stella", "rita")] == [0, 1]
    with pytest.raises(Refused, match="somebody else decides"):
        accept_ask(asked.store, number, actor="stella", now=NOW)
    with pytest.raises(Refused, match="somebody else decides"):
        decline_ask(asked.store, number, reason="x", actor="stella", now=NOW)
    dismiss(asked.store, "CHU", "stella", actor="rita", now=NOW)
    accept_ask(asked.store, number, actor="rita", now=NOW)
    assert not asked.may("ana", Action.SEND_MESSAGE, **WORK).allowed
