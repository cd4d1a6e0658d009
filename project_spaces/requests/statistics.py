"""How long requests take: published for everybody, so that delays can be argued about with figures (S-55).

Figures are over decided requests and finished steps; fewer than five of a kind are not told, because a figure of one
request is that request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from project_spaces.requests.records import AccessRequest, RequestState, RequestStep
from project_spaces.requests.steps import Step

#: Fewest cases behind a published figure.
LEAST_CASES = 5
_DECIDED = (RequestState.ACCEPTED, RequestState.REFUSED)


@dataclass(frozen=True, slots=True)
class Delay:
    """Days that something took: how many cases, the median, the slowest tenth's bound, and the share that was late."""

    cases: int
    median_days: float | None
    ninth_decile_days: float | None
    late_share: float | None


def decision_delay(session: Session) -> Delay:
    """Return how long requests take from their first submission to the decision."""
    query = select(AccessRequest.submitted_at, AccessRequest.decided_at).where(AccessRequest.state.in_(_DECIDED))
    taken = [done - begun for begun, done in session.execute(query) if begun is not None and done is not None]
    return delay_of(taken, late=None)


def step_delays(session: Session) -> dict[Step, Delay]:
    """Return how long each kind of step takes from its opening to its answer, and how often it is late."""
    rows = session.scalars(select(RequestStep).where(RequestStep.done_at.is_not(None))).all()
    return {step: _over([row for row in rows if row.step is step]) for step in Step}


def owner_delays(session: Session) -> dict[tuple[str, Step], Delay]:
    """Return the same for the steps that each owner of data does, by owner and step."""
    done = select(RequestStep).where(RequestStep.done_at.is_not(None), RequestStep.owner.is_not(None))
    found: dict[tuple[str, Step], list[RequestStep]] = {}
    for row in session.scalars(done.order_by(RequestStep.owner, RequestStep.rank)):
        found.setdefault((row.owner or "", row.step), []).append(row)
    return {key: _over(rows) for key, rows in found.items()}


def outcomes(session: Session) -> dict[RequestState, int]:
    """Return how many requests stand where; drafts are their authors' own business and are not counted."""
    query = select(AccessRequest.state, func.count()).group_by(AccessRequest.state)
    counted = {row[0]: row[1] for row in session.execute(query)}
    return {state: counted.get(state, 0) for state in RequestState if state is not RequestState.DRAFT}


def _over(rows: Sequence[RequestStep]) -> Delay:
    known = [(row.opened_at, row.done_at, row.due_at) for row in rows if row.opened_at and row.done_at and row.due_at]
    taken = [end - begun for begun, end, _ in known]
    return delay_of(taken, late=sum(1 for _, end, due in known if end > due))


def told_cases(cases: int) -> int | None:
    """Return how many cases there were as everybody may read it: None stands for some, fewer than are told."""
    return cases if cases == 0 or cases >= LEAST_CASES else None


def delay_of(taken: Sequence[timedelta], *, late: int | None) -> Delay:
    """Return the figures over *taken*; none when there are too few cases."""
    if len(taken) < LEAST_CASES:
        return Delay(len(taken), None, None, None)
    days = sorted(each / timedelta(days=1) for each in taken)
    share = None if late is None else round(late / len(days), 3)
    return Delay(len(days), round(median(days), 1), round(days[-(-9 * len(days) // 10) - 1], 1), share)
