"""The gateway's questions, answered by the real domain: what becomes of sessions and programs."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from audit.events import Event, Kind
from hub_extensions.gateway import __main__ as gateway
from hub_extensions.gateway.domain import StoreDomain
from hub_extensions.gateway.seat import IDLE, OVER, OpenWorkspace
from hub_extensions.gateway.seats import Asked, Standing
from hub_extensions.portal import __main__ as portal
from project_spaces.rules import Rules
from project_spaces.sessions.activity import SessionActivity
from project_spaces.sessions.idleness import IdleLimit
from project_spaces.sessions.programs import SETTLING, end_programs
from project_spaces.sign_ins import (
    Proof,
    SignInEnd,
    Terminal,
    end_idle_sign_ins,
    end_sign_in,
    end_with_account,
    keep_sign_in,
)
from project_spaces.store import Store
from tests.project_spaces.conftest import NOW, World, populated, quick_world

__all__ = ["populated", "quick_world"]
LIMIT = IdleLimit(timedelta(minutes=30))
WORKSPACE = OpenWorkspace("w", "ana", "etude", "/x", 0, "i", "h", "c", "sha256:a", ("sejours",), "d" * 64)


@pytest.fixture
def domain(quick_world: World) -> Iterator[StoreDomain]:
    url = quick_world.store._reader.url.render_as_string(hide_password=False)
    store, activity = Store(url, quick_world.ledger, rules=Rules(idle=LIMIT)), SessionActivity(url, LIMIT)
    yield StoreDomain(SimpleNamespace(store=store), activity)  # type: ignore[arg-type] # what runs is not asked about
    store.close()
    activity.close()


def sign_in(domain: StoreDomain, session: str) -> str:
    terminal = Terminal("10.0.0.9", session=session, device=session, lasts=timedelta(hours=12))
    with domain._book.store.write(Event(Kind.SIGNIN_SUCCESS, "ana", None, NOW)) as writing:
        return keep_sign_in(writing, "ana", Proof(("pwd", "otp"), NOW), terminal, now=NOW)


def asked(domain: StoreDomain, at, *sessions: str | None) -> Standing:
    (standing,) = domain.standings([Asked(WORKSPACE, sessions)], at)
    return standing


def codes(domain: StoreDomain, at, session: str | None) -> list[str]:
    return [reason.code for reason in asked(domain, at, session).sessions[session].reasons]


def test_a_session_holds_until_its_hours_and_its_person_end_it(domain: StoreDomain) -> None:
    sign_in(domain, "here")
    standing = asked(domain, NOW, "here", None)
    assert standing.decision.allowed
    assert standing.sessions["here"].until == NOW + timedelta(hours=12)
    assert standing.idle == {"here": LIMIT.ends(NOW)}
    later = NOW + timedelta(minutes=20)
    domain.here("ana", "here", later)
    assert asked(domain, later, "here").idle == {"here": LIMIT.ends(later)}


def test_why_a_session_is_over(domain: StoreDomain) -> None:
    idle, signed_out = sign_in(domain, "idle"), sign_in(domain, "out")
    end_sign_in(domain._book.store, signed_out, SignInEnd.ASKED, actor="ana", now=NOW)
    late = LIMIT.ends(NOW)
    assert (codes(domain, late, "idle"), codes(domain, NOW, "out"), codes(domain, NOW, "x")) == ([IDLE], [OVER], [OVER])
    end_idle_sign_ins(domain._book.store, now=late)
    assert codes(domain, NOW, "idle") == [IDLE], "recorded, it stays so whatever the clock says"
    assert asked(domain, late).decision.allowed, "what runs goes on"
    assert idle


def test_programs_that_are_ended_are_kept_out_while_doors_remember_the_hubs_answer(domain: StoreDomain) -> None:
    sign_in(domain, "here")
    assert codes(domain, NOW, None) == []
    end_programs(domain._book.store, "ana", now=NOW)
    for at in (NOW, NOW + SETTLING - timedelta(seconds=1), NOW - timedelta(hours=1)):
        assert codes(domain, at, None) == [OVER]
    assert codes(domain, NOW, "here") == [], "this browser goes on"
    assert codes(domain, NOW + SETTLING, None) == [], "from here on the Hub tells old from new"


def test_a_replaced_account_ends_the_programs_too(domain: StoreDomain) -> None:
    with domain._book.store.write(Event(Kind.ACCOUNT_RESET, "system:test", None, NOW)) as session:
        end_with_account(session, "ana", NOW)
    assert codes(domain, NOW, None) == [OVER]


def test_no_door_believes_the_hub_for_longer_than_programs_are_kept_out() -> None:
    assert timedelta(seconds=max(gateway.TOKEN_CACHE_S, portal.TOKEN_CACHE_S)) < SETTLING
