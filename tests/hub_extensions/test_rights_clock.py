"""The worker's look at rights: each notice is given once, to its person; a stop is an alarm that names nobody."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.testing import MemoryLedger
from hub_extensions.oversight.alarms import AlarmKind
from hub_extensions.portal.testing import ANA, BEN, PROJECT, populate
from hub_extensions.portal.testing import NOW as POPULATED
from hub_extensions.settings import load
from hub_extensions.worker.rights_clock import warn
from hub_extensions.worker.stop_alarms import StopAlarms
from project_spaces.expiry_warnings import announced
from project_spaces.facts import PlatformRole, StopScope
from project_spaces.habilitations import grant_habilitation
from project_spaces.kill_switches import lift_switch, set_switch
from project_spaces.notifications import notifications
from project_spaces.people import grant_role
from project_spaces.store import Store

DAY = timedelta(days=1)
#: Ana's habilitation for the synthetic data ends on this day.
ENDS = POPULATED + 20 * DAY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    ledger = MemoryLedger()
    url = f"sqlite:///{tmp_path}/bureau.sqlite"
    populate(url, ledger)
    opened = Store(url, ledger)
    yield opened
    opened.close()


def told(store: Store, who: str) -> list[str]:
    with store.read() as session:
        return [each.text.fr for each in notifications(session, who) if "prend fin le 13/12/2026" in each.text.fr]


def test_each_notice_is_given_once_also_by_two_workers(store: Store) -> None:
    moments = (ENDS - 31 * DAY, ENDS - 20 * DAY, ENDS - 7 * DAY, ENDS - DAY, ENDS - timedelta(minutes=15))
    given = []
    for at in moments:
        given.append(warn(store, at))
        assert warn(store, at) == 0
    assert given[1:] == [1, 1, 1, 1]
    assert len(told(store, ANA)) == 4
    assert PROJECT in told(store, ANA)[0]
    assert told(store, BEN) == []


def test_what_was_announced_is_over_with_the_renewal(store: Store) -> None:
    at = ENDS - DAY
    warn(store, at)
    with store.read() as session:
        assert [each.until for each in announced(session, ANA, now=at)] == [ENDS]
        assert announced(session, BEN, now=at) == []
    grant_habilitation(
        store,
        person=ANA,
        project=PROJECT,
        dataset="snds-synth",
        starts_at=at,
        ends_at=ENDS + 90 * DAY,
        actor="system:test",
        now=at,
    )
    with store.read() as session:
        assert announced(session, ANA, now=at) == []


def test_a_stop_in_force_is_an_alarm_without_a_name(store: Store) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    for name in ("paul", "zoe"):
        grant_role(store, name, PlatformRole.ADMINISTRATOR, actor="system:test", now=now)
    look = StopAlarms(store)
    assert look(now) == []
    number = set_switch(store, StopScope.PERSON, ANA, reason="fuite", actor="paul", now=now)
    set_switch(store, StopScope.ALL, "", reason="fuite", actor="paul", now=now)
    found = look(now)
    assert {each.kind for each in found} == {AlarmKind.STOP}
    assert all(ANA not in text for each in found for text in each.text)
    lift_switch(store, number, reason="x", actor="zoe", now=now)
    assert [each.text.en for each in look(now)] == [
        "Kill switch since 25 November 2026 at 00:00 UTC: the whole platform."
    ]
    store.close()


def test_silence_withdraws_unless_the_installation_waits() -> None:
    assert load().review_rules.withdraw
    rules = load({"review_unanswered": "wait", "review_every_months": 6, "review_answer_days": 14}).review_rules
    assert (rules.withdraw, rules.answer_within) == (False, timedelta(days=14))
    assert timedelta(days=182) <= rules.every <= timedelta(days=183)
