"""Auditors' key pairs and the ceremony that names them: from then on only a quorum of them opens messages.

An auditor makes a pair on any machine and hands over the public file. A ceremony is a file that names the public keys
and how many holders must come together; its digest is in the ledger, so that nobody can change the list unseen.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import canonical, hybrid, passphrase
from audit.errors import Malformed

PUBLIC_FORMAT = "bureau auditor public key 1"
PRIVATE_FORMAT = "bureau auditor private key 1"
CEREMONY_FORMAT = "bureau ceremony 1"
MOST_AUDITORS = 32
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


@dataclass(frozen=True, slots=True)
class Auditor:
    """Somebody who holds a share."""

    name: str
    public: bytes

    @property
    def key_id(self) -> str:
        """Sixteen hexadecimal digits that the auditor can compare with those of the own key."""
        return hybrid.key_id(self.public).hex()


@dataclass(frozen=True, slots=True)
class Ceremony:
    """Who holds shares from a moment on, and how many of them open."""

    number: int
    at: datetime
    threshold: int
    auditors: tuple[Auditor, ...]

    def dump(self) -> bytes:
        """Return the file's bytes."""
        listed = [{"name": auditor.name, "public": _text(auditor.public)} for auditor in self.auditors]
        return canonical.dumps(
            {
                "format": CEREMONY_FORMAT,
                "number": self.number,
                "at": self.at.isoformat(),
                "threshold": self.threshold,
                "auditors": listed,
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the file, as the ledger holds it."""
        return hashlib.sha256(self.dump()).hexdigest()


def plan(number: int, at: datetime, threshold: int, auditors: list[Auditor]) -> Ceremony:
    """Check and return a ceremony.

    Raises
    ------
    Malformed
        when one auditor could open alone, the threshold can't be met, or two auditors have one name or one key.
    """
    names, ids = {auditor.name for auditor in auditors}, {auditor.key_id for auditor in auditors}
    if len(names) < len(auditors) or len(ids) < len(auditors):
        msg = "two auditors have the same name or the same key"
        raise Malformed(msg)
    if not 2 <= threshold <= len(auditors) <= MOST_AUDITORS:
        msg = f"threshold {threshold} of {len(auditors)}: at least 2, at most as many as auditors ({MOST_AUDITORS})"
        raise Malformed(msg)
    for auditor in auditors:
        check_name(auditor.name)
    return Ceremony(number, at, threshold, tuple(auditors))


def parse_ceremony(data: bytes) -> Ceremony:
    """Read a ceremony's file; raises ``Malformed`` when it is not one."""
    body = _object(data, CEREMONY_FORMAT)
    try:
        auditors = [Auditor(str(one["name"]), _bytes(one["public"])) for one in body["auditors"]]
        return plan(int(body["number"]), datetime.fromisoformat(body["at"]), int(body["threshold"]), auditors)
    except (KeyError, TypeError, ValueError) as error:
        msg = f"not a ceremony: {error}"
        raise Malformed(msg) from None


def make_key(name: str, secret: str | None) -> tuple[bytes, bytes]:
    """Make an auditor's pair; returns the bytes of (public file, private file), the latter locked under *secret*."""
    check_name(name)
    public, private = hybrid.generate()
    shared = {"name": name, "suite": hybrid.NAME, "id": hybrid.key_id(public).hex(), "public": _text(public)}
    locked = {"private": _text(private)} if secret is None else {"locked": passphrase.wrap(private, secret, public)}
    return (
        canonical.dumps({"format": PUBLIC_FORMAT, **shared}) + b"\n",
        canonical.dumps({"format": PRIVATE_FORMAT, **shared, **locked}) + b"\n",
    )


def read_public(data: bytes, name: str) -> Auditor:
    """Read a public file under the name by which the ceremony knows its owner; raises ``Malformed``."""
    body = _object(data, PUBLIC_FORMAT)
    try:
        auditor = Auditor(check_name(name), _bytes(body["public"]))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"not a public key of an auditor: {error}"
        raise Malformed(msg) from None
    hybrid.seal_to(auditor.public, b"a key that can't be sealed to is found out now", b"")
    return auditor


def is_locked(data: bytes) -> bool:
    """Tell whether a private file asks for a passphrase; raises ``Malformed`` when it is not one."""
    return "locked" in _object(data, PRIVATE_FORMAT)


def owner_of(data: bytes) -> str:
    """Return the name in a private file; raises ``Malformed`` when it is not one."""
    return check_name(str(_object(data, PRIVATE_FORMAT).get("name")))


def read_private(data: bytes, secret: str | None) -> bytes:
    """Return the private key of a private file.

    Raises
    ------
    Malformed
        when it is not one; ``WrongPassphrase`` when *secret* does not open it.
    """
    body = _object(data, PRIVATE_FORMAT)
    try:
        public = _bytes(body["public"])
        if "locked" in body:
            private = passphrase.unwrap(body["locked"], secret or "", public)
        else:
            private = _bytes(body["private"])
    except (KeyError, TypeError) as error:
        msg = f"not a private key of an auditor: {error}"
        raise Malformed(msg) from None
    if hybrid.public_of(private) != public:
        msg = "the private part of this file does not belong to its public part"
        raise Malformed(msg)
    return private


def check_name(name: str) -> str:
    """Return *name*, which becomes part of file names; raises ``Malformed``."""
    if not _NAME.fullmatch(name):
        msg = f"an auditor's name is 1 to 30 of a-z, 0-9 and -, starting with a letter, not {name!r}"
        raise Malformed(msg)
    return name


def _object(data: bytes, form: str) -> dict[str, Any]:
    body = canonical.loads_strict(data)
    if not isinstance(body, dict) or body.get("format") != form:
        msg = f"not a file of the format “{form}”"
        raise Malformed(msg)
    return body


def _text(data: bytes) -> str:
    return data.hex()


def _bytes(text: Any) -> bytes:
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        msg = "hexadecimal digits expected"
        raise Malformed(msg) from None
