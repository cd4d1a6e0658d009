"""Full messages are kept sealed: operators hold ciphertext, auditors and the author hold keys (report S-168, S-169).

A sealed blob is self-contained::

    "BVS2" | suite | epoch key id (8) | length (2) | HPKE ciphertext of a session key
           | author key id (8) | length (2) | the same session key for the author, or nothing
           | unique (16) | AEAD ciphertext

Two recipients open it: the auditors' quorum (key of the project and month) and the person who acted, who can so prove
what was written and when. One encapsulation for each serves a *session* (one process, project, month and author, at
most a minute): both are copied into each blob, and each blob has a key of its own derived with HMAC from the session
key and 16 random bytes. So a message costs what a hash costs, and one blob's key can be disclosed without the others.

Inside: ``salt (16) | length (8) | message | zeros``. The commitment in the leaf is SHA-256(salt ‖ message): without a
salt the hash of ``df.head()`` could be guessed (TRAPS C10). Zeros pad to the size bucket of the leaf, so that neither
the leaf nor the blob tells more about the length (Padmé padding, at most 12 % larger, 256 bytes at least).

"BVS1" is the same with the auditors' part alone; it still opens.
"""

import hashlib
import hmac
import os
import time
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from audit import hybrid
from audit.errors import Malformed

MAGIC = b"BVS2"
MAGIC_1 = b"BVS1"
SUITE_MLKEM768_X25519 = 1
NOBODY = bytes(hybrid.ID_SIZE)
_INFO = b"bureau virtuel session v2\n"
_INFO_1 = b"bureau virtuel sealed blob v1\n"
_NONCE = bytes(12)  # each key encrypts once
_SMALLEST_BUCKET = 256
#: A session key is renewed after this many seconds or messages.
SESSION_SECONDS = 60.0
SESSION_MESSAGES = 4096


@dataclass(frozen=True, slots=True)
class SealingKey:
    """Public part of one project's key for one month; what a process that records needs."""

    project: str
    epoch: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Eight bytes that name the key in blobs and leaves."""
        return hybrid.key_id(self.public)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message sealed, and what the leaf says about it."""

    blob: bytes
    commitment: bytes
    key_id: bytes
    bucket: int


@dataclass(frozen=True, slots=True)
class _Lock:
    """One recipient's way in: whose, the encapsulated session key, and what it is bound to."""

    key_id: bytes
    box: bytes
    info: bytes


@dataclass(frozen=True, slots=True)
class _Parts:
    """A blob taken apart."""

    header: bytes
    locks: tuple[_Lock, ...]
    unique: bytes
    box: bytes
    #: What the header counts for in the authenticated data.
    bound: bytes


def bucket(length: int) -> int:
    """Return the padded size for *length* bytes: Padmé (Nikitin et al., PETS 2019), at least 256."""
    if length <= _SMALLEST_BUCKET:
        return _SMALLEST_BUCKET
    exponent = length.bit_length() - 1
    spare = (1 << (exponent - exponent.bit_length())) - 1
    return (length + spare) & ~spare


def commit(salt: bytes, message: bytes) -> bytes:
    """Return the salted commitment that a leaf holds for *message*."""
    digest = hashlib.sha256(salt)
    digest.update(message)
    return digest.digest()


class Session:
    """Seals the messages of one author in one project for at most a minute.

    Parameters
    ----------
    key
        the auditors' key of the project and month.
    author
        the public trace key of the person who acts; None for programs and for people who have none yet.
    """

    def __init__(self, key: SealingKey, author: bytes | None) -> None:
        self.key = key
        self._secret = os.urandom(32)
        locks = [
            self._lock(key.public, b"epoch"),
            NOBODY + bytes(2) if author is None else self._lock(author, b"author"),
        ]
        self._header = b"".join((MAGIC, bytes([SUITE_MLKEM768_X25519]), *locks))
        self._bound = hashlib.sha256(self._header).digest()
        self._key_id = key.id
        self._project = key.project.encode()
        self._left = SESSION_MESSAGES
        self._born = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether it has served its time."""
        return self._left <= 0 or time.monotonic() - self._born > SESSION_SECONDS

    def seal(self, message: bytes, event_id: str) -> Sealed:
        """Seal *message*, bound to the project and to the event's id."""
        self._left -= 1
        salt, unique = os.urandom(16), os.urandom(16)
        size = bucket(len(message))
        inner = b"".join((salt, len(message).to_bytes(8, "big"), message, bytes(size - len(message))))
        aad = b"".join((self._bound, unique, b"\n", self._project, b"\n", event_id.encode()))
        box = ChaCha20Poly1305(_blob_key(self._secret, unique)).encrypt(_NONCE, inner, aad)
        return Sealed(b"".join((self._header, unique, box)), commit(salt, message), self._key_id, size)

    def _lock(self, public: bytes, role: bytes) -> bytes:
        key_id = hybrid.key_id(public)
        box = hybrid.seal_to(public, self._secret, _info(role, key_id, self.key.project))
        return key_id + len(box).to_bytes(2, "big") + box


def key_id_of(blob: bytes) -> bytes:
    """Name the auditors' key that opens *blob*.

    Raises
    ------
    Malformed
        when it is not a sealed blob.
    """
    if blob[:4] not in {MAGIC, MAGIC_1} or len(blob) < 15 or blob[4] != SUITE_MLKEM768_X25519:
        msg = "not a sealed blob"
        raise Malformed(msg)
    return blob[5:13]


def author_key_id_of(blob: bytes) -> bytes | None:
    """Name the author's key that opens *blob*, None when there is none; raises as ``key_id_of``."""
    key_id_of(blob)
    if blob[:4] == MAGIC_1:
        return None
    start = 15 + int.from_bytes(blob[13:15], "big")
    found = blob[start : start + hybrid.ID_SIZE]
    return None if found == NOBODY else found


def unseal(blob: bytes, private: bytes, project: str, event_id: str) -> tuple[bytes, bytes]:
    """Open a sealed blob with the auditors' or the author's key.

    Returns (message, commitment): compare the commitment with the leaf's.

    Raises
    ------
    Malformed
        when the blob, its binding to the project and event, or the key is not the right one.
    """
    key_id_of(blob)
    parts = _take_apart(blob, project)
    wanted = hybrid.key_id(hybrid.public_of(private))
    for lock in parts.locks:
        if lock.key_id == wanted:
            return _open(parts, hybrid.open_with(private, lock.box, lock.info), project, event_id)
    msg = "the blob is not sealed to this key"
    raise Malformed(msg)


def _open(parts: _Parts, session: bytes, project: str, event_id: str) -> tuple[bytes, bytes]:
    aad = parts.bound + parts.unique + f"\n{project}\n{event_id}".encode()
    try:
        inner = ChaCha20Poly1305(_blob_key(session, parts.unique)).decrypt(_NONCE, parts.box, aad)
    except (InvalidTag, ValueError):
        msg = "the blob does not open with this key for this project and event"
        raise Malformed(msg) from None
    message = inner[24 : 24 + int.from_bytes(inner[16:24], "big")]
    return message, commit(inner[:16], message)


def _take_apart(blob: bytes, project: str) -> _Parts:
    locks, at = [], 5
    roles = (b"epoch",) if blob[:4] == MAGIC_1 else (b"epoch", b"author")
    for role in roles:
        key_id, start = blob[at : at + 8], at + 10
        at = start + int.from_bytes(blob[start - 2 : start], "big")
        info = _INFO_1 + key_id if blob[:4] == MAGIC_1 else _info(role, key_id, project)
        locks.append(_Lock(key_id, blob[start:at], info))
    header = blob[:at]
    bound = header if blob[:4] == MAGIC_1 else hashlib.sha256(header).digest()
    return _Parts(header, tuple(locks), blob[at : at + 16], blob[at + 16 :], bound)


def _info(role: bytes, key_id: bytes, project: str) -> bytes:
    return b"".join((_INFO, role, b"\n", key_id, project.encode()))


def _blob_key(session: bytes, unique: bytes) -> bytes:
    return hmac.digest(session, b"blob key\n" + unique, "sha256")
