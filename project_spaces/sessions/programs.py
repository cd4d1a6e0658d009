"""The tokens that a person made for programs, ended all at once: whatever was made before that moment opens nothing.

The Hub keeps the tokens and knows when each was made; doors that ask it believe its answer for some seconds. So for a
moment after the end no program of the person is let in, whatever its token, and from then on the Hub tells the old ones
from the new.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base
from project_spaces.store import Store, WriteSession

#: Longer than any door believes the Hub's answer about a token.
SETTLING = timedelta(seconds=20)


class ProgramsEnd(Base):
    """When a person's programs were ended last."""

    __tablename__ = "programs_end"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    at: Mapped[datetime]


def programs_ended_at(session: Session, person: str) -> datetime | None:
    """Return before when a token must have been made to open nothing; None where none was ended."""
    row = session.get(ProgramsEnd, person)
    return None if row is None else row.at


def programs_wait(session: Session, person: str, now: datetime) -> bool:
    """Tell whether every program of *person* is kept out for the moment."""
    at = programs_ended_at(session, person)
    return at is not None and now < at + SETTLING


def end_programs(store: Store, person: str, *, now: datetime) -> None:
    """End every token that *person* made for a program.

    Raises
    ------
    Unavailable
        the ledger does not answer: nothing was ended.
    """
    with store.write(Event(Kind.SIGNOUT, person, None, now, {"cause": "programs"})) as session:
        end_programs_within(session, person, now)


def end_programs_within(session: WriteSession, person: str, now: datetime) -> None:
    """End them within an act that the transaction holds already."""
    session.merge(ProgramsEnd(person=person, at=now))
