"""Full messages are kept sealed: operators hold ciphertext, auditors hold the keys (report S-168, S-169).

A sealed blob is self-contained::

    "BVS1" | suite | key id (8) | length (2) | HPKE ciphertext of a session key | unique (16) | AEAD ciphertext

HPKE is RFC 9180 from ``cryptography`` with the hybrid ML-KEM-768 + X25519 KEM (health code must stay secret for
decades, so also against a later quantum computer). One encapsulation serves a *session* (one process, one project,
at most a minute): its key is sealed in each blob, and each blob has a key of its own derived with HMAC from the
session key and 16 random bytes. So a message costs what a hash costs, and one blob's key can be disclosed without the
others.

Inside: ``salt (16) | length (8) | message | zeros``. The commitment in the leaf is SHA-256(salt ‖ message): without a
salt the hash of ``df.head()`` could be guessed (TRAPS C10). Zeros pad to the size bucket of the leaf, so that neither
the leaf nor the blob tells more about the length (Padmé padding, at most 12 % larger, 256 bytes at least).
"""

import hashlib
import hmac
import os
import time
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from audit.errors import Malformed

MAGIC = b"BVS1"
SUITE_MLKEM768_X25519 = 1
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
_INFO = b"bureau virtuel sealed blob v1\n"
_NONCE = bytes(12)  # each key encrypts once
_MLKEM_PUBLIC = 1184
_MLKEM_SEED = 64
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
        return hashlib.sha256(self.public).digest()[:8]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message sealed, and what the leaf says about it."""

    blob: bytes
    commitment: bytes
    key_id: bytes
    bucket: int


def generate() -> tuple[bytes, bytes]:
    """Make a key pair; returns (public, private), each the ML-KEM-768 part followed by the X25519 part."""
    mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return public, mlkem.private_bytes_raw() + x25519.private_bytes_raw()


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


class Sealer:
    """Seals messages to one key; not shared between threads without the caller's lock."""

    def __init__(self, key: SealingKey) -> None:
        self.key = key
        self._public = hpke.MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(key.public[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(key.public[_MLKEM_PUBLIC:]),
        )
        self._key_id = key.id
        self._left = 0
        self._born = 0.0

    def seal(self, message: bytes, event_id: str) -> Sealed:
        """Seal *message*, bound to the project and to the event's id."""
        session, header = self._session()
        salt, unique = os.urandom(16), os.urandom(16)
        size = bucket(len(message))
        inner = b"".join((salt, len(message).to_bytes(8, "big"), message, bytes(size - len(message))))
        aad = header + unique + _binding(self.key.project, event_id)
        box = ChaCha20Poly1305(_blob_key(session, unique)).encrypt(_NONCE, inner, aad)
        return Sealed(b"".join((header, unique, box)), commit(salt, message), self._key_id, size)

    def _session(self) -> tuple[bytes, bytes]:
        now = time.monotonic()
        if self._left <= 0 or now - self._born > SESSION_SECONDS:
            session = os.urandom(32)
            wrapped = _SUITE.encrypt(session, self._public, _INFO + self._key_id)
            prefix = MAGIC + bytes([SUITE_MLKEM768_X25519]) + self._key_id
            self._current = session, prefix + len(wrapped).to_bytes(2, "big") + wrapped
            self._left, self._born = SESSION_MESSAGES, now
        self._left -= 1
        return self._current


def key_id_of(blob: bytes) -> bytes:
    """Name the key that opens *blob*.

    Raises
    ------
    Malformed
        when it is not a sealed blob.
    """
    if blob[:4] != MAGIC or len(blob) < 15 or blob[4] != SUITE_MLKEM768_X25519:
        msg = "not a sealed blob"
        raise Malformed(msg)
    return blob[5:13]


def unseal(blob: bytes, private: bytes, project: str, event_id: str) -> tuple[bytes, bytes]:
    """Open a sealed blob; returns (message, commitment) — compare the commitment with the leaf's.

    Raises
    ------
    Malformed
        when the blob, its binding to the project and event, or the key is not the right one.
    """
    key_id = key_id_of(blob)
    end = 15 + int.from_bytes(blob[13:15], "big")
    header, unique, box = blob[:end], blob[end : end + 16], blob[end + 16 :]
    key = hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED]),
        X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED:]),
    )
    try:
        session = _SUITE.decrypt(header[15:], key, _INFO + key_id)
        aad = header + unique + _binding(project, event_id)
        inner = ChaCha20Poly1305(_blob_key(session, unique)).decrypt(_NONCE, box, aad)
    except (InvalidTag, ValueError):
        msg = "the blob does not open with this key for this project and event"
        raise Malformed(msg) from None
    length = int.from_bytes(inner[16:24], "big")
    message = inner[24 : 24 + length]
    return message, commit(inner[:16], message)


def _blob_key(session: bytes, unique: bytes) -> bytes:
    return hmac.digest(session, b"blob key\n" + unique, "sha256")


def _binding(project: str, event_id: str) -> bytes:
    return f"\n{project}\n{event_id}".encode()
