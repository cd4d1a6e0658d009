"""A person says "I took this training" and shows the certificate; somebody else confirms or refuses it.

A claim opens nothing: the record that a decision reads is made when it is confirmed, by whoever administers the person
or manages trainings, never by the person. The certificate's file is kept as long as the claim waits: once it is decided
only its hash and name stay.
"""

import calendar
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base, Chosen
from project_spaces.errors import Conflict, Invalid, NotFound, TooLarge
from project_spaces.notifications import Topic, notify
from project_spaces.people import get_person
from project_spaces.reasons import written_reason
from project_spaces.records.trainings import Training
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.trainings.kinds import TrainingKind, get_training_kind
from project_spaces.trainings.records import require_training_manager

#: Bytes of a certificate's file.
LARGEST_FILE = 2 << 20
#: First bytes of what a certificate may be, and its media type.
_TYPES = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
#: How long ago a training that is claimed may have been taken.
OLDEST = timedelta(days=366 * 5)


class ClaimState(StrEnum):
    """Where a claim stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class TrainingClaim(Base):
    """One claim."""

    __tablename__ = "training_claim"
    __table_args__ = (Index("ix_training_claim_state", "state"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.username"), index=True)
    kind: Mapped[str] = mapped_column(ForeignKey(TrainingKind.slug))
    taken_at: Mapped[datetime]
    certificate: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64))
    file: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    claimed_at: Mapped[datetime]
    state: Mapped[ClaimState] = mapped_column(Chosen(ClaimState))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(UnicodeText)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The file of a claim that waits."""

    data: bytes
    media_type: str


def claims(session: Session, *, person: str | None = None, waiting: bool = False) -> Sequence[TrainingClaim]:
    """Return the claims of *person*, or of everybody, or those that wait only; the latest first."""
    query = select(TrainingClaim).order_by(TrainingClaim.claimed_at.desc(), TrainingClaim.id)
    query = query if person is None else query.where(TrainingClaim.person == person)
    return session.scalars(query.where(TrainingClaim.state == ClaimState.WAITING) if waiting else query).all()


def claim_training(
    store: Store,
    username: str,
    kind: str,
    *,
    taken_at: datetime,
    certificate: str,
    file: bytes | None,
    now: datetime,
) -> str:
    """Say that *username* took a training, with its certificate, and return the claim's id.

    Raises
    ------
    Invalid
        the day is to come or too long ago, no certificate is named, or its file is no PDF and no picture.
    TooLarge, NotFound, Conflict
        the file is too large; no such training; a claim of the same waits already.
    """
    _check(taken_at, certificate, now)
    sha256 = None if file is None else _checked(file)
    number = uuid.uuid4().hex
    subject = {"claim": number, "training_kind": kind, "change": "claimed"}
    private = {"certificate": certificate.strip()}
    with store.write(Event(Kind.TRAINING, username, None, now, subject, private=private)) as session:
        get_person(session, username)
        get_training_kind(session, kind)
        if any(each.kind == kind for each in claims(session, person=username, waiting=True)):
            raise Conflict(
                Text("Cette attestation est déjà à l'examen.", "This certificate is being looked at already.")
            )
        session.add(
            TrainingClaim(
                id=number,
                person=username,
                kind=kind,
                taken_at=taken_at,
                certificate=certificate.strip(),
                sha256=sha256,
                file=file,
                claimed_at=now,
                state=ClaimState.WAITING,
            )
        )
    return number


def certificate_of(session: Session, claim_id: str, *, actor: str, now: datetime) -> Certificate:
    """Return the file of a claim that waits, for whoever may decide it, or for the person.

    Raises
    ------
    NotFound, Refused
        no such claim, or no file; *actor* may not see it.
    """
    row = get_claim(session, claim_id)
    if actor != row.person:
        require_training_manager(session, row.person, actor, now)
    if row.file is None:
        raise NotFound(Text("Il n'y a pas de fichier.", "There is no file."))
    return Certificate(row.file, _type(row.file))


def confirm_claim(store: Store, claim_id: str, *, actor: str, now: datetime) -> str:
    """Record the training that a claim tells of, valid from the day it was taken; return the record's id.

    Raises
    ------
    NotFound, Conflict, Refused
        no such claim; it is decided; *actor* neither administers the person nor manages trainings, or is that person.
    """
    with store.read() as session:
        found = get_claim(session, claim_id)
        ends_at = months_later(found.taken_at, get_training_kind(session, found.kind).months)
    number = uuid.uuid4().hex
    subject = {"training": number, "training_kind": found.kind, "ends_at": ends_at.isoformat(), "change": "confirmed"}
    persons = {"beneficiary": found.person}
    with store.write(Event(Kind.TRAINING, actor, None, now, subject, persons=persons)) as session:
        row = _decided(session, claim_id, ClaimState.CONFIRMED, actor, now)
        session.add(
            Training(
                id=number,
                person=row.person,
                kind=row.kind,
                starts_at=row.taken_at,
                ends_at=ends_at,
                certificate=row.certificate,
                certificate_sha256=row.sha256,
                recorded_at=now,
                recorded_by=actor,
            )
        )
        text = Text("Votre formation est enregistrée.", "Your training is recorded.")
        notify(session, to=row.person, kind=Topic.ACCOUNT, text=text, link="onboarding", now=now)
    return number


def refuse_claim(store: Store, claim_id: str, *, reason: str, actor: str, now: datetime) -> None:
    """Refuse a claim, saying why.

    Raises
    ------
    Invalid
        there is no reason, or one that is too long.
    NotFound, Conflict, Refused
        as ``confirm_claim``.
    """
    written = written_reason(reason)
    with store.read() as session:
        found = get_claim(session, claim_id)
    subject = {"claim": claim_id, "training_kind": found.kind, "change": "refused"}
    event = Event(
        Kind.TRAINING, actor, None, now, subject, private={"reason": written}, persons={"beneficiary": found.person}
    )
    with store.write(event) as session:
        row = _decided(session, claim_id, ClaimState.REFUSED, actor, now)
        row.reason = written
        text = Text("Votre attestation de formation a été refusée.", "Your training certificate was refused.")
        notify(session, to=row.person, kind=Topic.ACCOUNT, text=text, link="onboarding", now=now)


def get_claim(session: Session, claim_id: str) -> TrainingClaim:
    """Return the claim, or raise ``NotFound``."""
    row = session.get(TrainingClaim, claim_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle attestation.", "There is no such certificate."))
    return row


def months_later(at: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last of a shorter month."""
    year, month = divmod(at.month - 1 + months, 12)
    day = min(at.day, calendar.monthrange(at.year + year, month + 1)[1])
    return at.replace(year=at.year + year, month=month + 1, day=day)


def _decided(session: Session, claim_id: str, state: ClaimState, actor: str, now: datetime) -> TrainingClaim:
    row = get_claim(session, claim_id)
    require_training_manager(session, row.person, actor, now)
    if row.state is not ClaimState.WAITING:
        raise Conflict(
            Text("Quelqu'un a déjà traité cette attestation.", "Somebody dealt with this certificate already.")
        )
    row.state, row.decided_at, row.decided_by, row.file = state, now, actor, None
    return row


def _check(taken_at: datetime, certificate: str, now: datetime) -> None:
    if not now - OLDEST < taken_at.astimezone(UTC) <= now:
        raise Invalid(Text("Le jour de la formation n'est pas plausible.", "The day of the training is not plausible."))
    if not 1 <= len(certificate.strip()) <= 200:
        raise Invalid(
            Text("Indiquez l'attestation (1 à 200 caractères).", "Name the certificate (1 to 200 characters).")
        )


def _checked(file: bytes) -> str:
    if len(file) > LARGEST_FILE:
        size = LARGEST_FILE >> 20
        raise TooLarge(
            Text(f"Le fichier dépasse {size} Mio.", f"The file is larger than {size} MiB."),
        )
    _type(file)
    return hashlib.sha256(file).hexdigest()


def _type(file: bytes) -> str:
    for head, media_type in _TYPES.items():
        if file.startswith(head):
            return media_type
    raise Invalid(Text("L'attestation est un PDF, un PNG ou un JPEG.", "A certificate is a PDF, a PNG or a JPEG."))
