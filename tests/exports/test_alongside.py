"""What waits at the same time is compared like what left; two submissions at once can't pass each other."""

from dataclasses import replace

import pytest

from audit.events import Event, Kind
from hub_extensions.exports import reviewing, submitting
from hub_extensions.exports.checking import Checker
from hub_extensions.exports.checks.together.past import WAITING
from hub_extensions.exports.planted import PlantedRequest
from hub_extensions.exports.states import State
from hub_extensions.exports.submitting import pre_check
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, DAY, PROJECT, SETUP, Bench
from project_spaces.datasets import register_dataset, register_version
from project_spaces.errors import Conflict
from project_spaces.facts import Classification
from project_spaces.habilitations import grant_habilitation
from project_spaces.text import Text

WHOLE = b"classe_age,n\n0-20,145\n21-60,610\n61+,342\n"
PART = b"classe_age,n\n0-20,142\n21-60,590\n61+,320\n"


def beside(bench: Bench) -> list[str]:
    """What the last order of the checker lays beside its files; read while it is there."""
    folder = bench.checker.orders[-1].released
    return [] if folder is None else sorted(str(file.relative_to(folder)) for file in folder.rglob("*.csv"))


def test_two_requests_under_review_at_once_do_not_both_leave(bench: Bench, one_worker: Checker) -> None:
    """3 persons are the difference of two tables that no reviewer has in the same request."""
    bench.desk = replace(bench.desk, checker=one_worker)
    bench.write("whole.csv", WHOLE)
    bench.write("part.csv", PART)
    whole, part = bench.submitted("whole.csv"), bench.submitted("part.csv")
    assert (bench.state(whole), bench.state(part)) == (State.SUBMITTED, State.DRAFT)
    (said,) = pre_check(bench.desk, PROJECT, ["part.csv"], actor=AUTHOR, now=bench.now)
    assert [finding.rule for finding in said.findings] == ["difference.subset"]
    assert "(demande en attente)" in said.findings[0].message.fr
    reviewing.return_(bench.desk, whole, actor=ADA, now=bench.now, message="Retirez ce tableau.")
    assert bench.submit(part) is State.SUBMITTED, "what went back to its author would not leave"
    bench.vote(part, ADA)
    assert bench.vote(part, BEA) is State.RELEASED


def test_a_submission_that_another_one_overtakes_is_judged_again(bench: Bench) -> None:
    first, second = bench.draft("first.csv"), bench.draft("second.csv")
    seen: list[list[str]] = []

    def overtake() -> None:
        seen.append(beside(bench))
        if len(seen) == 1:
            assert bench.submit(second) is State.SUBMITTED

    bench.checker.during = overtake
    assert bench.submit(first) is State.SUBMITTED
    assert seen == [[], [], [f"{WAITING}/000000/second.csv"]]


def test_a_submission_that_is_overtaken_for_ever_stays_the_draft_it_was(bench: Bench) -> None:
    request_id = bench.draft("mine.csv")
    calls: list[int] = []

    def overtake() -> None:
        calls.append(1)
        if len(calls) % 2:
            bench.submitted(f"other{len(calls)}.csv")

    bench.checker.during = overtake
    with pytest.raises(Conflict) as caught:
        bench.submit(request_id)
    assert caught.value.text == submitting.BUSY
    assert bench.state(request_id) is State.DRAFT


def test_a_plant_stands_in_nobodys_way(bench: Bench) -> None:
    planted = bench.submitted("planted.csv")
    event = Event(Kind.EXPORT_PLANTED, ADA, PROJECT, bench.now, {"request": planted})
    with bench.desk.store.write(event) as session:
        session.add(PlantedRequest(request_id=planted, why="4", planted_by=ADA, planted_at=bench.now))
    seen: list[list[str]] = []
    bench.checker.during = lambda: seen.append(beside(bench))
    bench.submitted("mine.csv")
    assert seen == [[]]


def delivered(bench: Bench, version: str) -> None:
    """A version of the project's data set, which it may use from the first one on."""
    store, now = bench.desk.store, bench.now
    if version == "1":
        register_dataset(
            store,
            slug="sejours",
            title=Text("Séjours", "Stays"),
            owner="ATIH",
            classification=Classification.SYNTHETIC,
            min_persons=11,
            person_column=None,
            actor=SETUP,
            now=now,
        )
        grant_habilitation(
            store,
            person=AUTHOR,
            project=PROJECT,
            dataset="sejours",
            starts_at=now,
            ends_at=now + 90 * DAY,
            actor=SETUP,
            now=now,
        )
    register_version(store, "sejours", version, manifest_sha256="0" * 64, rows=1, actor=SETUP, now=now)


def rules_of(bench: Bench, name: str) -> list[str]:
    (said,) = pre_check(bench.desk, PROJECT, [name], actor=AUTHOR, now=bench.now)
    return [finding.rule for finding in said.findings]


def test_a_larger_table_on_the_same_data_gives_the_difference_away_on_other_data_it_may_be_the_same_query(
    bench: Bench, one_worker: Checker
) -> None:
    bench.desk = replace(bench.desk, checker=one_worker)
    bench.write("part.csv", PART)
    bench.write("whole.csv", WHOLE.replace(b"610", b"590"))
    delivered(bench, "1")
    bench.released("part.csv")
    bench.now += 30 * DAY
    assert rules_of(bench, "whole.csv") == ["difference.superset"]
    delivered(bench, "2")
    assert rules_of(bench, "whole.csv") == ["difference.repeated"]


def test_a_week_of_requests_is_added_up(bench: Bench, one_worker: Checker) -> None:
    """Fifty tables left; another one is for a person to judge, and in a week it is one of few."""
    bench.desk = replace(bench.desk, checker=one_worker)
    names = [bench.write(f"t{at}.csv", f"zone,n\n{at}A,120\n{at}B,131\n".encode()) for at in range(51)]
    bench.submitted(*names[:50])
    assert rules_of(bench, names[50]) == ["accumulation.week"]
    bench.now += 8 * DAY
    assert rules_of(bench, names[50]) == []
