"""Each person's own key: entries are sealed for their author too, who can prove what was written and when.

A recording process reads the public part (``trace/<pseudonym>/current``). The private part is locked under the person's
password (``passphrase``): the server alone can't open it. A password that is reset without the old one gets a new pair;
the old pair stays, locked under the old password, for a person who remembers it.
"""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from audit import canonical, hybrid, passphrase
from audit.errors import KeysUnusable, Malformed
from audit.passphrase import WrongPassphrase
from audit.places import private_folder, write_durably

FORMAT = "bureau trace key 1"


class Cause(StrEnum):
    """Why a pair was made."""

    FIRST = "first"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class TraceKey:
    """One pair; ``marker`` names the password that locks it without telling anything about it."""

    public: bytes
    made_at: datetime
    cause: Cause
    marker: str
    locked: dict[str, Any]

    @property
    def id(self) -> bytes:
        """Eight bytes that name it in blobs."""
        return hybrid.key_id(self.public)

    def dump(self) -> bytes:
        """Return the file's bytes."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "public": self.public.hex(),
                "made_at": self.made_at.isoformat(),
                "cause": self.cause.value,
                "marker": self.marker,
                "locked": self.locked,
            }
        )


class TraceKeys:
    """The trace keys in one folder, by pseudonym."""

    def __init__(self, folder: Path, lock: Callable[[], AbstractContextManager[None]]) -> None:
        self._folder = folder
        self._lock = lock

    def public(self, pseudonym: str) -> bytes | None:
        """Return the public part that entries are sealed to now, None when the person has no pair yet."""
        try:
            return (self._folder / pseudonym / "current").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeysUnusable(str(error)) from error

    def all(self, pseudonym: str) -> list[TraceKey]:
        """Return the person's pairs, the one in use first."""
        current = self.public(pseudonym)
        found = [_parse(place.read_bytes()) for place in (self._folder / pseudonym).glob("*.json")]
        return sorted(found, key=lambda key: (key.public != current, -key.made_at.timestamp()))

    def make(self, pseudonym: str, password: str, cause: Cause, now: datetime, marker: str = "") -> TraceKey:
        """Make a pair, use it from now on, and keep the older ones."""
        public, private = hybrid.generate()
        key = TraceKey(public, now, cause, marker, passphrase.wrap(private, password, public))
        with self._lock():
            private_folder(self._folder / pseudonym)
            self._write(pseudonym, key)
            write_durably(self._folder / pseudonym / "current", public)
        return key

    def ensure(
        self,
        pseudonym: str,
        password: str,
        marker: str,
        now: datetime,
        tell: Callable[[Cause], object] = lambda _: None,
    ) -> TraceKey | None:
        """Make sure that the pair in use opens with *password*, just proved right; returns a new pair, if made.

        Cheap while *marker* is the one that was written down last. *tell* is called before a pair is made.
        """
        keys = self.all(pseudonym)
        if not keys:
            tell(Cause.FIRST)
            return self.make(pseudonym, password, Cause.FIRST, now, marker)
        if keys[0].marker == marker:
            return None
        try:
            passphrase.unwrap(keys[0].locked, password, keys[0].public)
        except WrongPassphrase:
            tell(Cause.RESET)
            return self.make(pseudonym, password, Cause.RESET, now, marker)
        with self._lock():
            self._write(pseudonym, replace(keys[0], marker=marker))
        return None

    def unlock(self, pseudonym: str, password: str) -> dict[bytes, bytes]:
        """Return the private parts that *password* opens, by key id.

        Raises
        ------
        WrongPassphrase
            it opens none.
        """
        found = {}
        for key in self.all(pseudonym):
            try:
                found[key.id] = passphrase.unwrap(key.locked, password, key.public)
            except WrongPassphrase:
                continue
        if not found:
            msg = "the passphrase opens none of this person's trace keys"
            raise WrongPassphrase(msg)
        return found

    def relock(self, pseudonym: str, old: str, new: str, marker: str = "") -> int:
        """Lock under *new* every pair that *old* opens; returns how many; raises as ``unlock``."""
        opened = self.unlock(pseudonym, old)
        with self._lock():
            for key in self.all(pseudonym):
                if key.id in opened:
                    locked = passphrase.wrap(opened[key.id], new, key.public)
                    self._write(pseudonym, replace(key, locked=locked, marker=marker))
        return len(opened)

    def forget(self, pseudonym: str) -> None:
        """Delete the person's pairs: nobody opens the author's side of those entries any more."""
        with self._lock():
            shutil.rmtree(self._folder / pseudonym, ignore_errors=True)

    def _write(self, pseudonym: str, key: TraceKey) -> None:
        write_durably(self._folder / pseudonym / f"{key.id.hex()}.json", key.dump())


def _parse(data: bytes) -> TraceKey:
    body = canonical.loads_strict(data)
    try:
        made_at = datetime.fromisoformat(body["made_at"])
        return TraceKey(bytes.fromhex(body["public"]), made_at, Cause(body["cause"]), body["marker"], body["locked"])
    except (KeyError, TypeError, ValueError) as error:
        msg = f"not a trace key: {error}"
        raise Malformed(msg) from None
