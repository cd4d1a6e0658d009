"""The periods for which traces are controlled: each calendar month, and a whole project once it has ended.

MR-007 SEC-JOU-2 (CNIL): traces are controlled regularly, at least monthly, and at the end of each authorisation. Months
are those of the time zone in which people work.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from project_spaces.errors import Invalid
from project_spaces.text import Text

#: The period that covers a project from its beginning to its end.
END = "end"
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
#: Days after a project's end within which it is controlled as a whole.
END_DAYS = 31


@dataclass(frozen=True, slots=True)
class ControlTerms:
    """What an installation has settled: time zone, and the day of the next month by which a control is signed."""

    zone: ZoneInfo
    due_day: int


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment to another (not included), and when its control is due."""

    name: str
    since: datetime
    until: datetime
    due: datetime


class ControlState(StrEnum):
    """Where the control of one period stands."""

    RUNNING = "running"
    DUE = "due"
    OVERDUE = "overdue"
    SIGNED = "signed"


def month(name: str, terms: ControlTerms) -> Period:
    """Return the month ``YYYY-MM``; raises ``Invalid`` when it is none."""
    match = _MONTH.fullmatch(name)
    if match is None:
        raise Invalid(Text(f"« {name[:20]} » n'est pas un mois (AAAA-MM).", f"“{name[:20]}” is no month (YYYY-MM)."))
    first = datetime(int(match[1]), int(match[2]), 1, tzinfo=terms.zone)
    after = _next(first)
    due = after.replace(day=terms.due_day) + timedelta(days=1)
    return Period(name, first.astimezone(UTC), after.astimezone(UTC), due.astimezone(UTC))


def whole(starts_at: datetime, ends_at: datetime) -> Period:
    """Return the period of a whole project."""
    return Period(END, starts_at, ends_at, ends_at + timedelta(days=END_DAYS))


def month_of(at: datetime, terms: ControlTerms) -> str:
    """Return the name of the month that *at* is in."""
    return f"{at.astimezone(terms.zone):%Y-%m}"


def months(since: datetime, until: datetime, terms: ControlTerms) -> Iterator[Period]:
    """Yield the months that touch the time from *since* to *until*, oldest first."""
    at = since.astimezone(terms.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while at <= until:
        yield month(f"{at:%Y-%m}", terms)
        at = _next(at)


def _next(first: datetime) -> datetime:
    year, number = divmod(first.year * 12 + first.month, 12)
    return first.replace(year=year, month=number + 1)
