"""Counting votes: pure arithmetic on who voted what on which bytes.

Three rules, in one place. A vote counts only for the exact file it was given on (its *fingerprint*: bytes, words
and recipients). It counts only while its reviewer is eligible, so a reviewer who joins the project takes the votes
away too. Nothing but a reviewer's vote counts: automatic checks have no voice here (TRAPS A6), and how many voices are
needed comes from the settings of the server (A10).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from project_spaces.text import Text


class Ballot(StrEnum):
    """What one reviewer says about one file."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Outcome(StrEnum):
    """What the votes together say about one file."""

    PENDING = "pending"
    CONFLICT = "conflict"
    APPROVED = "approved"
    REFUSED = "refused"


OUTCOME_LABELS: Mapping[Outcome, Text] = {
    Outcome.PENDING: Text("en attente", "pending"),
    Outcome.CONFLICT: Text("avis divergents", "in conflict"),
    Outcome.APPROVED: Text("validé", "approved"),
    Outcome.REFUSED: Text("refusé", "refused"),
}


@dataclass(frozen=True, slots=True)
class CastVote:
    """A vote as it was cast: *fingerprint* is the file's at that moment."""

    reviewer: str
    file_id: str
    ballot: Ballot
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of one request."""

    outcomes: Mapping[str, Outcome]
    voted: Mapping[str, frozenset[str]]
    required: int

    @property
    def complete(self) -> frozenset[str]:
        """Reviewers who have voted on every file."""
        return frozenset(name for name, files in self.voted.items() if files >= set(self.outcomes))

    @property
    def closed(self) -> bool:
        """Whether enough reviewers have voted on every file: blindness ends here."""
        return bool(self.outcomes) and len(self.complete) >= self.required

    @property
    def approved(self) -> bool:
        """Whether every file has the approvals it needs."""
        return self.closed and set(self.outcomes.values()) == {Outcome.APPROVED}

    @property
    def refused(self) -> bool:
        """Whether some file was refused by as many reviewers as an approval needs."""
        return self.closed and Outcome.REFUSED in self.outcomes.values()

    @property
    def conflicts(self) -> frozenset[str]:
        """Files that one more reviewer has to settle."""
        return frozenset(file_id for file_id, outcome in self.outcomes.items() if outcome is Outcome.CONFLICT)

    def owed(self, reviewer: str) -> frozenset[str]:
        """Files on which *reviewer* may still vote: all of them while the round is open, then the conflicts."""
        asked = self.conflicts if self.closed else frozenset(self.outcomes)
        return asked - self.voted.get(reviewer, frozenset())


def count(files: Mapping[str, str], votes: Iterable[CastVote], *, eligible: Collection[str], required: int) -> Tally:
    """Count *votes* on *files* (file id → fingerprint).

    Parameters
    ----------
    eligible
        reviewers who, at this moment, hold the role and have never been in the project.
    required
        agreeing reviewers that a file needs; with two, a third settles a conflict, because only his vote makes two.
    """
    live = {
        (vote.reviewer, vote.file_id): vote.ballot
        for vote in votes
        if vote.reviewer in eligible and files.get(vote.file_id) == vote.fingerprint
    }
    voted: dict[str, set[str]] = {}
    for reviewer, file_id in live:
        voted.setdefault(reviewer, set()).add(file_id)
    return Tally(
        outcomes={file_id: _outcome(file_id, live, required) for file_id in files},
        voted={reviewer: frozenset(file_ids) for reviewer, file_ids in voted.items()},
        required=required,
    )


def _outcome(file_id: str, live: Mapping[tuple[str, str], Ballot], required: int) -> Outcome:
    ballots = [ballot for (_, voted_on), ballot in live.items() if voted_on == file_id]
    if ballots.count(Ballot.APPROVE) >= required:
        return Outcome.APPROVED
    if ballots.count(Ballot.REFUSE) >= required:
        return Outcome.REFUSED
    return Outcome.CONFLICT if len(ballots) >= required else Outcome.PENDING
