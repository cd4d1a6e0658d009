"""What others hold against us: witnesses cosign, an authority states the time, and a copy lies elsewhere.

Nothing here is on the way of an acknowledgement, and none of the three waits for another: each is a task of its own,
set again and again. What fails is kept with its reason and since when (``audit.standings``), for whoever raises alarms.
A witness that saw another history than the one we hold is kept there until it cosigns again.

Each time-stamp and copy is an entry of the log, and cosignatures are one entry an hour: an entry for each would grow
the log by what is said of the log.
"""

import hashlib
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from audit import timestamp
from audit.anchor_checks import WITNESSED
from audit.checkpoint import Verifier, read_checkpoint
from audit.errors import Malformed
from audit.events import Event, Kind, Scalar
from audit.export import copy_keys, export_log
from audit.http_post import Unreachable
from audit.places import Places, write_durably
from audit.policy import Policy, Witness
from audit.standings import COPY, COSIGNED, STAMP, StandingsFile
from audit.tiles import TileReader
from audit.timestamp import Authority
from audit.witness import Contradicted, WitnessRefused, cosign

ACTOR: Final = "system:anchors"
WITNESS_EVERY: Final = timedelta(minutes=1)
COSIGNED_EVERY: Final = timedelta(hours=1)
STAMP_EVERY: Final = timedelta(hours=1)
COPY_EVERY: Final = timedelta(days=1)

#: Those who state the time state it in whole seconds.
GRAIN_S: Final = 1.0

Task = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Done:
    """An anchor that was set: at which size of the log, and how far ahead our clock was of the time stated."""

    size: int
    ahead_s: float = 0.0


def ahead(ours: datetime, stated: datetime, took_s: float) -> float:
    """Return by how many seconds our clock is ahead of theirs (negative: behind), 0 where both may be right.

    Parameters
    ----------
    ours
        our time when they were asked.
    took_s
        seconds until the answer was there: *stated* is a moment of these.
    """
    early = (ours - stated).total_seconds()
    late = early + took_s
    return early if early > GRAIN_S else min(late, 0.0)


class Anchors:
    """Sets the anchors of one ledger.

    Parameters
    ----------
    record
        called with an event for the ledger, by several threads; what it raises keeps the anchor from counting as set.
    policy
        the witnesses that are asked; those without an address are not.
    authority, authority_url
        of the time-stamp authority, None without one.
    copy_to
        folder at the other place, None without one.
    keys
        folder of the ledger's keys, of which the copy gets what is no secret; None: nothing of it.
    """

    def __init__(
        self,
        places: Places,
        record: Callable[[Event], object],
        *,
        policy: Policy | None = None,
        authority: Authority | None = None,
        authority_url: str = "",
        copy_to: Path | None = None,
        keys: Path | None = None,
    ) -> None:
        self._places, self._record, self._keys = places, record, keys
        self._standings = StandingsFile(places)
        #: What there is to do, each to be called again and again with the time, in a thread of its own.
        self.tasks: dict[str, Task] = {}
        if policy is not None:
            self.tasks[COSIGNED] = partial(self._ask_witnesses, policy)
        if authority is not None:
            stamp = partial(self._stamp, authority, authority_url)
            self.tasks[STAMP] = partial(self._do, STAMP, STAMP_EVERY, stamp)
        if copy_to is not None:
            self.tasks[COPY] = partial(self._do, COPY, COPY_EVERY, partial(self._copy, copy_to))

    def tick(self, now: datetime) -> None:
        """Set every anchor that is due, side by side, and wait for all of them."""
        with ThreadPoolExecutor(max(1, len(self.tasks))) as threads:
            begun = [threads.submit(self.run, name, now) for name in self.tasks]
        for each in begun:
            each.result()

    def run(self, name: str, now: datetime) -> None:
        """Do one of the tasks if it is due; raises what the record raises."""
        if self._places.checkpoint.exists():
            self.tasks[name](now)

    def _ask_witnesses(self, policy: Policy, now: datetime) -> None:
        asked = [each for each in policy.witnesses.values() if each.url]
        # all when one is due: witnesses that are asked at different moments would never cosign the same checkpoint
        if not any(self._standings.of(f"witness {each.name}").due(now, WITNESS_EVERY) for each in asked):
            return
        note, size = self._published()
        with ThreadPoolExecutor(len(asked)) as threads:
            lines = list(threads.map(partial(self._cosignature, note, size, now), asked))
        if any(lines):
            self._publish_witnessed(policy, note + "".join(lines))
            self._tell_cosigned(policy, now, sum(map(bool, lines)))

    def _cosignature(self, note: str, size: int, now: datetime, witness: Witness) -> str:
        """Return the witness's line, empty when it gave none."""
        name = f"witness {witness.name}"
        standing = self._standings.of(name)
        began = time.monotonic()
        try:
            given = cosign(witness, note, standing.size, TileReader(self._places.log, size).node)
        except Contradicted as error:
            if standing.contradicted != error.what:
                facts: dict[str, Scalar] = {"witness": witness.name, "what": error.what, "size": size}
                self._record(Event(Kind.LEDGER_CONTRADICTED, ACTOR, None, now, facts))
            self._standings.keep(name, standing.failed(now, str(error), error.what))
            return ""
        except (Unreachable, WitnessRefused, Malformed) as error:
            self._standings.keep(name, standing.failed(now, str(error)))
            return ""
        stated = datetime.fromtimestamp(given.at, UTC)
        self._standings.keep(name, standing.done(now, size, ahead(now, stated, time.monotonic() - began)))
        return given.line

    def _publish_witnessed(self, policy: Policy, cosigned: str) -> None:
        """Keep what enough witnesses cosigned rather than something newer that fewer did."""
        place, key = self._places.log / WITNESSED, Verifier(self._places.vkey.read_text())
        if not policy.judge(cosigned, key).enough and place.exists() and policy.judge(place.read_text(), key).enough:
            return
        write_durably(place, cosigned.encode(), 0o644)

    def _tell_cosigned(self, policy: Policy, now: datetime, fetched: int) -> None:
        """Once an hour, tell the ledger what stands in ``witnessed`` and how many cosignatures came since."""
        told = self._standings.of(COSIGNED).counted(fetched)
        self._standings.keep(COSIGNED, told)
        if told.due(now, COSIGNED_EVERY):
            note = (self._places.log / WITNESSED).read_text()
            judged = policy.judge(note, Verifier(self._places.vkey.read_text()))
            facts: dict[str, Scalar] = {
                "size": judged.checkpoint.size,
                "witnesses": ",".join(sorted(judged.witnesses)),
                "enough": judged.enough,
                "fetched": told.count,
                "ahead_s": self._worst_clock(policy),
                "digest": hashlib.sha256(note.encode()).hexdigest(),
            }
            self._record(Event(Kind.LEDGER_COSIGNED, ACTOR, None, now, facts, note.encode()))
            self._standings.keep(COSIGNED, told.done(now, judged.checkpoint.size))

    def _worst_clock(self, policy: Policy) -> int:
        """How far our clock was from that of the witness that agrees least with it."""
        each = [self._standings.of(f"witness {name}").ahead_s for name in policy.witnesses]
        worst: float = max(each, key=abs, default=0.0)
        return round(worst)

    def _stamp(self, authority: Authority, url: str, now: datetime) -> Done:
        note, size = self._published()
        began = time.monotonic()
        made = timestamp.stamp(note.encode(), url, authority)
        ahead_s = ahead(now, made.at, time.monotonic() - began)
        timestamp.keep(self._places.log, size, note.encode(), made.answer)
        facts: dict[str, Scalar] = {"size": size, "stated": made.at.isoformat(), "authority": authority.name}
        facts |= {"digest": hashlib.sha256(made.answer).hexdigest(), "ahead_s": round(ahead_s)}
        self._record(Event(Kind.LEDGER_STAMPED, ACTOR, None, now, facts, made.answer))
        return Done(size, ahead_s)

    def _copy(self, target: Path, now: datetime) -> Done:
        if not target.is_dir():
            raise Malformed(f"{target} is not there: is the other place mounted?")
        report = export_log(self._places.root, target, sealed=self._places)
        if not report.good:
            problem = report.problems[0]
            raise Malformed(f"the copy is not good: {problem.where}: {problem.en}")
        if self._keys is not None:
            copy_keys(self._keys, target)
        facts: dict[str, Scalar] = {"size": report.size, "root": report.root.hex()}
        facts |= {"messages": report.messages, "deleted": report.deleted_messages}
        self._record(Event(Kind.LEDGER_COPIED, ACTOR, None, now, facts))
        return Done(report.size)

    def _do(self, name: str, every: timedelta, step: Callable[[datetime], Done], now: datetime) -> None:
        standing = self._standings.of(name)
        if not standing.due(now, every):
            return
        try:
            done = step(now)
            self._standings.keep(name, standing.done(now, done.size, done.ahead_s))
        except (Unreachable, Malformed, OSError, sqlite3.Error) as error:
            self._standings.keep(name, standing.failed(now, str(error)))

    def _published(self) -> tuple[str, int]:
        note = self._places.checkpoint.read_text()
        return note, read_checkpoint(note, Verifier(self._places.vkey.read_text())).size
