"""What each person sees: reviewers judge alone first, authors see outcomes, strangers see nothing."""

import json

import pytest

from audit.events import Kind
from hub_extensions.exports import reviewing
from hub_extensions.exports.details import detail
from hub_extensions.exports.reading import read_file
from hub_extensions.exports.states import OWNERS, Act, Owner, State
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, COLLEAGUE, CYD, DAY, ONCE, STRANGER, Bench
from hub_extensions.exports.views import mine, queue, received
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import NotFound, Refused, Unavailable


def page(bench: Bench, request_id: str, viewer: str) -> dict:
    """The request as *viewer* sees it; always plain JSON."""
    seen = detail(bench.desk, request_id, viewer, now=bench.now)
    json.dumps(seen)
    return seen


def told(bench: Bench, request_id: str, viewer: str) -> str:
    """Everything that *viewer* is shown, as one text."""
    return json.dumps(page(bench, request_id, viewer))


def test_reviewers_are_blind_until_both_have_voted_on_every_file(bench: Bench) -> None:
    request_id = bench.submitted("a.csv", "b.csv")
    first, second = (file["id"] for file in page(bench, request_id, ADA)["files"])
    say = {"actor": ADA, "now": bench.now}
    reviewing.vote(bench.desk, request_id, first, Ballot.REFUSE, comment="SECRET-REASON", **say)
    reviewing.vote(bench.desk, request_id, second, Ballot.APPROVE, **say)
    reviewing.comment(bench.desk, request_id, "SECRET-NOTE", public=False, **say)
    reviewing.vote(bench.desk, request_id, first, Ballot.APPROVE, actor=BEA, now=bench.now)
    for viewer in (BEA, CYD, AUTHOR, COLLEAGUE):
        seen = told(bench, request_id, viewer)
        assert "SECRET" not in seen, viewer
        assert f'"{ADA}"' not in seen, viewer
        assert '"refuse"' not in seen, viewer
    assert page(bench, request_id, BEA)["files"][0]["votes_hidden"]
    reviewing.vote(bench.desk, request_id, second, Ballot.APPROVE, actor=BEA, now=bench.now)
    for viewer in (ADA, BEA):
        seen = told(bench, request_id, viewer)
        assert "SECRET-REASON" in seen
        assert "SECRET-NOTE" in seen
    assert "SECRET" not in told(bench, request_id, CYD), "the third reviewer judges alone too"
    assert page(bench, request_id, CYD)["need"] == "third"


def test_a_second_round_is_blind_again(bench: Bench) -> None:
    request_id = bench.submitted("a.csv", "b.csv")
    first, second = (file["id"] for file in page(bench, request_id, ADA)["files"])
    for reviewer in (ADA, BEA):
        say = {"actor": reviewer, "now": bench.now}
        reviewing.vote(bench.desk, request_id, first, Ballot.REFUSE, comment="Effectifs ?", **say)
        reviewing.vote(bench.desk, request_id, second, Ballot.APPROVE, **say)
    reviewing.return_(bench.desk, request_id, actor=ADA, now=bench.now, message="Voir Effectifs.")
    bench.write("a.csv", b"mended")
    bench.submit(request_id)
    reviewing.vote(
        bench.desk, request_id, first, Ballot.REFUSE, actor=ADA, now=bench.now, comment="SECRET: encore petit."
    )
    assert "SECRET" not in told(bench, request_id, BEA)
    assert all(not file["votes"] or file["id"] == second for file in page(bench, request_id, BEA)["files"])


def test_the_author_reads_remarks_when_the_request_comes_back_and_never_names(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.vote(request_id, ADA, Ballot.REFUSE)
    reviewing.comment(bench.desk, request_id, "Entre nous.", actor=ADA, now=bench.now, public=False)
    assert page(bench, request_id, AUTHOR)["comments"] == []
    reviewing.return_(bench.desk, request_id, actor=ADA, now=bench.now, message="Effectif ligne 3.")
    seen = page(bench, request_id, AUTHOR)
    assert [comment["text"] for comment in seen["comments"]] == ["Voir le tableau.", "Effectif ligne 3."]
    assert [(comment["by"], comment["reviewer"]) for comment in seen["comments"]] == [(None, 1), (None, 1)]
    assert f'"{ADA}"' not in told(bench, request_id, AUTHOR)


@pytest.mark.parametrize(
    ("viewer", "sees"), [(AUTHOR, "author"), (COLLEAGUE, "member"), (ADA, "reviewer"), (STRANGER, None), (ONCE, None)]
)
def test_roles_of_viewers(bench: Bench, viewer: str, sees: str | None) -> None:
    request_id = bench.submitted()
    if sees is None:
        with pytest.raises(NotFound):
            page(bench, request_id, viewer)
    else:
        assert page(bench, request_id, viewer)["viewer_role"] == sees


def test_a_recipient_sees_the_request_once_it_is_out(bench: Bench) -> None:
    request_id = bench.submitted(recipients=[STRANGER])
    with pytest.raises(NotFound):
        page(bench, request_id, STRANGER)
    bench.vote(request_id, ADA)
    bench.vote(request_id, BEA)
    seen = page(bench, request_id, STRANGER)
    assert seen["viewer_role"] == "recipient"
    assert [link["recipient"] for link in seen["links"]] == [STRANGER]
    (link,) = received(bench.desk, STRANGER, now=bench.now)
    assert (link["request"], link["usable"]) == (request_id, True)


def test_drafts_are_the_authors_and_the_projects(bench: Bench) -> None:
    request_id = bench.draft("a.csv")
    assert page(bench, request_id, COLLEAGUE)["state"] == "draft"
    with pytest.raises(NotFound):
        page(bench, request_id, ADA)


def test_every_button_says_why_not(bench: Bench) -> None:
    request_id = bench.submitted()
    for viewer in (AUTHOR, COLLEAGUE, ADA):
        acts = page(bench, request_id, viewer)["acts"]
        assert set(acts) == {act for act in Act if OWNERS[act] != {Owner.SYSTEM}}
        for answer in acts.values():
            assert answer["allowed"] == (answer["reason"] is None)
    assert page(bench, request_id, ADA)["acts"]["vote"]["allowed"]
    assert page(bench, request_id, ADA)["acts"]["return"]["allowed"]
    assert not page(bench, request_id, ADA)["acts"]["reject"]["allowed"]
    assert not page(bench, request_id, AUTHOR)["acts"]["vote"]["allowed"]
    assert page(bench, request_id, AUTHOR)["acts"]["withdraw"]["allowed"]
    assert "Déposée" in page(bench, request_id, AUTHOR)["acts"]["edit"]["reason"]["fr"]


def test_the_queue_is_what_one_may_judge_oldest_promise_first(bench: Bench) -> None:
    first = bench.submitted("a.csv")
    bench.now += DAY
    second = bench.submitted("b.csv")
    bench.now += DAY / 24
    bench.vote(first, ADA)
    assert [each["id"] for each in queue(bench.desk, ADA, now=bench.now)] == [first, second]
    assert [each["need"] for each in queue(bench.desk, ADA, now=bench.now)] == ["wait", "vote"]
    for other in (AUTHOR, COLLEAGUE, ONCE, STRANGER):
        assert queue(bench.desk, other, now=bench.now) == []
    assert not queue(bench.desk, BEA, now=bench.now)[0]["late"]
    assert queue(bench.desk, BEA, now=bench.now + 2 * DAY)[0]["late"]
    json.dumps(queue(bench.desk, BEA, now=bench.now))
    assert [each["id"] for each in mine(bench.desk, AUTHOR, now=bench.now)] == [first, second]
    json.dumps(mine(bench.desk, AUTHOR, now=bench.now))


def test_deciding_is_asked_of_reviewers_after_two_refusals(bench: Bench) -> None:
    request_id = bench.submitted()
    for reviewer in (ADA, BEA):
        bench.vote(request_id, reviewer, Ballot.REFUSE)
    assert bench.state(request_id) is State.REVIEWED
    assert page(bench, request_id, ADA)["need"] == "decide"
    assert page(bench, request_id, ADA)["acts"]["reject"]["allowed"]


def test_only_reviewers_get_bytes_before_the_release(bench: Bench) -> None:
    request_id = bench.submitted()
    (file,) = page(bench, request_id, ADA)["files"]
    preview = read_file(bench.desk, request_id, file["id"], actor=ADA, now=bench.now)
    assert preview.path.read_bytes() == b"age,n\n40,120\n", "what would leave, not what was written"
    assert file["normalised"]
    (read,) = bench.ledger.of(Kind.EXPORT_READ)
    assert (read.actor, read.subject["file"], read.private) == (ADA, file["id"], {"sha256": file["sha256"]})
    assert "sha256" not in read.subject, "leaves are public, and a small table's hash can be guessed"
    for other in (AUTHOR, COLLEAGUE):
        with pytest.raises(Refused):
            read_file(bench.desk, request_id, file["id"], actor=other, now=bench.now)
    with pytest.raises(NotFound):
        read_file(bench.desk, request_id, file["id"], actor=STRANGER, now=bench.now)
    bench.ledger.stop()
    with pytest.raises(Unavailable):
        read_file(bench.desk, request_id, file["id"], actor=ADA, now=bench.now)


def test_a_vote_can_be_taken_back_until_the_round_closes(bench: Bench) -> None:
    request_id = bench.submitted()
    (file,) = page(bench, request_id, ADA)["files"]
    bench.vote(request_id, ADA, Ballot.REFUSE)
    reviewing.unvote(bench.desk, request_id, file["id"], actor=ADA, now=bench.now)
    bench.vote(request_id, ADA)
    assert bench.vote(request_id, BEA) is State.RELEASED
