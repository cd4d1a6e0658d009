"""The worker: what must happen because time passes or a process died, whether or not anybody is looking.

Every second it sends waiting events to the ledger, ends workspaces whose rights have lapsed, and compares what the
domain believes with what really runs. Each step is idempotent, so the worker may be killed at any moment; it needs
neither the hub nor the portal (DESIGN section 3, rules 2 and 3; TRAPS A1, A11, A19).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.request import Request, urlopen

import structlog

from audit.errors import LedgerError
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.releasing import resume, sweep
from hub_extensions.gateway.seat import cut_sentence
from hub_extensions.installation.processes import hub_api_url
from hub_extensions.installation.secret_files import secret
from hub_extensions.settings import Settings
from hub_extensions.workspaces.book import WorkspaceBook
from hub_extensions.workspaces.containers import Running
from project_spaces.errors import BureauError
from project_spaces.text import Text
from project_spaces.workspaces import StopCause

TICK_S = 0.5
#: Seconds that the threads beside may take to end; they may be killed at any moment.
#: The export desk is looked after less often: what waits there waits for people.
DESK_EVERY = timedelta(seconds=5)
#: Copies that nothing refers to are kept for a day anyway.
SWEEP_EVERY = timedelta(hours=1)
VANISHED = Text("Le conteneur de ce bureau s'est arrêté.", "This workspace's container stopped.")

log = structlog.get_logger()


#: Tells the Hub that a person's workspace in a project is over.
TellHub = Callable[[str, str], None]


def nobody(_person: str, _project: str) -> None:
    """Tell nobody."""


class HubNotice:
    """Asks the Hub to forget a server that was cut; aside, since the Hub may be down and the next cut must not wait."""

    def __init__(self, settings: Settings) -> None:
        self._url = hub_api_url(settings)
        self._token = secret(settings.secrets_dir, "worker_token")
        self._aside = ThreadPoolExecutor(2, thread_name_prefix="hub-notice")

    def __call__(self, person: str, project: str) -> None:
        """Ask, without waiting for the answer: the Hub finds out by itself within seconds."""
        self._aside.submit(self._ask, person, project)

    def _ask(self, person: str, project: str) -> None:
        url = f"{self._url}/users/{person}/servers/{project}"
        request = Request(url, method="DELETE", headers={"Authorization": f"token {self._token}"})  # noqa: S310
        try:
            urlopen(request, timeout=10).close()  # noqa: S310 - the Hub's own address on loopback
        except (OSError, HTTPException) as error:
            log.info("hub_not_told", workspace=f"{person}/{project}", error=repr(error))


class Worker:
    """Enforces time on one installation."""

    def __init__(
        self,
        book: WorkspaceBook,
        running: Running,
        grace: timedelta,
        desk: Desk | None = None,
        tell_hub: TellHub = nobody,
    ) -> None:
        self._book = book
        self._running = running
        self._grace = grace
        self._desk = desk
        self._tell_hub = tell_hub
        self._desk_due: datetime | None = None
        self._sweep_due: datetime | None = None

    def tick(self, now: datetime) -> None:
        """Do once all that is due at *now*; one step that fails does not keep the others from being done."""
        steps: tuple[Callable[[datetime], None], ...] = (
            self._end_lapsed,
            self._send_events,
            self._reconcile,
            self._finish_exports,
            self._sweep_exports,
        )
        for step in steps:
            try:
                step(now)
            except Exception as error:  # noqa: BLE001 - logged, and the same step is tried again half a second later
                log.error("worker_step_failed", step=step.__name__, error=repr(error))

    def _send_events(self, _now: datetime) -> None:
        try:
            self._book.store.flush_outbox()
        except (LedgerError, BureauError) as error:
            log.warning("ledger_does_not_take_events", error=str(error))

    def _end_lapsed(self, now: datetime) -> None:
        """Kill first, record after: a cut that could not be recorded yet is still a cut."""
        for workspace in self._book.lapsed(now):
            self._running.kill(workspace.id)
            self._book.end(workspace.id, StopCause.LAPSED, now, cut_sentence())
            log.info("workspace_cut", workspace=workspace.id)
            self._tell_hub(workspace.person, workspace.project)

    def _finish_exports(self, now: datetime) -> None:
        """Release what was approved when a process stopped, and void votes that no longer count."""
        if self._desk is None or (self._desk_due is not None and now < self._desk_due):
            return
        self._desk_due = now + DESK_EVERY
        for request in resume(self._desk, now=now).released:
            log.info("export_released_after_a_stop", request=request)

    def _sweep_exports(self, now: datetime) -> None:
        """Delete frozen copies of submissions that never came to be."""
        if self._desk is None or (self._sweep_due is not None and now < self._sweep_due):
            return
        self._sweep_due = now + SWEEP_EVERY
        log.info("exports_swept", deleted=sweep(self._desk, now=now))

    def _reconcile(self, now: datetime) -> None:
        """End in the books what no longer runs, and for real what the books don't know (orphans)."""
        real = self._running.workspaces()
        believed = self._book.believed()
        for workspace in believed:
            if workspace.id not in real and not workspace.starting(now, self._grace):
                self._book.end(workspace.id, StopCause.VANISHED, now, VANISHED)
        for orphan in real - {workspace.id for workspace in believed}:
            self._running.kill(orphan)
            log.warning("orphan_removed", workspace=orphan)
