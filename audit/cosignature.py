"""What a witness states about a checkpoint: as of this time, I saw this log only grow (C2SP tlog-cosignature).

Two kinds of key: Ed25519 (0x04) and ML-DSA-44 (0x06), which also holds against a later quantum computer.
"""

from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from audit.checkpoint import Checkpoint, key_id, signature_line, split_key, split_note
from audit.errors import Malformed

_ED25519 = b"\x04"
_MLDSA44 = b"\x06"
_TIME = 8
_LATEST = 2**63 - 1


class Cosigner:
    """A witness's public key, from its verifier key.

    Raises
    ------
    Malformed
        when the text is no verifier key of a witness, or its id does not match its key.
    """

    def __init__(self, vkey: str) -> None:
        self.vkey = vkey.strip()
        self.name, self._id, self._kind, self.public = split_key(self.vkey)
        if self._id != key_id(self.name, self._kind, self.public):
            _malformed("the key's id does not match the key")
        self._key = _public_key(self._kind, self.public)

    def read(self, note: str) -> int | None:
        """Return when this witness cosigned *note* (seconds since 1970), None when it did not.

        Raises
        ------
        Malformed
            when *note* is no signed checkpoint, or carries a false cosignature under this key.
        """
        found = self._find(note)
        if found is None:
            return None
        text, value = found
        seconds, signature = int.from_bytes(value[4 : 4 + _TIME], "big"), value[4 + _TIME :]
        try:
            self._key.verify(signature, self._message(text, seconds))
        except InvalidSignature:
            _malformed(f"the cosignature of {self.name} is false")
        if seconds > _LATEST:
            _malformed(f"the cosignature of {self.name} has no time")
        return seconds

    def lines(self, note: str) -> str:
        """Return this witness's signature line out of *note*, nothing when it has none. Not verified: see ``read``."""
        found = self._find(note)
        return "" if found is None else signature_line(self.name, found[1])

    def _find(self, note: str) -> tuple[str, bytes] | None:
        text, signatures = split_note(note)
        for name, value in signatures:
            if name == self.name and value[:4] == self._id:
                return text, value
        return None

    def _message(self, text: str, seconds: int) -> bytes:
        if self._kind == _ED25519:
            return f"cosignature/v1\ntime {seconds}\n{text}".encode()
        checkpoint = Checkpoint.parse(text)
        return b"".join(
            (
                b"subtree/v1\n\0",
                _short(self.name),
                seconds.to_bytes(_TIME, "big"),
                _short(checkpoint.origin),
                bytes(8),
                checkpoint.size.to_bytes(8, "big"),
                checkpoint.root,
            )
        )


def _public_key(kind: bytes, public: bytes) -> Ed25519PublicKey | MLDSA44PublicKey:
    if kind not in {_ED25519, _MLDSA44}:
        _malformed("not the key of a witness: its kind is neither 04 (Ed25519) nor 06 (ML-DSA-44)")
    kinds = Ed25519PublicKey if kind == _ED25519 else MLDSA44PublicKey
    try:
        return kinds.from_public_bytes(public)
    except ValueError:
        _malformed("not the key of a witness: its length is wrong")


def _short(text: str) -> bytes:
    data = text.encode()
    if not 0 < len(data) < 256:
        _malformed("a name of more than 255 bytes can't be cosigned")
    return bytes([len(data)]) + data


def _malformed(why: str) -> NoReturn:
    raise Malformed(why)
