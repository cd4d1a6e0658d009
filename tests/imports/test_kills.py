"""TRAPS A11: the process is killed between any two steps of a reception, the checks, the placing; nothing is stuck."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import hub_extensions.imports as room
import project_spaces.store as store_module
from audit.events import Kind
from hub_extensions.imports import composing, reviewing
from hub_extensions.imports.advancing import resume
from hub_extensions.imports.states import State
from hub_extensions.imports.testing import SAM, ImportBench, open_import_bench
from tests.fixtures.killing import FileLedger, in_child

#: Kill points tried for each act, spread over all lines that it runs through.
POINTS = 8
WATCHED = (str(Path(room.__file__).parent), store_module.__file__)


def opened(home: Path) -> ImportBench:
    """The installation in *home*, as a new process finds it."""
    return open_import_bench(home, FileLedger(home / "ledger.jsonl"))


def only(bench: ImportBench) -> str:
    """The import of this scenario, which the parent wrote down."""
    return (bench.home / "request").read_text()


def receive(bench: ImportBench) -> None:
    """A second file comes in."""
    bench.send(only(bench), "b.csv", b"n\n2\n")


def advance_it(bench: ImportBench) -> None:
    """The system does its step: checks, or placing."""
    resume(bench.desk, now=bench.now)


def place(bench: ImportBench) -> None:
    """The same, once a steward has accepted."""
    resume(bench.desk, now=bench.now)


def prepared(bench: ImportBench, act: Callable[[ImportBench], None]) -> None:
    """Bring a fresh installation to the moment before *act*."""
    request_id = bench.draft()
    (bench.home / "request").write_text(request_id)
    if act is not receive:
        bench.send(request_id, "b.csv", b"n\n2\n")
        composing.submit(bench.desk, request_id, bench.by())
    if act is place:
        resume(bench.desk, now=bench.now)
        reviewing.approve(bench.desk, request_id, bench.by(SAM))


def finish(bench: ImportBench) -> None:
    """What a restart and the people would do next, whatever was left."""
    request_id = only(bench)
    if bench.state(request_id) is State.DRAFT:
        receive(bench)
        composing.submit(bench.desk, request_id, bench.by())
    resume(bench.desk, now=bench.now)
    if bench.state(request_id) is State.IN_REVIEW:
        reviewing.approve(bench.desk, request_id, bench.by(SAM))
    resume(bench.desk, now=bench.now)
    bench.desk.store.flush_outbox()


@pytest.mark.parametrize("act", [receive, advance_it, place])
def test_a_kill_anywhere_loses_nothing_and_doubles_nothing(
    import_home: Callable[[str], Path], act: Callable[[ImportBench], None]
) -> None:
    base = import_home("base")
    bench = opened(base)
    prepared(bench, act)
    bench.desk.store.close()
    trial = base.with_name("trial")
    shutil.copytree(base, trial)
    lines = sorted(in_child(lambda: opened(trial), act, WATCHED))
    assert len(lines) > 2 * POINTS, "the act ran through the desk"
    for line in lines[:: len(lines) // POINTS]:
        make_writable(trial)
        shutil.rmtree(trial)
        shutil.copytree(base, trial)
        in_child(lambda: opened(trial), act, WATCHED, line)
        after = opened(trial)
        finish(after)
        check(after, line)
        after.desk.store.close()


def make_writable(home: Path) -> None:
    """What came in is read-only."""
    for folder in home.glob("storage/imports/*/*"):
        folder.chmod(0o700)


def check(bench: ImportBench, line: tuple[str, int]) -> None:
    """In place exactly once, with everything recorded exactly once, and nothing waiting."""
    assert bench.state(only(bench)) is State.RELEASED, line
    assert isinstance(bench.ledger, FileLedger)
    for kind in (Kind.IMPORT_SUBMITTED, Kind.IMPORT_CHECKED, Kind.IMPORT_APPROVED, Kind.IMPORT_RELEASED):
        assert bench.ledger.count(kind) == 1, (line, kind)
    (folder,) = bench.folder().iterdir()
    assert sorted(file.name for file in folder.iterdir()) == ["b.csv", "manifest.import.json", "rein.csv"]
    assert bench.desk.store.unsettled() == 0, line
