"""Every way to silence a log shows in another sign, and setting the clock hides none of them."""

from datetime import UTC, datetime, timedelta

import pytest

from hub_extensions.oversight.alarms import Alarm, AlarmKind
from hub_extensions.worker.silence import Gap, Signs, SilenceWatch, gaps

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LONGEST = timedelta(seconds=135)
SECOND = timedelta(seconds=1)


class Ledger:
    """Signs of a ledger in good order, at any moment; tests take from it what an attack takes."""

    def __init__(self, watch: SilenceWatch | None = None) -> None:
        self.watch = watch or SilenceWatch(LONGEST)

    def at(self, seconds: float, **taken) -> list[Alarm]:
        beat = int(seconds // 60)
        wall = NOW + timedelta(seconds=seconds) + taken.pop("step", timedelta())
        good = {"head": 100 + beat, "published": 100 + beat, "beat": (beat, NOW + beat * timedelta(minutes=1))}
        return self.watch.look(Signs(now=wall, elapsed=1000 + seconds, **good | taken))

    def kinds(self, seconds: float, **taken) -> list[AlarmKind]:
        return [alarm.kind for alarm in self.at(seconds, **taken)]


def test_a_ledger_in_good_order_is_no_alarm() -> None:
    ledger = Ledger()
    assert [ledger.kinds(seconds) for seconds in range(0, 1000, 5)] == [[]] * 200


def test_no_heartbeat_for_too_long(tmp_path) -> None:
    ledger = Ledger()
    ledger.at(0)
    frozen = {"head": 100, "published": 100, "beat": (0, NOW)}
    assert ledger.kinds(135, **frozen) == []
    (alarm,) = ledger.at(136, **frozen)
    assert (alarm.kind, alarm.since) == (AlarmKind.SILENT, NOW)
    assert ledger.kinds(180) == []


@pytest.mark.parametrize("step", [timedelta(hours=-2), timedelta(hours=5)])
def test_a_clock_that_is_set_hides_no_silence_and_is_an_alarm_itself(step: timedelta) -> None:
    ledger = Ledger()
    ledger.at(0)
    frozen = {"head": 100, "published": 100, "beat": (0, NOW)}
    assert ledger.kinds(100, **frozen, step=step) == [AlarmKind.CLOCK]
    assert ledger.kinds(140, **frozen, step=step) == [AlarmKind.CLOCK, AlarmKind.SILENT]


def test_a_step_of_the_clock_stays_visible_for_an_hour_and_a_slow_correction_is_none() -> None:
    ledger = Ledger()
    ledger.at(0)
    assert ledger.kinds(10, step=3 * SECOND) == [AlarmKind.CLOCK]
    assert ledger.kinds(3600, step=3 * SECOND) == [AlarmKind.CLOCK]
    assert ledger.kinds(3620, step=3 * SECOND) == []
    slow = Ledger()
    assert all(slow.kinds(n * 5, step=n * SECOND / 10) == [] for n in range(100))


def test_a_recorder_that_does_not_answer() -> None:
    ledger = Ledger()
    assert ledger.kinds(0) == []
    assert ledger.kinds(10, head=None) == []
    assert ledger.kinds(11, head=None) == [AlarmKind.UNREACHABLE]
    assert ledger.kinds(15) == []


def test_entries_that_are_recorded_and_not_published() -> None:
    """An integrator that stalls, or a checkpoint that is held back: the recorder answers all the while."""
    ledger = Ledger()
    ledger.at(0)
    assert ledger.kinds(5, head=150, published=100) == []
    assert ledger.kinds(31, head=160, published=100) == [AlarmKind.STALLED]
    assert ledger.kinds(35, head=160, published=None) == [AlarmKind.STALLED, AlarmKind.ROLLED_BACK]
    assert ledger.kinds(40, head=160, published=160) == []


def test_a_publication_that_is_behind_and_advances_is_no_alarm() -> None:
    ledger = Ledger()
    assert all(ledger.kinds(n * 5, head=10_000, published=100 + n) == [] for n in range(40))


def test_a_checkpoint_that_signs_less_than_before_also_after_a_restart() -> None:
    ledger = Ledger()
    ledger.at(0)
    assert ledger.kinds(5, published=99) == [AlarmKind.ROLLED_BACK]
    assert ledger.kinds(10) == []
    again = Ledger(SilenceWatch(LONGEST, most_published=ledger.watch.most_published))
    assert again.kinds(20, published=50) == [AlarmKind.ROLLED_BACK]


def test_a_watch_that_starts_after_a_long_stop_gives_the_ledger_a_moment() -> None:
    late = Ledger()
    frozen = {"beat": (0, NOW - timedelta(days=3))}
    assert late.kinds(0, **frozen) == []
    assert late.kinds(16, **frozen) == [AlarmKind.SILENT]


def test_gaps_and_steps_back_are_found_afterwards() -> None:
    times = [0, 60, 120, 400, 460, 300, 360]
    beats = [(index, NOW + seconds * SECOND) for index, seconds in enumerate(times)]
    assert list(gaps(beats, LONGEST)) == [
        Gap("gap", 3, NOW + 120 * SECOND, NOW + 400 * SECOND),
        Gap("clock", 5, NOW + 460 * SECOND, NOW + 300 * SECOND),
    ]
    assert list(gaps(beats[:3], LONGEST)) == []
    assert list(gaps([], LONGEST)) == []
