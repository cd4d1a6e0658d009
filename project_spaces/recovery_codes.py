"""Recovery codes: what stands in for the second factor when the telephone is lost; shown once, each works once.

Ten are made together and replace those made before. Each has 80 random bits, so its plain hash tells nobody anything;
spending one is part of the sign-in that it allows, in one transaction, so two sign-ins can't spend the same.
"""

import base64
import hashlib
import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base
from project_spaces.people import Person
from project_spaces.store import Store, WriteSession

HOW_MANY = 10
CODE_BYTES = 10
#: Characters of base 32: no one-time code of an application is so long.
CODE_LENGTH = 16


class RecoveryCode(Base):
    """One code of one person; only its hash is kept."""

    __tablename__ = "recovery_code"

    person: Mapped[str] = mapped_column(ForeignKey(Person.username), primary_key=True)
    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def renew(store: Store, person: str, *, now: datetime) -> list[str]:
    """Make new codes and return them, to be shown once; those made before stop working.

    Raises
    ------
    Unavailable
        the ledger does not take it: the old ones go on working.
    """
    with store.write(made(person, now)) as session:
        return replace(session, person, now=now)


def made(person: str, now: datetime) -> Event:
    """Return the event of codes that replace those made before."""
    return Event(Kind.ACCOUNT_CHANGED, person, None, now, {"change": "recovery codes made", "count": HOW_MANY})


def replace(session: WriteSession, person: str, *, now: datetime) -> list[str]:
    """Make new codes within an act that the transaction holds already, and return them."""
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii") for _ in range(HOW_MANY)]
    forget(session, person)
    session.add_all(RecoveryCode(person=person, code_sha256=_digest(code), made_at=now) for code in codes)
    return ["-".join(code[place : place + 4] for place in range(0, CODE_LENGTH, 4)) for code in codes]


def works(session: Session, person: str, typed: str) -> bool:
    """Tell whether *typed* is a code of this person that was not used."""
    row = session.get(RecoveryCode, (person, _digest(typed)))
    return row is not None and row.used_at is None


def spend(session: WriteSession, person: str, typed: str, *, now: datetime) -> bool:
    """Use a code up within a sign-in; False when it does not work (any more)."""
    if not works(session, person, typed):
        return False
    session.get_one(RecoveryCode, (person, _digest(typed))).used_at = now
    remaining = left(session, person)
    used = Event(Kind.ACCOUNT_CHANGED, person, None, now, {"change": "recovery code used", "left": remaining})
    session.also(used)
    return True


def left(session: Session, person: str) -> int:
    """Return how many codes still work."""
    unused = (RecoveryCode.person == person, RecoveryCode.used_at.is_(None))
    return session.scalars(select(func.count()).select_from(RecoveryCode).where(*unused)).one()


def forget(session: WriteSession, person: str) -> None:
    """Delete every code of a person, with the factor that they stood in for."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person == person))


def _digest(typed: str) -> str:
    """Hash a code as typed: spaces, hyphens and case don't matter."""
    plain = "".join(character for character in typed.upper() if character.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
