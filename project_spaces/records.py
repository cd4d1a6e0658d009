"""The rows that a decision reads about the person who acts, beyond the person's own: read here, written elsewhere.

They are in one place below ``people`` because every decision needs them, the one about who may write them included. The
acts are in the files of their concepts: ``charters``, ``trainings``, ``kill_switches``, ``sign_ins``. What the
installation's rules don't ask for is not read: a decision stays a handful of queries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import (
    JSON,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UnicodeText,
    and_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import SLUG_LENGTH, Base, Chosen, Lasting
from project_spaces.facts import (
    CharterFacts,
    CharterVersionFacts,
    SignInFacts,
    StopFacts,
    StopScope,
    TrainingFacts,
)
from project_spaces.rules import Rules
from project_spaces.text import Text
from project_spaces.windows import Window

#: RFC 8176 names of ways to prove who one is, by kind: two kinds are two factors.
_FACTORS = (
    frozenset({"pwd", "pin", "kba"}),
    frozenset({"otp", "hwk", "swk", "sc", "sms", "tel"}),
    frozenset({"fpt", "face", "iris", "retina", "vbm"}),
)


class CharterVersion(Base):
    """One version of a charter; its text is never changed, ``sha256`` is over both languages."""

    __tablename__ = "charter_version"

    charter: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title_fr: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    text_fr: Mapped[str] = mapped_column(UnicodeText)
    text_en: Mapped[str] = mapped_column(UnicodeText)
    sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(64))
    sign_by: Mapped[datetime]

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_fr, self.title_en)

    @property
    def text(self) -> Text:
        """The words that are signed, in both languages."""
        return Text(self.text_fr, self.text_en)


class CharterSignature(Base):
    """A person signed this version; ``sha256`` is of the text that the person was shown."""

    __tablename__ = "charter_signature"
    __table_args__ = (
        ForeignKeyConstraint(["charter", "number"], ["charter_version.charter", "charter_version.number"]),
    )

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    charter: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]


class Training(Lasting, Base):
    """A training that a person took: its kind, how long it is valid, and the certificate that proves it."""

    __tablename__ = "training"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), index=True)
    kind: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    certificate: Mapped[str] = mapped_column(String(200))
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))


class KillSwitch(Base):
    """Something that was stopped at once, by whom and why, until another administrator lifted it."""

    __tablename__ = "kill_switch"
    __table_args__ = (
        Index(
            "uq_kill_switch_in_force",
            "scope",
            "name",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scope: Mapped[StopScope] = mapped_column(Chosen(StopScope))
    name: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(UnicodeText)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lifted_reason: Mapped[str | None] = mapped_column(UnicodeText)

    @property
    def facts(self) -> StopFacts:
        """The switch as a decision sees it."""
        return StopFacts(self.scope, self.name, Window(self.set_at, None, self.lifted_at))


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


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What a subject needs beyond name and roles."""

    sign_in: SignInFacts | None
    charters: tuple[CharterFacts, ...]
    trainings: tuple[TrainingFacts, ...]
    stops: tuple[StopFacts, ...]


def rules_of(session: Session) -> Rules:
    """Return the rules that the store was opened with."""
    rules: Rules = session.info["rules"]
    return rules


def person_facts(session: Session, username: str, known_since: datetime) -> PersonFacts:
    """Read what decisions need to know of *username*, registered at *known_since*."""
    rules = rules_of(session)
    signed_in = rules.ask("sign_in_max_age") or rules.ask("networks")
    return PersonFacts(
        sign_in=_sign_in(session, username, rules) if signed_in else None,
        charters=tuple(_charters(session, username, known_since)),
        trainings=_trainings(session, username) if rules.ask("trainings") else (),
        stops=_stops(session, username),
    )


def two_factors(amr: list[str], acr: str | None, strong_acr: frozenset[str]) -> bool:
    """Tell whether a sign-in was with two factors: said so (``mfa``), proved two ways, or an *acr* that means it."""
    kinds = sum(1 for kind in _FACTORS if kind.intersection(amr))
    return "mfa" in amr or kinds > 1 or acr in strong_acr


def _sign_in(session: Session, username: str, rules: Rules) -> SignInFacts | None:
    """The latest sign-in stands for the session: signing in elsewhere takes its place, signing out leaves none."""
    latest = select(SignIn).where(SignIn.person == username).order_by(SignIn.at.desc(), SignIn.id).limit(1)
    row = session.scalars(latest).one_or_none()
    if row is None or row.ended_at is not None:
        return None
    return SignInFacts(row.at, two_factors(row.amr, row.acr, rules.strong_acr), row.address)


def _charters(session: Session, username: str, known_since: datetime) -> Iterator[CharterFacts]:
    """A signature counts for exactly the text that is published."""
    version, signature = CharterVersion, CharterSignature
    same = and_(
        signature.charter == version.charter,
        signature.number == version.number,
        signature.sha256 == version.sha256,
        signature.person == username,
    )
    wanted = (
        version.charter,
        version.number,
        version.title_fr,
        version.title_en,
        version.published_at,
        version.sign_by,
    )
    query = select(*wanted, signature.signed_at).outerjoin(signature, same).order_by(version.charter, version.number)
    for slug, group in groupby(session.execute(query), key=lambda row: row.charter):
        rows = list(group)
        yield CharterFacts(
            slug,
            Text(rows[-1].title_fr, rows[-1].title_en),
            known_since,
            tuple(CharterVersionFacts(row.number, row.published_at, row.sign_by, row.signed_at) for row in rows),
        )


def _trainings(session: Session, username: str) -> tuple[TrainingFacts, ...]:
    rows = session.scalars(select(Training).where(Training.person == username))
    return tuple(TrainingFacts(row.kind, row.window) for row in rows)


def _stops(session: Session, username: str) -> tuple[StopFacts, ...]:
    concerns = or_(KillSwitch.scope != StopScope.PERSON, KillSwitch.name == username)
    rows = session.scalars(select(KillSwitch).where(KillSwitch.lifted_at.is_(None), concerns))
    return tuple(row.facts for row in rows)
