"""The short way: a request that asks for no more than an accepted one is spared the opinions that were given on it.

An opinion was given on one team's study, for a time. So the short way is for people who were all named there, for no
more than was asked there, and while the opinions hold; the new project takes them over with their references and their
end. Whoever judges whether the file is complete reads what it rests on and what differs, and may ask for the opinions
all the same: no program can tell whether it is the same study.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.approvals import ProjectApproval, approvals
from project_spaces.datasets import Dataset
from project_spaces.requests.forms import IDENTIFIER_LABELS, RequestForm, close_to, read_form
from project_spaces.requests.notices import concerned
from project_spaces.requests.records import AccessRequest, RequestState, RequestStep, circuit_of, steps
from project_spaces.requests.steps import APPROVAL_KINDS, LEFT_OUT, PlannedStep, plan_steps
from project_spaces.store import WriteSession
from project_spaces.text import Text


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is asked otherwise than before."""

    what: Text
    before: str
    now: str


def precedent_for(
    session: Session, request: AccessRequest, form: RequestForm, *, now: datetime
) -> AccessRequest | None:
    """Return the accepted request that spares this one the opinions that were given on it; None for the whole way."""
    needed = opinions_asked(session, form)
    if not needed:
        return None
    accepted = select(AccessRequest).where(AccessRequest.state == RequestState.ACCEPTED, AccessRequest.short.is_(False))
    team = {request.applicant, *form.usernames}
    for each in session.scalars(accepted.order_by(AccessRequest.decided_at.desc())):
        if team <= set(concerned(each)) and close_to(form, read_form(each.form)) and _hold(session, each, needed, now):
            return each
    return None


def precedent_of(session: Session, request: AccessRequest) -> AccessRequest | None:
    """Return the accepted request on which a short one rests, also after it was sent the whole way."""
    return None if request.precedent is None else session.get(AccessRequest, request.precedent)


def opinions_hold(session: Session, request: AccessRequest, now: datetime) -> bool:
    """Tell whether what a short request was spared may still be taken over."""
    earlier = precedent_of(session, request)
    needed = opinions_asked(session, read_form(request.form))
    return earlier is not None and _hold(session, earlier, needed, now)


def taken_over(session: Session, request: AccessRequest, now: datetime) -> list[ProjectApproval]:
    """Return the approvals of the earlier project that hold now; none where the request went the whole way."""
    earlier = precedent_of(session, request) if request.short else None
    return [] if earlier is None else _held(session, earlier, now)


def go_the_whole_way(session: WriteSession, request: AccessRequest) -> None:
    """Put the steps that the short way left out into the present round: they open in their turn."""
    known = {step.step for step in steps(session, request.id, request.round)}
    whole = planned_for(session, read_form(request.form), short=False)
    left = [each for each in whole if each.rule.step in LEFT_OUT - known]
    session.add_all(step_row(request, each) for each in left)
    request.short = False
    session.flush()


def step_row(request: AccessRequest, planned: PlannedStep) -> RequestStep:
    """Return the row of a step in the present round of *request*."""
    rule = planned.rule
    return RequestStep(
        id=uuid.uuid4().hex,
        request=request.id,
        round=request.round,
        rank=planned.rank,
        step=rule.step,
        actor=rule.actor,
        owner=planned.owner,
        days=rule.days,
        silence=rule.silence,
    )


def planned_for(session: Session, form: RequestForm, *, short: bool) -> list[PlannedStep]:
    """Return the steps that the owners of what is asked for foresee, on the whole way or the short one."""
    owners = session.scalars(select(Dataset.owner).where(Dataset.slug.in_(form.slugs)).distinct())
    circuits = {owner: circuit_of(session, owner) for owner in sorted(owners)}
    return plan_steps(circuits, short=short, linked=form.linkage is not None)


def opinions_asked(session: Session, form: RequestForm) -> frozenset[str]:
    """Return the kinds of approval that the whole way would ask for."""
    asked = {each.rule.step for each in planned_for(session, form, short=False)}
    return frozenset(kind for step, kind in APPROVAL_KINDS.items() if step in asked)


def differences(form: RequestForm, before: RequestForm) -> list[Difference]:
    """Return what *form* asks otherwise than *before*, the study's own words first."""
    pairs = [
        (Text("Titre", "Title"), before.title, form.title),
        (Text("Résumé", "Summary"), before.summary, form.summary),
        (Text("Responsable de traitement", "Controller"), before.controller, form.controller),
        (Text("Intérêt public", "Public interest"), before.public_interest, form.public_interest),
        (Text("Résultats prévus", "Planned outputs"), before.outputs, form.outputs),
        (Text("Mois", "Months"), str(before.months), str(form.months)),
        (Text("Personnes", "People"), ", ".join(sorted(before.usernames)), ", ".join(sorted(form.usernames))),
        (Text("Appariement", "Linkage"), _linkage(before), _linkage(form)),
        *_data(form, before),
    ]
    return [Difference(what, old.strip(), new.strip()) for what, old, new in pairs if old.strip() != new.strip()]


def _linkage(form: RequestForm) -> str:
    asked = form.linkage
    return "" if asked is None else "\n".join([", ".join(asked.datasets), asked.cohort, asked.criteria, asked.why])


def _data(form: RequestForm, before: RequestForm) -> Iterator[tuple[Text, str, str]]:
    for each in before.datasets:
        now = form.asked(each.dataset)
        what = Text(f"Variables de {each.dataset}", f"Columns of {each.dataset}")
        yield what, ", ".join(sorted(each.columns)), "" if now is None else ", ".join(sorted(now.columns))
        for identifier, why in each.identifiers.items():
            named = IDENTIFIER_LABELS[identifier]
            reason = Text(f"Justification : {named.fr}", f"Justification: {named.en}")
            yield reason, why, "" if now is None else now.identifiers.get(identifier, "")


def _hold(session: Session, earlier: AccessRequest, needed: frozenset[str], now: datetime) -> bool:
    return needed <= {each.kind for each in _held(session, earlier, now)}


def _held(session: Session, earlier: AccessRequest, now: datetime) -> list[ProjectApproval]:
    found: Sequence[ProjectApproval] = approvals(session, earlier.project or "")
    return [each for each in found if each.window.holds(now)]
