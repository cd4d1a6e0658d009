"""Signing in again at an identity provider: only as who is here, and not with what it remembers of an idle session."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from audit.events import Kind
from project_spaces.account_records import SignInRefused
from project_spaces.errors import Conflict
from project_spaces.identities import (
    ONE_FACTOR,
    PROVE_AGAIN,
    SOMEBODY_ELSE,
    TAKEN,
    Asserted,
    link_identity,
    sign_in_with,
)
from project_spaces.people import disable_person
from project_spaces.rules import Rules
from project_spaces.sessions.idleness import IdleLimit
from project_spaces.sign_ins import Proof, SignInMethod, Terminal, end_idle_sign_ins, live_sign_ins
from project_spaces.store import Store
from tests.project_spaces.conftest import NOW, SYSTEM, World
from tests.project_spaces.test_accounts import open_accounts

ISSUER = "https://id.example.org"
LIMIT = IdleLimit(timedelta(minutes=30))
MINUTE = timedelta(minutes=1)
LATER = LIMIT.ends(NOW)


@pytest.fixture
def linked(quick_world: World):
    """Ana and Ben sign in at the provider; sessions end without their persons."""
    url = quick_world.store._reader.url.render_as_string(hide_password=False)
    world = replace(quick_world, store=Store(url, quick_world.ledger, rules=Rules(idle=LIMIT)))
    accounts = open_accounts(world)
    for name in ("ana", "ben"):
        code = accounts.create(name, actor=SYSTEM, now=NOW)
        link_identity(world.store, code, asserted(name, NOW), now=NOW)
    yield world
    world.store.close()


def asserted(name: str, at: datetime) -> Asserted:
    return Asserted(ISSUER, f"sub-{name}", Proof(("mfa",), at, method=SignInMethod.OPENID))


def sign_in(world: World, name: str, session: str, at: datetime, *, proved: datetime | None = None, **only) -> None:
    sign_in_with(world.store, asserted(name, proved or at), Terminal(session=session, device="d"), now=at, **only)


def sessions(world: World, name: str, at: datetime) -> int:
    with world.store.read() as session:
        return len(live_sign_ins(session, name, now=at))


def test_nobody_else_takes_over_an_open_session(linked: World) -> None:
    sign_in(linked, "ana", "one", NOW)
    with pytest.raises(SignInRefused) as refused:
        sign_in(linked, "ben", "two", NOW, only="ana")
    assert refused.value.text == SOMEBODY_ELSE
    assert (sessions(linked, "ana", NOW), sessions(linked, "ben", NOW)) == (1, 0)
    assert len(linked.ledger.of(Kind.SIGNIN_FAILURE)) == 1
    sign_in(linked, "ana", "three", NOW + MINUTE, only="ana")


def test_a_closed_account_is_let_in_by_no_provider_and_told_why(linked: World) -> None:
    disable_person(linked.store, "ana", actor=SYSTEM, now=NOW, reason="départ")
    with pytest.raises(SignInRefused, match="not active"):
        sign_in(linked, "ana", "one", NOW)
    assert sessions(linked, "ana", NOW) == 0
    assert linked.ledger.of(Kind.SIGNIN_FAILURE)[-1].persons == {"claimed": "ana"}


def test_an_identity_is_one_person_s_and_needs_two_factors(linked: World) -> None:
    linked.person("cora")
    code = open_accounts(linked).create("cora", actor=SYSTEM, now=NOW)
    with pytest.raises(Conflict) as taken:
        link_identity(linked.store, code, asserted("ana", NOW), now=NOW)
    assert taken.value.text == TAKEN
    alone = replace(asserted("cora", NOW), proof=Proof(("pwd",), NOW, method=SignInMethod.OPENID))
    with pytest.raises(SignInRefused) as weak:
        link_identity(linked.store, code, alone, now=NOW)
    assert weak.value.text == ONE_FACTOR
    assert link_identity(linked.store, code, asserted("cora", NOW), now=NOW) == "cora", "the invitation is not spent"


@pytest.mark.parametrize("recorded", [False, True])
def test_what_the_provider_remembers_opens_no_idle_session(linked: World, recorded: bool) -> None:
    sign_in(linked, "ana", "one", NOW)
    if recorded:
        end_idle_sign_ins(linked.store, now=LATER)
    for proved in (NOW - MINUTE, NOW):
        with pytest.raises(SignInRefused) as refused:
            sign_in(linked, "ana", f"two {proved}", LATER, proved=proved)
        assert refused.value.text == PROVE_AGAIN
        assert refused.value.codes == {"sign_in_too_old"}
    assert sessions(linked, "ana", LATER) == 0
    sign_in(linked, "ana", "three", LATER, proved=LATER - MINUTE)
    assert sessions(linked, "ana", LATER) == 1


def test_who_was_there_goes_on_with_what_the_provider_remembers(linked: World) -> None:
    sign_in(linked, "ana", "one", NOW)
    sign_in(linked, "ana", "two", NOW + 5 * MINUTE, proved=NOW - MINUTE)
    assert sessions(linked, "ana", NOW + 5 * MINUTE) == 1
