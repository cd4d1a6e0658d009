"""A promised answer: working days on people's clocks, public holidays left out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub_extensions.exports.deadlines import WorkingCalendar, is_country


def at(text: str) -> datetime:
    """A moment of 2026 in UTC, ``month-day hour``."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("submitted", "days", "due"),
    [
        ("11-23 09", 2, "11-25 09"),  # Monday → Wednesday
        ("11-27 09", 2, "12-01 09"),  # Friday → Tuesday
        ("11-28 09", 1, "11-30 09"),  # Saturday → Monday
        ("12-24 10", 2, "12-29 10"),  # Christmas is a Friday
        ("04-03 10", 1, "04-07 10"),  # Good Friday counts outside Alsace, Easter Monday does not
        ("05-13 10", 1, "05-15 10"),  # Ascension Day
        ("03-27 09", 1, "03-30 08"),  # the clocks go forward in between
        ("11-27 23", 1, "11-29 23"),  # Saturday already, in Paris: until its Monday
    ],
)
def test_weekends_and_french_holidays_do_not_count(submitted: str, days: int, due: str) -> None:
    assert WorkingCalendar().due_at(at(submitted), days) == at(due)


def test_a_part_of_a_country_has_days_of_its_own() -> None:
    paris = ZoneInfo("Europe/Paris")
    friday = at("04-02 10")
    assert WorkingCalendar(paris, "FR").due_at(friday, 1) == at("04-03 10")
    assert WorkingCalendar(paris, "FR-57").due_at(friday, 1) == at("04-07 10"), "Good Friday in Moselle"
    assert WorkingCalendar(paris, "").due_at(at("12-24 10"), 1) == at("12-25 10"), "no country, no holidays"


def test_only_countries_whose_holidays_are_known_are_settings() -> None:
    assert all(map(is_country, ("", "FR", "FR-57", "BE", "CH-GE")))
    assert not any(map(is_country, ("XX", "FR-99", "fr", "France")))
