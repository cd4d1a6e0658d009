"""Answers what notebooks ask of the export desk, in threads of the worker: a slow check never delays a cut.

One look in a third of a second at the folders of the running workspaces, one ask of each at a time, two at once on the
machine: a workspace that asks without end waits for itself.
"""

import threading
from datetime import UTC, datetime

import structlog

from hub_extensions.exports.desk import Desk
from hub_extensions.exports.notebook.answering import Asker, Helper
from hub_extensions.exports.notebook.dropbox import Dropbox
from hub_extensions.exports.notebook.pace import Pace
from hub_extensions.installation.desks import open_installed_desk
from hub_extensions.installation.opening import open_layout
from hub_extensions.settings import Settings
from hub_extensions.worker.repeating import repeat
from hub_extensions.workspaces.book import Believed, WorkspaceBook
from project_spaces.layout import Layout
from project_spaces.workspaces import WorkspaceState

#: Seconds between two looks, and asks that are answered at once.
LOOK_EVERY_S, AT_ONCE = 0.3, 2

log = structlog.get_logger()


class Counter:
    """Where the asks of running workspaces are met: who was answered longest ago comes first."""

    def __init__(self, book: WorkspaceBook, layout: Layout, helper: Helper) -> None:
        self._book, self._layout, self._helper = book, layout, helper
        self._busy: set[str] = set()
        self._turns: dict[str, int] = {}
        self._turn = 0

    def look(self) -> None:
        """Take the next ask of the workspaces that are not being answered, while there is somebody to answer."""
        running = [each for each in self._book.believed() if each.state is WorkspaceState.RUNNING]
        self._turns = {each.id: self._turns.get(each.id, 0) for each in running}
        for workspace in sorted(running, key=lambda each: self._turns[each.id]):
            if len(self._busy) >= AT_ONCE:
                return
            if workspace.id not in self._busy:
                self._look_at(workspace)

    def _look_at(self, workspace: Believed) -> None:
        home = self._layout.home_dir(workspace.project, workspace.person)
        waiting = Dropbox(home).waiting()
        if not waiting:
            return
        self._turn += 1
        self._turns[workspace.id] = self._turn
        self._busy.add(workspace.id)
        asker = Asker(workspace.person, workspace.project, home)
        # A daemon: the worker is stopped without waiting for a check that may take a minute and a half.
        threading.Thread(target=self._serve, args=(workspace.id, asker, waiting[0]), daemon=True).start()

    def _serve(self, workspace: str, asker: Asker, ask: str) -> None:
        try:
            self._helper.serve(asker, ask, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - logged; the kernel that waits says that nobody answered
            log.error("notebook_not_answered", workspace=workspace, error=repr(error))
        finally:
            self._busy.discard(workspace)


def start_notebook_clock(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start looking, in a thread that ends when *told* is set."""
    desk: Desk = open_installed_desk(settings)
    helper = Helper(desk, Pace(settings.notebook_checks_per_hour), f"{settings.public_url}/services/bureau")
    counter = Counter(WorkspaceBook.of(settings), open_layout(settings), helper)

    def notebooks() -> None:
        counter.look()

    thread = repeat(notebooks, LOOK_EVERY_S, told)
    thread.start()
    return [thread]
