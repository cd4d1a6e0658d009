"""TRAPS A11: the process is killed between any two steps of a submission, a last vote, a download; nothing is stuck.

A child process does the act and ends itself, as ``kill -9`` would, when it reaches a chosen line of the desk or of the
store; the parent then opens the same state, resumes, and finishes the request. Lines are taken at a stride from all
that the act really runs through, so that new code is covered without being named here.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import hub_extensions.exports as room
import project_spaces.store as store_module
from audit.events import Kind
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import open_download
from hub_extensions.exports.releasing import resume
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, Bench, open_bench
from hub_extensions.exports.views import received
from tests.fixtures.killing import FileLedger, in_child

#: Kill points tried for each act, spread over all lines that it runs through.
POINTS = 15
WATCHED = (str(Path(room.__file__).parent), store_module.__file__)


def opened(home: Path) -> Bench:
    """The installation in *home*, as a new process finds it."""
    return open_bench(home, FileLedger(home / "ledger.jsonl"))


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
    lines = sorted(in_child(lambda: opened(trial), act, WATCHED))
    assert len(lines) > 2 * POINTS, "the act ran through the desk"
    for line in lines[:: len(lines) // POINTS]:
        shutil.rmtree(trial)
        shutil.copytree(base, trial)
        in_child(lambda: opened(trial), act, WATCHED, line)
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
