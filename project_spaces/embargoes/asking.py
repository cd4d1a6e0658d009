"""The lead's side: data are asked to be closed for a while, with an end and a reason.

The stewards of the data set's owner are told, or administrators where none may answer: nobody answers for a project of
his own.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.embargoes.keepers import tell_keepers
from project_spaces.embargoes.records import (
    AskState,
    EmbargoAsk,
    get_ask,
    require_running,
    require_waiting,
    waiting_asks,
)
from project_spaces.errors import Conflict, Invalid, NotFound
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships
from project_spaces.reasons import written_reason
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

#: Longest closure that may be asked for at once.
LONGEST = timedelta(days=730)
NOT_USED = Text("Ce projet ne travaille pas sur ce jeu de données.", "This project does not work on this data set.")


def datasets_of(session: Session, project: str, *, now: datetime) -> list[str]:
    """Return the data sets that somebody is habilitated for in *project* now, by slug."""
    return sorted({each.dataset for each in habilitations(session, project=project) if each.window.holds(now)})


def ask_embargo(
    store: Store, project: str, dataset: str, *, ends_at: datetime, reason: str, actor: str, now: datetime
) -> str:
    """Ask, as the lead of *project*, that *dataset* be closed to everybody until *ends_at*; return the request's id.

    Raises
    ------
    Invalid
        no reason, or one that is too long; the end is past, or more than two years ahead.
    NotFound, Conflict, Refused
        the project does not work on the data set; it is over, or the same was asked and waits; *actor* does not lead
        the project.
    """
    written = written_reason(reason)
    if not now < ends_at <= now + LONGEST:
        raise Invalid(
            Text("Une fermeture va de demain à deux ans.", "A closure ends after today and within two years.")
        )
    number = uuid.uuid4().hex
    subject = {"ask": number, "dataset": dataset, "ends_at": ends_at.isoformat(), "change": "asked"}
    with store.write(Event(Kind.EMBARGO, actor, project, now, subject, private={"reason": written})) as session:
        require(session, actor, Action.ASK_EMBARGO, now=now, project_slug=project)
        require_running(session, project, now)
        if dataset not in datasets_of(session, project, now=now):
            raise NotFound(NOT_USED)
        if any(each.project == project for each in waiting_asks(session, [dataset])):
            raise Conflict(
                Text("Une demande pour ce jeu attend déjà sa réponse.", "A request for this data set waits already.")
            )
        row = EmbargoAsk(
            id=number,
            project=project,
            dataset=dataset,
            ends_at=ends_at,
            reason=written,
            asked_at=now,
            asked_by=actor,
            state=AskState.WAITING,
        )
        session.add(row)
        _tell_keepers(session, row, now)
    return number


def withdraw_ask(store: Store, ask_id: str, *, actor: str, now: datetime) -> None:
    """Take a request back, as the lead of its project; one that was accepted stays an embargo.

    Raises
    ------
    NotFound, Conflict, Refused
        no such request; it was answered; *actor* does not lead the project.
    """
    with store.read() as session:
        found = get_ask(session, ask_id)
    subject = {"ask": ask_id, "dataset": found.dataset, "change": "withdrawn"}
    with store.write(Event(Kind.EMBARGO, actor, found.project, now, subject)) as session:
        row = get_ask(session, ask_id)
        require(session, actor, Action.ASK_EMBARGO, now=now, project_slug=row.project)
        require_waiting(row)
        row.state, row.decided_at, row.decided_by = AskState.WITHDRAWN, now, actor


def _tell_keepers(session: WriteSession, row: EmbargoAsk, now: datetime) -> None:
    text = Text(
        f"Le porteur de {row.project} demande la fermeture temporaire de {row.dataset} : à vous de répondre.",
        f"The lead of {row.project} asks for a temporary closure of {row.dataset}: yours to answer.",
    )
    inside = {each.person for each in memberships(session, project=row.project)}
    tell_keepers(session, row.dataset, text, now=now, but=inside)
