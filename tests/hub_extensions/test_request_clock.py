"""Requests go on because time passes; a worker that is killed between any two acts changes nothing about the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from audit.events import Event
from audit.testing import MemoryLedger
from hub_extensions.worker.request_clock import look
from project_spaces.facts import PlatformRole
from project_spaces.notifications import notifications
from project_spaces.owner_perimeters import entrust
from project_spaces.requests.applying import draft_request, submit_request
from project_spaces.requests.forms import read_form
from project_spaces.requests.records import AccessRequest, RequestState, get_request, set_circuit
from project_spaces.requests.steps import Actor, Silence, Step, StepRule
from project_spaces.store import Store, WriteSession
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World
from tests.project_spaces.test_requests import COMPLETE


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Mortal:
    """A store whose process dies at its *fatal*-th write: before it, or right after its commit."""

    def __init__(self, store: Store, fatal: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, fatal, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self, event: Event) -> Iterator[WriteSession]:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        with self._store.write(event) as session:
            yield session
        if self._left == 0:
            raise Killed


def running(store: Store, ledger: MemoryLedger) -> tuple[World, str]:
    """A request whose steps end by silence: the first by consent, the second by refusal."""
    world = World(store, ledger)
    for name, roles in {
        "ana": (),
        "ben": (),
        "rita": (PlatformRole.ADMINISTRATOR,),
        "stella": (PlatformRole.STEWARD,),
    }.items():
        world.person(name, *roles)
    world.dataset("sejours")
    entrust(store, "CHU", "stella", actor=SYSTEM, now=NOW)
    rules = (
        StepRule(Step.COMPLETENESS, Actor.ADMINISTRATOR, 3, Silence.FAVOURABLE),
        StepRule(Step.OWNER, Actor.STEWARD, 8, Silence.FAVOURABLE),
    )
    set_circuit(store, "CHU", rules, actor="rita", now=NOW)
    number = draft_request(store, read_form(COMPLETE), actor="ana", now=NOW)
    submit_request(store, number, actor="ana", now=NOW)
    return world, number


def told(store: Store) -> dict[str, list[str]]:
    with store.read() as session:
        return {who: sorted(each.text_fr for each in notifications(session, who)) for who in ("ana", "rita", "stella")}


#: Days after the submission: reminder, consent, reminders of the second step, acceptance, nothing more.
DAYS = (2.0, 3.0, 4.0, 10.0, 11.0, 30.0)


def test_silence_and_reminders_come_on_time_and_once(store: Store, memory_ledger: MemoryLedger) -> None:
    _, number = running(store, memory_ledger)
    for day in DAYS:
        look(store, NOW + day * DAY)
        events = len(memory_ledger.events)
        look(store, NOW + day * DAY)
        assert len(memory_ledger.events) == events, "looking again at the same moment changes nothing"
    with store.read() as session:
        assert get_request(session, number).state is RequestState.ACCEPTED
    found = told(store)
    assert len(found["rita"]) == 2
    assert any(each.startswith("Rappel, échéance le 28/11/2026") for each in found["rita"])
    assert len(found["stella"]) == 3


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fatal", [1, 2, 3])
def test_killed_between_any_two_acts_it_ends_alike(
    quick_store: Store, memory_ledger: MemoryLedger, fatal: int, after: bool
) -> None:
    _, number = running(quick_store, memory_ledger)
    deaths = 0
    for day in DAYS:
        try:
            look(Mortal(quick_store, fatal, after=after), NOW + day * DAY)  # type: ignore[arg-type]
        except Killed:
            deaths += 1
        look(quick_store, NOW + day * DAY)
    with quick_store.read() as session:
        row = session.get_one(AccessRequest, number)
        assert (row.state, row.project) == (RequestState.ACCEPTED, "nouveau")
    found = told(quick_store)
    assert (len(found["rita"]), len(found["stella"])) == (2, 3), "nobody was told twice, nobody was forgotten"
    assert deaths > 0 or fatal > 1
