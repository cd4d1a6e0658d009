"""From an event to what is recorded: a leaf for ever, side facts for a while, a sealed blob under lock.

The leaf is canonical JSON below 1,024 bytes. Its keys: ``v`` format, ``id``, ``at``, ``kind``, ``actor`` (pseudonym),
``project``, ``persons`` (pseudonyms), ``subject``, ``rules`` (detection rules hit, sorted; absent without one); with
content also ``commit`` (salted commitment), ``sealed`` (SHA-256 of the blob), ``key`` (which key opens it) and ``size``
(bucket of its length).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from audit import canonical
from audit.errors import Malformed
from audit.events import Event, Scalar
from audit.sealing import Sealed

VERSION = 1
MAX_LEAF = 1023
#: Longer strings of a subject are replaced by their hash: clients choose some of them.
MAX_SUBJECT_STRING = 96


class Keys(Protocol):
    """What sealing needs; ``KeyStore`` is the real one."""

    def pseudonym(self, name: str, /) -> str: ...
    def seal(self, message: bytes, project: str | None, at: datetime, event_id: str, author: str | None) -> Sealed: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One record on its way to the recorder."""

    id: bytes
    at_us: int
    leaf: bytes
    side: bytes
    blob: bytes


def prepare(event: Event, keys: Keys) -> Entry:
    """Build the entry of *event*: pseudonyms, sealed content, canonical leaf.

    Raises
    ------
    Malformed
        when the leaf would reach 1,024 bytes or a subject value has no canonical form.
    """
    body: dict[str, Any] = {
        "v": VERSION,
        "id": event.id,
        "at": event.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "kind": event.kind.value,
        "actor": keys.pseudonym(event.actor),
        "subject": {key: _bounded(value) for key, value in event.subject.items()},
    }
    if event.project is not None:
        body["project"] = event.project
    if event.persons:
        body["persons"] = {part: keys.pseudonym(name) for part, name in event.persons.items()}
    if event.rules:
        body["rules"] = sorted(set(event.rules))
    blob = b""
    if event.content is not None:
        sealed = keys.seal(event.content, event.project, event.at, event.id, event.actor)
        blob = sealed.blob
        body |= {
            "commit": sealed.commitment.hex(),
            "sealed": hashlib.sha256(blob).hexdigest(),
            "key": sealed.key_id.hex(),
            "size": sealed.bucket,
        }
    leaf = canonical.dumps(body)
    if len(leaf) > MAX_LEAF:
        msg = f"a leaf is at most {MAX_LEAF} bytes, this {event.kind} is {len(leaf)}: put less into its subject"
        raise Malformed(msg)
    return Entry(bytes.fromhex(event.id), event.at_us, leaf, _side(event, body), blob)


def parse(leaf: bytes) -> dict[str, Any]:
    """Read a leaf back; raises ``Malformed`` when it is not one."""
    body = canonical.loads_strict(leaf)
    if not isinstance(body, dict) or body.get("v") != VERSION:
        msg = "not a leaf of this version"
        raise Malformed(msg)
    return body


def _bounded(value: Scalar) -> Scalar:
    if isinstance(value, str) and len(encoded := value.encode("utf-8", "surrogatepass")) > MAX_SUBJECT_STRING:
        return "sha256:" + hashlib.sha256(encoded).hexdigest()
    return value


def _side(event: Event, body: Mapping[str, Any]) -> bytes:
    """Names behind the pseudonyms, and the private facts; empty when there is nothing to keep."""
    names = {body["actor"]: event.actor} | {
        pseudonym: event.persons[part] for part, pseudonym in body.get("persons", {}).items()
    }
    names = {pseudonym: name for pseudonym, name in names.items() if pseudonym != name}
    if not names and not event.private:
        return b""
    return json.dumps({"names": names, "private": dict(event.private or {})}).encode()
