"""The time by which rights lapse: a clock that is set back gives nobody an hour more."""

from collections.abc import Callable
from datetime import UTC, datetime

from hub_extensions.gateway.egress import SteadyClock


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
