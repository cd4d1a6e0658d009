"""Counting: two agreeing eligible reviewers on these very bytes, and nothing else, make an approval."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hub_extensions.exports.voting import Ballot, CastVote, Outcome, count

FILES = {"f1": "aaa", "f2": "bbb"}
YES, NO = Ballot.APPROVE, Ballot.REFUSE


def vote(reviewer: str, file_id: str, ballot: Ballot = YES, fingerprint: str | None = None) -> CastVote:
    """A vote on the file as it is, unless another fingerprint is given."""
    return CastVote(reviewer, file_id, ballot, FILES[file_id] if fingerprint is None else fingerprint)


def both(reviewer: str, ballot: Ballot = YES) -> list[CastVote]:
    """The same vote on both files."""
    return [vote(reviewer, file_id, ballot) for file_id in FILES]


def test_two_reviewers_approve() -> None:
    tally = count(FILES, [*both("ada"), *both("bea")], eligible={"ada", "bea"}, required=2)
    assert tally.closed
    assert tally.approved


def test_one_reviewer_is_not_two_however_often_the_vote_is_there() -> None:
    tally = count(FILES, both("ada") * 5, eligible={"ada"}, required=2)
    assert not tally.closed
    assert not tally.approved


def test_a_round_is_open_until_two_have_voted_on_every_file() -> None:
    votes = [*both("ada"), vote("bea", "f1"), vote("cyd", "f2")]
    tally = count(FILES, votes, eligible={"ada", "bea", "cyd"}, required=2)
    assert set(tally.outcomes.values()) == {Outcome.APPROVED}
    assert not tally.closed
    assert not tally.approved
    assert tally.owed("bea") == {"f2"}


def test_a_vote_on_other_bytes_does_not_count() -> None:
    votes = [*both("ada"), vote("bea", "f1"), vote("bea", "f2", fingerprint="old")]
    tally = count(FILES, votes, eligible={"ada", "bea"}, required=2)
    assert tally.outcomes == {"f1": Outcome.APPROVED, "f2": Outcome.PENDING}


def test_the_votes_of_a_reviewer_who_is_no_longer_eligible_do_not_count() -> None:
    tally = count(FILES, [*both("ada"), *both("bea")], eligible={"ada"}, required=2)
    assert not tally.closed
    assert set(tally.outcomes.values()) == {Outcome.PENDING}


def test_a_third_reviewer_settles_a_conflict_either_way() -> None:
    split = [*both("ada"), vote("bea", "f1", NO), vote("bea", "f2")]
    people = {"ada", "bea", "cyd"}
    tally = count(FILES, split, eligible=people, required=2)
    assert tally.conflicts == {"f1"}
    assert tally.closed
    assert not tally.approved
    assert not tally.refused
    assert tally.owed("cyd") == {"f1"}
    assert tally.owed("ada") == frozenset()
    assert count(FILES, [*split, vote("cyd", "f1")], eligible=people, required=2).approved
    assert count(FILES, [*split, vote("cyd", "f1", NO)], eligible=people, required=2).refused


def test_no_file_is_not_an_approval() -> None:
    assert not count({}, both("ada"), eligible={"ada", "bea"}, required=2).approved


names = st.sampled_from(["ada", "bea", "cyd", "dan", "eve"])
votes_drawn = st.lists(
    st.builds(CastVote, names, st.sampled_from(["f1", "f2", "f3"]), st.sampled_from(Ballot), st.sampled_from("ab"))
)


@given(
    files=st.dictionaries(st.sampled_from(["f1", "f2", "f3"]), st.sampled_from("ab")),
    votes=votes_drawn,
    eligible=st.sets(names),
    required=st.integers(2, 4),
)
def test_approval_always_rests_on_distinct_eligible_approvals(
    files: dict[str, str], votes: list[CastVote], eligible: set[str], required: int
) -> None:
    """Whatever is in the table: approved means that many different eligible people said yes to each of these bytes."""
    tally = count(files, votes, eligible=eligible, required=required)
    if not tally.approved:
        return
    assert files
    for file_id, fingerprint in files.items():
        said_yes = {
            vote.reviewer
            for vote in votes
            if (vote.file_id, vote.fingerprint, vote.ballot) == (file_id, fingerprint, Ballot.APPROVE)
        }
        assert len(said_yes & eligible) >= required


@given(ballots=st.lists(st.sampled_from(Ballot), min_size=2, max_size=9), required=st.integers(2, 5))
def test_enough_reviewers_always_end_a_conflict(ballots: list[Ballot], required: int) -> None:
    """With 2·required − 1 reviewers one side has the required number: no conflict is for ever."""
    people = [f"r{number}" for number in range(len(ballots))]
    votes = [CastVote(name, "f1", ballot, "a") for name, ballot in zip(people, ballots, strict=True)]
    tally = count({"f1": "a"}, votes, eligible=set(people), required=required)
    if len(ballots) >= 2 * required - 1:
        assert tally.outcomes["f1"] in {Outcome.APPROVED, Outcome.REFUSED}
        assert max(Counter(ballots).values()) >= required
