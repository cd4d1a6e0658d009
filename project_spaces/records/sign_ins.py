"""What is kept of sign-ins: when, how and from where a person proved who it was."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import Base
from project_spaces.facts import SignInFacts
from project_spaces.rules import Rules

#: RFC 8176 names of ways to prove who one is, by kind: two kinds are two factors.
_FACTORS = (
    frozenset({"pwd", "pin", "kba"}),
    frozenset({"otp", "hwk", "swk", "sc", "sms", "tel"}),
    frozenset({"fpt", "face", "iris", "retina", "vbm"}),
)


class SignIn(Base):
    """A sign-in: how the person proved who it was (``amr``, ``acr``), from where, and when it was ended."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_person_at", "person", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.username"))
    at: Mapped[datetime]
    amr: Mapped[list[str]] = mapped_column(JSON)
    acr: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]


def two_factors(amr: list[str], acr: str | None, strong_acr: frozenset[str]) -> bool:
    """Tell whether a sign-in was with two factors: said so (``mfa``), proved two ways, or an *acr* that means it."""
    kinds = sum(1 for kind in _FACTORS if kind.intersection(amr))
    return "mfa" in amr or kinds > 1 or acr in strong_acr


def sign_in_facts(session: Session, username: str, rules: Rules) -> SignInFacts | None:
    """The latest sign-in stands for the session: signing in elsewhere takes its place, signing out leaves none."""
    latest = select(SignIn).where(SignIn.person == username).order_by(SignIn.at.desc(), SignIn.id).limit(1)
    row = session.scalars(latest).one_or_none()
    if row is None or row.ended_at is not None:
        return None
    return SignInFacts(row.at, two_factors(row.amr, row.acr, rules.strong_acr), row.address)
