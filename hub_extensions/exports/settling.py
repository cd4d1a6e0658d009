"""What follows from the votes: a round closes, a request is approved, or it is reopened because a vote fell away.

Runs inside the transaction of whatever changed (a vote, a resubmission, the last look before release), never later:
there is no moment in which the votes say one thing and the state another.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from audit.events import Kind
from hub_extensions.exports import permissions
from hub_extensions.exports.acting import Turn, parties_of
from hub_extensions.exports.assigning import assign
from hub_extensions.exports.planted import PLANTED, is_planted
from hub_extensions.exports.requests import ExportRequest, ExportVote
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import Act, State, check_act
from hub_extensions.exports.voting import Ballot, CastVote, Tally, count

#: Why a vote no longer counts (``ExportVote.void_because``).
CHANGED, ANSWERED, TAKEN_BACK, NOT_OUTSIDE = "changed", "answered", "taken_back", "not_outside"


def live_votes(request: ExportRequest) -> list[ExportVote]:
    """Votes that nobody and nothing has voided."""
    return [vote for vote in request.votes if vote.void_at is None]


def tally_of(session: Session, request: ExportRequest, *, required: int, now: datetime) -> Tally:
    """Count the votes as they stand, with the eligibility that the domain gives each reviewer *now*."""
    votes = live_votes(request)
    parties = parties_of(request)
    eligible = {
        name
        for name in {vote.reviewer for vote in votes}
        if permissions.is_reviewer(standing_of(session, name, request.project, now), parties)
    }
    return count(
        {file.id: file.fingerprint or "" for file in request.files},
        [CastVote(vote.reviewer, vote.file_id, vote.ballot, vote.fingerprint) for vote in votes],
        eligible=eligible,
        required=required,
    )


def settle(turn: Turn) -> Tally:
    """Void the votes of people who are no longer outside reviewers, count, move the request, and ask who is needed."""
    _void_insiders(turn)
    request = turn.request
    tally = tally_of(turn.session, request, required=turn.desk.rules.reviewers_required, now=turn.now)
    if request.state in {State.SUBMITTED, State.IN_REVIEW} and tally.closed:
        _move(turn, Act.SETTLE, Kind.EXPORT_REVIEWED)
        request.closed_round = request.round
    if request.state is State.REVIEWED and is_planted(turn.session, request.id):
        _move(turn, Act.CONCLUDE, Kind.EXPORT_WITHDRAWN)
        request.hold = list(PLANTED)
    elif request.state is State.REVIEWED and tally.approved:
        _move(turn, Act.APPROVE, Kind.EXPORT_APPROVED)
        request.approved_at = turn.now
    elif _fell_back(request, tally):
        _move(turn, Act.REOPEN, Kind.EXPORT_CHANGED)
        request.closed_round = request.round - 1
        request.approved_at = None
        request.hold = None
    assign(turn, tally)
    return tally


def void(turn: Turn, votes: Sequence[ExportVote], because: str) -> None:
    """Keep *votes* on record, counting no more."""
    for vote in votes:
        vote.void_at = turn.now
        vote.void_because = because
        turn.also(Kind.EXPORT_CHANGED, persons={"reviewer": vote.reviewer}, vote=vote.id, void=because)


def void_outdated(turn: Turn) -> None:
    """At a new round: a changed file loses its votes, and a refusal that was answered has to be given again."""
    fingerprints = {file.id: file.fingerprint for file in turn.request.files}
    votes = live_votes(turn.request)
    changed = [vote for vote in votes if fingerprints.get(vote.file_id) != vote.fingerprint]
    void(turn, changed, CHANGED)
    answered = [vote for vote in votes if vote not in changed and vote.ballot is Ballot.REFUSE]
    void(turn, answered, ANSWERED)


def _void_insiders(turn: Turn) -> None:
    request, parties = turn.request, parties_of(turn.request)
    for name in sorted({vote.reviewer for vote in live_votes(request)}):
        standing = standing_of(turn.session, name, request.project, turn.now)
        if not permissions.is_reviewer(standing, parties):
            void(turn, [vote for vote in live_votes(request) if vote.reviewer == name], NOT_OUTSIDE)


def _fell_back(request: ExportRequest, tally: Tally) -> bool:
    if request.state is State.REVIEWED:
        return not tally.closed
    return request.state is State.APPROVED and not tally.approved


def _move(turn: Turn, act: Act, kind: Kind) -> None:
    turn.request.state = check_act(turn.request.state, act)
    turn.also(kind, act=act.value, state=turn.request.state.value)
