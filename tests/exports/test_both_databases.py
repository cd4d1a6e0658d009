"""The desk on SQLite and on PostgreSQL: the same way to release, and people who click at the same moment."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.exports import reviewing
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import open_download
from hub_extensions.exports.releasing import resume
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, CYD, PROJECT, Bench, open_bench, populate
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import BureauError, Conflict


@pytest.fixture
def any_bench(database_url: str, memory_ledger: MemoryLedger, fast_folder: Path) -> Iterator[Bench]:
    """A desk on each kind of database."""
    (fast_folder / "projects" / PROJECT).mkdir(parents=True)
    bench = open_bench(fast_folder, memory_ledger, url=database_url)
    populate(bench.desk.store)
    yield bench
    bench.desk.store.close()


def at_once(*acts: Callable[[], object]) -> list[BureauError]:
    """Do all of them at the same moment; return what was refused."""
    start, refused = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except BureauError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def voting(bench: Bench, request_id: str, reviewer: str) -> Callable[[], object]:
    """One reviewer's click on the only file."""
    (file,) = detail(bench.desk, request_id, reviewer, now=bench.now)["files"]
    return lambda: reviewing.vote(bench.desk, request_id, file["id"], Ballot.APPROVE, actor=reviewer, now=bench.now)


def test_the_whole_way(any_bench: Bench) -> None:
    bench = any_bench
    request_id = bench.submitted()
    bench.vote(request_id, ADA, Ballot.REFUSE)
    bench.vote(request_id, BEA)
    assert bench.state(request_id) is State.REVIEWED
    reviewing.return_(bench.desk, request_id, actor=BEA, now=bench.now, message="Précisez.")
    reviewing.answer(bench.desk, request_id, "Voici.", actor=AUTHOR, now=bench.now)
    bench.submit(request_id)
    bench.join(ADA)
    assert bench.vote(request_id, CYD) is State.RELEASED
    (link,) = detail(bench.desk, request_id, AUTHOR, now=bench.now)["links"]
    assert b"".join(open_download(bench.desk, link["id"], actor=AUTHOR, clock=bench.clock).chunks)


def test_one_reviewer_who_clicks_three_times_at_once_is_one(any_bench: Bench) -> None:
    bench = any_bench
    request_id = bench.submitted()
    refused = at_once(*[voting(bench, request_id, ADA)] * 3)
    assert [type(error) for error in refused] == [Conflict, Conflict]
    assert bench.state(request_id) is State.IN_REVIEW


def test_two_reviewers_who_click_at_once_release_once(any_bench: Bench) -> None:
    bench = any_bench
    request_id = bench.submitted()
    assert at_once(voting(bench, request_id, ADA), voting(bench, request_id, BEA)) == []
    resume(bench.desk, now=bench.now)
    assert bench.state(request_id) is State.RELEASED
    assert len(bench.ledger.of(Kind.EXPORT_RELEASED)) == 1
    assert len(detail(bench.desk, request_id, AUTHOR, now=bench.now)["links"]) == 1


def test_the_last_download_is_given_once(any_bench: Bench) -> None:
    bench = any_bench
    request_id = bench.released()
    (link,) = detail(bench.desk, request_id, AUTHOR, now=bench.now)["links"]

    def fetch() -> None:
        b"".join(open_download(bench.desk, link["id"], actor=AUTHOR, clock=bench.clock).chunks)

    for _ in range(bench.desk.rules.download_max_count - 1):
        fetch()
    assert [type(error) for error in at_once(fetch, fetch, fetch)] == [Conflict, Conflict]
