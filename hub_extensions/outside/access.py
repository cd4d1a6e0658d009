"""A door for one named person outside the platform: what it opens, until when, and the two things that it takes.

The link goes by one way (mail), the activation code by another (telephone): whoever has only one of them sees nothing.
At the first visit the code is exchanged for a time-based second factor that never left the person's own device; from
then on the link and that factor are asked, and a code works once. The link is kept as its hash, code and factor's
secret encrypted: the database alone opens nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import Base, Chosen
from project_spaces.errors import Conflict, Invalid, NotFound
from project_spaces.people import Person
from project_spaces.secret_box import SecretBox
from project_spaces.text import Text

#: In whose name the acts of people without an account are kept; each stands under a pseudonym in the event.
OUTSIDE = "system:outside"
#: Bytes of a link's secret part: 256 bits, which nobody guesses.
TOKEN_BYTES = 32
#: Without letters that are mistaken for one another on the telephone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}")

UNKNOWN = Text("Ce lien n'existe pas ou a été remplacé.", "There is no such link, or it was replaced.")
CLOSED = Text("Cet accès est fermé.", "This access is closed.")
ENDED = Text("Cet accès a pris fin : demandez-en un autre.", "This access has ended: ask for another.")


class Purpose(StrEnum):
    """What a door opens."""

    EXPORT = "export"
    IMPORT = "import"


@dataclass(frozen=True)
class Outsider:
    """A named person without an account."""

    name: str
    organisation: str
    mail: str

    def __post_init__(self) -> None:
        texts = (self.name, self.organisation)
        if not all(1 <= len(each.strip()) <= 200 and each.isprintable() for each in texts):
            raise Invalid(Text("Donnez le nom et l'organisme.", "Give the name and the organisation."))
        if not _MAIL.fullmatch(self.mail):
            raise Invalid(Text("Adresse électronique non valable.", "Not a valid mail address."))


class OutsideAccess(Base):
    """One door. *request_id* is the export or the import behind it; a new one for the same person ends the old."""

    __tablename__ = "outside_access"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(Chosen(Purpose))
    request_id: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str] = mapped_column(UnicodeText)
    organisation: Mapped[str] = mapped_column(UnicodeText)
    mail: Mapped[str] = mapped_column(UnicodeText)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    code: Mapped[str | None] = mapped_column(UnicodeText)
    secret: Mapped[str | None] = mapped_column(UnicodeText)
    last_step: Mapped[int | None]
    opened_by: Mapped[str] = mapped_column(ForeignKey(Person.username))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    max_count: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    attested_at: Mapped[datetime | None]
    statement: Mapped[str | None] = mapped_column(UnicodeText)

    @property
    def person(self) -> Outsider:
        """Who it is for."""
        return Outsider(self.name, self.organisation, self.mail)

    @property
    def pseudonym(self) -> str:
        """Under what name events speak of the person."""
        return f"outside:{self.id}"


@dataclass(frozen=True)
class Invitation:
    """What the sender passes on, by two ways; shown once and kept nowhere."""

    access: str
    token: str
    code: str


def open_access(
    session: Session,
    box: SecretBox,
    *,
    access_id: str,
    purpose: Purpose,
    request_id: str,
    person: Outsider,
    opened_by: str,
    now: datetime,
    expires_at: datetime,
    max_count: int,
) -> Invitation:
    """Open a door in the transaction of the act, in place of the one that the same person had."""
    for older in accesses(session, request_id):
        if older.mail == person.mail and older.revoked_at is None:
            older.revoked_at = now
    token = secrets.token_urlsafe(TOKEN_BYTES)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
    session.add(
        OutsideAccess(
            id=access_id,
            purpose=purpose,
            request_id=request_id,
            name=person.name.strip(),
            organisation=person.organisation.strip(),
            mail=person.mail,
            token_sha256=_hashed(token),
            code=box.seal(code),
            opened_by=opened_by,
            opened_at=now,
            expires_at=expires_at,
            max_count=max_count,
            used=0,
        )
    )
    return Invitation(access_id, token, f"{code[:5]}-{code[5:]}")


def accesses(session: Session, request_id: str) -> Sequence[OutsideAccess]:
    """Every door to one export or import, closed ones too, the oldest first."""
    query = select(OutsideAccess).where(OutsideAccess.request_id == request_id)
    return session.scalars(query.order_by(OutsideAccess.opened_at, OutsideAccess.id)).all()


def close_all(session: Session, request_id: str, now: datetime) -> None:
    """Close every door to one export or import, in the transaction of the act."""
    for each in accesses(session, request_id):
        each.revoked_at = each.revoked_at or now


def by_token(session: Session, token: str) -> OutsideAccess:
    """Return the door behind a link; raises ``NotFound``, whatever the token is not."""
    query = select(OutsideAccess).where(OutsideAccess.token_sha256 == _hashed(token))
    found = session.scalars(query).first()
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def by_id(session: Session, access_id: str) -> OutsideAccess:
    """Return a door; raises ``NotFound``."""
    found = session.get(OutsideAccess, access_id)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def check_open(access: OutsideAccess, now: datetime) -> None:
    """Raise ``Conflict`` unless the door may be used at *now*; how often is each purpose's own to say."""
    if access.revoked_at is not None:
        raise Conflict(CLOSED)
    if now >= access.expires_at:
        raise Conflict(ENDED)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
