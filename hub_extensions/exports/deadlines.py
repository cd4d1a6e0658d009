"""When a submitted request should have its answer: a promise in working days, counted in UTC."""

from datetime import datetime, timedelta

SATURDAY = 5


def due_at(submitted_at: datetime, working_days: int) -> datetime:
    """Return the moment *working_days* after *submitted_at*, Saturdays and Sundays left out.

    Public holidays are not known here: the promise is then a day short, never long.
    """
    moment, left = submitted_at, working_days
    while left > 0:
        moment += timedelta(days=1)
        left -= moment.weekday() < SATURDAY
    return moment
