"""Whose session stands behind what is being asked: the browser's own sign-in counts, not the best one of the person.

A door that knows the session of a request says so here, for the time in which it serves the request; what asks
``decide`` inside reads that sign-in. Elsewhere (the worker, which serves nobody) the person's latest one stands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acting:
    """A person, and the name of the browser session that acts; None for a program's token, which belongs to none.

    *address* is where the request comes from, as our proxy saw it; None where no request is known to be behind the act.
    """

    person: str
    session: str | None
    address: str | None = None


_ACTING: ContextVar[Acting | None] = ContextVar("acting", default=None)


def act_as(person: str, session: str | None, address: str) -> None:
    """Say, for the rest of this context (one request), in which session *person* acts, and from where."""
    _ACTING.set(Acting(person, session, address))


@contextmanager
def acting_as(person: str, session: str | None, address: str | None = None) -> Iterator[None]:
    """Say so for a moment."""
    token = _ACTING.set(Acting(person, session, address))
    try:
        yield
    finally:
        _ACTING.reset(token)


def acting_session(person: str) -> Acting | None:
    """Return what is known of the session in which *person* acts now; None where nobody said."""
    acting = _ACTING.get()
    return acting if acting is not None and acting.person == person else None
