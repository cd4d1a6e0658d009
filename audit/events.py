"""What may be recorded: every kind of event has a name here, and an event says who, what, where, when.

What goes where is the whole point of the record's shape:

* ``subject`` goes into the leaf, which is published and kept for ever: small, and without anything about a person;
* ``persons`` name people other than the actor; the leaf holds their pseudonyms, the names go to a deletable table;
* ``private`` goes to the deletable table only (paths, addresses, claims of the kernel);
* ``content`` is sealed to the project's audit key before it leaves the process; the leaf holds a salted commitment.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

Scalar = str | int | bool | None

#: Actors that are programs, not people: written in clear, never pseudonymised.
SYSTEM_PREFIX: Final = "system:"
#: Subject keys that would put a person, or what a person typed, into a leaf that nobody can delete.
PERSONAL_KEYS: Final = frozenset({"user", "username", "person", "email", "display_name", "ip", "path", "filename"})


class Kind(StrEnum):
    """Every kind of entry. Names are part of the public format: add, never rename."""

    SIGNIN_SUCCESS = "signin.success"
    SIGNIN_FAILURE = "signin.failure"
    SIGNIN_LOCKED = "signin.locked"
    SIGNOUT = "signin.ended"
    SIGNIN_NEW_DEVICE = "signin.new_device"
    IDENTITY_LINKED = "identity.linked"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_ENROLLED = "account.enrolled"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_RESET = "account.reset"
    REFUSAL = "refusal"
    PERSON_CREATED = "person.created"
    PERSON_CHANGED = "person.changed"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    PROJECT_CREATED = "project.created"
    PROJECT_CHANGED = "project.changed"
    PROJECT_END = "project.end"
    MEMBERSHIP_GRANTED = "membership.granted"
    MEMBERSHIP_REVOKED = "membership.revoked"
    DATASET_REGISTERED = "dataset.registered"
    DATASET_VERSION = "dataset.version"
    DATASET_CHANGED = "dataset.changed"
    HABILITATION_GRANTED = "habilitation.granted"
    HABILITATION_REVOKED = "habilitation.revoked"
    CHARTER_PUBLISHED = "charter.published"
    CHARTER_SIGNED = "charter.signed"
    TRAINING = "training.changed"
    PROJECT_APPROVAL = "project.approval"
    AGREEMENT = "agreement.changed"
    EMBARGO = "embargo.changed"
    KILL_SWITCH = "killswitch.changed"
    EXPIRY_WARNED = "expiry.warned"
    REVIEW_CAMPAIGN = "review.changed"
    ORGANISATION = "organisation.changed"
    PERIMETER = "perimeter.changed"
    ACCESS_REQUEST = "access.requested"
    ACCESS_STEP = "access.step"
    ACCESS_CIRCUIT = "access.circuit"
    NOTIFICATION = "notification.changed"
    QUOTA_CHANGED = "quota.changed"
    WORKSPACE_STARTED = "workspace.started"
    WORKSPACE_STOPPED = "workspace.stopped"
    WORKSPACE_CUT = "workspace.cut"
    MOUNT = "mount"
    KERNEL_MESSAGE = "kernel.message"
    KERNEL_LIFECYCLE = "kernel.lifecycle"
    TERMINAL_INPUT = "terminal.input"
    TERMINAL_LIFECYCLE = "terminal.lifecycle"
    FILE_WRITE = "file.write"
    FILE_CHANGE = "file.change"
    CONTENTS_READ = "contents.read"
    OUTPUT_COUNT = "output.count"
    SESSION_CHANGE = "session.change"
    REQUEST = "request"
    EXPORT_CREATED = "export.created"
    EXPORT_CHANGED = "export.changed"
    EXPORT_SUBMITTED = "export.submitted"
    EXPORT_ASSIGNED = "export.assigned"
    EXPORT_REVIEWER = "export.reviewer"
    EXPORT_PLANTED = "export.planted"
    EXPORT_ATTESTED = "export.attested"
    EXPORT_CHECKED = "export.checked"
    EXPORT_READ = "export.read"
    EXPORT_VOTED = "export.voted"
    EXPORT_COMMENTED = "export.commented"
    EXPORT_ANSWERED = "export.answered"
    EXPORT_REVIEWED = "export.reviewed"
    EXPORT_RETURNED = "export.returned"
    EXPORT_APPROVED = "export.approved"
    EXPORT_REJECTED = "export.rejected"
    EXPORT_WITHDRAWN = "export.withdrawn"
    EXPORT_RELEASED = "export.released"
    EXPORT_LINKED = "export.linked"
    EXPORT_DOWNLOADED = "export.downloaded"
    EXPORT_REVOKED = "export.revoked"
    IMPORT_CREATED = "import.created"
    IMPORT_CHANGED = "import.changed"
    IMPORT_RECEIVED = "import.received"
    IMPORT_SUBMITTED = "import.submitted"
    IMPORT_CHECKED = "import.checked"
    IMPORT_BLOCKED = "import.blocked"
    IMPORT_READ = "import.read"
    IMPORT_RETURNED = "import.returned"
    IMPORT_APPROVED = "import.approved"
    IMPORT_REJECTED = "import.rejected"
    IMPORT_WITHDRAWN = "import.withdrawn"
    IMPORT_RELEASED = "import.released"
    IMPORT_REMOVED = "import.removed"
    OUTSIDE_INVITED = "outside.invited"
    OUTSIDE_ENROLLED = "outside.enrolled"
    OUTSIDE_ENTERED = "outside.entered"
    OUTSIDE_REFUSED = "outside.refused"
    OUTSIDE_LOCKED = "outside.locked"
    EXPORT_PUBLISHED = "export.published"
    LINKAGE_RUN = "linkage.run"
    JOB_RUN = "job.run"
    AUDIT_READ = "audit.read"
    AUDIT_CEREMONY = "audit.ceremony"
    AUDIT_UNSEALED = "audit.unsealed"
    AUDIT_DELETED = "audit.deleted"
    AUDIT_MARKED = "audit.marked"
    AUDIT_REVIEWED = "audit.reviewed"
    RETENTION_CHANGED = "retention.changed"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    EGRESS_CHANGED = "egress.changed"
    EGRESS_WARNED = "egress.warned"
    EGRESS_PAUSED = "egress.paused"
    EGRESS_LIFTED = "egress.lifted"
    EGRESS_DELETED = "egress.deleted"
    ADMIN_ACT = "admin.act"
    LEDGER_OPENED = "ledger.opened"
    LEDGER_HEARTBEAT = "ledger.heartbeat"
    LEDGER_SILENT = "ledger.silent"
    LEDGER_COSIGNED = "ledger.cosigned"
    LEDGER_STAMPED = "ledger.stamped"
    LEDGER_COPIED = "ledger.copied"
    LEDGER_CONTRADICTED = "ledger.contradicted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that is about to happen or has happened, before it is sealed.

    Parameters
    ----------
    kind
        what happened.
    actor
        user name of the person, or ``system:<program>``.
    project
        slug of the project, None for acts of the platform.
    at
        aware UTC time, microseconds.
    subject
        public-safe facts for the leaf; the leaf stays below 1,024 bytes. A string of more than 96 bytes is replaced
        by its SHA-256, because some of these strings are chosen by clients (a message id, for one).
    content
        the full message, sealed to the project's audit key; at most 1 GiB.
    private
        facts about people or places, kept in a table that retention deletes.
    persons
        other people concerned, by their part in it (``{"reviewer": "alice"}``).
    rules
        detection rules that this event hit, as ``name@version``; decided before sealing, and in the leaf for ever, so
        that a hit can't be taken away later.
    id
        32 hex digits; recording the same id again records nothing and answers the first entry's index.

    Raises
    ------
    ValueError
        when the time is not UTC, the id is not 32 hex digits, a subject key would name a person, or a rule is not
        written ``name@version``.
    """

    kind: Kind
    actor: str
    project: str | None
    at: datetime
    subject: Mapping[str, Scalar] = field(default_factory=dict)
    content: bytes | None = None
    private: Mapping[str, str] | None = None
    persons: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: os.urandom(16).hex())
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.at.tzinfo is not UTC and self.at.utcoffset() != timedelta(0):
            msg = "an event's time is aware and in UTC"
            raise ValueError(msg)
        if personal := PERSONAL_KEYS.intersection(self.subject):
            msg = f"subject keys {sorted(personal)} belong in persons= or private=: leaves are kept for ever"
            raise ValueError(msg)
        if not _ID.fullmatch(self.id):
            msg = "an event's id is 32 hex digits"
            raise ValueError(msg)
        if self.rules and not all(map(_RULE.fullmatch, self.rules)):
            msg = f"rules {self.rules} are written name@version"
            raise ValueError(msg)

    @property
    def at_us(self) -> int:
        """Microseconds since 1970 in UTC, exact."""
        return (self.at - _EPOCH) // _MICROSECOND


_ID: Final = re.compile("[0-9a-f]{32}")
_RULE: Final = re.compile(r"[a-z][a-z-]{1,23}@[1-9][0-9]{0,2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The promise that an entry is durable: its place in the log and the RFC 6962 hash of its leaf."""

    index: int
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The log at one moment: number of entries, root of the tree, and the signed checkpoint that says so."""

    size: int
    root: bytes
    checkpoint: str
