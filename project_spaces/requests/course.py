"""How a request goes on: the next steps open, a step ends, the last consent accepts.

Called inside the transaction of the act that makes it go on; everybody concerned is told there too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from project_spaces.notifications import Topic, notify
from project_spaces.requests.acceptance import accept
from project_spaces.requests.agreements import agreement_text, document_hash
from project_spaces.requests.forms import read_form
from project_spaces.requests.notices import (
    page_of,
    tell_accepted,
    tell_actors,
    tell_applicant_of_step,
    tell_left_out,
    tell_linkage,
    tell_named,
    tell_whole_way,
)
from project_spaces.requests.precedents import go_the_whole_way, opinions_hold
from project_spaces.requests.records import AccessRequest, RequestState, RequestStep, steps
from project_spaces.requests.steps import GOES_ON, Outcome, Step
from project_spaces.requests.vetting import require_lead, require_settled, without_account
from project_spaces.store import WriteSession
from project_spaces.text import Text


def open_next(session: WriteSession, request: AccessRequest, now: datetime) -> bool:
    """Open the next rank when the one before is done; return False when there is none left."""
    left = [step for step in steps(session, request.id, request.round) if step.outcome is None]
    if not left:
        return False
    first = min(step.rank for step in left)
    opening = [step for step in left if step.rank == first and step.opened_at is None]
    for step in opening:
        step.opened_at, step.due_at = now, now + timedelta(days=step.days)
        write_agreement(session, request, step)
    session.flush()
    for step in opening:
        tell_actors(session, request, step, now=now)
    return True


def write_agreement(session: WriteSession, request: AccessRequest, step: RequestStep) -> None:
    """Fix the text that both sides sign; a text that changes loses the applicant's signature."""
    if step.step is not Step.SIGNATURE or step.owner is None:
        return
    step.document = agreement_text(session, request, read_form(request.form), step.owner)
    step.document_sha256 = document_hash(step.document)
    step.applicant_signed_at = step.applicant_signed_by = None


def finish(
    session: WriteSession,
    request: AccessRequest,
    step: RequestStep,
    outcome: Outcome,
    *,
    actor: str,
    reasons: str,
    reference: str,
    now: datetime,
) -> None:
    """End *step*; the request goes on, comes back, is refused, or is accepted.

    A short request whose opinions were withdrawn, or ended, on the way is not accepted: they are asked for.

    Raises
    ------
    Conflict
        a name in the file is wrong (see ``vetting``), or this was the last consent and in the meantime the project's
        slug was taken or the applicant's account closed.
    """
    if step.step is Step.COMPLETENESS and outcome in GOES_ON:
        require_settled(session, request)
        tell_named(session, request, now=now)
    step.outcome, step.done_at, step.done_by = outcome, now, actor
    step.reasons, step.reference = reasons.strip() or None, reference.strip() or None
    session.flush()
    tell_applicant_of_step(session, request, step, now=now)
    if outcome is Outcome.RETURNED:
        request.state = RequestState.RETURNED
    elif outcome is Outcome.UNFAVOURABLE:
        request.state, request.decided_at = RequestState.REFUSED, now
    elif not open_next(session, request, now):
        if request.short and not opinions_hold(session, request, now):
            go_the_whole_way(session, request)
            tell_whole_way(session, request, now=now)
            open_next(session, request, now)
            return
        _accept(session, request, steps(session, request.id, request.round), actor=actor, now=now)


def _accept(
    session: WriteSession, request: AccessRequest, done: Sequence[RequestStep], *, actor: str, now: datetime
) -> None:
    require_lead(session, request)
    request.state, request.decided_at = RequestState.ACCEPTED, now
    request.project = accept(session, request, done, actor=actor, now=now)
    tell_accepted(session, request, now=now)
    tell_linkage(session, request, now=now)
    tell_left_out(session, request, without_account(session, read_form(request.form).usernames), now=now)


def tell_withdrawn(session: WriteSession, request: AccessRequest, people: Sequence[str], now: datetime) -> None:
    """Tell those who had something to do that there is nothing to do any more."""
    title = read_form(request.form).title.strip() or "–"
    text = Text(f"La demande « {title} » est abandonnée.", f"The request “{title}” is withdrawn.")
    for person in people:
        notify(session, to=person, kind=Topic.REQUEST, text=text, link=page_of(request), now=now)
