"""Windows that follow each other carry on; one that was withdrawn says so."""

from datetime import UTC, datetime, timedelta

import pytest

from project_spaces.errors import Invalid
from project_spaces.windows import Window, covered_until, moment, next_start, require_order

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
        ([window(-1, 2, 1), window(2, 5)], 1),
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
    assert not window(-2, 2, 1).withdrawn(NOW)
    assert not window(-2, -1, -0.5).withdrawn(NOW)
    assert window(-2, -1, -1).withdrawn(NOW)


def test_a_withdrawal_after_the_end_changes_nothing() -> None:
    assert window(-2, -1, 1).last == NOW - HOUR


def test_an_end_is_after_its_start() -> None:
    require_order(NOW, NOW + HOUR)
    for end in (NOW, NOW - HOUR):
        with pytest.raises(Invalid, match="must be after the start"):
            require_order(NOW, end)


def test_a_moment_is_written_in_utc() -> None:
    assert moment(NOW) == ("25/11/2026 à 12:00 UTC", "25 November 2026 at 12:00 UTC")
