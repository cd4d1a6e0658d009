"""Who is asked: enough people from outside, there, without a conflict, the least burdened first; and who steps in."""

from datetime import timedelta

import pytest

from hub_extensions.exports import reviewing
from hub_extensions.exports.assignments import assignments, loads
from hub_extensions.exports.availability import cancel_absence, declare_absence, declare_conflict
from hub_extensions.exports.details import detail
from hub_extensions.exports.releasing import resume
from hub_extensions.exports.states import State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, CYD, DAY, NOW, ONCE, PROJECT, SETUP, Bench
from hub_extensions.exports.views import queue
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import PlatformRole
from project_spaces.notifications import notifications
from project_spaces.people import create_person, grant_role

OUTSIDE = {ADA, BEA, CYD}


def asked(bench: Bench, request_id: str) -> list[str]:
    """Who is asked now."""
    with bench.desk.store.read() as session:
        return [each.reviewer for each in assignments(session, request_id)]


def told(bench: Bench, who: str) -> list[str]:
    """What somebody was told, in English."""
    with bench.desk.store.read() as session:
        return [each.text.en for each in notifications(session, who)]


def test_two_are_asked_and_told_and_never_a_member_or_the_author(bench: Bench) -> None:
    request_id = bench.submitted()
    people = asked(bench, request_id)
    assert len(people) == 2
    assert set(people) <= OUTSIDE
    for name in people:
        assert told(bench, name) == ["An export request of the project readmission awaits your vote."]
    assert told(bench, AUTHOR) == []
    assert told(bench, ONCE) == ["Your place in project space readmission is withdrawn."]


def test_what_people_are_told_holds_nothing_of_the_content(bench: Bench) -> None:
    request_id = bench.submitted("secret-name.csv")
    reviewing.return_(bench.desk, request_id, actor=ADA, now=bench.now, message="Secret remark.")
    for name in (*OUTSIDE, AUTHOR):
        said = " ".join(told(bench, name))
        assert not [word for word in ("secret", "Secret", "Réadmissions", ADA) if word in said]
    assert "came back" in told(bench, AUTHOR)[0]


def test_the_work_is_balanced(bench: Bench) -> None:
    for number in range(6):
        bench.submitted(f"f{number}.csv")
    with bench.desk.store.read() as session:
        assert loads(session) == {ADA: 4, BEA: 4, CYD: 4}


def test_my_queue_begins_with_what_is_asked_of_me(bench: Bench) -> None:
    requests = [bench.submitted(f"f{number}.csv") for number in range(3)]
    for name in OUTSIDE:
        mine = [each["assigned"] for each in queue(bench.desk, name, now=bench.now)]
        assert mine == [True, True, False]
        assert {each["id"] for each in queue(bench.desk, name, now=bench.now)} == set(requests)


def test_who_helps_unasked_takes_the_place_of_one_who_has_not_begun(bench: Bench) -> None:
    request_id = bench.submitted()
    first = asked(bench, request_id)
    helper = (OUTSIDE - set(first)).pop()
    bench.vote(request_id, helper)
    assert set(asked(bench, request_id)) == {first[0], helper}
    assert bench.vote(request_id, first[0]) is State.RELEASED


@pytest.mark.parametrize("away", [0, 1])
def test_an_absence_hands_the_work_to_somebody_else(bench: Bench, away: int) -> None:
    request_id = bench.submitted()
    people = asked(bench, request_id)
    spare = (OUTSIDE - set(people)).pop()
    absence = declare_absence(bench.desk, actor=people[away], starts_at=NOW - DAY, ends_at=NOW + 7 * DAY, now=bench.now)
    resume(bench.desk, now=bench.now)
    assert set(asked(bench, request_id)) == {people[1 - away], spare}
    assert "awaits your vote" in told(bench, spare)[0]
    cancel_absence(bench.desk, absence, actor=people[away], now=bench.now)
    resume(bench.desk, now=bench.now)
    assert set(asked(bench, request_id)) == {people[1 - away], spare}, "who stepped in keeps it"


def test_a_reviewer_who_joins_the_project_in_mid_review_is_replaced_and_loses_the_vote(bench: Bench) -> None:
    request_id = bench.submitted()
    people = asked(bench, request_id)
    bench.vote(request_id, people[0])
    bench.join(people[0])
    resume(bench.desk, now=bench.now)
    spare = (OUTSIDE - set(people)).pop()
    assert set(asked(bench, request_id)) == {people[1], spare}
    assert bench.vote(request_id, people[1]) is State.IN_REVIEW, "one vote is left, and one is not enough"
    assert bench.vote(request_id, spare) is State.RELEASED


def test_a_conflict_of_interest_voids_votes_and_shuts_the_door(bench: Bench) -> None:
    request_id = bench.submitted()
    person, other = asked(bench, request_id)
    bench.vote(request_id, person)
    declare_conflict(bench.desk, PROJECT, actor=person, now=bench.now, reason="Mon directeur de thèse.")
    resume(bench.desk, now=bench.now)
    assert person not in asked(bench, request_id)
    assert bench.vote(request_id, other) is State.IN_REVIEW
    assert queue(bench.desk, person, now=bench.now) == []
    with pytest.raises(NotFound):
        detail(bench.desk, request_id, person, now=bench.now)
    with pytest.raises(Conflict):
        declare_conflict(bench.desk, PROJECT, actor=person, now=bench.now, reason="Encore.")


def test_a_recipient_does_not_judge_what_they_will_receive(bench: Bench) -> None:
    request_id = bench.submitted(recipients=[AUTHOR, ADA])
    assert set(asked(bench, request_id)) == {BEA, CYD}
    with pytest.raises(NotFound):
        bench.vote(request_id, ADA)


def test_a_conflict_of_votes_asks_a_third(bench: Bench) -> None:
    request_id = bench.submitted()
    one, two = asked(bench, request_id)
    bench.vote(request_id, one)
    bench.vote(request_id, two, Ballot.REFUSE)
    spare = (OUTSIDE - {one, two}).pop()
    assert set(asked(bench, request_id)) == {one, two, spare}
    assert bench.vote(request_id, spare) is State.RELEASED


def test_where_too_few_are_left_the_rest_is_asked_once_somebody_comes(bench: Bench) -> None:
    for name in (ADA, BEA):
        declare_conflict(bench.desk, PROJECT, actor=name, now=bench.now, reason="Ancienne équipe.")
    request_id = bench.submitted()
    assert asked(bench, request_id) == [CYD]
    at = {"actor": SETUP, "now": bench.now}
    create_person(bench.desk.store, username="dan", display_name="Dan", email="dan@example.org", **at)
    grant_role(bench.desk.store, "dan", PlatformRole.REVIEWER, **at)
    resume(bench.desk, now=bench.now)
    assert set(asked(bench, request_id)) == {CYD, "dan"}


def test_only_reviewers_speak_of_themselves_and_only_forwards(bench: Bench) -> None:
    desk = bench.desk
    with pytest.raises(Refused):
        declare_absence(desk, actor="carl", starts_at=NOW, ends_at=NOW + DAY, now=NOW)
    for start, end in ((NOW + DAY, NOW), (NOW - 3 * DAY, NOW - DAY), (NOW, NOW)):
        with pytest.raises(Invalid):
            declare_absence(desk, actor=ADA, starts_at=start, ends_at=end, now=NOW)
    absence = declare_absence(desk, actor=ADA, starts_at=NOW, ends_at=NOW + timedelta(hours=8), now=NOW)
    with pytest.raises(NotFound):
        cancel_absence(desk, absence, actor=BEA, now=NOW)


def test_looking_again_changes_nothing(bench: Bench) -> None:
    bench.submitted()
    before = len(bench.ledger.events)
    assert resume(bench.desk, now=bench.now) == resume(bench.desk, now=bench.now)
    assert len(bench.ledger.events) == before
