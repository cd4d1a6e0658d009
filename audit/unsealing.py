"""Opens sealed messages: for auditors who come together, and for the person who wrote them. Recorded before it is done.

Nothing is taken on trust: the blob is the one whose hash the leaf holds, the message the one that the leaf commits to,
and a share the one that was made for this very key. The private key that a quorum puts together exists in memory only.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from audit import hybrid, leaf, sealing, shares
from audit.epochs import EpochKeys
from audit.errors import LedgerError, Malformed
from audit.events import Event, Kind, Scalar
from audit.index import Index
from audit.keystore import PLATFORM, KeyStore
from audit.passphrase import WrongPassphrase
from audit.rows import Row
from audit.sealing import SealingKey
from audit.shares import OpenedShare

MOST_ENTRIES = 10_000
LONGEST_REASON = 2000

Record = Callable[[Event], object]


class SealedLog(Protocol):
    """Where entries and their sealed messages are read: the index of a ledger, or a copy."""

    @property
    def size(self) -> int:
        """How many entries there are."""

    def rows(self, places: Sequence[int], /) -> list[Row]:
        """Return these entries, each that the log did not sign with its problem."""

    def sealed(self, place: int, /) -> bytes | None:
        """Return the sealed message of one, None when it has none any more."""


class Shared(Protocol):
    """Where sealed shares are found: the key store of a server, or a copy."""

    @property
    def epochs(self) -> EpochKeys:
        """The keys per project and month."""


class UnsealRefused(LedgerError):
    """Nothing was opened; the sentence says why."""

    def __init__(self, fr: str, en: str) -> None:
        self.fr, self.en = fr, en
        super().__init__()


class WrongPassword(UnsealRefused):
    """The password opens none of the person's trace keys; callers count it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One message in clear, proved to be the one that its entry commits to."""

    index: int
    at: datetime
    kind: str
    actor: str
    project: str | None
    message: bytes


@dataclass(frozen=True, slots=True)
class _Sealed:
    row: Row
    event_id: str
    commitment: str
    blob: bytes

    @property
    def scope(self) -> str:
        return self.row.project or PLATFORM

    @property
    def key_id(self) -> bytes:
        return sealing.key_id_of(self.blob)


def unseal(
    index: SealedLog,
    keys: Shared,
    record: Record,
    *,
    entries: Sequence[int],
    brought: Sequence[OpenedShare],
    reason: str,
    actor: str,
    now: datetime,
    private: Mapping[str, str] | None = None,
    told: Mapping[str, Scalar] | None = None,
) -> list[Opened]:
    """Open entries with the shares of a quorum; before any ceremony, with the key that still lies on the server.

    Parameters
    ----------
    record
        called with the event that says who opens what; only then is anything opened.
    entries
        indexes in the log; each must have a sealed message that is still kept.
    brought
        shares that auditors opened, of every project and month that the entries need.
    reason
        why, in words; kept in the deletable part of the record.
    told
        what the record's leaf says besides: which log the indexes are of, when it is not the one that records.

    Raises
    ------
    UnsealRefused
        no reason, no such entry, no quorum, a share of another key, a wrong share (its auditor is named), an entry that
        the log did not sign, or bytes that are not what the log holds.
    LedgerUnavailable, LedgerFull
        the unsealing could not be recorded.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UnsealRefused(
            f"Un motif est obligatoire ({LONGEST_REASON} caractères au plus).",
            f"A reason is compulsory (at most {LONGEST_REASON} characters).",
        )
    found = _sealed(index, entries)
    privates = {pair: _private(keys, *pair, brought) for pair in {(one.scope, one.key_id) for one in found}}
    auditors = sorted({share.slot.auditor for share in brought})
    facts = {**(private or {}), "reason": reason, "auditors": ", ".join(auditors)}
    _record_unsealing(record, found, actor, now, facts, told=told or {})
    return [_open(one, privates[one.scope, one.key_id]) for one in found]


def open_own(
    index: Index, keys: KeyStore, record: Record, *, person: str, password: str, entries: Sequence[int], now: datetime
) -> list[Opened]:
    """Open entries for the person who acted in them, with the password that locks the own trace key.

    Raises
    ------
    UnsealRefused
        an entry of somebody else, one that was not sealed for its author, or a wrong password.
    LedgerUnavailable, LedgerFull
        the reading could not be recorded.
    """
    pseudonym = keys.pseudonym(person)
    found = _sealed(index, entries)
    if foreign := [one.row.index for one in found if one.row.actor != pseudonym]:
        raise UnsealRefused(
            f"L'entrée {foreign[0]} n'est pas de vous : seul son auteur l'ouvre ainsi.",
            f"Entry {foreign[0]} is not yours: only its author opens it this way.",
        )
    try:
        privates = keys.traces.unlock(pseudonym, password)
    except WrongPassphrase:
        raise WrongPassword(
            "Ce mot de passe n'ouvre aucune de vos clés de trace.", "This password opens none of your trace keys."
        ) from None
    event = Event(Kind.AUDIT_READ, person, None, now, {"what": "own", "own": True, "entries": len(found)})
    record(event)
    return [_open_for_author(one, privates) for one in found]


def _sealed(index: SealedLog, entries: Sequence[int]) -> list[_Sealed]:
    places = sorted(set(entries))
    if not places or len(places) > MOST_ENTRIES or places[0] < 0 or places[-1] >= index.size:
        raise UnsealRefused(
            f"Donnez de 1 à {MOST_ENTRIES} entrées, de 0 à {index.size - 1}.",
            f"Give 1 to {MOST_ENTRIES} entries, from 0 to {index.size - 1}.",
        )
    return [_sealed_of(index, row) for row in index.rows(places)]


def _sealed_of(index: SealedLog, row: Row) -> _Sealed:
    if (problem := row.problem) is not None:
        fr, en = f"{problem.where} : {problem.fr}", f"{problem.where}: {problem.en}"
        raise UnsealRefused(f"{fr}. Rien n'est ouvert.", f"{en}. Nothing is opened.")
    body, blob = leaf.parse(row.leaf), index.sealed(row.index)
    if "sealed" not in body or blob is None:
        raise UnsealRefused(
            f"L'entrée {row.index} n'a pas de message scellé, ou il a été effacé.",
            f"Entry {row.index} has no sealed message, or it was deleted.",
        )
    if hashlib.sha256(blob).hexdigest() != body["sealed"]:
        raise _not_the_logs(row.index)
    return _Sealed(row, body["id"], body["commit"], blob)


def _private(keys: Shared, scope: str, key_id: bytes, brought: Sequence[OpenedShare]) -> bytes:
    key = keys.epochs.find(scope, key_id)
    if key is None:
        raise UnsealRefused(f"La clé {key_id.hex()} n'est pas connue.", f"The key {key_id.hex()} is not known.")
    held = keys.epochs.shares(key)
    if not held:
        if (here := keys.epochs.private_of(key)) is not None:
            return here
        raise UnsealRefused(
            f"Les parts de la clé {scope} {key.epoch} sont perdues.", f"The shares of {scope} {key.epoch} are lost."
        )
    mine = {share.slot.index: share for share in brought if share.slot.key == key.id.hex()}
    for share in mine.values():
        if share.digest != held[0].digests.get(share.slot.auditor) or share.slot.project != scope:
            name = share.slot.auditor
            raise UnsealRefused(
                f"La part de {name} n'est pas celle qui a été faite pour {scope} {key.epoch}.",
                f"The share of {name} is not the one that was made for {scope} {key.epoch}.",
            )
    return _combined(key, list(mine.values()), held[0].slot.threshold)


def _combined(key: SealingKey, mine: list[OpenedShare], threshold: int) -> bytes:
    if len(mine) < threshold:
        raise UnsealRefused(
            f"Quorum non atteint pour {key.project} {key.epoch} : {len(mine)} part(s) sur {threshold}.",
            f"No quorum for {key.project} {key.epoch}: {len(mine)} of {threshold} shares.",
        )
    private = shares.combine(mine[:threshold])
    if hybrid.public_of(private) != key.public:
        raise UnsealRefused(
            f"Les parts ne donnent pas la clé de {key.project} {key.epoch}.",
            f"The shares do not give the key of {key.project} {key.epoch}.",
        )
    return private


def _record_unsealing(
    record: Record,
    found: Sequence[_Sealed],
    actor: str,
    now: datetime,
    private: Mapping[str, str],
    *,
    told: Mapping[str, Scalar],
) -> None:
    """Record one event per author, so that each can see who opened the own messages."""
    by_author: dict[str | None, list[int]] = defaultdict(list)
    for one in found:
        by_author[one.row.actor_name].append(one.row.index)
    for author, places in by_author.items():
        listed = ",".join(map(str, places))
        subject: dict[str, Scalar] = {
            "entries": len(places),
            "first": places[0],
            "list": hashlib.sha256(listed.encode()).hexdigest(),
            **told,
        }
        persons = {"author": author} if author is not None else {}
        facts = {**private, "list": listed}
        record(Event(Kind.AUDIT_UNSEALED, actor, None, now, subject, private=facts, persons=persons))


def _open(one: _Sealed, private: bytes) -> Opened:
    try:
        message, commitment = sealing.unseal(one.blob, private, one.scope, one.event_id)
    except Malformed:
        raise _not_the_logs(one.row.index) from None
    if commitment.hex() != one.commitment:
        raise _not_the_logs(one.row.index)
    row = one.row
    return Opened(row.index, row.at, row.kind, row.actor, row.project, message)


def _open_for_author(one: _Sealed, privates: Mapping[bytes, bytes]) -> Opened:
    key_id = sealing.author_key_id_of(one.blob)
    if key_id is None or key_id not in privates:
        raise UnsealRefused(
            f"L'entrée {one.row.index} n'a pas été scellée pour votre clé, ou l'a été sous un ancien mot de passe.",
            f"Entry {one.row.index} was not sealed to your key, or under a password that was reset since.",
        )
    return _open(one, privates[key_id])


def _not_the_logs(index: int) -> UnsealRefused:
    return UnsealRefused(
        f"Le message gardé pour l'entrée {index} n'est pas celui que le journal atteste.",
        f"The message kept for entry {index} is not the one that the log commits to.",
    )
