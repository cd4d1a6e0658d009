"""Plants never leave, whoever says what; agreement and time are what the votes give."""

from datetime import timedelta

import pytest

from hub_extensions.exports.calibration import figures, kappa, plant
from hub_extensions.exports.details import detail
from hub_extensions.exports.releasing import release, resume
from hub_extensions.exports.reviewing import vote
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, SETUP, Bench
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import Conflict, Refused

YES, NO = Ballot.APPROVE, Ballot.REFUSE


def cast(bench: Bench, request_id: str, file_id: str, reviewer: str, ballot: Ballot) -> None:
    """One vote on one file."""
    vote(bench.desk, request_id, file_id, ballot, actor=reviewer, now=bench.now, comment="Voir.")


@pytest.mark.parametrize("ballots", [(YES, YES), (YES, NO), (NO, NO)])
def test_a_plant_never_leaves_whatever_is_said(bench: Bench, ballots: tuple[Ballot, Ballot]) -> None:
    request_id = bench.submitted()
    plant(bench.desk, request_id, actor=SETUP, now=bench.now, why="Un effectif de 4 dans le texte.")
    bench.vote(request_id, ADA, ballots[0])
    bench.vote(request_id, BEA, ballots[1])
    assert bench.state(request_id) is State.WITHDRAWN
    assert release(bench.desk, request_id, now=bench.now) is State.WITHDRAWN
    resume(bench.desk, now=bench.now)
    page = detail(bench.desk, request_id, AUTHOR, now=bench.now)
    assert page["release"] is None
    assert "étalonner" in page["hold"]["fr"]


def test_reviewers_see_nothing_of_a_plant_before_their_votes(bench: Bench) -> None:
    plain, planted = bench.submitted("a.csv"), bench.submitted("b.csv")
    plant(bench.desk, planted, actor=SETUP, now=bench.now, why="Effectif de 4.")
    one, two = (detail(bench.desk, each, ADA, now=bench.now) for each in (plain, planted))
    assert [step["kind"] for step in one["timeline"]] == [step["kind"] for step in two["timeline"]]
    assert one["comments"] == two["comments"] == []
    assert one.keys() == two.keys()
    assert one["acts"] == two["acts"]


def test_only_administrators_plant_and_only_what_nobody_has_judged(bench: Bench) -> None:
    request_id = bench.submitted()
    for who in (AUTHOR, ADA):
        with pytest.raises(Refused):
            plant(bench.desk, request_id, actor=who, now=bench.now, why="x")
    bench.vote(request_id, ADA)
    with pytest.raises(Conflict):
        plant(bench.desk, request_id, actor=SETUP, now=bench.now, why="x")
    with pytest.raises(Conflict):
        plant(bench.desk, bench.draft("d.csv"), actor=SETUP, now=bench.now, why="x")


def test_who_found_the_plant_and_how_long_a_file_takes(bench: Bench) -> None:
    request_id = bench.submitted("a.csv", "b.csv", "c.csv")
    plant(bench.desk, request_id, actor=SETUP, now=bench.now, why="Effectif de 4.")
    files = [file["id"] for file in detail(bench.desk, request_id, ADA, now=bench.now)["files"]]
    for reviewer, ballot, pause in ((ADA, NO, 40), (BEA, YES, 10)):
        for file in files:
            cast(bench, request_id, file, reviewer, ballot)
            bench.now += timedelta(seconds=pause)
    with bench.desk.store.read() as session:
        told = {each["reviewer"]: each for each in figures(session)["reviewers"]}
    assert (told[ADA]["planted_caught"], told[ADA]["planted_seen"], told[ADA]["seconds_per_file"]) == (1, 1, 40.0)
    assert (told[BEA]["planted_caught"], told[BEA]["planted_seen"], told[BEA]["seconds_per_file"]) == (0, 1, 10.0)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(YES, YES)] * 20 + [(YES, NO)] * 5 + [(NO, YES)] * 10 + [(NO, NO)] * 15, 0.4),  # the textbook example
        ([(YES, YES), (NO, NO)], 1.0),
        ([(YES, NO), (NO, YES)], -1.0),
        ([(YES, YES)] * 3, None),
        ([], None),
    ],
)
def test_kappa(pairs: list[tuple[Ballot, Ballot]], expected: float | None) -> None:
    found = kappa(pairs)
    assert found == (None if expected is None else pytest.approx(expected))
