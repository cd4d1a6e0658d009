"""How each anchor stands: when it was set last, since when it fails and why. Whoever sets anchors writes the file."""

import json
import threading
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from audit.errors import Malformed
from audit.places import Places, write_durably

STAMP: Final = "time-stamp"
COPY: Final = "copy"
#: Cosignatures as they are told to the ledger, all witnesses together.
COSIGNED: Final = "cosigned"
#: After a failure, the hourly and the daily anchor are tried again this soon.
AGAIN_AFTER: Final = timedelta(minutes=5)
FILE: Final = "anchors.json"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one anchor stands."""

    #: When it was set last, and at which size of the log.
    done_at: datetime | None = None
    size: int = 0
    #: How many were fetched since then; of cosignatures only.
    count: int = 0
    tried_at: datetime | None = None
    failing_since: datetime | None = None
    why: str = ""
    #: ``fork`` or ``rollback`` when a witness saw another history.
    contradicted: str = ""
    #: Seconds by which our clock was ahead of the time that was stated (negative: behind).
    ahead_s: float = 0.0

    def due(self, now: datetime, every: timedelta) -> bool:
        """Say whether it is time to set it again; a clock that was set back does not put it off."""
        last, wait = (self.done_at, every) if self.failing_since is None else (self.tried_at, min(every, AGAIN_AFTER))
        return last is None or not timedelta(0) <= now - last < wait

    def counted(self, fetched: int) -> "Standing":
        """Return how it stands after *fetched* more."""
        return replace(self, count=self.count + fetched)

    def done(self, now: datetime, size: int, ahead_s: float = 0.0) -> "Standing":
        """Return how it stands after it was set."""
        return Standing(done_at=now, size=size, tried_at=now, ahead_s=ahead_s)

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
    """Return how each anchor stands, by name (``witness <name>``, :data:`COSIGNED`, :data:`STAMP`, :data:`COPY`).

    Raises
    ------
    Malformed
        the file is not one of ours.
    """
    try:
        raw: dict[str, dict[str, Any]] = json.loads((places.root / FILE).read_text())
        return {name: Standing(**{key: _read(key, value) for key, value in each.items()}) for name, each in raw.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise Malformed(f"anchors.json can't be read: {error}") from None


class StandingsFile:
    """The file of one ledger, for tasks that run side by side in one process."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._standings = standings(places)

    def of(self, name: str) -> Standing:
        """Return how an anchor stands."""
        with self._lock:
            return self._standings.get(name, Standing())

    def keep(self, name: str, standing: Standing) -> None:
        """Write down how it stands now."""
        with self._lock:
            self._standings[name] = standing
            raw = {name: asdict(each) for name, each in self._standings.items()}
            write_durably(self._places.root / FILE, json.dumps(raw, default=datetime.isoformat).encode())


def _read(key: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value is not None and key.endswith(("_at", "_since")) else value
