"""The gateway's questions, answered by the domain's store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from hub_extensions.gateway.seat import OpenWorkspace
from hub_extensions.gateway.seats import Asked, Standing
from hub_extensions.workspace_book import WorkspaceBook
from project_spaces.access import may_in_sessions
from project_spaces.conditions import Reason, Who, earliest
from project_spaces.decisions import Action, Decision
from project_spaces.expiry_warnings import ExpiryWarning, announced
from project_spaces.sign_ins import live_sign_in
from project_spaces.text import Text
from project_spaces.workspaces import list_open

#: The session was signed out of, here or elsewhere, or its hours are over.
OVER = Decision(
    allowed=False,
    reasons=(Reason("session_over", Text("Votre session a pris fin.", "Your session has ended."), Who.PERSON),),
    until=None,
)


class StoreDomain:
    """Implements :class:`hub_extensions.gateway.seats.Domain`."""

    def __init__(self, book: WorkspaceBook) -> None:
        self._book = book

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
    lasting = {name: _while_it_lasts(reading, workspace.person, name, each, now) for name, each in in_session.items()}
    return Standing(runs, own, lasting)


def _while_it_lasts(reading: Session, person: str, name: str | None, decision: Decision, now: datetime) -> Decision:
    """Bound the decision for a browser session by the session's own end."""
    if name is None:
        return decision
    found = live_sign_in(reading, person, name, now=now)
    if found is None:
        return OVER
    return replace(decision, until=earliest([decision.until, found.ends_at])) if decision.allowed else decision
