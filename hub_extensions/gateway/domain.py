"""The gateway's questions, answered by the domain's store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from hub_extensions.gateway.seat import IDLE, OVER, OpenWorkspace
from hub_extensions.gateway.seats import Asked, Standing
from hub_extensions.workspaces.book import WorkspaceBook
from project_spaces.access import may_in_sessions
from project_spaces.conditions import Reason, Who, earliest
from project_spaces.decisions import Action, Decision
from project_spaces.expiry_warnings import ExpiryWarning, announced
from project_spaces.sessions.activity import SessionActivity
from project_spaces.sessions.programs import programs_wait
from project_spaces.sign_ins import idle_ends, idle_sentence, live_sign_in, sign_in_behind
from project_spaces.text import Text
from project_spaces.workspaces import list_open

#: The session was signed out of, here or elsewhere, or its hours are over.
SIGNED_OUT = Reason(OVER, Text("Votre session a pris fin.", "Your session has ended."), Who.PERSON)


def over(reason: Reason) -> Decision:
    """Return the decision for a session that has ended."""
    return Decision(allowed=False, reasons=(reason,), until=None)


class StoreDomain:
    """Implements :class:`hub_extensions.gateway.seats.Domain`."""

    def __init__(self, book: WorkspaceBook, activity: SessionActivity) -> None:
        self._book = book
        self._activity = activity

    def revision(self) -> int:
        """Return the number that moves with every act."""
        return self._book.store.revision()

    def workspace(self, person: str, project: str) -> OpenWorkspace | None:
        """Return the running workspace, if there is one."""
        return self._book.open_workspace(person, project)

    def warning(self, workspace: OpenWorkspace, now: datetime) -> ExpiryWarning | None:
        """Return what its person was told about the first coming end of the work."""
        with self._book.store.read() as session:
            told = announced(session, workspace.person, now=now, project=workspace.project)
        return told[0] if told else None

    def here(self, person: str, session: str, now: datetime) -> None:
        """Write down that *person* did something in this browser session."""
        self._activity.seen(person, session, now)

    def standings(self, asked: Sequence[Asked], now: datetime) -> list[Standing]:
        """Decide, in the order asked and from one look at the domain, whether messages may still reach them."""
        with self._book.store.read() as reading:
            running = {each.id for each in list_open(reading)}
            return [_standing(reading, each, now, runs=each.workspace.id in running) for each in asked]


def _standing(reading: Session, asked: Asked, now: datetime, *, runs: bool) -> Standing:
    workspace = asked.workspace
    own, in_session = may_in_sessions(
        reading,
        workspace.person,
        Action.SEND_MESSAGE,
        asked.sessions,
        now=now,
        project_slug=workspace.project,
        mounted=workspace.mounted,
    )
    standing = Standing(runs, own, {}, {})
    for name, decision in in_session.items():
        _add(standing, name, decision, _Look(reading, workspace.person, now))
    return standing


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at the domain for one person."""

    reading: Session
    person: str
    now: datetime


def _add(standing: Standing, name: str | None, decision: Decision, look: _Look) -> None:
    """Bound the decision for a browser session by the session's own end, and keep when it ends for want of activity."""
    reading, now = look.reading, look.now
    if name is None and programs_wait(reading, look.person, now):
        decision = over(SIGNED_OUT)
    found = None if name is None else live_sign_in(reading, look.person, name, now=now)
    if name is not None and found is None:
        unseen = idle_sentence(reading, sign_in_behind(reading, look.person, name), now=now)
        decision = over(SIGNED_OUT if unseen is None else Reason(IDLE, unseen, Who.PERSON))
    elif found is not None and decision.allowed:
        decision = replace(decision, until=earliest([decision.until, found.ends_at]))
        if (idle := idle_ends(reading, found)) is not None:
            standing.idle[name] = idle
    standing.sessions[name] = decision
