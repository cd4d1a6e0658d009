"""Signed checkpoints: what the log promises at one size, in the format that other programs verify.

C2SP signed-note (Ed25519, type 0x01) and tlog-checkpoint. Keys are exchanged as verifier keys,
``<name>+<key id>+<base64 of 0x01 and the public key>``; the private key is kept in the encoding of
Go's ``note`` package.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import Malformed

_ED25519 = b"\x01"
_ED25519_LENGTH = 32
_VOUCHER = 32
_PRIVATE_PREFIX = "PRIVATE+KEY+"
_SIGNATURE_PREFIX = "— "
#: Longer notes are refused unread; a checkpoint with dozens of cosignatures stays far below.
_MAX_NOTE = 64 * 1024


class Signer:
    """The log's private key.

    Parameters
    ----------
    name
        key name and origin of the log (``example.com/log``): no spaces, no plus sign.
    seed
        32 bytes.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        _check_name(name)
        self.name = name
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()
        self._id = key_id(name, _ED25519, self._public)
        self._vouching = hmac.digest(seed, b"batches of the journal", "sha256")

    @classmethod
    def generate(cls, name: str) -> "Signer":
        """Make a new key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def load(cls, text: str) -> "Signer":
        """Read what ``dump`` wrote; raises ``Malformed``."""
        rest = text.strip().removeprefix(_PRIVATE_PREFIX)
        name, _, kind, key = split_key(rest)
        if kind != _ED25519 or len(key) != _ED25519_LENGTH:
            _malformed("not a private key of a log")
        signer = cls(name, key)
        if signer.dump().strip() != text.strip():
            _malformed("not a private key of a log")
        return signer

    def dump(self) -> str:
        """Encode the private key (secret)."""
        return f"{_PRIVATE_PREFIX}{self.name}+{self._id.hex()}+{_b64(_ED25519 + self._seed)}\n"

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        return f"{self.name}+{self._id.hex()}+{_b64(_ED25519 + self._public)}"

    def sign(self, text: str) -> str:
        """Return the signed note over *text* (which ends with a newline)."""
        signature = self._key.sign(text.encode())
        return f"{text}\n{signature_line(self.name, self._id + signature)}"

    def vouch(self, statement: bytes) -> bytes:
        """Return a MAC for the holders of this key alone, at a fortieth of a signature's cost."""
        return hashlib.blake2b(statement, key=self._vouching, digest_size=_VOUCHER).digest()

    def vouches(self, voucher: bytes, statement: bytes) -> bool:
        """Tell whether *voucher* was made with this key for *statement*."""
        return hmac.compare_digest(voucher, self.vouch(statement))


class Verifier:
    """A log's public key, from a verifier key.

    Raises
    ------
    Malformed
        when the text is not a verifier key, or its id does not match its key.
    """

    def __init__(self, vkey: str) -> None:
        self.vkey = vkey.strip()
        self.name, self._id, kind, public = split_key(self.vkey)
        if kind != _ED25519 or len(public) != _ED25519_LENGTH:
            _malformed("not an Ed25519 key of a signed note")
        if self._id != key_id(self.name, kind, public):
            _malformed("the key's id does not match the key")
        self.public = public
        self._key = Ed25519PublicKey.from_public_bytes(public)

    def open(self, note: str) -> str:
        """Return the text of *note* when it carries a valid signature of this key.

        Raises
        ------
        Malformed
            when it is no note, when this key did not sign it, or when the signature is false.
        """
        text, signatures = split_note(note)
        for name, value in signatures:
            if name == self.name and value[:4] == self._id:
                try:
                    self._key.verify(value[4:], text.encode())
                except InvalidSignature:
                    _malformed(f"the signature of {name} is false")
                return text
        return _malformed(f"no signature of {self.name} with key {self._id.hex()}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root that a log committed to (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """The note text to sign."""
        lines = (self.origin, str(self.size), _b64(self.root), *self.extensions)
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note text; raises ``Malformed``."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            _malformed("a checkpoint has an origin, a size and a root, one a line")
        origin, size, root = lines[:3]
        if not (size.isascii() and size.isdigit()) or str(int(size)) != size:
            _malformed(f"size {size[:32]!r} is not a decimal number")
        decoded = _unb64(root)
        if len(decoded) != hashlib.sha256().digest_size:
            _malformed("the root is not a SHA-256 hash")
        return cls(origin, int(size), decoded, tuple(lines[3:-1]))


def read_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Verify and read a signed checkpoint; its origin must be the key's name; raises ``Malformed``."""
    checkpoint = Checkpoint.parse(verifier.open(note))
    if checkpoint.origin != verifier.name:
        _malformed(f"a checkpoint of {checkpoint.origin}, not of {verifier.name}")
    return checkpoint


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Split a note into its text and its signatures (name, key id ‖ signature), none verified; raises ``Malformed``."""
    if len(note) > _MAX_NOTE or any(char < " " and char != "\n" for char in note):
        _malformed("not a signed note: too long, or with control characters")
    text, separator, rest = note.rpartition("\n\n")
    if not separator or not rest.endswith("\n"):
        _malformed("not a signed note: no signatures after an empty line")
    signatures = []
    for line in rest[:-1].split("\n"):
        name, space, value = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
        if not line.startswith(_SIGNATURE_PREFIX) or not space or len(decoded := _unb64(value)) < 5:
            _malformed("not a signed note: a signature line is not '— name base64'")
        signatures.append((name, decoded))
    return text + "\n", signatures


def split_key(text: str) -> tuple[str, bytes, bytes, bytes]:
    """Split a key into name, id, kind (one byte) and key bytes; raises ``Malformed``. The id is not compared."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        _malformed("a key is <name>+<id>+<base64>")
    name, identity, encoded = parts
    _check_name(name)
    key = _unb64(encoded)
    try:
        number = bytes.fromhex(identity)
    except ValueError:
        _malformed("a key's id is eight hex digits")
    if len(number) != 4 or len(key) < 2:
        _malformed("not a key of a signed note")
    return name, number, key[:1], key[1:]


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """Return the id that a note's key must have (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def signature_line(name: str, value: bytes) -> str:
    """Return one line of a note's signatures; *value* begins with the key's id."""
    return f"{_SIGNATURE_PREFIX}{name} {_b64(value)}\n"


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() for char in name):
        _malformed("a key's name has no spaces and no plus sign")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _malformed(f"{text[:48]!r} is not base64")
    if _b64(data) != text:
        _malformed(f"{text[:48]!r} is not canonical base64")
    return data


def _malformed(why: str) -> NoReturn:
    raise Malformed(why)
