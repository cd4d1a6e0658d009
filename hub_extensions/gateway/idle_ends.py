"""When the sessions that came by a workspace end unless their persons do something, and what is due before that."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from project_spaces.sessions.idleness import IdleLimit
from project_spaces.text import Text
from project_spaces.windows import moment

#: How long before a session ends the domain is asked whether its person was active elsewhere.
LOOKED_BEFORE = timedelta(seconds=2)
#: Share of the time of warning after which a warning that could not be given is tried again.
AGAIN = 0.1


@dataclass
class IdleEnds:
    """The ends by session, as known here: never later than they are, since activity elsewhere is learnt by asking."""

    ends: dict[str | None, datetime] = field(default_factory=dict)
    #: Which of them its person was warned of.
    told: dict[str | None, datetime] = field(default_factory=dict)

    def take(self, found: Mapping[str | None, datetime], asked: Iterable[str | None]) -> None:
        """Take over what the domain says of the sessions it was *asked* about."""
        for session in asked:
            self.forget(session)
        self.ends.update(found)

    def forget(self, session: str | None) -> None:
        """Know nothing of a session any more."""
        self.ends.pop(session, None)

    def over(self, session: str | None, now: datetime) -> bool:
        """Say whether a session has ended because its person did nothing."""
        return session in self.ends and now >= self.ends[session]

    def moments(self, limit: IdleLimit, now: datetime) -> Iterator[datetime]:
        """When something is to be done next, for each session: a warning, a last look, the end."""
        for session, end in self.ends.items():
            if self.told.get(session) != end:
                yield min(end, max(end - limit.warned, now + limit.warned * AGAIN))
            elif now < end - LOOKED_BEFORE:
                yield end - LOOKED_BEFORE
            else:
                yield end

    def soon(self, limit: IdleLimit, now: datetime) -> tuple[str | None, ...]:
        """Return the sessions that may be about to end."""
        return tuple(session for session, end in self.ends.items() if end - limit.warned <= now < end)

    def untold(self, limit: IdleLimit, now: datetime) -> dict[str | None, datetime]:
        """Return the ends whose persons are to be warned, and count them as warned."""
        coming = {session: self.ends[session] for session in self.soon(limit, now)}
        fresh = {session: end for session, end in coming.items() if self.told.get(session) != end}
        self.told.update(fresh)
        return fresh


def warning(end: datetime) -> Text:
    """Return what a person reads before the end."""
    at = moment(end)
    return Text(
        f"Sans activité de votre part, votre session se ferme le {at.fr}. Le calcul continue.",
        f"Without activity of yours your session closes on {at.en}. What runs goes on.",
    )
