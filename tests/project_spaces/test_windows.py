"""Windows that follow each other carry on; one that was withdrawn says so."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from project_spaces.errors import Invalid
from project_spaces.windows import Window, covered_until, moment, next_start, on_peoples_clocks, require_order

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def window(start: float, end: float | None = None, revoked: float | None = None) -> Window:
    """A window, in hours from now."""
    last, withdrawn = (None if each is None else NOW + each * HOUR for each in (end, revoked))
    return Window(NOW + start * HOUR, last, withdrawn)


@pytest.mark.parametrize(
    ("windows", "hours"),
    [
        ([window(-1, 2)], 2),
        ([window(-1, 2), window(2, 5)], 5),
        ([window(-1, 2), window(1, 5)], 5),
        ([window(2, 5), window(-1, 2)], 5),
        ([window(-1, 2), window(3, 5)], 2),
        ([window(-1, 2, 1), window(2, 5)], 0),
        ([window(-1, 2, 1), window(0, 5)], 5),
        ([window(-1, 5), window(0, 2)], 5),
        ([window(0, 2)], 2),
        ([window(-2, 0)], 0),
        ([window(1, 2)], 0),
        ([], 0),
    ],
)
def test_covered_until(windows: list[Window], hours: float) -> None:
    assert covered_until(windows, NOW) == NOW + hours * HOUR


def test_a_window_without_an_end_covers_for_ever() -> None:
    assert covered_until([window(-1, 2), window(2)], NOW) is None
    assert covered_until([window(-1)], NOW) is None


@pytest.mark.parametrize(
    ("windows", "hours"),
    [
        ([window(3, 5), window(2, 4)], 2),
        ([window(-1, 2)], None),
        ([window(0, 2)], None),
        ([window(2, 4, 1), window(3, 5)], 3),
        ([], None),
    ],
)
def test_next_start_is_of_one_that_will_hold(windows: list[Window], hours: float | None) -> None:
    assert next_start(windows, NOW) == (None if hours is None else NOW + hours * HOUR)


def test_ended_or_withdrawn() -> None:
    assert not window(-2, -1).withdrawn(NOW)
    assert window(-2, 1, 0).withdrawn(NOW)
    assert window(-2, None, -1).withdrawn(NOW)
    assert not window(-2, -1, -0.5).withdrawn(NOW)
    assert not window(-2, 0, 0.5).withdrawn(NOW)
    assert window(-2, -1, -1).withdrawn(NOW)
    assert [window(-2, end).over(NOW) for end in (-1, 0, 1, None)] == [True, True, False, False]


@pytest.mark.parametrize("end", [2, 0.5, None])
def test_what_was_withdrawn_stays_withdrawn_whatever_the_clock_says(end: float | None) -> None:
    """Attack: the clock is set back behind the withdrawal; or it was ahead when somebody withdrew, and is set right."""
    later = window(-2, end, 1)
    assert (later.holds(NOW), later.over(NOW), later.withdrawn(NOW)) == (False, True, True)


def test_what_began_was_held_once() -> None:
    assert [window(start, 3).began(NOW) for start in (-1, 0, 1)] == [True, True, False]
    assert [window(start, 9, 2).began(NOW) for start in (1, 2, 3)] == [True, False, False]


def test_a_withdrawal_after_the_end_changes_nothing() -> None:
    assert window(-2, -1, 1).last == NOW - HOUR


def test_an_end_is_after_its_start() -> None:
    require_order(NOW, NOW + HOUR)
    for end in (NOW, NOW - HOUR):
        with pytest.raises(Invalid, match="must be after the start"):
            require_order(NOW, end)


def test_a_moment_is_written_in_utc() -> None:
    assert moment(NOW) == ("25/11/2026 à 12:00 UTC", "25 November 2026 at 12:00 UTC")


def test_a_moment_reads_on_peoples_clocks_in_both_languages() -> None:
    paris, written = ZoneInfo("Europe/Paris"), moment(datetime(2026, 7, 3, 22, 30, tzinfo=UTC))
    assert on_peoples_clocks(f"Jusqu'au {written.fr}.", paris) == "Jusqu'au 04/07/2026 à 00:30."
    assert on_peoples_clocks(f"Until {written.en}.", paris) == "Until 04 July 2026 at 00:30."
    assert on_peoples_clocks("Dit le 99/07/2026 à 00:30 UTC.", paris) == "Dit le 99/07/2026 à 00:30 UTC."
