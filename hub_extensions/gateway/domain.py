"""The gateway's questions, answered by the domain's store."""

from dataclasses import replace
from datetime import datetime

from hub_extensions.gateway.seats import OpenWorkspace
from hub_extensions.workspace_book import WorkspaceBook
from project_spaces.acting import acting_as
from project_spaces.conditions import Reason, Who, earliest
from project_spaces.decisions import Decision
from project_spaces.expiry_warnings import ExpiryWarning, announced
from project_spaces.sign_ins import live_sign_in
from project_spaces.text import Text

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

    def decide(self, workspace: OpenWorkspace, now: datetime) -> Decision:
        """Decide whether messages may still reach it."""
        return self._book.standing(workspace.person, workspace.project, workspace.mounted, now)

    def decide_in(self, workspace: OpenWorkspace, session: str | None, now: datetime) -> Decision:
        """Decide it for one browser session: by its own sign-in, and only while that lasts."""
        ends: datetime | None = None
        if session is not None:
            with self._book.store.read() as reading:
                found = live_sign_in(reading, workspace.person, session, now=now)
            if found is None:
                return OVER
            ends = found.ends_at
        with acting_as(workspace.person, session):
            decision = self.decide(workspace, now)
        return replace(decision, until=earliest([decision.until, ends])) if decision.allowed else decision
