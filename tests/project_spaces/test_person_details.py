"""Somebody is renamed: the same person, rights and identity; recorded, told, and proved again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audit.events import Event, Kind
from project_spaces import person_details
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused
from project_spaces.facts import PlatformRole
from project_spaces.identities import link_identity, sign_in_with
from project_spaces.notifications import (
    MailState,
    Notification,
    mails_due,
    mark_mailed,
    mark_read,
    notifications,
    unread,
)
from project_spaces.organisations import affiliation, create_organisation, review_identity, set_organisation
from project_spaces.people import disable_person, get_person
from project_spaces.person_details import change_person
from project_spaces.sign_ins import Terminal
from tests.project_spaces.conftest import NOW, SYSTEM, World
from tests.project_spaces.test_accounts import open_accounts
from tests.project_spaces.test_identities_again import asserted

BY = {"actor": SYSTEM, "now": NOW}
MAIL = "ana@example.org"
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def known(quick_world: World) -> World:
    """Ana's identity was reviewed; Rita and Root administer."""
    for name in ("rita", "root"):
        quick_world.person(name, PlatformRole.ADMINISTRATOR)
    create_organisation(quick_world.store, "chu", name="CHU", **BY)
    set_organisation(quick_world.store, "ana", "chu", **BY)
    review_identity(quick_world.store, "ana", document="Passeport", actor="rita", now=NOW)
    return quick_world


def rename(world: World, name: str = "Ana Lopes-Roy", mail: str = MAIL, *, who: str = "ana", **change: str) -> None:
    said = {"reason": "mariage", "actor": "rita", **change}
    change_person(world.store, who, display_name=name, email=mail, now=NOW, **said)


def reviewed(world: World) -> bool:
    with world.store.read() as session:
        return affiliation(session, "ana").reviewed_at is not None


def test_the_change_is_recorded_told_and_proved_again(known: World) -> None:
    rename(known, mail="ana.roy@example.org")
    with known.store.read() as session:
        row = get_person(session, "ana")
        assert (row.display_name, row.email) == ("Ana Lopes-Roy", "ana.roy@example.org")
        assert "a changé ici" in notifications(session, "ana")[0].text_fr
    event = known.ledger.of(Kind.PERSON_CHANGED)[-1]
    assert event.subject == {"change": "name and mail changed"}
    assert event.private == {
        "reason": "mariage",
        "name_before": "Ana",
        "name": "Ana Lopes-Roy",
        "mail_before": MAIL,
        "mail": "ana.roy@example.org",
    }
    assert not reviewed(known)
    assert known.may("ana", Action.MOUNT_DATASET, project_slug="etude", dataset_slug="sejours").allowed


def test_who_moves_somebody_s_notices_is_told_of_at_the_address_before(known: World) -> None:
    """Attack: a stolen administrator's session writes an own address, reads its mails, and closes the account."""
    rename(known, "Ana", "eve@example.org")
    disable_person(known.store, "ana", reason="x", actor=SYSTEM, now=LATER)
    with known.store.read() as session:
        letter, closed = mails_due(session, now=LATER)
        assert (letter.address, "prévenez aussitôt" in letter.text.fr) == (MAIL, True)
        assert closed.address == "eve@example.org"
        assert (len(notifications(session, "ana")), unread(session, "ana")) == (1, 1), "who took it over reads pages"
    for each in (letter, closed):
        mark_mailed(known.store, each.id, MailState.SENT, now=NOW)
    assert mark_read(known.store, None, actor="ana", now=NOW) == 1
    with known.store.read() as session:
        assert mails_due(session, now=LATER) == []
        kept = session.scalars(select(Notification.only_to).where(Notification.id == letter.id)).one()
        assert kept == "", "an address that was mailed is not kept"


def test_a_new_name_alone_is_told_once(known: World) -> None:
    rename(known)
    with known.store.read() as session:
        assert [each.address for each in mails_due(session, now=NOW)] == [MAIL]


def test_another_address_alone_is_no_other_person(known: World) -> None:
    rename(known, "Ana", "ana@chu.example")
    assert reviewed(known)
    assert "name" not in (known.ledger.of(Kind.PERSON_CHANGED)[-1].private or {})


def test_the_provider_s_subject_stays_the_same_person_and_the_new_name_is_nobody_s_key(known: World) -> None:
    code = open_accounts(known).create("ana", actor=SYSTEM, now=NOW)
    link_identity(known.store, code, asserted("ana", NOW), now=NOW)
    rename(known, "ben", "ben@example.org")
    signed_in = sign_in_with(known.store, asserted("ana", NOW), Terminal(session="s", device="d"), now=NOW)
    assert (signed_in.username, signed_in.display_name) == ("ana", "ben")
    with pytest.raises(BureauError, match="no account is linked"):
        sign_in_with(known.store, asserted("ben", NOW), Terminal(session="t", device="d"), now=NOW)


def test_of_two_administrators_at_once_the_second_is_told(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = person_details._event

    def meanwhile(*facts: Any, **more: Any) -> Event:
        monkeypatch.setattr(person_details, "_event", made)
        rename(known, "Ana Petit", actor="root")
        return made(*facts, **more)

    monkeypatch.setattr(person_details, "_event", meanwhile)
    with pytest.raises(Conflict, match="Somebody else"):
        rename(known)
    with known.store.read() as session:
        assert get_person(session, "ana").display_name == "Ana Petit"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"actor": "ben"}, Refused),
        ({"actor": "ana"}, Refused),
        ({"actor": "rita", "who": "rita"}, Refused),
        ({"who": "nobody"}, NotFound),
        ({"name": " "}, Invalid),
        ({"name": "Ana\u202eX"}, Invalid),
        ({"mail": "ana"}, Invalid),
        ({"mail": "a@example.org\nBcc: x@example.org"}, Invalid),
        ({"name": "Ana"}, Invalid),
        ({"reason": " "}, Invalid),
    ],
)
def test_what_is_refused_changes_nothing(known: World, change: dict, error: type[BureauError]) -> None:
    before = len(known.ledger.events)
    with pytest.raises(error):
        rename(known, **change)
    assert len(known.ledger.events) == before
    assert reviewed(known)
