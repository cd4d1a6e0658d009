"""Who sees whose votes and remarks, and when: reviewers judge alone first, then together; authors see outcomes.

The rule protects independence: as long as somebody may still have to vote on a request, only those who have given all
their votes, in a round that is closed, see the votes of others.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hub_extensions.exports.requests import ExportComment, ExportRequest, ExportVote
from hub_extensions.exports.states import UNDER_REVIEW, State
from hub_extensions.exports.voting import Tally


@dataclass(frozen=True)
class Eyes:
    """What one viewer of one request may see."""

    viewer: str
    reviewer: bool
    sees_votes: bool

    def vote(self, vote: ExportVote) -> bool:
        """Whether the viewer sees what this vote says."""
        return self.reviewer and (vote.reviewer == self.viewer or self.sees_votes)

    def comment(self, comment: ExportComment, request: ExportRequest) -> bool:
        """Whether the viewer reads this remark."""
        if comment.author == self.viewer or not comment.by_reviewer:
            return True
        earlier = comment.round < request.round or request.state not in UNDER_REVIEW
        if comment.public and earlier:
            return True
        return self.reviewer and self.sees_votes

    def name(self, username: str, request: ExportRequest) -> str | None:
        """The name of somebody who acted: reviewers stay unnamed to all but reviewers who may see each other."""
        open_to_all = username in {self.viewer, request.author} or username.startswith("system:")
        return username if open_to_all or (self.reviewer and self.sees_votes) else None


def eyes_of(viewer: str, request: ExportRequest, tally: Tally, *, reviewer: bool) -> Eyes:
    """Decide what *viewer* may see; *reviewer*: eligible to judge this request."""
    decided = request.state not in {*UNDER_REVIEW, State.DRAFT, State.RETURNED}
    closed = request.closed_round == request.round and request.round > 0
    done = viewer in tally.voted and not tally.owed(viewer)
    return Eyes(viewer, reviewer, sees_votes=reviewer and (decided or (closed and done)))


def numbering(request: ExportRequest) -> Callable[[str], int]:
    """Number the reviewers of a request in the order in which they first voted or wrote."""
    first = [(vote.cast_at, vote.reviewer) for vote in request.votes]
    first += [(comment.at, comment.author) for comment in request.comments if comment.by_reviewer]
    order = list(dict.fromkeys(name for _, name in sorted(first)))
    return lambda name: order.index(name) + 1
