"""The keys of those who record: sealing keys per project and month, trace keys of people, the key of pseudonyms.

Nothing that records ever reads a private part. Keys are looked up again whenever a session of a minute begins, so a
ceremony, a new trace key or a folder that has gone is noticed by every process within a minute.
"""

import fcntl
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from audit import sealing
from audit.auditors import Ceremony
from audit.epochs import EpochKeys
from audit.errors import KeysUnusable, Malformed
from audit.events import SYSTEM_PREFIX
from audit.places import write_durably
from audit.sealing import Sealed, SealingKey, Session
from audit.trace_keys import TraceKeys

#: Stands for the project in events of the platform itself; a slug can't start with an underscore.
PLATFORM = "_platform"
#: Sessions kept in memory; those that are over go first.
MOST_SESSIONS = 1024


class KeyStore:
    """Keys in a directory shared by the processes of the trusted side.

    Parameters
    ----------
    directory
        mode 0700.
    private
        where private parts lie until the ceremony, ``directory/private`` when not given.
    make
        whether a folder without keys is a new installation. False where there is a log already: new keys would make
        other pseudonyms of the same people and forget the ceremony.

    Raises
    ------
    KeysUnusable
        the keys are not there and may not be made.
    """

    def __init__(self, directory: Path, private: Path | None = None, *, make: bool = True) -> None:
        self.directory = directory
        self.private_directory = private or directory / "private"
        self._pseudonym_key = self._load_pseudonym_key(make=make)
        self.epochs = EpochKeys(directory, self.private_directory, self._lock)
        self.traces = TraceKeys(directory / "trace", self._lock)
        self._sessions: dict[tuple[str | None, int, int, str | None], Session] = {}
        self.pseudonym = lru_cache(maxsize=4096)(self._pseudonym)

    def _pseudonym(self, name: str) -> str:
        """Return the name that leaves use for *name*: keyed, the same in every entry; programs keep theirs."""
        if name.startswith(SYSTEM_PREFIX):
            return name
        return "p" + hmac.digest(self._pseudonym_key, b"person\n" + name.encode(), "sha256")[:16].hex()

    def seal(
        self, message: bytes, project: str | None, at: datetime, event_id: str, author: str | None = None
    ) -> Sealed:
        """Seal *message* to the project's key of the month of *at* and to the trace key of *author*, if there is one.

        Raises
        ------
        KeysUnusable
            the key folder is gone, or a key must be made and can't be.
        """
        name = (project, at.year, at.month, author)
        session = self._sessions.get(name)
        if session is None or session.over:
            session = self._begin(name)
        return session.seal(message, event_id)

    def public(self, project: str, epoch: str) -> SealingKey:
        """Return the project's public key for *epoch* (``YYYY-MM``), made on first use; raises as ``seal``."""
        return self.epochs.current(project, epoch)

    def ceremony(self) -> Ceremony | None:
        """Return the auditors' last ceremony; None means that private parts lie on this server."""
        return self.epochs.ceremony()

    def private_parts(self) -> int:
        """Count the private parts of sealing keys on this server: 0 once a ceremony went to its end."""
        return self.epochs.private_parts()

    def unseal(self, blob: bytes, project: str | None, event_id: str) -> tuple[bytes, bytes]:
        """Open *blob* with a private part that is still here; returns (message, commitment).

        Raises
        ------
        Malformed
            when no key here opens it.
        """
        scope, wanted = project or PLATFORM, sealing.key_id_of(blob)
        key = self.epochs.find(scope, wanted)
        private = None if key is None else self.epochs.private_of(key)
        if private is None:
            msg = f"the private key {wanted.hex()} of {scope} is not here"
            raise Malformed(msg)
        return sealing.unseal(blob, private, scope, event_id)

    def _begin(self, name: tuple[str | None, int, int, str | None]) -> Session:
        project, year, month, author = name
        key = self.epochs.current(project or PLATFORM, f"{year:04d}-{month:02d}")
        person = author is not None and not author.startswith(SYSTEM_PREFIX)
        session = Session(key, self.traces.public(self.pseudonym(author)) if person and author else None)
        if len(self._sessions) >= MOST_SESSIONS:
            self._sessions = {other: one for other, one in list(self._sessions.items()) if not one.over}
        if len(self._sessions) >= MOST_SESSIONS:
            self._sessions = {}
        self._sessions[name] = session
        return session

    def _load_pseudonym_key(self, *, make: bool) -> bytes:
        place = self.directory / "pseudonym.key"
        try:
            if not place.exists():
                if not make:
                    msg = f"{place} is gone"
                    raise KeysUnusable(msg)
                self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                with self._lock():
                    if not place.exists():
                        write_durably(place, secrets.token_bytes(32))
            return place.read_bytes()
        except OSError as error:
            raise KeysUnusable(str(error)) from error

    @contextmanager
    def _lock(self) -> Iterator[None]:
        descriptor = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
