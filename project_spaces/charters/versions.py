"""Charters: versioned texts that people sign, with the hash of what they were shown and the time (S-58, S-60).

A version is published with the moment by which it must be signed; until then a signature of the version before counts.
Whoever is registered after a publication signs before any work. A text is never changed: another text is another
version.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.canonical import dumps
from audit.events import Event, Kind
from project_spaces.errors import Conflict, Invalid, NotFound
from project_spaces.notifications import Topic, notify
from project_spaces.people import get_person, list_people, require_administrator
from project_spaces.records.charters import CharterSignature, CharterVersion
from project_spaces.slugs import require_slug
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.windows import moment

__all__ = [
    "CharterSignature",
    "CharterVersion",
    "charter_versions",
    "digest",
    "latest",
    "publish_charter",
    "sign_charter",
    "signature_counts",
    "signatures",
    "to_sign",
]

TITLE_LENGTH = 200
TEXT_LENGTH = 200_000


def digest(title: Text, text: Text) -> str:
    """Return the SHA-256 of a charter's words in both languages, in canonical JSON (RFC 8785)."""
    words = {"title": {"fr": title.fr, "en": title.en}, "text": {"fr": text.fr, "en": text.en}}
    return hashlib.sha256(dumps(words)).hexdigest()


def latest(session: Session, charter: str) -> CharterVersion | None:
    """Return the version of *charter* that people sign now, None when there is no such charter."""
    query = select(CharterVersion).where(CharterVersion.charter == charter)
    return session.scalars(query.order_by(CharterVersion.number.desc()).limit(1)).one_or_none()


def charter_versions(session: Session) -> Sequence[CharterVersion]:
    """Return every version of every charter, by charter and number."""
    return session.scalars(select(CharterVersion).order_by(CharterVersion.charter, CharterVersion.number)).all()


def signatures(session: Session, username: str) -> Sequence[CharterSignature]:
    """Return everything that *username* signed, by charter and number."""
    query = select(CharterSignature).where(CharterSignature.person == username)
    return session.scalars(query.order_by(CharterSignature.charter, CharterSignature.number)).all()


def signature_counts(session: Session) -> dict[tuple[str, int], int]:
    """Return how many people signed each version."""
    signed = select(CharterSignature.charter, CharterSignature.number, func.count())
    rows = session.execute(signed.group_by(CharterSignature.charter, CharterSignature.number))
    return {(charter, number): count for charter, number, count in rows}


def to_sign(session: Session, username: str) -> Sequence[CharterVersion]:
    """Return the latest version of each charter that *username* has not signed, by charter."""
    newest = select(CharterVersion.charter, func.max(CharterVersion.number)).group_by(CharterVersion.charter)
    signed = {
        (row.charter, row.number, row.sha256)
        for row in session.scalars(select(CharterSignature).where(CharterSignature.person == username))
    }
    versions = (session.get_one(CharterVersion, (slug, number)) for slug, number in session.execute(newest))
    wanting = [each for each in versions if (each.charter, each.number, each.sha256) not in signed]
    return sorted(wanting, key=lambda each: each.charter)


def publish_charter(
    store: Store, charter: str, *, title: Text, text: Text, sign_by: datetime, actor: str, now: datetime
) -> int:
    """Publish the next version of *charter* and return its number; who works must sign it by *sign_by*.

    Everybody with an active account is told.

    Raises
    ------
    Invalid
        the slug, title or text can't be right, or the deadline is in the past.
    Conflict
        the text is the one that is published already.
    Refused
        *actor* is not an administrator.
    """
    require_slug(charter, Text("Identifiant de la charte", "Charter identifier"))
    _check(title, text, sign_by, now)
    sha256 = digest(title, text)
    with store.read() as session:
        number = _next_number(session, charter)
    subject: dict[str, str | int] = {
        "charter": charter,
        "number": number,
        "sha256": sha256,
        "sign_by": sign_by.isoformat(),
    }
    with store.write(Event(Kind.CHARTER_PUBLISHED, actor, None, now, subject)) as session:
        require_administrator(session, actor, now)
        before = latest(session, charter)
        if before is not None and (before.sha256 == sha256 or before.number >= number):
            raise Conflict(
                Text(
                    "Cette charte est publiée avec ce texte, ou vient d'être publiée par quelqu'un d'autre.",
                    "This charter is published with this text, or was just published by someone else.",
                )
            )
        session.add(
            CharterVersion(
                charter=charter,
                number=number,
                title_fr=title.fr,
                title_en=title.en,
                text_fr=text.fr,
                text_en=text.en,
                sha256=sha256,
                published_at=now,
                published_by=actor,
                sign_by=sign_by,
            )
        )
        _tell_everybody(session, charter, title, sign_by, now)
    return number


def sign_charter(store: Store, username: str, charter: str, *, sha256: str, now: datetime) -> int:
    """Sign the latest version of *charter* and return its number; signing again changes nothing.

    Parameters
    ----------
    sha256
        of the text that the person was shown: another one was published meanwhile when it is not the latest's.

    Raises
    ------
    NotFound
        no such charter, or nobody of that name.
    Conflict
        the text shown is not the latest one.
    """
    with store.read() as session:
        version = latest(session, charter)
    if version is None:
        raise NotFound(Text("Il n'y a pas de telle charte.", "There is no such charter."))
    subject: dict[str, str | int] = {"charter": charter, "number": version.number, "sha256": version.sha256}
    with store.write(Event(Kind.CHARTER_SIGNED, username, None, now, subject)) as session:
        get_person(session, username)
        newest = latest(session, charter)
        if newest is None or newest.number != version.number or newest.sha256 != sha256:
            raise Conflict(
                Text(
                    "Ce texte n'est plus celui à signer : relisez la version en vigueur.",
                    "This text is no longer the one to sign: read the version in force.",
                )
            )
        if session.get(CharterSignature, (username, charter, version.number)) is None:
            session.add(
                CharterSignature(person=username, charter=charter, number=version.number, sha256=sha256, signed_at=now)
            )
    return version.number


def _tell_everybody(session: WriteSession, charter: str, title: Text, sign_by: datetime, now: datetime) -> None:
    at = moment(sign_by)
    text = Text(
        f"Une charte est à signer avant le {at.fr} : « {title.fr} ».",
        f"A charter is to be signed by {at.en}: “{title.en}”.",
    )
    for person in list_people(session):
        notify(session, to=person.username, kind=Topic.TASK, text=text, link=f"onboarding/charters/{charter}", now=now)


def _next_number(session: Session, charter: str) -> int:
    before = latest(session, charter)
    return 1 if before is None else before.number + 1


def _check(title: Text, text: Text, sign_by: datetime, now: datetime) -> None:
    titles = all(1 <= len(each.strip()) <= TITLE_LENGTH for each in title)
    texts = all(1 <= len(each.strip()) <= TEXT_LENGTH for each in text)
    if not titles or not texts:
        raise Invalid(
            Text(
                f"Une charte a un titre (1 à {TITLE_LENGTH} caractères) et un texte (1 à {TEXT_LENGTH}) "
                "en français et en anglais.",
                f"A charter has a title (1 to {TITLE_LENGTH} characters) and a text (1 to {TEXT_LENGTH}) "
                "in French and English.",
            )
        )
    if sign_by < now:
        raise Invalid(Text("La date limite de signature est passée.", "The deadline for signing is in the past."))
