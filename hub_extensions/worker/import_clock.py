"""What came in goes on by itself: scanned, looked into, put in place. A thread of the worker: scans take minutes."""

import threading
from datetime import UTC, datetime, timedelta

import structlog

from hub_extensions.imports.advancing import resume, sweep
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.installation.desks import open_installed_import_desk
from hub_extensions.settings import Settings
from hub_extensions.worker.repeating import repeat

#: Seconds between two looks; a sender waits for this.
LOOK_EVERY_S = 3.0
#: How long what could not be done (no scanner, a full disk) is left alone.
PAUSE = timedelta(seconds=30)
SWEEP_EVERY = timedelta(hours=1)

log = structlog.get_logger()


class ImportClock:
    """Looks at what waits, and now and then at what nobody waits for."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk
        self._sweep_due: datetime | None = None
        self._next: datetime | None = None

    def look(self, now: datetime) -> None:
        """Do once what is due."""
        if self._next is None or now >= self._next:
            done = resume(self._desk, now=now)
            self._next = now + PAUSE if done.waiting else None
            for moved in done.moved:
                log.info("import_moved", request=moved)
        if self._sweep_due is None or now >= self._sweep_due:
            self._sweep_due = now + SWEEP_EVERY
            log.info("quarantine_swept", deleted=sweep(self._desk, now=now))


def start_import_clock(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start looking, in a thread that ends when *told* is set."""
    clock = ImportClock(open_installed_import_desk(settings))

    def imports() -> None:
        clock.look(datetime.now(UTC))

    thread = repeat(imports, LOOK_EVERY_S, told)
    thread.start()
    return [thread]
