"""The key that signs packages: Ed25519, made at first use, readable by the desk alone.

A signature says "this left through the desk of this installation". Any program can check it: the public key travels in
the package and is published beside the installation, so that a copy in the package alone convinces nobody.
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from project_spaces.errors import Invalid
from project_spaces.text import Text


class Signer:
    """Signs with one key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        public = key.public_key()
        self.public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.key_id = key_id(public)

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the Ed25519 signature (RFC 8032)."""
        return self._key.sign(message)

    @classmethod
    def load_or_create(cls, file: Path) -> "Signer":
        """Read the PEM key in *file*; write a new one, readable by its owner alone, where there is none.

        Raises
        ------
        Invalid
            the file holds something else: a new key would orphan every package signed so far.
        """
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(_read(file))
        key = Ed25519PrivateKey.generate()
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            stream.flush()
            os.fsync(stream.fileno())
        return cls(key)


def key_id(public: Ed25519PublicKey) -> str:
    """Name a public key: SHA-256 of its 32 bytes."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def check_signature(public_pem: bytes, message: bytes, signature: bytes) -> str:
    """Return the id of the key that signed *message*.

    Raises
    ------
    Invalid
        the signature is not this key's on these bytes, or the key is no Ed25519 key.
    """
    try:
        public = load_pem_public_key(public_pem)
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
            return key_id(public)
    except (InvalidSignature, ValueError):
        pass
    raise Invalid(Text("La signature du paquet est fausse.", "The signature of the package is wrong."))


def _read(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid(
            Text(
                f"{file} n'est pas une clé Ed25519 lisible : remettez la clé de publication d'origine.",
                f"{file} is not a readable Ed25519 key: put the original release key back.",
            )
        )
    return key
