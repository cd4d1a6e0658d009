"""Embargoes are looked at again every six months (S-67): a closure that nobody remembers closes data for ever.

Whoever answers for the data keeps the embargo, with a reason, or lifts it. Nothing opens by itself: until somebody says
so, the data stay closed, and those who may are reminded.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.agreements import Embargo, get_embargo
from project_spaces.embargoes.keepers import tell_keepers
from project_spaces.errors import Conflict
from project_spaces.owner_perimeters import require_keeper
from project_spaces.reasons import written_reason
from project_spaces.requests.steps import reminders_due
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import moment

#: From one look at an embargo to the next.
EVERY = timedelta(days=182)
OWED = Text("Dites pourquoi l'embargo est maintenu", "Say why the embargo goes on")
WORKER = "system:worker"


def review_due(embargo: Embargo) -> datetime:
    """Return by when somebody says whether it goes on."""
    return (embargo.reviewed_at or embargo.set_at) + EVERY


def lasts(embargo: Embargo, now: datetime) -> bool:
    """Tell whether it was neither lifted nor ends by *now*."""
    return embargo.lifted_at is None and (embargo.ends_at is None or now < embargo.ends_at)


def keep_embargo(store: Store, embargo_id: str, *, actor: str, now: datetime, reason: str) -> datetime:
    """State that an embargo goes on, and why; return when it is looked at again.

    Raises
    ------
    Invalid
        no reason, or one that is too long.
    NotFound, Conflict, Refused
        no such embargo; it is over; *actor* does not answer for the data set.
    """
    written = written_reason(reason, OWED)
    with store.read() as session:
        dataset = get_embargo(session, embargo_id).dataset
    subject = {"embargo": embargo_id, "dataset": dataset, "change": "kept"}
    with store.write(Event(Kind.EMBARGO, actor, None, now, subject, private={"reason": written})) as session:
        require_keeper(session, actor, dataset, now)
        row = get_embargo(session, embargo_id)
        if not lasts(row, now):
            raise Conflict(Text("Cet embargo est terminé.", "This embargo is over."))
        row.reviewed_at, row.reminded_at = now, None
        return review_due(row)


def remind_keepers(store: Store, *, now: datetime) -> int:
    """Remind those who answer for closed data that somebody must look again; return for how many embargoes.

    The worker calls it; doing it again at the same moment does nothing.
    """
    with store.read() as session:
        due = [each.id for each in _due(session, now)]
    return sum(_remind(store, each, now) for each in due)


class _Over(Exception):
    """Somebody else reminded, kept or lifted in the meantime: nothing is written."""


def _remind(store: Store, embargo_id: str, now: datetime) -> bool:
    with store.read() as session:
        dataset = get_embargo(session, embargo_id).dataset
    subject = {"embargo": embargo_id, "dataset": dataset, "change": "reminded"}
    try:
        with store.write(Event(Kind.EMBARGO, WORKER, None, now, subject)) as session:
            row = get_embargo(session, embargo_id)
            if row not in _due(session, now):
                raise _Over
            row.reminded_at = now
            at = moment(review_due(row))
            text = Text(
                f"L'embargo sur {dataset} est à réexaminer avant le {at.fr} : maintenez-le ou levez-le.",
                f"The embargo on {dataset} is to be looked at again by {at.en}: keep it or lift it.",
            )
            tell_keepers(session, dataset, text, now=now)
    except _Over:
        return False
    return True


def _due(session: Session, now: datetime) -> Sequence[Embargo]:
    running = session.scalars(select(Embargo).where(Embargo.lifted_at.is_(None)).order_by(Embargo.id))
    return [each for each in running if lasts(each, now) and reminders_due(review_due(each), each.reminded_at, now)]
