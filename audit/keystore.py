"""The keys of those who record: sealing keys per project and month, and the key of pseudonyms.

Public parts lie under ``public/``; private parts are written to a directory of their own, so that an installation can
mount it elsewhere, move it to the auditors, or empty it. Nothing that records ever reads it.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from audit import sealing
from audit.errors import Malformed
from audit.events import SYSTEM_PREFIX
from audit.sealing import Sealed, Sealer, SealingKey

#: Stands for the project in events of the platform itself; a slug can't start with an underscore.
PLATFORM = "_platform"


class KeyStore:
    """Keys in a directory shared by the processes of the trusted side.

    Parameters
    ----------
    directory
        mode 0700; created when absent.
    private
        where private parts go, ``directory/private`` when not given.
    """

    def __init__(self, directory: Path, private: Path | None = None) -> None:
        self.directory = directory
        self.private_directory = private or directory / "private"
        for folder in (directory, directory / "public", self.private_directory):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._pseudonym_key = self._once(directory / "pseudonym.key", lambda: secrets.token_bytes(32))
        self._sealers: dict[tuple[str, str], Sealer] = {}
        self.pseudonym = lru_cache(maxsize=4096)(self._pseudonym)

    def _pseudonym(self, name: str) -> str:
        """Return the name that leaves use for *name*: keyed, the same in every entry; programs keep theirs."""
        if name.startswith(SYSTEM_PREFIX):
            return name
        return "p" + hmac.digest(self._pseudonym_key, b"person\n" + name.encode(), "sha256")[:16].hex()

    def seal(self, message: bytes, project: str | None, at: datetime, event_id: str) -> Sealed:
        """Seal *message* to the project's key of the month of *at*, made on first use."""
        scope, epoch = project or PLATFORM, f"{at.year:04d}-{at.month:02d}"
        sealer = self._sealers.get((scope, epoch))
        if sealer is None:
            sealer = self._sealers[scope, epoch] = Sealer(self.public(scope, epoch))
        return sealer.seal(message, event_id)

    def public(self, project: str, epoch: str) -> SealingKey:
        """Return the project's public key for *epoch* (``YYYY-MM``); the pair is made on first use."""
        place = self.directory / "public" / project / f"{epoch}.key"
        if not place.exists():
            with self._lock():
                if not place.exists():
                    public, private = sealing.generate()
                    self._write(self.private_directory / project / f"{epoch}.key", private)
                    self._write(place, public)
        return SealingKey(project, epoch, place.read_bytes())

    def unseal(self, blob: bytes, project: str | None, event_id: str) -> tuple[bytes, bytes]:
        """Open *blob* with a private part that is still here; returns (message, commitment).

        Raises
        ------
        Malformed
            when no key here opens it.
        """
        scope, wanted = project or PLATFORM, sealing.key_id_of(blob)
        for place in sorted((self.directory / "public" / scope).glob("*.key")):
            if hashlib.sha256(place.read_bytes()).digest()[:8] == wanted:
                private = self.private_directory / scope / place.name
                if private.exists():
                    return sealing.unseal(blob, private.read_bytes(), scope, event_id)
        msg = f"the private key {wanted.hex()} of {scope} is not here"
        raise Malformed(msg)

    def _once(self, place: Path, make: Callable[[], bytes]) -> bytes:
        if not place.exists():
            with self._lock():
                if not place.exists():
                    self._write(place, make())
        return place.read_bytes()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.directory / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _write(place: Path, data: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = place.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(place)
        directory = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
