"""A session that nobody uses ends, for good, in the ledger, and without what runs; on each kind of database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event as hooks

from audit.events import Event, Kind
from project_spaces.acting import acting_as
from project_spaces.decisions import Action
from project_spaces.requirements import Requirement
from project_spaces.rules import Rules
from project_spaces.sessions.activity import SessionActivity
from project_spaces.sessions.idleness import IdleLimit
from project_spaces.sign_ins import (
    Proof,
    SignIn,
    SignInEnd,
    Terminal,
    end_idle_sign_ins,
    end_sign_in,
    idle_sentence,
    keep_sign_in,
    live_sign_in,
    live_sign_ins,
    sign_in_behind,
)
from project_spaces.store import Store
from tests.project_spaces.conftest import NOW, World

LIMIT = IdleLimit(timedelta(minutes=30))
MINUTE = timedelta(minutes=1)
OVER = NOW + LIMIT.after + LIMIT.grain


@pytest.fixture
def idle(world: World) -> Iterator[World]:
    """The world of an installation whose sessions end without their persons."""
    url = world.store._reader.url.render_as_string(hide_password=False)
    rules = Rules(everybody=Requirement(sign_in_max_age=timedelta(hours=8)), idle=LIMIT)
    store = Store(url, world.ledger, rules=rules)
    yield replace(world, store=store)
    store.close()


@pytest.fixture
def activity(idle: World) -> Iterator[SessionActivity]:
    noted = SessionActivity(idle.store._reader.url.render_as_string(hide_password=False), LIMIT)
    yield noted
    noted.close()


def sign_in(world: World, session: str | None = "here", at: datetime = NOW) -> str:
    terminal = Terminal("10.0.0.9", session=session, device=session, lasts=timedelta(hours=12))
    with world.store.write(Event(Kind.SIGNIN_SUCCESS, "ana", None, at)) as writing:
        return keep_sign_in(writing, "ana", Proof(("pwd", "otp"), at), terminal, now=at)


def lasts(world: World, at: datetime, session: str = "here", person: str = "ana") -> bool:
    with world.store.read() as reading:
        return live_sign_in(reading, person, session, now=at) is not None


def test_nobody_there_for_the_limit_ends_it_to_the_second(idle: World) -> None:
    sign_in(idle)
    assert lasts(idle, OVER - timedelta(seconds=1))
    assert not lasts(idle, OVER)
    with idle.store.read() as reading:
        assert list(live_sign_ins(reading, "ana", now=OVER)) == []
        sentence = idle_sentence(reading, sign_in_behind(reading, "ana", "here"), now=OVER)
    assert sentence == LIMIT.sentence
    assert "30 minutes sans activité" in sentence.fr
    assert "30 minutes without activity" in sentence.en


def test_who_is_there_stays(idle: World, activity: SessionActivity) -> None:
    sign_in(idle)
    activity.seen("ana", "here", NOW + 29 * MINUTE)
    assert lasts(idle, NOW + 59 * MINUTE)
    assert not lasts(idle, NOW + 61 * MINUTE)


def test_it_is_written_down_once_a_minute_whatever_a_person_does_and_by_how_many_doors(
    idle: World, activity: SessionActivity
) -> None:
    sign_in(idle)
    other_door = SessionActivity(idle.store._reader.url.render_as_string(hide_password=False), LIMIT)
    written: list[str] = []
    for door in (activity, other_door):
        hooks.listen(door._engine, "before_cursor_execute", lambda _c, _k, statement, *_: written.append(statement))
    revision = idle.store.revision()
    seen = []
    for second in range(0, 600, 5):
        at = NOW + 5 * MINUTE + timedelta(seconds=second)
        for door in (activity, other_door):
            door.seen("ana", "here", at)
        with idle.store.read() as reading:
            row = sign_in_behind(reading, "ana", "here")
            assert row is not None
            seen.append(row.seen_at)
    other_door.close()
    assert len(set(seen)) == 10
    assert len([each for each in written if each.startswith("UPDATE")]) == 20
    assert idle.store.revision() == revision, "nobody's rights are decided anew for that"


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=1)])
def test_a_cookie_that_comes_again_afterwards_wakes_nothing(
    idle: World, activity: SessionActivity, later: timedelta
) -> None:
    sign_in(idle)
    activity.seen("ana", "here", OVER + later)
    assert not lasts(idle, OVER + later)


def test_nobody_keeps_the_session_of_another_alive(idle: World, activity: SessionActivity) -> None:
    sign_in(idle)
    activity.seen("ben", "here", NOW + 29 * MINUTE)
    activity.seen("ana", "there", NOW + 29 * MINUTE)
    assert not lasts(idle, OVER)
    assert not lasts(idle, NOW + MINUTE, person="ben")


def test_what_was_signed_out_of_is_not_kept_alive_and_was_not_idle(idle: World, activity: SessionActivity) -> None:
    end_sign_in(idle.store, sign_in(idle), SignInEnd.ASKED, actor="ana", now=NOW + MINUTE)
    activity.seen("ana", "here", NOW + 2 * MINUTE)
    assert not lasts(idle, NOW + 2 * MINUTE)
    with idle.store.read() as reading:
        assert idle_sentence(reading, sign_in_behind(reading, "ana", "here"), now=OVER) is None


def test_a_clock_that_is_set_back_gives_no_hour_more(idle: World, activity: SessionActivity) -> None:
    sign_in(idle)
    activity.seen("ana", "here", NOW + 20 * MINUTE)
    for back in (NOW + 10 * MINUTE, NOW - timedelta(hours=2)):
        assert not lasts(idle, back)
        activity.seen("ana", "here", back)
        assert not lasts(idle, back)
    assert lasts(idle, NOW + 19 * MINUTE), "two machines may differ by a little"


def test_the_end_is_an_entry_once_and_lasts_whatever_the_clock_says_then(idle: World) -> None:
    number = sign_in(idle)
    sign_in(idle, "there", OVER - MINUTE)
    assert end_idle_sign_ins(idle.store, now=OVER) == 1
    assert end_idle_sign_ins(idle.store, now=OVER + MINUTE) == 0
    (entry,) = idle.ledger.of(Kind.SIGNOUT)
    assert (entry.actor, dict(entry.subject), dict(entry.persons)) == (
        "system:sign-in",
        {"cause": "idle"},
        {"person": "ana"},
    )
    assert not lasts(idle, NOW + MINUTE)
    assert lasts(idle, OVER, "there")
    with idle.store.read() as reading:
        row = reading.get_one(SignIn, number)
        assert row.ended_by is SignInEnd.IDLE
        assert idle_sentence(reading, row, now=OVER) == LIMIT.sentence


def test_what_runs_goes_on_as_long_as_the_two_factors_count(idle: World) -> None:
    """The worker decides for no session: a cell of five hours outlives who went for lunch."""
    sign_in(idle)
    end_idle_sign_ins(idle.store, now=OVER)
    runs = {"project_slug": "etude", "mounted": ("sejours",)}
    assert idle.may("ana", Action.SEND_MESSAGE, OVER, **runs).allowed
    assert not idle.may("ana", Action.SEND_MESSAGE, NOW + timedelta(hours=8), **runs).allowed
    with acting_as("ana", "here"):
        assert not idle.may("ana", Action.SEND_MESSAGE, OVER, **runs).allowed


def test_a_programs_sign_in_is_no_session(idle: World) -> None:
    sign_in(idle, None)
    assert end_idle_sign_ins(idle.store, now=OVER) == 0


def test_a_database_that_does_not_answer_is_asked_again() -> None:
    gone = SessionActivity("sqlite:////nowhere/at/all", LIMIT)
    gone.seen("ana", "here", NOW + 10 * MINUTE)
    gone.close()
    assert gone._noted == {}
