"""Keeps a private key in a file that is worth nothing without its owner's passphrase (argon2id of RFC 9106, AEAD).

What was derived how is written beside the secret, so that the cost can be raised later; a file that asks for an absurd
cost is refused rather than computed.
"""

import base64
import os
import threading
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from audit.errors import Malformed

#: RFC 9106's second choice: 64 MiB, three passes, four lanes; about a fifth of a second.
MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 4
_MOST_KIB = 1024 * 1024
_MOST_PASSES = 64
_NONCE = bytes(12)  # each derived key encrypts once: its salt is fresh
#: OpenSSL computes the lanes in threads of one pool: two derivations at once wait for each other's for ever.
_ONE_AT_A_TIME = threading.Lock()


class WrongPassphrase(Malformed):
    """The passphrase is not the one, or the file was changed."""


def wrap(secret: bytes, passphrase: str, info: bytes) -> dict[str, str | int]:
    """Return *secret* locked under *passphrase* and bound to *info*, as values for JSON."""
    salt = os.urandom(16)
    key = _derive(passphrase, salt, MEMORY_KIB, PASSES, LANES)
    box = ChaCha20Poly1305(key).encrypt(_NONCE, secret, info)
    return {
        "kdf": "argon2id",
        "salt": base64.b64encode(salt).decode(),
        "memory_kib": MEMORY_KIB,
        "passes": PASSES,
        "lanes": LANES,
        "box": base64.b64encode(box).decode(),
    }


def unwrap(wrapped: Mapping[str, Any], passphrase: str, info: bytes) -> bytes:
    """Return the secret that ``wrap`` locked.

    Raises
    ------
    WrongPassphrase
        when it does not open.
    Malformed
        when these are not such values.
    """
    try:
        salt, box = (base64.b64decode(wrapped[name], validate=True) for name in ("salt", "box"))
        memory, passes, lanes = (int(wrapped[name]) for name in ("memory_kib", "passes", "lanes"))
        if wrapped["kdf"] != "argon2id" or not memory <= _MOST_KIB or not passes <= _MOST_PASSES:
            msg = "a key file that asks for an unknown or absurd derivation"
            raise Malformed(msg)
        key = _derive(passphrase, salt, memory, passes, lanes)
    except (KeyError, TypeError, ValueError) as error:
        msg = f"not a locked key: {error}"
        raise Malformed(msg) from None
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE, box, info)
    except InvalidTag:
        msg = "the passphrase is not the one that this key was locked with"
        raise WrongPassphrase(msg) from None


def _derive(passphrase: str, salt: bytes, memory: int, passes: int, lanes: int) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    with _ONE_AT_A_TIME:
        return kdf.derive(passphrase.encode("utf-8", "surrogatepass"))
