"""The owner's side: saying yes closes the data in the same transaction, a no owes a reason.

Nobody decides for a project that he is or was a member of.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.embargoes.records import AskState, EmbargoAsk, get_ask, require_running, require_waiting
from project_spaces.embargoes.setting import begin, planned
from project_spaces.errors import Conflict, Refused
from project_spaces.memberships import memberships
from project_spaces.notifications import Topic, notify
from project_spaces.owner_perimeters import require_keeper
from project_spaces.reasons import written_reason
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.windows import moment

INSIDE = Text(
    "Vous êtes ou avez été membre de ce projet : quelqu'un d'autre décide.",
    "You are or have been a member of this project: somebody else decides.",
)


def accept_ask(store: Store, ask_id: str, *, actor: str, now: datetime) -> str:
    """Close the data set as it was asked, from now on; return the embargo's id.

    Raises
    ------
    NotFound, Conflict, Refused
        no such request; it was answered, its end is past, or the project has ended; *actor* does not answer for the
        data set, or is or was a member of the project.
    """
    with store.read() as session:
        found = get_ask(session, ask_id)
    embargo, closed = planned(
        found.dataset, starts_at=now, ends_at=found.ends_at, reason=found.reason, actor=actor, now=now
    )
    answered = {"ask": ask_id, "dataset": found.dataset, "change": "accepted"}
    with store.write(Event(Kind.EMBARGO, actor, found.project, now, answered), closed) as session:
        row = _decidable(session, ask_id, actor, now)
        require_running(session, row.project, now)
        if row.ends_at <= now:
            raise Conflict(Text("La date demandée est passée.", "The date that was asked for is past."))
        begin(session, embargo, now=now, but={row.asked_by})
        row.state, row.decided_at, row.decided_by, row.embargo = AskState.ACCEPTED, now, actor, embargo.id
        until = moment(row.ends_at)
        _tell_asker(
            session,
            row,
            Text(
                f"{row.dataset} est fermé à tous jusqu'au {until.fr}, comme vous l'avez demandé.",
                f"{row.dataset} is closed to everybody until {until.en}, as you asked.",
            ),
            now,
        )
    return embargo.id


def decline_ask(store: Store, ask_id: str, *, reason: str, actor: str, now: datetime) -> None:
    """Leave the data set open, and say why.

    Raises
    ------
    Invalid, NotFound, Conflict, Refused
        the lead is owed a reason; as ``accept_ask``.
    """
    written = written_reason(reason)
    with store.read() as session:
        found = get_ask(session, ask_id)
    subject = {"ask": ask_id, "dataset": found.dataset, "change": "declined"}
    event = Event(Kind.EMBARGO, actor, found.project, now, subject, private={"reason": written})
    with store.write(event) as session:
        row = _decidable(session, ask_id, actor, now)
        row.state, row.decided_at, row.decided_by, row.answer = AskState.DECLINED, now, actor, written
        _tell_asker(
            session,
            row,
            Text(
                f"La fermeture de {row.dataset} est refusée : le motif est sur la page du projet.",
                f"The closure of {row.dataset} is declined: the reason is on the project's page.",
            ),
            now,
        )


def _decidable(session: Session, ask_id: str, actor: str, now: datetime) -> EmbargoAsk:
    row = get_ask(session, ask_id)
    require_keeper(session, actor, row.dataset, now)
    if memberships(session, person=actor, project=row.project):
        raise Refused(INSIDE, [INSIDE])
    require_waiting(row)
    return row


def _tell_asker(session: WriteSession, row: EmbargoAsk, text: Text, now: datetime) -> None:
    notify(session, to=row.asked_by, kind=Topic.DATA, text=text, link=f"workspaces/{row.project}", now=now)
