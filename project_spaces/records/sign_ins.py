"""What is kept of sign-ins: when, how and from where a person proved who it was."""

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.acting import acting_session
from project_spaces.columns import Base, Chosen
from project_spaces.facts import SignInFacts
from project_spaces.rules import Rules

#: RFC 8176 names of ways to prove who one is, by kind: two kinds are two factors.
_FACTORS = (
    frozenset({"pwd", "pin", "kba"}),
    frozenset({"otp", "hwk", "swk", "sc", "sms", "tel"}),
    frozenset({"fpt", "face", "iris", "retina", "vbm"}),
)


class SignInEnd(StrEnum):
    """Why a sign-in ended."""

    ASKED = "asked"
    ELSEWHERE = "elsewhere"
    PROVIDER = "provider"
    RESET = "reset"
    IDLE = "idle"


class SignInMethod(StrEnum):
    """Who proved the two factors."""

    LOCAL = "local"
    OPENID = "openid"


class SignIn(Base):
    """A sign-in: how the person proved who it was (``amr``, ``acr``), from where, and when it was ended.

    ``factor_at`` is when both factors were proved: at the identity provider possibly long before ``at``.
    ``seen_at`` is when the person was here last, at most a minute late (``sessions.activity``).
    ``session_sha256`` ties it to the Hub's session, ``provider_session_sha256`` to the identity provider's; only
    hashes are kept, so that the table opens no session.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_person_at", "person", "at"),
        Index("ix_sign_in_provider_session", "provider_session_sha256"),
        UniqueConstraint("session_sha256", name="uq_sign_in_session"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.username"))
    at: Mapped[datetime]
    amr: Mapped[list[str]] = mapped_column(JSON)
    acr: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(64))
    method: Mapped[SignInMethod] = mapped_column(Chosen(SignInMethod))
    factor_at: Mapped[datetime]
    session_sha256: Mapped[str | None] = mapped_column(String(64))
    provider_session_sha256: Mapped[str | None] = mapped_column(String(64))
    device_sha256: Mapped[str | None] = mapped_column(String(64))
    device: Mapped[str | None] = mapped_column(String(80))
    new_device: Mapped[bool]
    ends_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[SignInEnd | None] = mapped_column(Chosen(SignInEnd))


def hash_of(secret: str | None) -> str | None:
    """Return what is kept instead of a session's or a device's secret."""
    return None if secret is None else hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def two_factors(amr: list[str], acr: str | None, strong_acr: frozenset[str]) -> bool:
    """Tell whether a sign-in was with two factors: said so (``mfa``), proved two ways, or an *acr* that means it."""
    kinds = sum(1 for kind in _FACTORS if kind.intersection(amr))
    return "mfa" in amr or kinds > 1 or acr in strong_acr


def sign_in_facts(session: Session, username: str, rules: Rules) -> SignInFacts | None:
    """The sign-in of the session that acts; where nobody said which, the latest that was not ended.

    What runs may go on without its person for as long as the two factors count: for it, a session that ended because
    nobody was there has not.
    """
    live = select(SignIn).where(SignIn.person == username)
    acting = acting_session(username)
    if acting is not None:
        live = live.where(SignIn.ended_at.is_(None), SignIn.session_sha256 == (hash_of(acting.session) or ""))
    else:
        live = live.where(or_(SignIn.ended_at.is_(None), SignIn.ended_by == SignInEnd.IDLE))
    row = session.scalars(live.order_by(SignIn.at.desc(), SignIn.id).limit(1)).one_or_none()
    if row is None:
        return None
    return SignInFacts(row.factor_at, two_factors(row.amr, row.acr, rules.strong_acr), row.address)
