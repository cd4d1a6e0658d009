"""The rows of an account: what a person signs in with here, and the identities at a provider that are linked to it.

Both are opened with the same invitation, an activation code that an administrator hands over once the person's
identity is proved; which of the two it opens depends on how this installation signs people in.
"""

import hashlib
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import Base
from project_spaces.errors import Refused
from project_spaces.passwords import LONGEST
from project_spaces.people import Person
from project_spaces.store import WriteSession
from project_spaces.text import Text

BAD_ACTIVATION = Text(
    "Ce code d'activation n'est pas valable ou a expiré : demandez-en un autre à l'autorité d'enregistrement.",
    "This activation code is not valid or has expired: ask the registration authority for another.",
)


class SignInRefused(Refused):
    """Nobody was signed in."""


class Account(Base):
    """What a person signs in with. ``Person.enrolled_at`` says whether both factors are set up."""

    __tablename__ = "account"

    person: Mapped[str] = mapped_column(ForeignKey(Person.username), primary_key=True)
    created_at: Mapped[datetime]
    activation_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    activation_ends_at: Mapped[datetime | None]
    password_hash: Mapped[str | None] = mapped_column(String(255))
    sealed_totp: Mapped[str | None] = mapped_column(String(1000))
    last_totp_step: Mapped[int | None] = mapped_column(BigInteger)


class Identity(Base):
    """One identity at one provider, and whose it is."""

    __tablename__ = "identity"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    linked_at: Mapped[datetime]


def invited(session: Session, code: str, now: datetime) -> Account:
    """Return the account that an activation code opens.

    Raises
    ------
    SignInRefused
        the code is not valid (any more).
    """
    if len(code) > LONGEST:
        raise SignInRefused(BAD_ACTIVATION)
    account = session.scalars(select(Account).where(Account.activation_sha256 == digest(code))).one_or_none()
    if account is None or account.activation_ends_at is None or account.activation_ends_at <= now:
        raise SignInRefused(BAD_ACTIVATION)
    return account


def has_password(session: Session, username: str) -> bool:
    """Say whether a person signs in with a password of this installation."""
    account = session.get(Account, username)
    return account is not None and account.password_hash is not None


def find_identity(session: Session, issuer: str, subject: str) -> str | None:
    """Return the username behind an identity, None when it is nobody's."""
    row = session.get(Identity, (issuer, subject))
    return None if row is None else row.person


def unlink(session: WriteSession, username: str) -> None:
    """Take every link of a person away, with the account that is replaced."""
    session.execute(delete(Identity).where(Identity.person == username))


def digest(activation_code: str) -> str:
    """Hash an activation code as typed: spaces, hyphens and case don't matter."""
    plain = "".join(character for character in activation_code.upper() if character.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
