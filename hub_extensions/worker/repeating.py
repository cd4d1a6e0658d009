"""What the worker does beside its cuts: a step in a thread of its own, again and again until told to stop."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()


def repeat(step: Callable[[], None], every_s: float, told: threading.Event) -> threading.Thread:
    """Return a thread, not started yet, that does *step* every *every_s* seconds; one that fails is tried again."""

    def run() -> None:
        while not told.is_set():
            try:
                step()
            except Exception as error:  # noqa: BLE001 - logged, and done again: what grows old is found by others
                log.error("repeated_step_failed", step=step.__name__, error=repr(error))
            told.wait(every_s)

    return threading.Thread(target=run, name=step.__name__, daemon=True)
