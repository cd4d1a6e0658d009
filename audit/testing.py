"""A ledger in memory for the tests of other rooms: same calls, same leaves, same refusals, no process, no disk.

``with capture() as ledger:`` gives one; ``ledger.events`` holds what was recorded, ``ledger.stop()`` and
``ledger.fill()`` make it fail as the real one does, ``ledger.aio`` is the asynchronous twin over the same memory.
"""

import copy
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from audit import leaf as leaves
from audit import merkle
from audit.errors import LedgerFull, LedgerUnavailable
from audit.events import SYSTEM_PREFIX, Event, Head, Kind, Receipt
from audit.sealing import Sealed, bucket, commit


class PlainKeys:
    """Pseudonyms and "sealing" without secrets, so that tests stay fast and can read what was sealed."""

    def pseudonym(self, name: str, /) -> str:
        return name if name.startswith(SYSTEM_PREFIX) else "p" + hashlib.sha256(name.encode()).hexdigest()[:32]

    def seal(self, message: bytes, _project: str | None, _at: datetime, event_id: str, *_facts: object) -> Sealed:
        salt = bytes.fromhex(event_id)
        return Sealed(b"PLAIN" + message, commit(salt, message), b"\0" * 8, bucket(len(message)))


class MemoryLedger:
    """The duck type of ``client.Ledger``."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.leaves: list[bytes] = []
        self._receipts: dict[str, Receipt] = {}
        self._frontier = merkle.Frontier()
        self._failure: type[Exception] | None = None
        self._keys = PlainKeys()
        self.aio = AsyncMemoryLedger(self)

    def append(self, *events: Event) -> list[Receipt]:
        """Record *events* in order; the same id again answers the first receipt."""
        self._check()
        entries = [leaves.prepare(event, self._keys) for event in events]
        return [
            self._receipts.get(event.id) or self._add(event, entry)
            for event, entry in zip(events, entries, strict=True)
        ]

    def ping(self) -> Head:
        """Answer the head, or fail as told."""
        self._check()
        return Head(self._frontier.size, self._frontier.root(), "")

    def settle(self) -> None:
        """Fail as told; everything can be searched at once."""
        self._check()

    def close(self) -> None:
        """Nothing to close."""

    def kinds(self) -> list[Kind]:
        """Kinds in the order of recording."""
        return [event.kind for event in self.events]

    def of(self, *kinds: Kind) -> list[Event]:
        """Events of these kinds in the order of recording."""
        return [event for event in self.events if event.kind in kinds]

    def begin_as(self, other: "MemoryLedger") -> None:
        """Hold what *other* holds, as if it had been recorded here."""
        self.events, self.leaves = list(other.events), list(other.leaves)
        self._receipts, self._frontier = dict(other._receipts), copy.deepcopy(other._frontier)

    def stop(self) -> None:
        """From now on the recorder does not answer."""
        self._failure = LedgerUnavailable

    def fill(self) -> None:
        """From now on the recorder's disk is full."""
        self._failure = LedgerFull

    def start(self) -> None:
        """The recorder answers again, and there is room."""
        self._failure = None

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _add(self, event: Event, entry: leaves.Entry) -> Receipt:
        receipt = Receipt(self._frontier.size, merkle.hash_leaf(entry.leaf))
        self._frontier.append(receipt.leaf_hash)
        self.events.append(event)
        self.leaves.append(entry.leaf)
        self._receipts[event.id] = receipt
        return receipt


class AsyncMemoryLedger:
    """The duck type of ``client.AsyncLedger`` over a ``MemoryLedger``."""

    def __init__(self, memory: MemoryLedger | None = None) -> None:
        self.memory = memory or MemoryLedger()

    async def append(self, *events: Event) -> list[Receipt]:
        """As ``MemoryLedger.append``."""
        return self.memory.append(*events)

    async def ping(self) -> Head:
        """As ``MemoryLedger.ping``."""
        return self.memory.ping()

    async def close(self) -> None:
        """Nothing to close."""


@contextmanager
def capture() -> Iterator[MemoryLedger]:
    """Give a ledger in memory."""
    yield MemoryLedger()
