"""Silence is the easiest attack on a log (TRAPS C8): is anything said, is it published, and does the clock go evenly?

Pure: it is given signs of life and compares them with those before, by the time since the machine's start, so that
setting the clock hides nothing. A recorder that is stopped, one that is killed, a checkpoint that is held back, an
integrator that stalls, a log that is rolled back: each shows in another sign.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub_extensions.oversight.alarms import Alarm, AlarmKind
from project_spaces.text import Text
from project_spaces.windows import moment

#: Seconds without an answer, and with entries that are not published, before it is an alarm.
UNREACHABLE_S = 10.0
STALLED_S = 30.0
#: Seconds that a ledger may take to start.
STARTING_S = 15.0
#: Seconds by which the clock may jump between two looks.
STEP_S = 2.0
#: Seconds for which a step of the clock stays visible.
STEP_SHOWN_S = 3600.0


@dataclass(frozen=True, slots=True)
class Signs:
    """What was seen of the ledger at one moment."""

    now: datetime
    #: Seconds since the machine's start.
    elapsed: float
    #: Entries that the recorder says it has; None without an answer.
    head: int | None
    #: Entries that the published checkpoint signs; None when it is missing or its signature is wrong.
    published: int | None
    #: Index and time of the newest sign of life in the published log.
    beat: tuple[int, datetime] | None


class SilenceWatch:
    """Compares each look with those before.

    Parameters
    ----------
    longest
        how long the log may go without a sign of life.
    most_published
        most entries that were ever seen published (kept across restarts).
    """

    def __init__(self, longest: timedelta, most_published: int = 0) -> None:
        self._longest = longest.total_seconds()
        self.most_published = most_published
        self._last: tuple[datetime, float] | None = None
        self._beat: tuple[int, float] | None = None
        self._answered: float | None = None
        self._in_step: float | None = None
        self._step: tuple[datetime, float, float] | None = None
        self._rolled_back_since: datetime | None = None

    def look(self, signs: Signs) -> list[Alarm]:
        """Return everything that is wrong now."""
        found = [
            *self._clock(signs),
            *self._silence(signs),
            *self._answers(signs),
            *self._published(signs),
        ]
        self._last = signs.now, signs.elapsed
        return found

    def _clock(self, signs: Signs) -> Iterator[Alarm]:
        if self._last is not None:
            jump = (signs.now - self._last[0]).total_seconds() - (signs.elapsed - self._last[1])
            if abs(jump) > STEP_S:
                self._step = signs.now, signs.elapsed, jump
        if self._step is not None and signs.elapsed - self._step[1] < STEP_SHOWN_S:
            at, _, jump = self._step
            yield Alarm(
                f"clock {at.isoformat()}",
                AlarmKind.CLOCK,
                at,
                Text(f"L'horloge a sauté de {jump:+.0f} s.", f"The clock jumped by {jump:+.0f} s."),
            )

    def _silence(self, signs: Signs) -> Iterator[Alarm]:
        place = -1 if signs.beat is None else signs.beat[0]
        if self._beat is None:  # the first look: the clock is all there is, and a ledger that starts has a moment
            age = 0.0 if signs.beat is None else max(0.0, (signs.now - signs.beat[1]).total_seconds())
            self._beat = place, signs.elapsed - min(age, self._longest - STARTING_S)
        elif place != self._beat[0]:
            self._beat = place, signs.elapsed
        silent = signs.elapsed - self._beat[1]
        if silent > self._longest:
            since = signs.now - timedelta(seconds=silent)
            yield Alarm(
                "silent",
                AlarmKind.SILENT,
                since,
                Text(
                    f"Le journal se tait depuis {moment(since).fr} : aucun battement n'est publié.",
                    f"The ledger has been silent since {moment(since).en}: no heartbeat is published.",
                ),
            )

    def _answers(self, signs: Signs) -> Iterator[Alarm]:
        if signs.head is not None or self._answered is None:
            self._answered = signs.elapsed
        if signs.elapsed - self._answered > UNREACHABLE_S:
            since = signs.now - timedelta(seconds=signs.elapsed - self._answered)
            yield Alarm(
                "unreachable",
                AlarmKind.UNREACHABLE,
                since,
                Text(
                    "Le journal ne répond pas : rien ne peut être enregistré, donc rien ne s'exécute.",
                    "The ledger does not answer: nothing can be recorded, so nothing runs.",
                ),
            )

    def _published(self, signs: Signs) -> Iterator[Alarm]:
        behind = signs.head is not None and (signs.published is None or signs.published < signs.head)
        advanced = signs.published is not None and signs.published > self.most_published
        if not behind or advanced or self._in_step is None:
            self._in_step = signs.elapsed
        if signs.elapsed - self._in_step > STALLED_S:
            since = signs.now - timedelta(seconds=signs.elapsed - self._in_step)
            yield Alarm(
                "stalled",
                AlarmKind.STALLED,
                since,
                Text(
                    "Des entrées sont enregistrées, mais la publication du journal n'avance plus.",
                    "Entries are recorded, but the publication of the ledger does not advance.",
                ),
            )
        if self.most_published and (signs.published is None or signs.published < self.most_published):
            self._rolled_back_since = self._rolled_back_since or signs.now
            yield Alarm(
                "rolled back",
                AlarmKind.ROLLED_BACK,
                self._rolled_back_since,
                Text(
                    f"Le point de contrôle publié ne signe plus les {self.most_published} entrées déjà publiées.",
                    f"The published checkpoint no longer signs the {self.most_published} entries published before.",
                ),
            )
        else:
            self._rolled_back_since = None
        self.most_published = max(self.most_published, signs.published or 0)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something odd between two signs of life, found afterwards; *after* is the index of the later one."""

    cause: str
    after: int
    begin: datetime
    end: datetime


def gaps(beats: list[tuple[int, datetime]], longest: timedelta) -> Iterator[Gap]:
    """Yield the silences and the steps back of the clock between signs of life, in the order of the log."""
    for (_, before), (place, after) in itertools.pairwise(beats):
        if after - before > longest:
            yield Gap("gap", place, before, after)
        elif before - after > timedelta(seconds=STEP_S):
            yield Gap("clock", place, before, after)
