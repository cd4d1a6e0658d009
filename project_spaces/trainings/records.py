"""Trainings that people took: kind, validity, certificate (S-60, référentiel 3.5: at least yearly).

Which kinds are asked for is the installation's rule. A record is withdrawn, never deleted.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.decisions import Action
from project_spaces.errors import Invalid, NotFound
from project_spaces.notifications import Topic, notify
from project_spaces.people import get_person, person_places, require_administrator
from project_spaces.records.trainings import Training
from project_spaces.slugs import require_slug
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.trainings.kinds import TrainingKind
from project_spaces.windows import require_order

__all__ = ["Training", "record_training", "revoke_training", "trainings"]

_HEX = frozenset("0123456789abcdef")


def trainings(session: Session, person: str) -> Sequence[Training]:
    """Return every training of *person*, past ones too, oldest first."""
    query = select(Training).where(Training.person == person)
    return session.scalars(query.order_by(Training.starts_at, Training.id)).all()


def record_training(
    store: Store,
    *,
    person: str,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    certificate: str,
    actor: str,
    now: datetime,
    certificate_sha256: str | None = None,
) -> str:
    """Record that *person* took a training and return the record's id.

    Parameters
    ----------
    certificate
        number or name of the certificate, as its giver wrote it.
    certificate_sha256
        of the certificate's file, where there is one.

    Raises
    ------
    Invalid
        the kind is no slug, the end is not after the start, there is no certificate, or the hash is none.
    NotFound, Refused
        nobody of that name; *actor* neither administers the person nor manages trainings, or is that
        person.
    """
    require_slug(kind, Text("Nature de la formation", "Kind of training"))
    require_order(starts_at, ends_at)
    _check(certificate, certificate_sha256)
    number = uuid.uuid4().hex
    subject = {"training": number, "training_kind": kind, "ends_at": ends_at.isoformat(), "change": "recorded"}
    with store.write(Event(Kind.TRAINING, actor, None, now, subject, persons={"beneficiary": person})) as session:
        require_training_manager(session, person, actor, now)
        get_person(session, person)
        session.add(
            Training(
                id=number,
                person=person,
                kind=kind,
                starts_at=starts_at,
                ends_at=ends_at,
                certificate=certificate.strip(),
                certificate_sha256=certificate_sha256,
                recorded_at=now,
                recorded_by=actor,
            )
        )
    return number


def revoke_training(store: Store, training_id: str, *, actor: str, now: datetime, reason: str) -> None:
    """Withdraw a record now, and tell the person; doing it again changes nothing.

    Raises
    ------
    NotFound, Refused
        no such record; as ``record_training``.
    """
    with store.read() as session:
        found = _get(session, training_id)
    subject = {"training": training_id, "training_kind": found.kind, "change": "revoked"}
    beneficiary = {"beneficiary": found.person}
    event = Event(Kind.TRAINING, actor, None, now, subject, private={"reason": reason}, persons=beneficiary)
    with store.write(event) as session:
        require_training_manager(session, found.person, actor, now)
        row = _get(session, training_id)
        if row.revoke(now):
            _tell_withdrawn(session, row, now)


def require_training_manager(session: Session, person: str, actor: str, now: datetime) -> None:
    """Let pass who administers *person* or manages trainings; raise ``Refused`` for others and for the person."""
    places = person_places(session, person)
    require_administrator(session, actor, now, beneficiary=person, action=Action.CONFIRM_TRAINING, within=places)


def _tell_withdrawn(session: WriteSession, row: Training, now: datetime) -> None:
    kind = session.get(TrainingKind, row.kind)
    title = Text(row.kind, row.kind) if kind is None else kind.title
    text = Text(
        f"Votre formation « {title.fr} » n'est plus reconnue : le travail qui la demande est arrêté.",
        f"Your training “{title.en}” counts no more: work that asks for it has stopped.",
    )
    notify(session, to=row.person, kind=Topic.RIGHTS, text=text, link="onboarding", now=now)


def _get(session: Session, training_id: str) -> Training:
    row = session.get(Training, training_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle formation.", "There is no such training."))
    return row


def _check(certificate: str, sha256: str | None) -> None:
    if not 1 <= len(certificate.strip()) <= 200:
        raise Invalid(
            Text("Indiquez l'attestation (1 à 200 caractères).", "Name the certificate (1 to 200 characters).")
        )
    if sha256 is not None and (len(sha256) != 64 or not set(sha256) <= _HEX):
        raise Invalid(
            Text("L'empreinte de l'attestation n'est pas un SHA-256.", "The certificate's hash is no SHA-256.")
        )
