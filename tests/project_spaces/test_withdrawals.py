"""Whoever loses a right is told in the transaction that takes it, once, in both languages."""

from collections.abc import Callable

import pytest

from project_spaces.agreements import record_agreement, revoke_agreement
from project_spaces.approvals import record_approval, revoke_approval
from project_spaces.embargoes.setting import lift_embargo, set_embargo
from project_spaces.errors import Unavailable
from project_spaces.facts import PlaceKind, PlatformRole, StopScope
from project_spaces.habilitations import revoke_habilitation
from project_spaces.kill_switches import lift_switch, set_switch
from project_spaces.memberships import revoke_membership
from project_spaces.notifications import mails_due, notifications
from project_spaces.owner_perimeters import dismiss, entrust
from project_spaces.people import disable_person, enable_person, grant_role, revoke_role
from project_spaces.perimeters import grant_perimeter, revoke_perimeter
from project_spaces.telling.people import CLOSED, REOPENED, REPLACED
from project_spaces.trainings.records import record_training, revoke_training
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World
from tests.project_spaces.test_accounts import open_accounts

BY = {"actor": SYSTEM, "now": NOW}
LASTS = {"starts_at": NOW - DAY, "ends_at": NOW + 9 * DAY}
Act = Callable[[], object]


def habilitation(world: World) -> Act:
    number = world.habilitate("ben", "etude", "sejours")
    return lambda: revoke_habilitation(world.store, number, reason="x", **BY)


def membership(world: World) -> Act:
    number = world.member("ben", "etude")
    return lambda: revoke_membership(world.store, number, reason="x", **BY)


def training(world: World) -> Act:
    number = record_training(world.store, person="ben", kind="snds", certificate="A-1", **LASTS, **BY)
    return lambda: revoke_training(world.store, number, reason="x", **BY)


def agreement(world: World) -> Act:
    world.habilitate("ben", "etude", "sejours")
    number = record_agreement(world.store, project="etude", dataset="sejours", reference="C-1", **LASTS, **BY)
    return lambda: revoke_agreement(world.store, number, reason="x", **BY)


def approval(world: World) -> Act:
    world.member("ben", "etude")
    number = record_approval(world.store, project="etude", kind="cnil", reference="DR-1", **LASTS, **BY)
    return lambda: revoke_approval(world.store, number, reason="x", **BY)


RIGHTS = {
    "habilitation pour le jeu de données sejours": habilitation,
    "place dans l'espace projet etude": membership,
    "formation « snds »": training,
    "convention de l'espace projet etude": agreement,
    "autorisation « cnil »": approval,
}


def told(world: World, person: str = "ben") -> list[str]:
    with world.store.read() as session:
        found = notifications(session, person)
    assert all(each.text_fr != each.text_en for each in found)
    return [each.text_fr for each in found]


@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_that_is_taken_is_told_once_and_only_if_it_is_taken(quick_world: World, right: str) -> None:
    take = RIGHTS[right](quick_world)
    quick_world.ledger.stop()
    with pytest.raises(Unavailable):
        take()
    assert told(quick_world) == []
    quick_world.ledger.start()
    take()
    take()
    (sentence,) = told(quick_world)
    assert right in sentence


def test_what_somebody_did_for_the_platform_is_told_when_it_is_taken(quick_world: World) -> None:
    """Attack: a stolen administrator's session takes a reviewer's role, a steward's owner or a hub's perimeter."""
    store = quick_world.store
    grant_role(store, "ben", PlatformRole.STEWARD, **BY)
    entrust(store, "CHU", "ben", **BY)
    perimeter = grant_perimeter(store, person="ben", scope=PlaceKind.PROJECT, name="etude", **LASTS, **BY)
    for _ in range(2):
        revoke_perimeter(store, perimeter, reason="x", **BY)
    dismiss(store, "CHU", "ben", **BY)
    revoke_role(store, "ben", PlatformRole.STEWARD, **BY)
    assert sorted(told(quick_world)) == [
        "Un rôle vous est retiré sur la plateforme : Gestionnaire de données.",
        "Vous n'administrez plus : Espace projet etude.",
        "Vous ne répondez plus pour le producteur CHU.",
    ]


def test_who_loses_an_account_or_gets_it_back_is_told(quick_world: World) -> None:
    """Attack: a stolen administrator's session opens the account of somebody who left, and replaces its keys."""
    store, accounts = quick_world.store, open_accounts(quick_world)
    accounts.create("ben", **BY)
    assert told(quick_world) == [], "a first code is handed over by hand"
    for _ in range(2):
        disable_person(store, "ben", reason="Départ", **BY)
    with store.read() as session:
        (letter,) = mails_due(session, now=NOW)
    assert (letter.address, letter.text) == ("ben@example.org", CLOSED)
    for _ in range(2):
        enable_person(store, "ben", reason="Retour", **BY)
    accounts.create("ben", **BY)
    assert sorted(told(quick_world)) == sorted([REOPENED.fr, REPLACED.fr])


def test_what_had_ended_already_is_told_to_nobody(quick_world: World) -> None:
    number = quick_world.habilitate("ben", "etude", "sejours", days=-0.5)
    revoke_habilitation(quick_world.store, number, reason="x", **BY)
    assert told(quick_world) == []


def test_an_embargo_and_its_end_are_told_to_those_who_use_the_data(quick_world: World) -> None:
    number = set_embargo(quick_world.store, "sejours", starts_at=NOW, ends_at=None, reason="Correction.", **BY)
    assert ["sous embargo" in each for each in told(quick_world, "ana")] == [True]
    for _ in range(2):
        lift_embargo(quick_world.store, number, reason="Corrigé.", **BY)
    assert sum("est levé" in each for each in told(quick_world, "ana")) == 1
    assert told(quick_world) == []


def test_whoever_is_stopped_is_told_and_told_when_it_is_over(quick_world: World) -> None:
    number = set_switch(quick_world.store, StopScope.PERSON, "ben", reason="x", **BY)
    lift_switch(quick_world.store, number, reason="x", **BY)
    assert sorted(told(quick_world)) == [
        "L'arrêt de votre accès est levé.",
        "Votre accès est arrêté : adressez-vous à un administrateur.",
    ]
    assert told(quick_world, "ana") == []
