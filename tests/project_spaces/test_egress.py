"""Budgets of what is shown: counted across gateways, paused at the line, lifted by others than oneself."""

from datetime import timedelta

import pytest

from audit.events import Kind
from project_spaces.egress import (
    MIB,
    Budget,
    EgressCounts,
    Flow,
    Use,
    budget_of,
    hour_of,
    lift_pause,
    next_day,
    set_budget,
    start_of,
    uses,
)
from project_spaces.errors import Invalid, NotFound, Refused
from project_spaces.facts import PlatformRole

DEFAULT = Budget(100, 300, 80)
HOUR = timedelta(hours=1)


@pytest.fixture
def staffed(world):
    world.person("ada", PlatformRole.ADMINISTRATOR)
    world.person("odile", PlatformRole.AUDITOR)
    return world


@pytest.fixture
def counts(world, database_url: str):
    opened = EgressCounts(database_url)
    yield opened
    opened.close()


def test_two_gateways_count_into_one_table(counts, database_url: str, world) -> None:
    other = EgressCounts(database_url)
    hour = hour_of(world.now)
    counts.add({("ana", "etude"): 60, ("ben", "etude"): 1}, hour)
    other.add({("ana", "etude"): 30, ("ana", "autre"): 0}, hour)
    other.add({("ana", "etude"): 5}, hour - 1)
    budget, use = counts.read("ana", "etude", hour, DEFAULT)
    assert (use.hour, use.day, use.flow(budget)) == (90, 95, Flow.WARNED)
    assert other.latest_hour() == hour
    other.close()


@pytest.mark.parametrize(
    ("use", "flow"),
    [
        (Use(79, 79), Flow.FREE),
        (Use(80, 80), Flow.WARNED),
        (Use(99, 99), Flow.WARNED),
        (Use(100, 100), Flow.PAUSED),
        (Use(0, 239), Flow.FREE),
        (Use(0, 240), Flow.WARNED),
        (Use(10, 300), Flow.PAUSED),
        (Use(100, 100, hour_lifts=1), Flow.FREE),
        (Use(200, 200, hour_lifts=1), Flow.PAUSED),
        (Use(10, 300, hour_lifts=1), Flow.PAUSED),
        (Use(10, 300, day_lifts=1), Flow.FREE),
    ],
)
def test_the_narrower_of_hour_and_day_decides(use: Use, flow: Flow) -> None:
    assert use.flow(DEFAULT) is flow


def test_a_new_hour_and_a_new_day_begin_at_nothing(counts, world) -> None:
    hour = hour_of(world.now)
    counts.add({("ana", "etude"): 50}, hour)
    assert counts.read("ana", "etude", hour + 1, DEFAULT)[1] == Use(0, 50)
    tomorrow = hour_of(next_day(hour))
    assert start_of(tomorrow) > world.now
    assert counts.read("ana", "etude", tomorrow, DEFAULT)[1] == Use(0, 0)
    with world.store.read() as session:
        assert uses(session, world.now) == {("ana", "etude"): Use(50, 50)}
        assert uses(session, world.now, project="autre") == {}
        assert uses(session, start_of(tomorrow)) == {}


def test_a_project_has_a_budget_of_its_own_when_an_administrator_says_so(staffed) -> None:
    set_budget(staffed.store, "etude", hour_mb=1, day_mb=2, actor="ada", now=staffed.now)
    set_budget(staffed.store, "etude", hour_mb=2, day_mb=3, actor="ada", now=staffed.now)
    with staffed.store.read() as session:
        assert budget_of(session, "etude", DEFAULT) == Budget(2 * MIB, 3 * MIB, 80)
    assert [dict(event.subject) for event in staffed.ledger.of(Kind.EGRESS_CHANGED)] == [
        {"hour_mb": 1, "day_mb": 2},
        {"hour_mb": 2, "day_mb": 3},
    ]
    for hour_mb, day_mb in ((0, 1), (2, 1), (1, 10**7), (-1, -1)):
        with pytest.raises(Invalid):
            set_budget(staffed.store, "etude", hour_mb=hour_mb, day_mb=day_mb, actor="ada", now=staffed.now)
    for actor in ("ana", "odile"):
        with pytest.raises(Refused):
            set_budget(staffed.store, "etude", hour_mb=1, day_mb=1, actor=actor, now=staffed.now)


def test_a_lift_grants_one_more_budget_for_the_hour_and_the_day_at_hand(staffed, counts) -> None:
    hour = hour_of(staffed.now)
    counts.add({("ana", "etude"): 100}, hour)
    assert counts.read("ana", "etude", hour, DEFAULT)[1].flow(DEFAULT) is Flow.PAUSED
    lift_pause(staffed.store, "ana", "etude", reason="Figures vérifiées.", actor="odile", now=staffed.now)
    assert counts.read("ana", "etude", hour, DEFAULT)[1] == Use(100, 100, 1, 1)
    assert counts.read("ana", "etude", hour, DEFAULT)[1].flow(DEFAULT) is Flow.FREE
    assert counts.read("ana", "etude", hour + 1, DEFAULT)[1] == Use(0, 100, 0, 1)
    (event,) = staffed.ledger.of(Kind.EGRESS_LIFTED)
    assert (event.actor, dict(event.persons), event.project) == ("odile", {"beneficiary": "ana"}, "etude")


def test_nobody_lifts_an_own_pause_and_members_lift_none(staffed) -> None:
    for actor, person in (("odile", "odile"), ("ana", "ana"), ("ana", "ben"), ("nobody", "ana")):
        with pytest.raises(Refused):
            lift_pause(staffed.store, person, "etude", reason="Pourquoi pas.", actor=actor, now=staffed.now)
    with pytest.raises(Invalid):
        lift_pause(staffed.store, "ana", "etude", reason=" ", actor="ada", now=staffed.now)
    with pytest.raises(NotFound):
        lift_pause(staffed.store, "ana", "nulle-part", reason="Oui.", actor="ada", now=staffed.now)
    assert not staffed.ledger.of(Kind.EGRESS_LIFTED)
    lift_pause(staffed.store, "ana", "etude", reason="Oui.", actor="ada", now=staffed.now)


def test_all_are_read_at_once_as_each_is_read_alone(staffed, counts) -> None:
    hour = hour_of(staffed.now)
    counts.add({("ana", "etude"): 100, ("ben", "etude"): 7, ("ana", "autre"): 3}, hour)
    counts.add({("ana", "etude"): 20}, hour - 1)
    lift_pause(staffed.store, "ana", "etude", reason="Figures vérifiées.", actor="odile", now=staffed.now)
    set_budget(staffed.store, "etude", hour_mb=1, day_mb=2, actor="ada", now=staffed.now)
    who = [("ana", "etude"), ("ben", "etude"), ("ana", "autre"), ("ben", "autre")]
    assert counts.read_all(who, hour, DEFAULT) == {key: counts.read(*key, hour, DEFAULT) for key in who}
    assert counts.read_all([], hour, DEFAULT) == {}
