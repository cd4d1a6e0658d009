"""One kind of key pair for everything that is sealed to somebody: ML-KEM-768 with X25519, used through HPKE (RFC 9180).

Health code must stay secret for decades, so it is sealed against a later quantum computer too. A public key is the
ML-KEM part followed by the X25519 part, a private key the ML-KEM seed followed by the X25519 scalar; both are bytes.
"""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from audit.errors import Malformed

NAME = "MLKEM768-X25519"
PUBLIC_SIZE = 1184 + 32
PRIVATE_SIZE = 64 + 32
ID_SIZE = 8
_MLKEM_PUBLIC = 1184
_MLKEM_SEED = 64
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def generate() -> tuple[bytes, bytes]:
    """Make a key pair; returns (public, private)."""
    mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return public, mlkem.private_bytes_raw() + x25519.private_bytes_raw()


def key_id(public: bytes) -> bytes:
    """Eight bytes that name a public key in blobs, leaves and files."""
    return hashlib.sha256(public).digest()[:ID_SIZE]


def public_of(private: bytes) -> bytes:
    """Compute the public key from the private one: how a key that was put together again is known to be right.

    Raises
    ------
    Malformed
        when these bytes are no private key.
    """
    mlkem, x25519 = _parts(private)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def seal_to(public: bytes, secret: bytes, info: bytes) -> bytes:
    """Encrypt *secret* for the holder of the private part, bound to *info*.

    Raises
    ------
    Malformed
        when *public* is no public key.
    """
    if len(public) != PUBLIC_SIZE:
        msg = "not a public key of the hybrid suite"
        raise Malformed(msg)
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC])
        key = hpke.MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]))
        return _SUITE.encrypt(secret, key, info)
    except ValueError as error:
        msg = f"not a public key of the hybrid suite: {error}"
        raise Malformed(msg) from None


def open_with(private: bytes, box: bytes, info: bytes) -> bytes:
    """Decrypt what ``seal_to`` made with the same *info*.

    Raises
    ------
    Malformed
        when it does not open: another key, another *info*, changed bytes.
    """
    try:
        return _SUITE.decrypt(box, _load(private), info)
    except (InvalidTag, ValueError):
        msg = "it does not open with this key"
        raise Malformed(msg) from None


def _load(private: bytes) -> hpke.MLKEM768X25519PrivateKey:
    return hpke.MLKEM768X25519PrivateKey(*_parts(private))


def _parts(private: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(private) != PRIVATE_SIZE:
        msg = "not a private key of the hybrid suite"
        raise Malformed(msg)
    seed, scalar = private[:_MLKEM_SEED], private[_MLKEM_SEED:]
    return MLKEM768PrivateKey.from_seed_bytes(seed), X25519PrivateKey.from_private_bytes(scalar)
