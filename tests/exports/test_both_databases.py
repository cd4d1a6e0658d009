"""The desk on SQLite and on PostgreSQL: the same way to release, and people who click at the same moment."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.exports import calibration, drafting, reviewing
from hub_extensions.exports.assignments import assignments
from hub_extensions.exports.availability import declare_absence
from hub_extensions.exports.details import detail
from hub_extensions.exports.downloads import open_download, revoke
from hub_extensions.exports.releasing import resume
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, CYD, DAY, PROJECT, SETUP, Bench, open_bench, populate
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import BureauError, Conflict
from project_spaces.facts import PlatformRole
from project_spaces.people import create_person, grant_role


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


@pytest.mark.parametrize("attempt", range(3))
def test_a_plant_that_is_laid_while_people_vote_never_leaves(any_bench: Bench, attempt: int) -> None:
    """An administrator's plant and the two votes that would release it: either it is no plant, or it stays."""
    bench = any_bench
    create_person(
        bench.desk.store, username=f"adm{attempt}", display_name="A", email="a@example.org", actor=SETUP, now=bench.now
    )
    grant_role(bench.desk.store, f"adm{attempt}", PlatformRole.ADMINISTRATOR, actor=SETUP, now=bench.now)
    request_id = bench.submitted()

    def laid() -> None:
        calibration.plant(bench.desk, request_id, actor=f"adm{attempt}", now=bench.now, why="Effectif de 4.")

    at_once(laid, voting(bench, request_id, ADA), voting(bench, request_id, BEA))
    resume(bench.desk, now=bench.now)
    with bench.desk.store.read() as session:
        planted = calibration.is_planted(session, request_id)
    assert (bench.state(request_id) is State.RELEASED) != planted
    assert len(bench.ledger.of(Kind.EXPORT_PLANTED)) == planted


def test_what_changes_while_the_last_vote_is_given_is_not_what_leaves(any_bench: Bench) -> None:
    """The author takes it back, a reviewer returns it or takes a vote back: one of them, whole, and never both."""
    bench = any_bench
    for act in ("withdraw", "return", "unvote"):
        request_id = bench.submitted(f"{act}.csv")
        bench.vote(request_id, ADA)
        (file,) = detail(bench.desk, request_id, ADA, now=bench.now)["files"]
        say = {"now": bench.now}
        other = {
            "withdraw": lambda: drafting.withdraw(bench.desk, request_id, actor=AUTHOR, **say),  # noqa: B023
            "return": lambda: reviewing.return_(bench.desk, request_id, actor=CYD, message="Non.", **say),  # noqa: B023
            "unvote": lambda: reviewing.unvote(bench.desk, request_id, file["id"], actor=ADA, **say),  # noqa: B023
        }[act]
        refused = at_once(other, voting(bench, request_id, BEA))
        resume(bench.desk, now=bench.now)
        page = detail(bench.desk, request_id, AUTHOR, now=bench.now)
        left = page["state"] == "released"
        assert left == bool(page["links"])
        kinds = [event.kind for event in bench.ledger.events if event.subject.get("request") == request_id]
        assert kinds.count(Kind.EXPORT_RELEASED) == left
        undone = {"withdraw": Kind.EXPORT_WITHDRAWN, "return": Kind.EXPORT_RETURNED}.get(act)
        if undone is not None:
            assert left != (undone in kinds), (act, refused)


def test_two_recalls_two_submissions_and_two_answers_at_once_are_one(any_bench: Bench) -> None:
    bench = any_bench
    request_id = bench.draft("a.csv")
    assert len(at_once(*[lambda: bench.submit(request_id)] * 2)) == 1
    for reviewer in (ADA, BEA):
        bench.vote(request_id, reviewer)
    (link,) = detail(bench.desk, request_id, AUTHOR, now=bench.now)["links"]

    def recall() -> None:
        revoke(bench.desk, request_id, actor=AUTHOR, now=bench.now, message="Effectif faux.")

    def fetch() -> None:
        b"".join(open_download(bench.desk, link["id"], actor=AUTHOR, clock=bench.clock).chunks)

    at_once(recall, recall, fetch)
    assert bench.state(request_id) is State.REVOKED
    assert len(bench.ledger.of(Kind.EXPORT_REVOKED)) == 1
    with pytest.raises(Conflict):
        fetch()


def test_an_absence_at_the_moment_of_an_assignment_asks_nobody_twice(any_bench: Bench) -> None:
    bench = any_bench
    request_id = bench.submitted()

    def away() -> None:
        declare_absence(bench.desk, actor=ADA, starts_at=bench.now, ends_at=bench.now + DAY, now=bench.now)

    at_once(away, lambda: resume(bench.desk, now=bench.now), lambda: resume(bench.desk, now=bench.now))
    resume(bench.desk, now=bench.now)
    with bench.desk.store.read() as session:
        asked = [each.reviewer for each in assignments(session, request_id)]
    assert len(asked) == len(set(asked)) == 2
    assert ADA not in asked
