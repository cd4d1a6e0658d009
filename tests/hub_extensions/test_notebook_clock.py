"""Where notebooks' asks are met: running workspaces only, two at once, and nobody is passed over for ever."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from hub_extensions.exports.notebook.answering import Asker, Helper
from hub_extensions.exports.notebook.dropbox import ASKS
from hub_extensions.worker.notebook_clock import AT_ONCE, Counter
from hub_extensions.workspaces.book import Believed, WorkspaceBook
from project_spaces.layout import Layout
from project_spaces.workspaces import WorkspaceState

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Slow:
    """Answers when told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.told = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)

    def serve(self, asker: Asker, _ask: str, _now: datetime) -> None:
        self.asked.append(asker.person)
        self.begun.release()
        self.told.acquire()


def counter(tmp_path: Path, people: dict[str, WorkspaceState], helper: Slow) -> Counter:
    layout = Layout(tmp_path)
    for person in people:
        folder = layout.home_dir("projet", person) / ASKS
        folder.mkdir(parents=True)
        for number in range(3):
            (folder / f"{number:032x}.json").touch()
    believed = [Believed(f"w-{person}", person, "projet", state, NOW) for person, state in people.items()]

    class Book:
        def believed(self) -> list[Believed]:
            return believed

    return Counter(cast("WorkspaceBook", Book()), layout, cast("Helper", helper))


def until(holds: Callable[[], Any]) -> None:
    waited = threading.Event()
    while not holds():
        waited.wait(0.01)


def test_a_workspace_that_does_not_run_is_answered_nothing(tmp_path: Path) -> None:
    helper = Slow()
    counter(tmp_path, {"ana": WorkspaceState.STARTING, "ben": WorkspaceState.STOPPED}, helper).look()
    assert helper.asked == []


def test_who_asks_without_end_waits_for_the_others(tmp_path: Path) -> None:
    helper = Slow()
    met = counter(tmp_path, dict.fromkeys(("ana", "ben", "cyd"), WorkspaceState.RUNNING), helper)
    for _ in range(3):
        met.look()
    for _ in range(AT_ONCE):
        helper.begun.acquire()
    assert sorted(helper.asked) == ["ana", "ben"]
    helper.told.release()
    until(lambda: met.look() or len(helper.asked) == AT_ONCE + 1)
    assert helper.asked[-1] == "cyd"
    for _ in range(AT_ONCE):
        helper.told.release()
