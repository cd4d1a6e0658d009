"""People are told with the act or not at all; what they read is recorded; mail is given away once."""

from datetime import timedelta

import pytest

from audit.events import Event, Kind
from project_spaces.notifications import (
    MAILED_WITHIN,
    MailState,
    Topic,
    mails_due,
    mark_mailed,
    mark_read,
    notifications,
    notify,
    unread,
)
from project_spaces.people import disable_person
from project_spaces.text import Text
from tests.project_spaces.conftest import NOW, SYSTEM, World

HELLO = Text("Bonjour.", "Hello.")


def tell(world: World, to: str, text: Text = HELLO, link: str = "requests") -> None:
    with world.store.write(Event(Kind.ADMIN_ACT, SYSTEM, None, NOW)) as session:
        notify(session, to=to, kind=Topic.TASK, text=text, link=link, now=NOW)


def told(world: World, person: str) -> list[str]:
    with world.store.read() as session:
        return [each.text_fr for each in notifications(session, person)]


def test_each_is_told_own_things_unread_first(world: World) -> None:
    tell(world, "ana", Text("Un.", "One."))
    tell(world, "ben")
    with world.store.read() as session:
        first = notifications(session, "ana")[0].id
    assert mark_read(world.store, [first], actor="ana", now=NOW) == 1
    tell(world, "ana", Text("Deux.", "Two."))
    assert told(world, "ana") == ["Deux.", "Un."]
    with world.store.read() as session:
        assert (unread(session, "ana"), unread(session, "ben")) == (1, 1)
    assert mark_read(world.store, None, actor="ana", now=NOW) == 1
    with world.store.read() as session:
        assert unread(session, "ana") == 0


def test_nobody_marks_what_another_was_told(quick_world: World) -> None:
    tell(quick_world, "ana")
    with quick_world.store.read() as session:
        number = notifications(session, "ana")[0].id
    before = len(quick_world.ledger.events)
    assert mark_read(quick_world.store, [number], actor="ben", now=NOW) == 0
    with quick_world.store.read() as session:
        assert unread(session, "ana") == 1
    assert len(quick_world.ledger.events) == before, "nothing was done, so nothing is recorded"


def test_an_act_that_fails_tells_nobody(quick_world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail(quick_world)
    assert told(quick_world, "ana") == []


def _fail(world: World) -> None:
    with world.store.write(Event(Kind.ADMIN_ACT, SYSTEM, None, NOW)) as session:
        notify(session, to="ana", kind=Topic.TASK, text=HELLO, now=NOW)
        _ = 1 // 0


@pytest.mark.parametrize(
    "link", ["https://evil.example", "//evil.example", "/admin", "a/../../x", "javascript:1", "a b"]
)
def test_a_link_never_leads_out_of_the_portal(quick_world: World, link: str) -> None:
    with pytest.raises(ValueError, match="page of the portal"):
        tell(quick_world, "ana", link=link)


def test_unknown_people_and_closed_accounts_are_told_nothing(quick_world: World) -> None:
    tell(quick_world, "nobody")
    disable_person(quick_world.store, "ben", actor=SYSTEM, now=NOW, reason="départ")
    tell(quick_world, "ben")
    assert told(quick_world, "ben") == []


def test_mail_is_due_once_and_not_when_it_is_old_news(world: World) -> None:
    tell(world, "ana")
    with world.store.read() as session:
        (mail,) = mails_due(session, now=NOW)
        assert (mail.address, mail.text, mail.link) == ("ana@example.org", HELLO, "requests")
        assert mails_due(session, now=NOW + MAILED_WITHIN) == []
    mark_mailed(world.store, mail.id, MailState.SENT, now=NOW)
    mark_mailed(world.store, mail.id, MailState.REFUSED, now=NOW)
    mark_mailed(world.store, "0" * 32, MailState.SENT, now=NOW)
    with world.store.read() as session:
        assert mails_due(session, now=NOW + timedelta(seconds=1)) == []
        assert notifications(session, "ana")[0].mail is MailState.SENT
    assert [event.subject["change"] for event in world.ledger.of(Kind.NOTIFICATION)] == ["mail sent"]
