"""Wrong attempts at signing in, counted per name and known browser, and the lock that follows ten in a row.

Who knows a name could lock its person out for days. So a browser in which the person signed in lately counts for
itself: a lock that strangers caused does not shut it, and ten wrong attempts in it shut no other.

Names that nobody has are counted like the others: neither the sentence nor the lock tells which names exist. The name
itself is not kept, only its hash, because people type passwords into the wrong field. Each further lock lasts twice as
long, up to a day; a successful sign-in starts afresh, and so does a name without attempts for a day.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import Base
from project_spaces.errors import Locked
from project_spaces.text import Text
from project_spaces.windows import moment

FORGOTTEN_AFTER = timedelta(days=1)
LONGEST_LOCK = timedelta(days=1)


class SignInFailures(Base):
    """Failures in a row under one name."""

    __tablename__ = "sign_in_failures"

    name_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    locks: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None]
    last_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """How many wrong attempts in a row lock, and for how long the first time."""

    failures: int = 10
    first_lock: timedelta = timedelta(minutes=15)

    def lasts(self, locks: int) -> timedelta:
        """Length of the lock after *locks* earlier ones."""
        doublings = int(2 ** min(locks, 20))
        return min(self.first_lock * doublings, LONGEST_LOCK)


def locked_until(session: Session, name: str, now: datetime, apart: str | None = None) -> datetime | None:
    """Return until when *name* is locked, None when it is not; *apart*, at a door of the person's own."""
    row = session.get(SignInFailures, _key(name, apart))
    return row.locked_until if row and row.locked_until and now < row.locked_until else None


def count_failure(
    session: Session, name: str, policy: LockPolicy, now: datetime, apart: str | None = None
) -> datetime | None:
    """Count one wrong attempt; return until when the name is locked when this one locked it."""
    session.execute(delete(SignInFailures).where(SignInFailures.last_at < now - FORGOTTEN_AFTER))
    key = _key(name, apart)
    row = session.get(SignInFailures, key)
    if row is None:
        row = SignInFailures(name_sha256=key, failures=0, locks=0, last_at=now)
        session.add(row)
    row.failures, row.last_at = row.failures + 1, now
    if row.failures < policy.failures:
        return None
    row.locked_until, row.failures, row.locks = now + policy.lasts(row.locks), 0, row.locks + 1
    return row.locked_until


def forget_failures(session: Session, name: str, apart: str | None = None) -> None:
    """Start afresh after a success or an administrator's reset."""
    session.execute(delete(SignInFailures).where(SignInFailures.name_sha256 == _key(name, apart)))


def locked(until: datetime) -> Locked:
    """Return the error that says so, and until when."""
    at = moment(until + timedelta(minutes=1) if until.second else until)
    return Locked(
        Text(
            f"Trop d'essais infructueux : connexion bloquée jusqu'au {at.fr}.",
            f"Too many wrong attempts: sign-in is locked until {at.en}.",
        )
    )


def _key(name: str, apart: str | None) -> str:
    """Name what is counted; no name that anybody could type is that of a door apart."""
    if apart is None:
        return _digest(name)
    return "~" + _digest(f"{_digest(name)} {apart}")[1:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
