"""Whose data may be stopped, and who lets them go on: their owner's stewards and administrators, nobody else."""

import pytest

from project_spaces.errors import Refused
from project_spaces.facts import PlatformRole
from project_spaces.kill_switches import StopScope, kill_switches, lift_switch, may_lift, set_switch
from project_spaces.owner_perimeters import dismiss, entrust
from project_spaces.people import disable_person, grant_role
from project_spaces.stop_reach import would_stop
from tests.project_spaces.conftest import NOW, SYSTEM, World

KEEPERS = ("stella", "stan")


@pytest.fixture
def kept(quick_world: World) -> World:
    """Stella and Stan answer for the stays, Sven is a steward of nothing here, Rita and Root administer."""
    for name in (*KEEPERS, "sven"):
        quick_world.person(name, PlatformRole.STEWARD)
    for name in KEEPERS:
        entrust(quick_world.store, "CHU", name, actor=SYSTEM, now=NOW)
    for name in ("rita", "root"):
        quick_world.person(name, PlatformRole.ADMINISTRATOR)
    return quick_world


def stop(world: World, actor: str) -> str:
    return set_switch(world.store, StopScope.DATASET, "sejours", reason="incident", actor=actor, now=NOW)


def lift(world: World, number: str, actor: str) -> bool:
    """Whether *actor* lifts it; what a page offers is the same."""
    with world.store.read() as session:
        offered = may_lift(session, kill_switches(session)[0], actor, NOW)
    try:
        lift_switch(world.store, number, reason="vérifié", actor=actor, now=NOW)
    except Refused:
        assert not offered
        return False
    assert offered
    return True


def test_another_owners_steward_stops_nothing_and_learns_nothing(kept: World) -> None:
    with pytest.raises(Refused, match="do not speak"):
        stop(kept, "sven")
    with kept.store.read() as session, pytest.raises(Refused, match="do not speak"):
        would_stop(session, StopScope.DATASET, "sejours", actor="sven", now=NOW)


@pytest.mark.parametrize(
    ("setter", "lifters"),
    [
        ("stella", {"stan", "rita", "root"}),
        ("rita", {"root"}),
        (SYSTEM, {"rita", "root"}),
    ],
)
@pytest.mark.parametrize("lifter", ["stella", "stan", "sven", "ana", "rita", "root"])
def test_who_lifts_what_whom_set(kept: World, setter: str, lifters: set[str], lifter: str) -> None:
    assert lift(kept, stop(kept, setter), lifter) is (lifter in lifters)


def _dismissed(world: World) -> None:
    dismiss(world.store, "CHU", "stella", actor=SYSTEM, now=NOW)


def _closed(world: World) -> None:
    disable_person(world.store, "stella", actor=SYSTEM, now=NOW, reason="x")


def _risen(world: World) -> None:
    grant_role(world.store, "stella", PlatformRole.ADMINISTRATOR, actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("since", [_dismissed, _closed, _risen], ids=["dismissed", "closed", "administrator"])
def test_what_no_steward_of_now_set_waits_for_an_administrator(kept: World, since) -> None:
    number = stop(kept, "stella")
    since(kept)
    assert not lift(kept, number, "stan")
    assert lift(kept, number, "rita")
