"""A progress bar for those who wait: on a terminal only, and only when it takes more than two seconds."""

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

#: Seconds after which the bar shows.
PATIENCE = 2.0


class LateBar:
    """Counts steps and shows them on standard error once *patience* (seconds) has passed.

    Call it with what is being done, how many are done and how many there are.
    """

    def __init__(self, console: Console | None = None, patience: float = PATIENCE) -> None:
        console = console or Console(stderr=True)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True)
        self._task = self._bar.add_task("", total=None)
        self._timer = threading.Timer(patience, self._bar.start) if console.is_terminal else None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say what is being done; characters that don't print are left out."""
        shown = "".join(c for c in what if c.isprintable())[-60:]
        self._bar.update(self._task, description=shown, completed=done, total=total)

    def __enter__(self) -> "LateBar":
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._bar.live.is_started:
            self._bar.stop()
