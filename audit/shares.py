"""Splits a project's monthly key between auditors (Shamir), and puts it together again when a quorum brings shares.

The 96 bytes of the private key are six blocks of 128 bits, each shared on its own in the format of Debian's ``ssss``
(``ssss-combine -t M -x -D`` puts a block together without any program of ours). Each auditor's share is sealed to that
auditor's public key and bound to project, epoch, key, auditor and index. Hashes of all shares lie beside each of them,
so that a wrong one is named; the last word has the public key, computed again from what was put together.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from Crypto.Protocol.SecretSharing import Shamir

from audit import canonical, hybrid
from audit.auditors import Ceremony
from audit.errors import Malformed

SEALED_FORMAT = "bureau sealed share 1"
OPENED_FORMAT = "bureau opened share 1"
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Slot:
    """Which key a share is of, and which share it is."""

    project: str
    epoch: str
    #: Key id in hexadecimal, as in leaves.
    key: str
    auditor: str
    index: int
    threshold: int

    @property
    def info(self) -> bytes:
        """What the sealed share is bound to."""
        return b"bureau virtuel share v1\n" + canonical.dumps(_plain(self))


@dataclass(frozen=True, slots=True)
class SealedShare:
    """One auditor's share under the auditor's key; no secret for anybody else."""

    slot: Slot
    sealed: bytes
    ceremony: int
    #: SHA-256 of each opened share, by auditor.
    digests: Mapping[str, str]

    def dump(self) -> bytes:
        """Return the file's bytes."""
        body = {"format": SEALED_FORMAT, **_plain(self.slot), "sealed": self.sealed.hex(), "ceremony": self.ceremony}
        return canonical.dumps({**body, "digests": dict(self.digests)}) + b"\n"


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """One auditor's share in clear: a quorum of these opens a month of a project."""

    slot: Slot
    value: bytes

    @property
    def digest(self) -> str:
        """Hash that says which share it is and nothing about the key."""
        return _digest(self.slot, self.value)


def split(private: bytes, project: str, epoch: str, ceremony: Ceremony) -> list[SealedShare]:
    """Share *private* between the auditors of *ceremony*, and prove that a quorum gets it back before returning."""
    key = hybrid.key_id(hybrid.public_of(private)).hex()
    count, threshold = len(ceremony.auditors), ceremony.threshold
    blocks = [private[at : at + _BLOCK] for at in range(0, len(private), _BLOCK)]
    columns = [[part for _, part in Shamir.split(threshold, count, block, ssss=True)] for block in blocks]
    opened = [
        OpenedShare(Slot(project, epoch, key, auditor.name, place + 1, threshold), b"".join(c[place] for c in columns))
        for place, auditor in enumerate(ceremony.auditors)
    ]
    if combine(opened[-threshold:]) != private:
        msg = "the shares do not give the key back"
        raise Malformed(msg)
    digests = {share.slot.auditor: share.digest for share in opened}
    return [
        SealedShare(share.slot, hybrid.seal_to(auditor.public, share.value, share.slot.info), ceremony.number, digests)
        for share, auditor in zip(opened, ceremony.auditors, strict=True)
    ]


def combine(shares: Sequence[OpenedShare]) -> bytes:
    """Put a private key together; the caller compares its public part.

    Raises
    ------
    Malformed
        when shares of different keys are mixed, or the same share is brought twice.
    """
    if len({(share.slot.project, share.slot.epoch, share.slot.key) for share in shares}) != 1:
        msg = "shares of different keys do not go together"
        raise Malformed(msg)
    if len({share.slot.index for share in shares}) != len(shares):
        msg = "the same share was brought twice"
        raise Malformed(msg)
    parts = range(0, hybrid.PRIVATE_SIZE, _BLOCK)
    return b"".join(
        Shamir.combine([(share.slot.index, share.value[at : at + _BLOCK]) for share in shares], ssss=True)
        for at in parts
    )


def open_share(sealed: SealedShare, private: bytes) -> OpenedShare:
    """Open an auditor's own share with the auditor's private key.

    Raises
    ------
    Malformed
        when it is sealed to somebody else, or is not for the project, epoch and key that it names.
    """
    opened = OpenedShare(sealed.slot, hybrid.open_with(private, sealed.sealed, sealed.slot.info))
    if opened.digest != sealed.digests.get(sealed.slot.auditor):
        msg = f"the share of {sealed.slot.auditor} is not the one that was made for this key"
        raise Malformed(msg)
    return opened


def read_sealed(data: bytes) -> SealedShare:
    """Read a sealed share's file; raises ``Malformed`` when it is not one."""
    body = _body(data, SEALED_FORMAT)
    try:
        digests = {str(name): str(digest) for name, digest in body["digests"].items()}
        return SealedShare(_slot(body), bytes.fromhex(body["sealed"]), int(body["ceremony"]), digests)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"not a sealed share: {error}"
        raise Malformed(msg) from None


def dump_opened(shares: Sequence[OpenedShare]) -> bytes:
    """Return the bytes of the file that an auditor brings to an unsealing."""
    listed = [{**_plain(share.slot), "share": share.value.hex()} for share in shares]
    return canonical.dumps({"format": OPENED_FORMAT, "shares": listed}) + b"\n"


def read_opened(data: bytes) -> list[OpenedShare]:
    """Read such a file; raises ``Malformed`` when it is not one."""
    body = _body(data, OPENED_FORMAT)
    try:
        found = [OpenedShare(_slot(one), bytes.fromhex(one["share"])) for one in body["shares"]]
    except (KeyError, TypeError, ValueError) as error:
        msg = f"not an opened share: {error}"
        raise Malformed(msg) from None
    if any(len(share.value) != hybrid.PRIVATE_SIZE for share in found):
        msg = "an opened share of the wrong length"
        raise Malformed(msg)
    return found


def _digest(slot: Slot, value: bytes) -> str:
    return hashlib.sha256(b"bureau virtuel share digest v1\n" + slot.info + value).hexdigest()


def _plain(slot: Slot) -> dict[str, str | int]:
    return {
        "project": slot.project,
        "epoch": slot.epoch,
        "key": slot.key,
        "auditor": slot.auditor,
        "index": slot.index,
        "threshold": slot.threshold,
    }


def _slot(body: Mapping[str, Any]) -> Slot:
    project, epoch, key, auditor = (str(body[name]) for name in ("project", "epoch", "key", "auditor"))
    return Slot(project, epoch, key, auditor, int(body["index"]), int(body["threshold"]))


def _body(data: bytes, form: str) -> dict[str, Any]:
    body = canonical.loads_strict(data)
    if not isinstance(body, dict) or body.get("format") != form:
        msg = f"not a file of the format “{form}”"
        raise Malformed(msg)
    return body
