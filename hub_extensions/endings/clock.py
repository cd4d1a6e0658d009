"""A thread of the worker that carries out what was decided of ended projects; no cut ever waits for it."""

import threading

from hub_extensions.clocks import LapseClock
from hub_extensions.endings.certificate import certifier
from hub_extensions.endings.copies import FrozenCopies, QuarantinedFiles, busy
from hub_extensions.installation.desks import open_installed_desk, open_installed_import_desk
from hub_extensions.installation.opening import open_layout, open_store
from hub_extensions.settings import Settings
from hub_extensions.worker.repeating import repeat
from project_spaces.endings.carrying import carry_ends
from project_spaces.endings.remains import Remains

#: Seconds between two looks.
LOOK_EVERY_S = 10.0


def remains_of(settings: Settings) -> Remains:
    """Where the things of this installation's projects lie."""
    return Remains(
        open_layout(settings),
        keys=settings.secrets_dir / "pseudonyms",
        archives=settings.storage_dir / "archives",
        busy=busy,
        desks=(FrozenCopies(open_installed_desk(settings)), QuarantinedFiles(open_installed_import_desk(settings))),
    )


def start_end_clock(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start looking, in a thread that ends when *told* is set."""
    store, clock, desk = open_store(settings), LapseClock(), open_installed_desk(settings)
    remains, certify = remains_of(settings), certifier(desk.signer, desk.prover, settings.operator)

    def ends() -> None:
        carry_ends(store, remains, certify, now=clock.now())

    thread = repeat(ends, LOOK_EVERY_S, told)
    thread.start()
    return [thread]
