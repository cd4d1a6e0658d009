"""Asks the right number of reviewers: from outside, there, without a conflict of interest, the least burdened first.

Runs where votes are settled, inside the same transaction, so that no request is ever in the reviewers' hands without
somebody having been asked, as long as there is somebody. Whoever votes without having been asked takes the place of one
who has not begun: an assignment balances the work, it forbids nobody to help.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from audit.events import Kind
from hub_extensions.exports import permissions, telling
from hub_extensions.exports.acting import Turn, new_id, parties_of
from hub_extensions.exports.assignments import (
    EndedBecause,
    ExportAssignment,
    assignments,
    is_absent,
    last_asked,
    loads,
)
from hub_extensions.exports.requests import ExportRequest
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import UNDER_REVIEW
from hub_extensions.exports.voting import Tally
from project_spaces.facts import PlatformRole
from project_spaces.people import holders

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def assign(turn: Turn, tally: Tally) -> None:
    """Bring the assignments of a request in line with who may vote, who is there, and what the votes still ask for."""
    request = turn.request
    if request.state not in UNDER_REVIEW:
        return
    asked = {each.reviewer: each for each in assignments(turn.session, request.id)}
    for name, because in _unfit(turn.session, request, asked, tally, turn.now).items():
        _end(turn, asked.pop(name), because)
    for name in sorted(set(tally.voted) - set(asked)):  # helped without having been asked
        asked[name] = _ask(turn, name, told=False)
    for name in _surplus(asked.values(), tally):
        _end(turn, asked.pop(name), EndedBecause.REPLACED)
    for name in _candidates(turn.session, request, set(asked), turn.now)[: _missing(asked, tally)]:
        asked[name] = _ask(turn, name, told=True)
    turn.session.flush()


def assigned_well(session: Session, request: ExportRequest, tally: Tally, now: datetime) -> bool:
    """Tell whether ``assign`` would change nothing."""
    if request.state not in UNDER_REVIEW:
        return True
    asked = {each.reviewer: each for each in assignments(session, request.id)}
    if _unfit(session, request, asked, tally, now) or set(tally.voted) - set(asked) or _surplus(asked.values(), tally):
        return False
    return not (_missing(asked, tally) and _candidates(session, request, set(asked), now))


def _missing(asked: Iterable[str], tally: Tally) -> int:
    """How many more people have to be asked: enough for a round, then one for a conflict."""
    names = set(asked)
    if not tally.closed:
        return max(0, tally.required - len(names))
    return int(bool(tally.conflicts) and not any(tally.owed(name) for name in names))


def _surplus(asked: Iterable[ExportAssignment], tally: Tally) -> list[str]:
    """Those asked last who have not begun, where others took their place."""
    if tally.closed:
        return []
    names = [each.reviewer for each in asked]
    idle = [name for name in reversed(names) if name not in tally.voted]
    return idle[: max(0, len(names) - tally.required)]


def _unfit(
    session: Session, request: ExportRequest, asked: Iterable[str], tally: Tally, now: datetime
) -> dict[str, EndedBecause]:
    """Those who may not vote any more, and those who are away before having done their part."""
    found = {}
    for name in asked:
        if not _may_vote(session, request, name, now):
            found[name] = EndedBecause.NOT_OUTSIDE
        elif tally.owed(name) and is_absent(session, name, now) and name not in tally.complete:
            found[name] = EndedBecause.ABSENT
    return found


def _candidates(session: Session, request: ExportRequest, asked: set[str], now: datetime) -> list[str]:
    """Everybody who could be asked, the least burdened first, then whoever was asked longest ago."""
    burden, latest = loads(session), last_asked(session)
    names = [person.username for person in holders(session, PlatformRole.REVIEWER) if person.username not in asked]
    free = [name for name in names if not is_absent(session, name, now) and _may_vote(session, request, name, now)]
    return sorted(free, key=lambda name: (burden.get(name, 0), latest.get(name, _LONG_AGO), name))


def _may_vote(session: Session, request: ExportRequest, name: str, now: datetime) -> bool:
    return permissions.is_reviewer(standing_of(session, name, request.project, now), parties_of(request))


def _ask(turn: Turn, name: str, *, told: bool) -> ExportAssignment:
    made = ExportAssignment(id=new_id(), request_id=turn.request.id, reviewer=name, assigned_at=turn.now)
    turn.session.add(made)
    turn.also(Kind.EXPORT_ASSIGNED, persons={"reviewer": name}, assignment=made.id)
    if told:
        telling.tell(turn, name, telling.VOTE_AWAITED)
    return made


def _end(turn: Turn, assignment: ExportAssignment, because: EndedBecause) -> None:
    assignment.ended_at, assignment.ended_because = turn.now, because
    turn.also(
        Kind.EXPORT_ASSIGNED,
        persons={"reviewer": assignment.reviewer},
        assignment=assignment.id,
        ended=because.value,
    )
