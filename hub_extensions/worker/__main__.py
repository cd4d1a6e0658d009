"""The worker's process: its rounds and the clocks beside them, until it is told to stop."""

import signal
import threading
from datetime import timedelta
from types import FrameType

from hub_extensions.clocks import LapseClock
from hub_extensions.endings.clock import start_end_clock
from hub_extensions.installation.desks import open_installed_desk
from hub_extensions.installation.settings_entry import settle_settings
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.worker.attack_clock import start_attack_clock
from hub_extensions.worker.guard import start_guards
from hub_extensions.worker.import_clock import start_import_clock
from hub_extensions.worker.notebook_clock import start_notebook_clock
from hub_extensions.worker.publication_clock import start_publication_clock
from hub_extensions.worker.request_clock import start_request_clock
from hub_extensions.worker.rights_clock import start_rights_clock
from hub_extensions.worker.rounds import TICK_S, HubNotice, Worker
from hub_extensions.workspaces.book import WorkspaceBook
from hub_extensions.workspaces.running import running_workspaces

GUARD_STOPS_S = 3.0


def run(settings: Settings) -> None:
    """Tick until told to stop."""
    settle_settings(settings, "worker")
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    book = WorkspaceBook.of(settings)
    grace = timedelta(seconds=settings.start_timeout_s + 30)
    worker = Worker(book, running_workspaces(settings), grace, open_installed_desk(settings), HubNotice(settings))
    starts = (
        start_guards,
        start_request_clock,
        start_rights_clock,
        start_import_clock,
        start_notebook_clock,
        start_end_clock,
        start_publication_clock,
        start_attack_clock,
    )
    beside, clock = [thread for start in starts for thread in start(settings, told)], LapseClock()
    while not told.wait(TICK_S):
        worker.tick(clock.now())
    for thread in beside:
        thread.join(GUARD_STOPS_S)


if __name__ == "__main__":
    run(bureau_settings.load())
