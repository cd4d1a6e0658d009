"""What a person sees while something takes long: a bar on a terminal, plain lines in a log, nothing in a test."""

import sys
import time
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Reporter(Protocol):
    """Where long work tells how far it is."""

    def step(self, title: str) -> None:
        """Say what begins now."""

    def advance(self, done: int, total: int | None = None, detail: str = "") -> None:
        """Say how far the current step is; *total* is None when nobody knows."""


class Silent:
    """Reports nothing."""

    def step(self, title: str) -> None:
        """Ignore."""

    def advance(self, done: int, total: int | None = None, detail: str = "") -> None:
        """Ignore."""


class Visible:
    """A bar per step on a terminal; one line per step, with its duration, anywhere else."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = None
        self._title = ""
        self._since = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish(good=kind is None)
        self._progress.stop()

    def step(self, title: str) -> None:
        """Close the step before and open this one."""
        self._finish(good=True)
        self._title, self._since = title, time.monotonic()
        if self._console.is_terminal:
            self._task = self._progress.add_task(title, total=None, detail="")
        else:
            self._console.print(f"… {title}")

    def advance(self, done: int, total: int | None = None, detail: str = "") -> None:
        """Move the bar of the current step."""
        if self._task is not None:
            width = max(10, self._console.width - len(self._title) - 45)
            self._progress.update(self._task, completed=done, total=total, detail=detail[:width])

    def _finish(self, *, good: bool) -> None:
        if not self._title:
            return
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        mark = "✓" if good else "✗"
        self._console.print(f"{mark} {self._title} ({time.monotonic() - self._since:.0f} s)")
        self._title = ""
