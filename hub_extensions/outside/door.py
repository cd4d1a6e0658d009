"""Passing through a door: the activation code once, then the person's own factor; wrong attempts lock.

Every attempt is an act with its record. Codes are compared in constant time; a locked door says so before it looks at
anything, so that guessing goes no faster than the locks allow (``project_spaces.lockout``).
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.events import Event, Kind
from hub_extensions.outside.access import OUTSIDE, OutsideAccess, Purpose, by_id, by_token, check_open
from project_spaces.errors import Conflict, Refused
from project_spaces.lockout import LockPolicy, count_failure, forget_failures, locked, locked_until
from project_spaces.second_factor import fresh, matching_step, new_secret
from project_spaces.secret_box import SecretBox
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

#: A code has 50 bits and a factor's code 20, of which three are right at a time: five tries, then a pause that doubles.
POLICY = LockPolicy(failures=5, first_lock=timedelta(minutes=15))

WRONG = Text("Code refusé.", "Code refused.")
NOT_YET = Text("Activez d'abord cet accès.", "Activate this access first.")
ALREADY = Text(
    "Cet accès est déjà activé : donnez le code de votre application.",
    "This access is activated already: give your application's code.",
)


@dataclass(frozen=True)
class Seen:
    """What a page may say of a door before any factor: to whom it belongs and what is asked."""

    access: str
    purpose: Purpose
    name: str
    enrolled: bool


def look(store: Store, token: str, now: datetime) -> Seen:
    """Look at the door behind a link; raises ``NotFound`` and ``Conflict``."""
    with store.read() as session:
        found = by_token(session, token)
        check_open(found, now)
        return Seen(found.id, found.purpose, found.name, found.enrolled_at is not None)


def activate(store: Store, box: SecretBox, access_id: str, code: str, now: datetime) -> str:
    """Exchange the activation code for a factor's secret, which is shown once; it counts once it is confirmed.

    Raises
    ------
    Refused, Locked, Conflict
        not the code; too many attempts; activated already, closed or ended.
    """
    secret = new_secret()

    def right(access: OutsideAccess) -> bool:
        if access.enrolled_at is not None or access.code is None:
            raise Conflict(ALREADY)
        typed = "".join(char for char in code.upper() if char.isalnum())
        return hmac.compare_digest(box.open(access.code).encode(), typed.encode("utf-8", "surrogatepass"))

    with _attempt(store, access_id, now, "activation", right) as (_session, access):
        access.secret, access.last_step = box.seal(secret), None
    return secret


def confirm(store: Store, box: SecretBox, access_id: str, code: str, now: datetime) -> None:
    """Confirm the factor with its first code; the activation code is worth nothing from now on. Errors as ``enter``."""

    def right(access: OutsideAccess) -> bool:
        if access.enrolled_at is not None or access.secret is None:
            raise Conflict(ALREADY)
        return _step(access, box, code, now) is not None

    with _attempt(store, access_id, now, "enrolment", right) as (session, access):
        access.enrolled_at, access.code, access.last_step = now, None, _step(access, box, code, now)
        session.also(_event(Kind.OUTSIDE_ENROLLED, access, now))


def enter(store: Store, box: SecretBox, access_id: str, code: str, now: datetime) -> None:
    """Pass with the factor's code.

    Raises
    ------
    Refused, Locked, Conflict
        not the code, or used before; too many attempts; not activated, closed or ended.
    """

    def right(access: OutsideAccess) -> bool:
        if access.enrolled_at is None:
            raise Conflict(NOT_YET)
        return _step(access, box, code, now) is not None

    with _attempt(store, access_id, now, "entry", right) as (_session, access):
        access.last_step = _step(access, box, code, now)


def require_open(store: Store, access_id: str, purpose: Purpose, now: datetime) -> None:
    """Raise unless the door is open, activated and of that purpose: asked at every step behind it."""
    with store.read() as session:
        access = by_id(session, access_id)
        check_open(access, now)
        if access.purpose is not purpose or access.enrolled_at is None:
            raise Conflict(NOT_YET)


@contextmanager
def _attempt(
    store: Store, access_id: str, now: datetime, step: str, right: Callable[[OutsideAccess], bool]
) -> Iterator[tuple[WriteSession, OutsideAccess]]:
    """Try; a right attempt runs the body in the transaction of its record, a wrong one is counted and recorded."""
    name = f"outside:{access_id}"
    with store.read() as session:
        access = by_id(session, access_id)
        check_open(access, now)
        if until := locked_until(session, name, now):
            raise locked(until)
        passes = right(access)
    kind = Kind.OUTSIDE_ENTERED if passes else Kind.OUTSIDE_REFUSED
    until = None
    with store.write(_event(kind, access, now, step=step)) as writing:
        row = by_id(writing, access_id)
        check_open(row, now)
        if locked_until(writing, name, now):  # somebody else tried at the same moment
            passes = False
        if passes and right(row):
            forget_failures(writing, name)
            yield writing, row
            return
        until = count_failure(writing, name, POLICY, now)
        if until is not None:
            writing.also(_event(Kind.OUTSIDE_LOCKED, row, now))
    refusal = locked(until) if until else Refused(WRONG)
    refusal.recorded = True
    raise refusal


def _step(access: OutsideAccess, box: SecretBox, code: str, now: datetime) -> int | None:
    """The step whose code this is, None when it is none or not a later one than was used before."""
    secret = None if access.secret is None else box.open(access.secret)
    step = matching_step(secret, code, now)
    return step if fresh(step, access.last_step) else None


def _event(kind: Kind, access: OutsideAccess, now: datetime, **facts: str) -> Event:
    subject = {"access": access.id, "purpose": access.purpose.value, "request": access.request_id, **facts}
    return Event(kind, OUTSIDE, None, now, subject, persons={"outsider": access.pseudonym})
