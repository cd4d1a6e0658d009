"""Budgets of what is shown: counted across gateways, paused at the line, lifted by others than oneself."""

from datetime import timedelta

import pytest

from audit.events import Kind
from audit.retention import Keep, months_before
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
from project_spaces.errors import Invalid, NotFound, Refused, Unavailable
from project_spaces.facts import PlatformRole
from project_spaces.retention import lift_hold, place_hold, retention_of
from project_spaces.shown.forgetting import forget_shown
from project_spaces.shown.history import first_day, shown_on

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


def keep(world):
    """How long a project's traces are kept, as the worker asks."""

    def asked(project: str) -> Keep:
        with world.store.read() as session:
            found = retention_of(session, project, 12)
        return Keep(found.months, found.hold is not None)

    return asked


def test_what_was_shown_is_forgotten_with_the_traces_of_its_project_unless_they_are_held(staffed, counts) -> None:
    now, old, recent = staffed.now, months_before(staffed.now, 12) - HOUR, months_before(staffed.now, 12)
    for at in (old - HOUR, old, recent, now):
        counts.add({("ana", "etude"): 7}, hour_of(at))
    lift_pause(staffed.store, "ana", "etude", reason="figure", actor="odile", now=old)
    place_hold(staffed.store, "etude", reason="plainte", actor="odile", now=now)
    assert forget_shown(staffed.store, keep(staffed), now=now) == 0
    lift_hold(staffed.store, "etude", reason="close", actor="odile", now=now)
    assert forget_shown(staffed.store, keep(staffed), now=now) == 3
    assert forget_shown(staffed.store, keep(staffed), now=now) == 0
    (event,) = staffed.ledger.of(Kind.EGRESS_DELETED)
    assert (event.project, event.actor) == ("etude", "system:worker")
    assert event.subject == {"months": 12, "hours": 2, "lifts": 1}
    with staffed.store.read() as session:
        assert first_day(session) == recent.date()


def test_nothing_is_forgotten_without_its_entry(staffed, counts) -> None:
    counts.add({("ana", "etude"): 7}, hour_of(months_before(staffed.now, 13)))
    staffed.ledger.stop()
    with pytest.raises(Unavailable):
        forget_shown(staffed.store, keep(staffed), now=staffed.now)
    staffed.ledger.start()
    assert forget_shown(staffed.store, keep(staffed), now=staffed.now) == 1


def test_a_day_is_looked_back_at_by_its_hours(staffed, counts) -> None:
    morning = staffed.now.replace(hour=8) - timedelta(days=3)
    counts.add({("ana", "etude"): 5, ("ben", "etude"): 100}, hour_of(morning))
    counts.add({("ana", "etude"): 7}, hour_of(morning) + 1)
    counts.add({("ana", "etude"): 9}, hour_of(morning) + 24)
    lift_pause(staffed.store, "ana", "etude", reason="figure", actor="odile", now=morning)
    with staffed.store.read() as session:
        ben, ana = shown_on(session, morning.date())
        assert shown_on(session, morning.date() - timedelta(days=1)) == []
    assert (ben.person, ben.day, ana.day, ana.hours[8:10], sum(map(bool, ana.hours))) == ("ben", 100, 12, (5, 7), 2)
    assert [(each.lifted_by, each.reason) for each in ana.lifts] == [("odile", "figure")]
