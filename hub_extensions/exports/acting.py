"""The one way to change a request: may this person, is it the moment, and the record, in one transaction.

Every verb runs inside :func:`acting`. It loads the request, asks who may (``permissions``) and when
(``states``), moves the state, and stores the step with the audit event. A verb that raises leaves nothing but, when it
was refused for who asked, the record of the refusal.
"""

import hashlib
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit import canonical
from audit.events import Event, Kind, Scalar
from hub_extensions.exports import permissions
from hub_extensions.exports.desk import SYSTEM, Desk
from hub_extensions.exports.permissions import Parties, Standing
from hub_extensions.exports.requests import ExportComment, ExportFile, ExportRequest, ExportStep
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import Act, check_act
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.store import ReadSession, WriteSession
from project_spaces.text import Text

LONGEST_TEXT = 10_000

UNKNOWN = Text("Demande inconnue.", "Unknown request.")
UNKNOWN_FILE = Text("Ce fichier n'est pas dans la demande.", "This file is not in the request.")
EMPTY = Text("Écrivez un message : il sera lu par l'autre partie.", "Write a message: the other side will read it.")


@dataclass(frozen=True)
class Turn:
    """One act in progress: the open transaction, the request, and who acts."""

    desk: Desk
    session: WriteSession
    request: ExportRequest
    actor: str
    now: datetime

    def file(self, file_id: str) -> ExportFile:
        """Return a file that is in the request now, or raise ``NotFound``."""
        for file in self.request.files:
            if file.id == file_id:
                return file
        raise NotFound(UNKNOWN_FILE)

    def say(self, text: str, *, by_reviewer: bool, public: bool, file_id: str | None = None) -> None:
        """Add a remark to the request."""
        if file_id is not None:
            self.file(file_id)
        self.request.comments.append(
            ExportComment(
                id=new_id(),
                position=len(self.request.comments),
                author=self.actor,
                by_reviewer=by_reviewer,
                public=public,
                file_id=file_id,
                text=text,
                round=self.request.round,
                at=self.now,
            )
        )

    def also(self, kind: Kind, *, persons: Mapping[str, str] | None = None, **subject: Scalar) -> None:
        """Record a consequence of the act in the same transaction; the system is its actor."""
        event = Event(
            kind=kind,
            actor=SYSTEM,
            project=self.request.project,
            at=self.now,
            subject={"request": self.request.id, "round": self.request.round, **subject},
            persons=persons or {},
        )
        self.session.also(event)
        add_step(self.request, event)


@dataclass(frozen=True)
class Said:
    """What an act said, and the secret that makes its commitment in the ledger impossible to guess."""

    content: dict[str, Any]
    salt: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def committed(self) -> dict[str, Scalar]:
        """The commitment, for the leaf: SHA-256 of the salt and the canonical content."""
        return {"said": hashlib.sha256(bytes.fromhex(self.salt) + canonical.dumps(self.content)).hexdigest()}


@contextmanager
def acting(
    desk: Desk,
    request_id: str,
    act: Act,
    *,
    actor: str,
    now: datetime,
    kind: Kind,
    subject: Mapping[str, Scalar] | None = None,
    content: Mapping[str, Any] | None = None,
    persons: Mapping[str, str] | None = None,
) -> Iterator[Turn]:
    """Open the transaction of one act.

    Parameters
    ----------
    subject
        facts that may stand in the public leaf.
    content
        votes and texts: kept with the step, while the leaf holds a salted commitment. A reviewer who reads the ledger
        must not see there what the desk hides from him.
    persons
        people other than *actor* whom the act concerns.

    Raises
    ------
    NotFound
        no such request, or none that *actor* may know of.
    Refused
        *actor* may not do this; the refusal is recorded.
    Conflict
        the request is not in a state that allows it.
    Unavailable
        the ledger does not answer: nothing was done.
    """
    project = project_of(desk, request_id)
    said = None if content is None else Said(dict(content))
    event = Event(
        kind=kind,
        actor=actor,
        project=project,
        at=now,
        subject={"request": request_id, "act": act.value, **(subject or {}), **(said.committed if said else {})},
        persons=persons or {},
    )
    try:
        with _changing(desk, request_id, event, said) as turn:
            if actor != SYSTEM:
                check_may(standing_of(turn.session, actor, project, now), turn.request, act)
            turn.request.state = check_act(turn.request.state, act)
            yield turn
    except Refused as refusal:
        _record_refusal(desk, event, refusal)
        raise


@contextmanager
def noticing(desk: Desk, request_id: str, kind: Kind, *, now: datetime, **subject: Scalar) -> Iterator[Turn]:
    """Open the transaction in which the system notes something; the state stays unless the body moves it."""
    event = Event(
        kind=kind,
        actor=SYSTEM,
        project=project_of(desk, request_id),
        at=now,
        subject={"request": request_id, **subject},
    )
    with _changing(desk, request_id, event, None) as turn:
        yield turn


@contextmanager
def _changing(desk: Desk, request_id: str, event: Event, said: Said | None) -> Iterator[Turn]:
    with desk.store.write(event) as session:
        request = load(session, request_id)
        request.edition += 1
        request.changed_at = event.at
        add_step(request, event, said)
        yield Turn(desk, session, request, event.actor, event.at)


def check_may(who: Standing, request: ExportRequest, act: Act) -> None:
    """Raise ``NotFound`` for strangers and ``Refused`` for those who know of the request but may not act on it."""
    parties = parties_of(request)
    try:
        permissions.check_viewer(who, parties)
    except Refused:
        raise NotFound(UNKNOWN) from None
    permissions.check_owner(who, parties, act)


def parties_of(request: ExportRequest) -> Parties:
    """The people named in *request*."""
    return Parties(author=request.author, recipients=frozenset(request.recipients))


def load(session: ReadSession | WriteSession, request_id: str) -> ExportRequest:
    """Return the request or raise ``NotFound``; in a write session nobody else can change it before the commit."""
    request = session.get(ExportRequest, request_id)
    if request is None:
        raise NotFound(UNKNOWN)
    return request


def project_of(desk: Desk, request_id: str) -> str:
    """Slug of the request's project; it never changes. Raises ``NotFound``."""
    with desk.store.read() as session:
        return load(session, request_id).project


def add_step(request: ExportRequest, event: Event, said: Said | None = None) -> None:
    """Keep the event's identity with the request: its history, and later the proofs in the package."""
    request.steps.append(
        ExportStep(
            event_id=event.id,
            position=len(request.steps),
            kind=event.kind.value,
            actor=event.actor,
            round=request.round,
            at=event.at,
            content=said.content if said else None,
            salt=said.salt if said else None,
        )
    )


def new_id() -> str:
    """Return an identifier that can't be guessed (122 random bits)."""
    return uuid.uuid4().hex


def written(text: str, *, required: bool = True) -> str:
    """Return *text* without surrounding blanks.

    Raises
    ------
    Invalid
        it is required and empty, longer than 10,000 characters, or holds characters that no one can read.
    """
    stripped = text.strip()
    if required and not stripped:
        raise Invalid(EMPTY)
    if len(stripped) > LONGEST_TEXT:
        raise Invalid(
            Text(
                f"Texte trop long : {len(stripped)} caractères, {LONGEST_TEXT} au plus.",
                f"Text too long: {len(stripped)} characters, {LONGEST_TEXT} at most.",
            )
        )
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\r\t" for char in stripped):
        raise Invalid(Text("Le texte contient des caractères de contrôle.", "The text holds control characters."))
    return stripped


def stale() -> Conflict:
    """The request moved on while something slow was done for it."""
    return Conflict(
        Text(
            "La demande a changé entre-temps : relisez-la, puis recommencez.",
            "The request changed in the meantime: read it again, then start over.",
        )
    )


def _record_refusal(desk: Desk, event: Event, refusal: Refused) -> None:
    recorded = Event(
        kind=Kind.REFUSAL,
        actor=event.actor,
        project=event.project,
        at=event.at,
        subject={**event.subject, "refused": event.kind.value},
        private={"reason": refusal.text.en},
    )
    desk.store.record(recorded)
    refusal.recorded = True
