"""Sign-ins: how and when a person proved who it was, for decisions that ask for it (référentiel 5.3).

The latest sign-in stands for the session: signing in from elsewhere takes its place, and signing out leaves none. What
is older than any rule may ask for is deleted with the next sign-in, addresses included.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, update

from audit.events import Event, Kind
from project_spaces.records.sign_ins import SignIn
from project_spaces.requirements import MOST_AGE
from project_spaces.store import Store, WriteSession

__all__ = ["SignIn", "end_sign_ins", "keep_sign_in"]


def keep_sign_in(
    session: WriteSession,
    person: str,
    *,
    amr: Collection[str],
    acr: str | None = None,
    address: str | None = None,
    now: datetime,
) -> str:
    """Keep a sign-in whose event the transaction holds already, and return its id.

    Parameters
    ----------
    amr
        the ways in which the person proved who it was, by their names in RFC 8176 (``pwd``, ``otp``, ``mfa`` …).
    acr
        the level that the identity provider states.
    address
        where the sign-in came from, as our proxy saw it.
    """
    session.execute(delete(SignIn).where(SignIn.person == person, SignIn.at < now - MOST_AGE))
    number = uuid.uuid4().hex
    session.add(
        SignIn(id=number, person=person, at=now, amr=sorted(amr), acr=acr, address=(address or "")[:64] or None)
    )
    return number


def end_sign_ins(store: Store, person: str, *, now: datetime) -> None:
    """End every sign-in of *person*: what asks for one is refused from now on, open connections included.

    Raises
    ------
    Unavailable
        the ledger does not answer: nothing was ended.
    """
    with store.write(Event(Kind.SIGNOUT, person, None, now, {"cause": "asked"})) as session:
        session.execute(update(SignIn).where(SignIn.person == person, SignIn.ended_at.is_(None)).values(ended_at=now))
