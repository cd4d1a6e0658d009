"""The worker: ends what has lapsed, finds what was forgotten, and can be killed and repeated at any step."""

from datetime import UTC, datetime, timedelta

import pytest

from hub_extensions.exports.releasing import Resumed
from hub_extensions.worker.rounds import Worker
from hub_extensions.workspaces.book import Believed
from project_spaces.errors import Unavailable
from project_spaces.text import Text
from project_spaces.workspaces import StopCause, WorkspaceState

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
GRACE = timedelta(seconds=60)


class Books:
    """The domain's side, in memory."""

    def __init__(self, *open_: Believed, lapsed: tuple[str, ...] = ()) -> None:
        self.open = {each.id: each for each in open_}
        self.lapsed_ids = lapsed
        self.ended: list[tuple[str, StopCause]] = []
        self.ledger_answers = True
        self.store = self
        self.flushed = 0

    def flush_outbox(self) -> int:
        self.flushed += 1
        return 0

    def lapsed(self, now: datetime) -> list[Believed]:
        return [each for name, each in self.open.items() if name in self.lapsed_ids]

    def believed(self) -> list[Believed]:
        return list(self.open.values())

    def end(self, workspace: str, cause: StopCause, now: datetime, note: Text | None = None) -> None:
        if not self.ledger_answers:
            raise Unavailable(Text("Le journal ne répond pas.", "The ledger does not answer."))
        if self.open.pop(workspace, None):
            self.ended.append((workspace, cause))


class Engine:
    """What really runs, in memory."""

    def __init__(self, *running: str) -> None:
        self.running = set(running)

    def workspaces(self) -> set[str]:
        return set(self.running)

    def kill(self, workspace: str) -> None:
        self.running.discard(workspace)


def believed(name: str, state: WorkspaceState = WorkspaceState.RUNNING, age_s: int = 3600) -> Believed:
    return Believed(name, "ana", "etude", state, NOW - timedelta(seconds=age_s))


def worker(books: Books, engine: Engine) -> Worker:
    return Worker(books, engine, GRACE)  # type: ignore[arg-type]


def test_a_lapsed_workspace_is_killed_and_the_end_recorded() -> None:
    books, engine = Books(believed("w1"), believed("w2"), lapsed=("w1",)), Engine("w1", "w2")
    worker(books, engine).tick(NOW)
    assert engine.running == {"w2"}
    assert books.ended == [("w1", StopCause.LAPSED)]


def test_the_hub_is_told_after_the_kill() -> None:
    books, engine = Books(believed("w1"), lapsed=("w1",)), Engine("w1")
    told: list[tuple[str, str, bool]] = []
    each = Worker(books, engine, GRACE, tell_hub=lambda *who: told.append((*who, "w1" in engine.running)))  # type: ignore[arg-type]
    each.tick(NOW)
    assert told == [("ana", "etude", False)]


def test_a_lapsed_workspace_is_killed_even_while_the_ledger_is_down() -> None:
    books, engine = Books(believed("w1"), lapsed=("w1",)), Engine("w1")
    books.ledger_answers = False
    worker(books, engine).tick(NOW)
    assert engine.running == set()
    assert books.ended == []
    books.ledger_answers = True
    worker(books, engine).tick(NOW)
    assert books.ended == [("w1", StopCause.LAPSED)]


def test_a_container_nobody_knows_is_stopped() -> None:
    books, engine = Books(believed("w1")), Engine("w1", "orphan")
    worker(books, engine).tick(NOW)
    assert engine.running == {"w1"}


def test_a_container_that_vanished_is_ended_in_the_books() -> None:
    books, engine = Books(believed("w1")), Engine()
    worker(books, engine).tick(NOW)
    assert books.ended == [("w1", StopCause.VANISHED)]


def test_a_workspace_that_is_starting_is_given_its_time() -> None:
    books = Books(believed("new", WorkspaceState.STARTING, 5), believed("stuck", WorkspaceState.STARTING, 120))
    worker(books, Engine()).tick(NOW)
    assert books.ended == [("stuck", StopCause.VANISHED)]


def test_doing_it_again_changes_nothing() -> None:
    books, engine = Books(believed("w1"), believed("w2"), lapsed=("w1",)), Engine("w1", "w2", "orphan")
    each = worker(books, engine)
    each.tick(NOW)
    before = (set(engine.running), list(books.ended))
    each.tick(NOW + timedelta(seconds=1))
    assert (engine.running, books.ended) == before


def test_a_step_that_fails_keeps_no_other_from_being_done() -> None:
    books, engine = Books(believed("w1"), lapsed=("w1",)), Engine("w1", "orphan")

    def broken() -> int:
        msg = "database gone"
        raise OSError(msg)

    books.flush_outbox = broken  # type: ignore[method-assign]
    worker(books, engine).tick(NOW)
    assert engine.running == set()


def test_forgotten_copies_of_the_desk_are_swept_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[datetime] = []
    monkeypatch.setattr("hub_extensions.worker.rounds.sweep", lambda _desk, *, now: swept.append(now) or 0)
    monkeypatch.setattr("hub_extensions.worker.rounds.resume", lambda _desk, **_now: Resumed((), (), ()))
    each = Worker(Books(), Engine(), GRACE, object())  # type: ignore[arg-type]
    moments = [NOW + timedelta(minutes=passed) for passed in (0, 1, 59, 60, 61)]
    for moment in moments:
        each.tick(moment)
    assert swept == [moments[0], moments[3]]
