"""The clocks of rules: setting the machine's clock gives nobody an hour more, neither of a right nor of a budget."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

#: The steady clock follows the machine's by at most this share of the time that passes.
SLEW: Final = 0.01


class SteadyClock:
    """Time that neither jumps when the machine's clock is set nor stops while the machine sleeps.

    A clock set forward would open a new hour, one set back would open an old one again. This one goes with the time
    since the start of the machine and nears the wall clock slowly.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._now, self._at = wall(), elapsed()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time."""
        with self._lock:
            at = self._elapsed()
            passed, self._at = at - self._at, at
            self._now += timedelta(seconds=passed)
            off = (self._wall() - self._now).total_seconds()
            self._now += timedelta(seconds=max(-SLEW * passed, min(SLEW * passed, off)))
            return self._now


class LapseClock:
    """The later of the machine's clock and of one that goes with the time since the machine's start.

    Set back, the machine's clock would give an ended right new life; the other goes on. Set forward, it is believed:
    a right that ends early can be given again.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], datetime] | None = None,
    ) -> None:
        self._wall = wall
        self._steady = steady or SteadyClock(wall).now

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return max(self._wall(), self._steady())
