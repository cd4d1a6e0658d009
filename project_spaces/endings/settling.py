"""What becomes of an ended project, decided by two people from outside it: archived until a day, deleted, reopened.

Proposed by one, confirmed by another (one alone where the installation says so), announced, and carried out when the
last exports are over and the notice has passed. Until then either withdraws it.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.endings.telling import due_notice, members_of, owners_of_data, proposed_notice, settlers_of, tell
from project_spaces.errors import Conflict, Invalid, NotFound
from project_spaces.projects import get_project
from project_spaces.reasons import written_reason
from project_spaces.records import rules_of
from project_spaces.records.ends import EndStage, Fate, ProjectEnd, Settlement, pending
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

#: CSP L.1461-1: individual data of the SNDS are kept for twenty years at most.
LONGEST_ARCHIVE = timedelta(days=20 * 365)

#: What may be decided at which stage.
_DECIDED: dict[EndStage, frozenset[Fate]] = {
    EndStage.FROZEN: frozenset({Fate.ARCHIVE, Fate.DELETE}),
    EndStage.ARCHIVED: frozenset({Fate.DELETE, Fate.REOPEN}),
}


def get_end(session: Session, project: str) -> ProjectEnd:
    """Return the end of *project*, or raise ``NotFound``."""
    get_project(session, project)
    found = session.get(ProjectEnd, project)
    if found is None:
        raise NotFound(Text("Cet espace projet n'a pas pris fin.", "This project space has not ended."))
    return found


def settlements(session: Session, project: str) -> list[Settlement]:
    """Return every decision on *project*, the latest first."""
    query = select(Settlement).where(Settlement.project == project)
    return list(session.scalars(query.order_by(Settlement.proposed_at.desc(), Settlement.id)))


def possible(session: Session, end: ProjectEnd) -> list[Fate]:
    """Return what may be decided of *end* now."""
    return [] if withdrawable(session, end) else sorted(_DECIDED.get(end.stage, frozenset()))


def propose(
    store: Store, project: str, fate: Fate, *, reason: str, actor: str, now: datetime, until: datetime | None = None
) -> str:
    """Propose what becomes of an ended project and return the proposal's id.

    Parameters
    ----------
    until
        how long the archive is kept; how long a reopened project lasts.

    Raises
    ------
    NotFound, Refused
        the project has not ended; *actor* is a member, or neither administrator nor steward of its data.
    Invalid, Conflict
        no reason, or a day that can't be; it is not at that stage, or another proposal waits.
    """
    written, number = written_reason(reason), uuid.uuid4().hex
    subject = {"step": "proposed", "fate": fate.value, "settlement": number}
    event = Event(Kind.PROJECT_END, actor, project, now, subject, private={"reason": written})
    with store.write(event) as session:
        _require(session, Action.SETTLE_END, project, actor, now)
        end = get_end(session, project)
        _check_until(fate, until, now)
        if fate not in possible(session, end):
            raise Conflict(Text("Cela ne peut pas être décidé à cette étape.", "This can't be decided at this stage."))
        if pending(session, project) is not None:
            raise Conflict(
                Text("Une autre proposition attend sa confirmation.", "Another proposal waits for its confirmation.")
            )
        row = Settlement(
            id=number,
            project=project,
            fate=fate,
            until=until,
            reason=written,
            proposed_at=now,
            proposed_by=actor,
        )
        session.add(row)
        if rules_of(session).ends.two_people:
            others = settlers_of(session, project) - {actor}
            tell(session, end, others, proposed_notice(project, number), now)
        else:
            _settle(session, end, row, actor, now)
    return number


def confirm(store: Store, project: str, *, actor: str, now: datetime) -> None:
    """Confirm, as the second person, the proposal that waits.

    Raises
    ------
    NotFound, Refused
        the project has not ended; *actor* may not settle it, or proposed it.
    Conflict
        none waits.
    """
    subject = {"step": "confirmed"}
    with store.write(Event(Kind.PROJECT_END, actor, project, now, subject)) as session:
        _require(session, Action.SETTLE_END, project, actor, now)
        end, row = get_end(session, project), _waiting(session, project)
        _require(session, Action.CONFIRM_END, project, actor, now, author=row.proposed_by)
        _settle(session, end, row, actor, now)


def withdraw(store: Store, project: str, *, actor: str, now: datetime) -> None:
    """Withdraw what was proposed or decided, as long as nothing is carried out; raises as ``confirm``."""
    with store.write(Event(Kind.PROJECT_END, actor, project, now, {"step": "withdrawn"})) as session:
        _require(session, Action.SETTLE_END, project, actor, now)
        end = get_end(session, project)
        decided = session.get(Settlement, end.settlement) if withdrawable(session, end) else None
        row = decided or _waiting(session, project)
        row.withdrawn_at, row.withdrawn_by = now, actor
        if decided is not None:
            end.settlement = None


def _settle(session: WriteSession, end: ProjectEnd, row: Settlement, actor: str, now: datetime) -> None:
    project = get_project(session, end.project)
    notice = timedelta(0) if row.fate is Fate.REOPEN else rules_of(session).ends.notice
    row.confirmed_at, row.confirmed_by = now, actor
    row.due_at = due = max(now + notice, project.exports_until or now)
    end.settlement = row.id
    if row.fate is not Fate.REOPEN:
        told = due_notice(end.project, due, f"due-{row.id}", deletes=row.fate is Fate.DELETE)
        tell(session, end, members_of(session, end.project), told, now)


def withdrawable(session: Session, end: ProjectEnd | None) -> bool:
    """Tell whether something is decided and not carried out yet."""
    if end is None or end.stage not in _DECIDED:
        return False
    row = session.get(Settlement, end.settlement) if end.settlement is not None else None
    return row is not None and (end.stage is EndStage.FROZEN or row.fate is not Fate.ARCHIVE)


def _waiting(session: Session, project: str) -> Settlement:
    row = pending(session, project)
    if row is None:
        raise Conflict(Text("Aucune proposition n'attend.", "No proposal waits."))
    return row


def _require(
    session: Session, action: Action, project: str, actor: str, now: datetime, *, author: str | None = None
) -> None:
    owners = sorted(owners_of_data(session, project))
    require(session, actor, action, now=now, project_slug=project, owners=owners, author=author)
    get_project(session, project)


def _check_until(fate: Fate, until: datetime | None, now: datetime) -> None:
    if fate is Fate.DELETE and until is None:
        return
    latest = now + LONGEST_ARCHIVE
    if fate is Fate.DELETE or until is None or not now < until <= latest:
        raise Invalid(
            Text(
                f"Un dernier jour est demandé pour archiver ou rouvrir, au plus tard le {latest:%d/%m/%Y}.",
                f"A last day is asked for to archive or reopen, {latest:%d %B %Y} at the latest.",
            )
        )
