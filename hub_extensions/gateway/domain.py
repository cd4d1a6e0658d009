"""The gateway's questions, answered by the domain's store."""

from datetime import datetime

from hub_extensions.gateway.seats import OpenWorkspace
from hub_extensions.workspace_book import WorkspaceBook
from project_spaces.decisions import Decision
from project_spaces.expiry_warnings import ExpiryWarning, announced


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
