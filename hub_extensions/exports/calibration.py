"""How well reviewers judge: planted files that must be refused, agreement between reviewers, time per file.

An administrator marks a waiting request, with its author's knowledge, as a plant. Reviewers see nothing of it; once all
votes are in it is closed, and it can never be released, whatever they said. Agreement is Cohen's kappa over the first
two independent votes on the same bytes: 1 is perfect, 0 what chance would give.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from hub_extensions.exports.acting import load, project_of, written
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.planted import PlantedRequest, is_planted
from hub_extensions.exports.requests import ExportRequest, ExportVote
from hub_extensions.exports.states import UNDER_REVIEW
from hub_extensions.exports.voting import Ballot
from project_spaces.errors import Conflict
from project_spaces.people import require_administrator
from project_spaces.text import Text

#: Between two votes in a row; longer is a break, not work.
LONGEST_LOOK = timedelta(minutes=30)

TOO_LATE = Text(
    "Seule une demande qui attend encore tous ses avis peut servir d'étalon.",
    "Only a request that still awaits all its votes can be a plant.",
)


def plant(desk: Desk, request_id: str, *, actor: str, now: datetime, why: str) -> None:
    """Mark a waiting request as one that has to be refused.

    Raises
    ------
    Refused
        *actor* is no administrator.
    Conflict
        somebody has voted, or it does not wait for reviewers.
    """
    said = written(why)
    event = Event(Kind.EXPORT_PLANTED, actor, project_of(desk, request_id), now, {"request": request_id})
    with desk.store.write(event) as session:
        require_administrator(session, actor, now)
        request = load(session, request_id)
        if request.state not in UNDER_REVIEW or request.votes or is_planted(session, request_id):
            raise Conflict(TOO_LATE)
        session.add(PlantedRequest(request_id=request_id, why=said, planted_by=actor, planted_at=now))


def figures(session: Session) -> dict[str, Any]:
    """What the administrator's page shows: per reviewer, and agreement between them."""
    votes = session.scalars(select(ExportVote).order_by(ExportVote.cast_at, ExportVote.id)).all()
    planted = set(session.scalars(select(PlantedRequest.request_id)))
    names = sorted({vote.reviewer for vote in votes})
    pairs = first_two(votes)
    return {
        "reviewers": [_of_one([vote for vote in votes if vote.reviewer == name], planted) for name in names],
        "agreement": {"files": len(pairs), "kappa": kappa(pairs)},
        "planted": [_planted(session, row) for row in session.scalars(select(PlantedRequest))],
    }


def first_two(votes: Iterable[ExportVote]) -> list[tuple[Ballot, Ballot]]:
    """The first two people's votes on the same bytes: those were blind to each other."""
    by_file: dict[tuple[str, str], dict[str, Ballot]] = defaultdict(dict)
    for vote in votes:
        by_file[vote.file_id, vote.fingerprint].setdefault(vote.reviewer, vote.ballot)
    pairs = [list(ballots.values())[:2] for ballots in by_file.values() if len(ballots) > 1]
    return [(one, two) for one, two in pairs]


def kappa(pairs: Sequence[tuple[Ballot, Ballot]]) -> float | None:
    """Cohen's kappa of *pairs*; None where there are none, or where all said the same (chance would agree, too)."""
    if not pairs:
        return None
    agreed = sum(one is two for one, two in pairs) / len(pairs)
    yes = [sum(ballot is Ballot.APPROVE for ballot in side) / len(pairs) for side in zip(*pairs, strict=True)]
    chance = yes[0] * yes[1] + (1 - yes[0]) * (1 - yes[1])
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def _of_one(votes: list[ExportVote], planted: set[str]) -> dict[str, Any]:
    looks = [
        later.cast_at - earlier.cast_at
        for earlier, later in pairwise(votes)
        if earlier.request_id == later.request_id and later.cast_at - earlier.cast_at <= LONGEST_LOOK
    ]
    seen = {vote.request_id for vote in votes} & planted
    caught = {vote.request_id for vote in votes if vote.ballot is Ballot.REFUSE} & planted
    return {
        "reviewer": votes[0].reviewer,
        "votes": len(votes),
        "refused": sum(vote.ballot is Ballot.REFUSE for vote in votes),
        "planted_seen": len(seen),
        "planted_caught": len(caught),
        "seconds_per_file": median(look.total_seconds() for look in looks) if looks else None,
    }


def _planted(session: Session, row: PlantedRequest) -> dict[str, Any]:
    request = session.get_one(ExportRequest, row.request_id)
    return {
        "request": request.id,
        "project": request.project,
        "title": request.title,
        "why": row.why,
        "state": request.state.value,
        "planted_at": row.planted_at.isoformat(),
    }
