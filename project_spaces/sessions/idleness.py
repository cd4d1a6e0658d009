"""How long a session lasts that nobody uses: pure, for every door that judges one.

A person counts as here at each act of the own hand; what a page does by itself is none. Doors write that down at most
once in a *grain*, so a session lasts that much longer than the limit says: never shorter.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from project_spaces.text import Text

MOST_GRAIN = timedelta(minutes=1)
#: How long before the end its person is warned, where the limit is long enough for that.
WARNED = timedelta(minutes=5)
#: A session seen from further in the future than two clocks may be apart counts for nothing: a clock was set back.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IdleLimit:
    """The limit of one installation; *after* is how long a session lasts without its person."""

    after: timedelta

    @property
    def grain(self) -> timedelta:
        """How exactly it is known when somebody was here."""
        return min(MOST_GRAIN, self.after / 10)

    @property
    def warned(self) -> timedelta:
        """How long before the end its person is warned."""
        return min(WARNED, self.after / 3)

    @property
    def quiet(self) -> timedelta:
        """How long after the last act its person is warned."""
        return self.after - self.warned

    @property
    def minutes(self) -> int:
        """The limit as people read it."""
        return max(1, round(self.after / timedelta(minutes=1)))

    def ends(self, seen_at: datetime) -> datetime:
        """Return when a session ends whose person was here at *seen_at* last."""
        return seen_at + self.after + self.grain

    def over(self, seen_at: datetime, now: datetime) -> bool:
        """Tell whether it has ended."""
        return now >= self.ends(seen_at) or seen_at > now + SKEW

    @property
    def sentence(self) -> Text:
        """What its person reads afterwards."""
        return Text(
            f"Votre session a pris fin après {self.minutes} minutes sans activité : reconnectez-vous. Ce qui tourne "
            "dans vos bureaux continue, rien n'est perdu.",
            f"Your session ended after {self.minutes} minutes without activity: sign in again. What runs in your "
            "workspaces goes on, nothing is lost.",
        )
