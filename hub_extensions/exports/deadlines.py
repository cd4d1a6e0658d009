"""When a submitted request should have its answer: a promise in working days, where and when people work.

Saturdays, Sundays and public holidays do not count. Holidays come from the ``holidays`` library, which is kept up to
date with laws and decrees; a country's own table in our code would be wrong one year or another.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays, list_supported_countries

SATURDAY = 5
NO_COUNTRY = ""


@dataclass(frozen=True)
class WorkingCalendar:
    """The days on which people work: their time zone, and the days off beside weekends."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))
    country: str = "FR"

    def works(self, day: date) -> bool:
        """Tell whether people work on *day*."""
        return day.weekday() < SATURDAY and day not in _days_off(self.country)

    def due_at(self, submitted_at: datetime, working_days: int) -> datetime:
        """Return the moment *working_days* after *submitted_at*, at the same time of the day on people's clocks."""
        moment, left = submitted_at.astimezone(self.zone), working_days
        while left > 0:
            moment += timedelta(days=1)
            left -= self.works(moment.date())
        return moment.astimezone(UTC)


def is_country(code: str) -> bool:
    """Tell whether the holidays of *code* are known: ``FR``, ``FR-57`` (Moselle) …; empty means none at all."""
    country, _, part = code.partition("-")
    known = list_supported_countries(include_aliases=False)
    return code == NO_COUNTRY or (country in known and (not part or part in known[country]))


@lru_cache(maxsize=8)
def _days_off(code: str) -> Container[date]:
    if code == NO_COUNTRY:
        return frozenset()
    country, _, part = code.partition("-")
    return country_holidays(country, subdiv=part or None)
