"""What was shown on one day, hour by hour: days are those of the budgets (UTC)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from project_spaces.egress import HOURS_A_DAY, EgressLiftRow, EgressUseRow, hour_of, start_of


@dataclass(frozen=True, slots=True)
class Shown:
    """What one person was shown in one project on one day."""

    person: str
    project: str
    #: Bytes of each hour of the day.
    hours: tuple[int, ...]
    lifts: tuple[EgressLiftRow, ...]

    @property
    def day(self) -> int:
        """Bytes of the day."""
        return sum(self.hours)


def shown_on(session: Session, day: date) -> list[Shown]:
    """Return what was shown on *day*, the most first; pauses that were lifted are there with their reasons."""
    first = hour_of(datetime.combine(day, time(), UTC))
    last = first + HOURS_A_DAY - 1
    hours = defaultdict[tuple[str, str], list[int]](lambda: [0] * HOURS_A_DAY)
    for use in session.scalars(select(EgressUseRow).where(EgressUseRow.hour.between(first, last))):
        hours[use.person, use.project][use.hour - first] = use.shown
    lifts = defaultdict[tuple[str, str], list[EgressLiftRow]](list)
    lifted = select(EgressLiftRow).where(EgressLiftRow.hour.between(first, last)).order_by(EgressLiftRow.lifted_at)
    for lift in session.scalars(lifted):
        lifts[lift.person, lift.project].append(lift)
    found = [Shown(*who, tuple(hours[who]), tuple(lifts[who])) for who in sorted({*hours, *lifts})]
    return sorted(found, key=lambda each: -each.day)


def first_day(session: Session) -> date | None:
    """Return the earliest day of which anything is kept."""
    hour = session.scalar(select(func.min(EgressUseRow.hour)))
    return None if hour is None else start_of(hour).date()


def peak(found: Sequence[Shown]) -> int:
    """Return the most that was shown to anybody within an hour."""
    return max((hour for each in found for hour in each.hours), default=0)
