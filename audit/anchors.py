"""What others hold against us: witnesses cosign, an authority states the time, and a copy lies elsewhere.

Nothing here is on the way of an acknowledgement. Each anchor is set again and again by itself; what fails is kept in
``anchors.json`` with its reason and since when, for whoever raises alarms. A witness that saw another history than the
one we hold is kept there until it cosigns again.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from audit import timestamp
from audit.anchor_checks import WITNESSED
from audit.checkpoint import Verifier, read_checkpoint
from audit.errors import Malformed
from audit.events import Event, Kind, Scalar
from audit.export import export_log
from audit.http_post import Unreachable
from audit.places import Places, write_durably
from audit.policy import Policy, Witness
from audit.tiles import TileReader
from audit.timestamp import Authority
from audit.witness import Contradicted, WitnessRefused, cosign

ACTOR: Final = "system:anchors"
STAMP: Final = "time-stamp"
COPY: Final = "copy"
WITNESS_EVERY: Final = timedelta(minutes=1)
STAMP_EVERY: Final = timedelta(hours=1)
COPY_EVERY: Final = timedelta(days=1)
#: After a failure, the hourly and the daily anchor are tried again this soon.
AGAIN_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one anchor stands."""

    #: When it was set last, and at which size of the log.
    done_at: datetime | None = None
    size: int = 0
    tried_at: datetime | None = None
    failing_since: datetime | None = None
    why: str = ""
    #: ``fork`` or ``rollback`` when a witness saw another history.
    contradicted: str = ""

    def due(self, now: datetime, every: timedelta) -> bool:
        """Say whether it is time to set it again; a clock that was set back does not put it off."""
        last, wait = (self.done_at, every) if self.failing_since is None else (self.tried_at, min(every, AGAIN_AFTER))
        return last is None or not timedelta(0) <= now - last < wait

    def done(self, now: datetime, size: int) -> "Standing":
        """Return how it stands after it was set."""
        return Standing(done_at=now, size=size, tried_at=now)

    def failed(self, now: datetime, why: str, contradicted: str = "") -> "Standing":
        """Return how it stands after it could not be set."""
        return replace(
            self,
            tried_at=now,
            failing_since=self.failing_since or now,
            why=why[:500],
            contradicted=contradicted or self.contradicted,
        )


def standings(places: Places) -> dict[str, Standing]:
    """Return how each anchor stands, by name (``witness <name>``, :data:`STAMP`, :data:`COPY`).

    Raises
    ------
    Malformed
        the file is not one of ours.
    """
    try:
        raw: dict[str, dict[str, Any]] = json.loads(_file(places).read_text())
        return {name: Standing(**{key: _read(key, value) for key, value in each.items()}) for name, each in raw.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise Malformed(f"anchors.json can't be read: {error}") from None


class Anchors:
    """Sets the anchors of one ledger.

    Parameters
    ----------
    record
        called with an event for the ledger; what it raises keeps the anchor from counting as set.
    policy
        the witnesses that are asked; those without an address are not.
    authority, authority_url
        of the time-stamp authority, None without one.
    copy_to
        folder at the other place, None without one.
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
    ) -> None:
        self._places, self._record = places, record
        self._policy = policy
        self._authority, self._authority_url = authority, authority_url
        self._copy_to = copy_to
        self._standings = standings(places)

    def tick(self, now: datetime) -> None:
        """Set every anchor that is due."""
        if not self._places.checkpoint.exists():
            return
        if self._policy is not None:
            self._ask_witnesses(self._policy, now)
        if self._authority is not None:
            self._do(STAMP, STAMP_EVERY, now, partial(self._stamp, self._authority))
        if self._copy_to is not None:
            self._do(COPY, COPY_EVERY, now, partial(self._copy, self._copy_to))

    def _ask_witnesses(self, policy: Policy, now: datetime) -> None:
        asked = [each for each in policy.witnesses.values() if each.url]
        # all when one is due: witnesses that are asked at different moments would never cosign the same checkpoint
        if not any(self._standing(f"witness {each.name}").due(now, WITNESS_EVERY) for each in asked):
            return
        note, size = self._published()
        cosigned = note + "".join(self._cosignature(each, note, size, now) for each in asked)
        if cosigned != note:
            self._publish_witnessed(policy, cosigned)

    def _cosignature(self, witness: Witness, note: str, size: int, now: datetime) -> str:
        """Return the witness's line, empty when it gave none."""
        name = f"witness {witness.name}"
        standing = self._standing(name)
        try:
            line = cosign(witness, note, standing.size, TileReader(self._places.log, size).node).line
        except Contradicted as error:
            if standing.contradicted != error.what:
                facts: dict[str, Scalar] = {"witness": witness.name, "what": error.what, "size": size}
                self._record(Event(Kind.LEDGER_CONTRADICTED, ACTOR, None, now, facts))
            self._keep(name, standing.failed(now, str(error), error.what))
            return ""
        except (Unreachable, WitnessRefused, Malformed) as error:
            self._keep(name, standing.failed(now, str(error)))
            return ""
        self._keep(name, standing.done(now, size))
        return line

    def _publish_witnessed(self, policy: Policy, cosigned: str) -> None:
        """Keep what enough witnesses cosigned rather than something newer that fewer did."""
        place, key = self._places.log / WITNESSED, Verifier(self._places.vkey.read_text())
        if not policy.judge(cosigned, key).enough and place.exists() and policy.judge(place.read_text(), key).enough:
            return
        write_durably(place, cosigned.encode(), 0o644)

    def _stamp(self, authority: Authority, now: datetime) -> int:
        note, size = self._published()
        made = timestamp.stamp(note.encode(), self._authority_url, authority)
        timestamp.keep(self._places.log, size, note.encode(), made.answer)
        facts: dict[str, Scalar] = {"size": size, "stated": made.at.isoformat()}
        self._record(Event(Kind.LEDGER_STAMPED, ACTOR, None, now, facts))
        return size

    def _copy(self, target: Path, now: datetime) -> int:
        if not target.is_dir():
            raise Malformed(f"{target} is not there: is the other place mounted?")
        report = export_log(self._places.root, target)
        if not report.good:
            problem = report.problems[0]
            raise Malformed(f"the copy is not good: {problem.where}: {problem.en}")
        self._record(Event(Kind.LEDGER_COPIED, ACTOR, None, now, {"size": report.size, "root": report.root.hex()}))
        return report.size

    def _do(self, name: str, every: timedelta, now: datetime, step: Callable[[datetime], int]) -> None:
        standing = self._standing(name)
        if not standing.due(now, every):
            return
        try:
            self._keep(name, standing.done(now, step(now)))
        except (Unreachable, Malformed, OSError) as error:
            self._keep(name, standing.failed(now, str(error)))

    def _published(self) -> tuple[str, int]:
        note = self._places.checkpoint.read_text()
        return note, read_checkpoint(note, Verifier(self._places.vkey.read_text())).size

    def _standing(self, name: str) -> Standing:
        return self._standings.get(name, Standing())

    def _keep(self, name: str, standing: Standing) -> None:
        self._standings[name] = standing
        raw = {name: asdict(each) for name, each in self._standings.items()}
        write_durably(_file(self._places), json.dumps(raw, default=datetime.isoformat).encode())


def _file(places: Places) -> Path:
    return places.root / "anchors.json"


def _read(key: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value is not None and key.endswith(("_at", "_since")) else value
