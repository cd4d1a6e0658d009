"""What happens to rights because time passes: people are told before the cut, reviews open, sessions nobody uses end.

Threads of the worker, so that the cut itself never waits for them. Each act is one transaction; a worker that is killed
between any two of them goes on where it was.
"""

import threading
from datetime import datetime

import structlog

from hub_extensions.clocks import LapseClock
from hub_extensions.installation.opening import open_store
from hub_extensions.settings import Settings
from hub_extensions.worker.repeating import repeat
from project_spaces.expiry_warnings import due, mark_sent
from project_spaces.reviews.calendar import keep_calendar
from project_spaces.sign_ins import end_idle_sign_ins
from project_spaces.store import Store

#: Seconds between two looks: at coming ends (the last notice is given a quarter of an hour before), at reviews, and at
#: sessions that nobody uses.
WARN_EVERY_S, REVIEW_EVERY_S, IDLE_EVERY_S = 20.0, 300.0, 10.0

log = structlog.get_logger()


def warn(store: Store, now: datetime) -> int:
    """Give every notice whose time has come, once, and return how many were given."""
    with store.read() as session:
        wanted = due(session, now=now)
    given = sum(mark_sent(store, each, now=now) for each in wanted)
    if given:
        log.info("coming_ends_announced", notices=given)
    return given


def start_rights_clock(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start looking, in threads that end when *told* is set."""
    store, clock = open_store(settings), LapseClock()

    def warnings() -> None:
        warn(store, clock.now())

    def reviews() -> None:
        keep_calendar(store, settings.review_rules, now=clock.now())

    def idle() -> None:
        end_idle_sign_ins(store, now=clock.now())

    threads = [
        repeat(warnings, WARN_EVERY_S, told),
        repeat(reviews, REVIEW_EVERY_S, told),
        repeat(idle, IDLE_EVERY_S, told),
    ]
    for thread in threads:
        thread.start()
    return threads
