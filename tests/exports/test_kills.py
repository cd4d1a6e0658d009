"""TRAPS A11: the process is killed between any two steps of a submission, a last vote, a download; nothing is stuck.

A child process does the act and ends itself, as ``kill -9`` would, when it reaches a chosen line of the desk or of the
store; the parent then opens the same state, resumes, and finishes the request. Lines are taken at a stride from all
that the act really runs through, so that new code is covered without being named here.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

import hub_extensions.exports as room
import project_spaces.store as store_module
from audit.events import Event, Head, Kind, Receipt
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import open_download
from hub_extensions.exports.releasing import resume
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, Bench, open_bench
from hub_extensions.exports.views import received

KILLED = 9
#: Kill points tried for each act, spread over all lines that it runs through.
POINTS = 15
WATCHED = (str(Path(room.__file__).parent), store_module.__file__)


class FileLedger:
    """A ledger that outlives a process: one JSON line per event, each id once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.touch()

    def entries(self) -> list[tuple[str, str]]:
        """(id, kind) in the order of recording."""
        return [tuple(json.loads(line)) for line in self.file.read_text().splitlines()]

    def append(self, *events: Event) -> list[Receipt]:
        """Record; the same id again answers the first place."""
        places = {event_id: index for index, (event_id, _) in enumerate(self.entries())}
        with self.file.open("a") as stream:
            for event in events:
                if event.id not in places:
                    places[event.id] = len(places)
                    stream.write(json.dumps([event.id, event.kind]) + "\n")
        return [Receipt(places[event.id], b"") for event in events]

    def settle(self) -> None:
        self.inner.settle()

    def ping(self) -> Head:
        """Answer."""
        return Head(len(self.entries()), b"", "")

    def count(self, kind: Kind) -> int:
        """How many events of a kind."""
        return sum(each == kind for _, each in self.entries())


def opened(home: Path) -> Bench:
    """The installation in *home*, as a new process finds it."""
    return open_bench(home, FileLedger(home / "ledger.jsonl"))


def in_child(home: Path, act: Callable[[Bench], object], line: tuple[str, int] | None = None) -> set[tuple[str, int]]:
    """Do *act* in a child that dies at its first visit of *line*; return the lines that it ran through."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        with os.fdopen(reader) as stream:
            told = stream.read()
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == (KILLED if line else 0), f"not killed at {line}"
        return {(file, number) for file, number in json.loads(told or "[]")}
    seen: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _arg: object) -> object:
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if event == "line":
            here = (frame.f_code.co_filename, frame.f_lineno)
            seen.add(here)
            if here == line:
                os._exit(KILLED)
        return trace

    try:
        bench = opened(home)
        sys.settrace(trace)
        act(bench)
        sys.settrace(None)
        os.write(writer, json.dumps(sorted(seen)).encode())
        os._exit(0)
    finally:
        os._exit(1)  # the act itself failed


def submit(bench: Bench) -> None:
    """The author submits the only request."""
    bench.submit(only(bench))


def last_vote(bench: Bench) -> None:
    """The second reviewer votes: the request is approved and released."""
    bench.vote(only(bench), BEA)


def download(bench: Bench) -> None:
    """The recipient fetches the package."""
    (link,) = received(bench.desk, AUTHOR, now=bench.now)
    b"".join(open_download(bench.desk, link["id"], actor=AUTHOR, clock=bench.clock).chunks)


def only(bench: Bench) -> str:
    """The id of the request of this scenario, which the parent wrote down."""
    return (bench.home / "request").read_text()


def prepared(bench: Bench, act: Callable[[Bench], None]) -> None:
    """Bring a fresh installation to the moment before *act*."""
    request_id = bench.draft("a.csv", "b.csv")
    (bench.home / "request").write_text(request_id)
    if act is not submit:
        bench.submit(request_id)
        bench.vote(request_id, ADA)
    if act is download:
        bench.vote(request_id, BEA)


def finish(bench: Bench) -> None:
    """What a restart and the people would do next, whatever was left."""
    request_id = only(bench)
    resume(bench.desk, now=bench.now)
    if bench.state(request_id) is State.DRAFT:
        bench.submit(request_id)
    for reviewer in (ADA, BEA):
        if bench.state(request_id) in {State.SUBMITTED, State.IN_REVIEW}:
            bench.vote(request_id, reviewer)
    bench.desk.store.flush_outbox()


@pytest.mark.parametrize("act", [submit, last_vote, download])
def test_a_kill_anywhere_loses_nothing_and_doubles_nothing(
    new_home: Callable[[str], Path], act: Callable[[Bench], None]
) -> None:
    base = new_home("base")
    bench = opened(base)
    prepared(bench, act)
    bench.desk.store.close()
    trial = base.with_name("trial")
    shutil.copytree(base, trial)
    lines = sorted(in_child(trial, act))
    assert len(lines) > 2 * POINTS, "the act ran through the desk"
    for line in lines[:: len(lines) // POINTS]:
        shutil.rmtree(trial)
        shutil.copytree(base, trial)
        in_child(trial, act, line)
        after = opened(trial)
        finish(after)
        check(after, line)
        after.desk.store.close()


def check(bench: Bench, line: tuple[str, int]) -> None:
    """Released exactly once, with everything recorded exactly once, and nothing waiting."""
    request_id, ledger = only(bench), bench.ledger
    assert bench.state(request_id) is State.RELEASED, line
    assert isinstance(ledger, FileLedger)
    for kind in (Kind.EXPORT_SUBMITTED, Kind.EXPORT_APPROVED, Kind.EXPORT_RELEASED, Kind.EXPORT_LINKED):
        assert ledger.count(kind) == 1, (line, kind)
    assert ledger.count(Kind.EXPORT_VOTED) == 4, line
    page = detail(bench.desk, request_id, AUTHOR, now=bench.now)
    assert bench.desk.vault.intact(page["release"]["sha256"]), line
    assert len(page["links"]) == 1, line
    assert page["links"][0]["used"] == ledger.count(Kind.EXPORT_DOWNLOADED), line
    assert bench.desk.store.unsettled() == 0, line
