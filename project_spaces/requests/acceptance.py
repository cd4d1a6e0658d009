"""What an accepted request becomes: a project, its members, approvals, agreements and habilitations, at one stroke.

The organisation that the lead is registered for answers for the project, so that its hub administers it; what the form
says of organisations is words, and gives nobody a perimeter.

Everything is added to the transaction in which the last consent is written, with one event for each right: a request
is never half accepted.
"""

import uuid
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from audit.events import Event, Kind
from project_spaces.agreements import DatasetAgreement
from project_spaces.approvals import ProjectApproval
from project_spaces.columns import Base
from project_spaces.datasets import get_dataset
from project_spaces.errors import Conflict
from project_spaces.facts import MemberRole, ProjectStatus
from project_spaces.habilitations import Habilitation
from project_spaces.memberships import Membership
from project_spaces.projects import Project
from project_spaces.records.places import Affiliation, ProjectOrganisation
from project_spaces.requests.forms import RequestForm, read_form
from project_spaces.requests.precedents import taken_over
from project_spaces.requests.records import AccessRequest, RequestStep
from project_spaces.requests.steps import APPROVAL_KINDS, Step
from project_spaces.requests.vetting import without_account
from project_spaces.store import WriteSession
from project_spaces.text import Text
from project_spaces.windows import moment

Right = tuple[Base, Event]


@dataclass(frozen=True)
class _Grant:
    """What every right of one acceptance has in common."""

    form: RequestForm
    applicant: str
    actor: str
    now: datetime
    ends_at: datetime


def accept(
    session: WriteSession, request: AccessRequest, done: Sequence[RequestStep], *, actor: str, now: datetime
) -> str:
    """Create everything that *request* asks for and return the project's slug; nothing for a closed account.

    Raises
    ------
    Conflict
        the project's slug was taken in the meantime.
    """
    form = _of_active(session, read_form(request.form))
    if session.scalars(select(Project.slug).where(Project.slug == form.slug)).first() is not None:
        raise Conflict(Text(f"L'identifiant « {form.slug} » est pris.", f"The slug “{form.slug}” is taken."))
    grant = _Grant(form, request.applicant, actor, now, months_later(now, form.months))
    signed = {step.owner: step.reference or "" for step in done if step.step is Step.SIGNATURE}
    owners = {slug: get_dataset(session, slug).owner for slug in form.slugs}
    session.add(_project(grant))
    session.also(_event(Kind.PROJECT_CREATED, grant, {"ends_at": grant.ends_at.isoformat()}))
    rights = [
        *_answering(grant, session.get(Affiliation, request.applicant)),
        *_members(grant),
        *_approvals(grant, done),
        *_taken_over(grant, taken_over(session, request, now)),
        *_agreements(grant, {slug: signed[owner] for slug, owner in owners.items() if owner in signed}),
        *_habilitations(grant),
    ]
    session.add_all(row for row, _ in rights)
    session.also(*(event for _, event in rights))
    return form.slug


def _of_active(session: WriteSession, form: RequestForm) -> RequestForm:
    left = without_account(session, form.usernames)
    return form.model_copy(update={"people": tuple(each for each in form.people if each.username not in left)})


def months_later(now: datetime, months: int) -> datetime:
    """Return the same day and time so many months later, the last of the month where there is no such day."""
    year, month = divmod(now.month - 1 + months, 12)
    day = min(now.day, monthrange(now.year + year, month + 1)[1])
    return now.replace(year=now.year + year, month=month + 1, day=day)


def _project(grant: _Grant) -> Project:
    form = grant.form
    project = Project(
        slug=form.slug,
        title=form.title.strip(),
        purpose=form.summary.strip()[:10_000],
        status=ProjectStatus.OPEN,
        starts_at=grant.now,
        ends_at=grant.ends_at,
        created_at=grant.now,
    )
    project.take(form.resources.quota)
    return project


def _answering(grant: _Grant, home: Affiliation | None) -> Iterator[Right]:
    if home is not None:
        place = {"project": grant.form.slug, "organisation": home.organisation}
        row = ProjectOrganisation(**place, set_at=grant.now, set_by=grant.actor)
        subject = {"organisation": home.organisation, "change": "answers for the project"}
        yield row, _event(Kind.ORGANISATION, grant, subject)


def _members(grant: _Grant) -> Iterator[Right]:
    people = [(grant.applicant, MemberRole.LEAD), *((each.username, each.role) for each in grant.form.people)]
    for person, role in people:
        number = uuid.uuid4().hex
        row = Membership(
            id=number,
            person=person,
            project=grant.form.slug,
            role=role,
            starts_at=grant.now,
            ends_at=grant.ends_at,
            granted_at=grant.now,
            granted_by=grant.actor,
        )
        subject = {"membership": number, "role": role.value, "ends_at": grant.ends_at.isoformat()}
        yield row, _event(Kind.MEMBERSHIP_GRANTED, grant, subject, person)


def _approvals(grant: _Grant, done: Sequence[RequestStep]) -> Iterator[Right]:
    """The opinions given on the way; where silence meant consent, the day on which it did is their reference."""
    for step in done:
        if step.step in APPROVAL_KINDS:
            reference = step.reference or f"Accord tacite, {moment(step.done_at or grant.now).fr}"
            by = step.done_by or grant.actor
            yield _approval(grant, APPROVAL_KINDS[step.step], reference, grant.ends_at, by)


def _taken_over(grant: _Grant, held: Sequence[ProjectApproval]) -> Iterator[Right]:
    """What was given to the project on which a short request rests; it ends here when it ends there."""
    for each in held:
        yield _approval(grant, each.kind, each.reference, min(each.ends_at, grant.ends_at), each.recorded_by)


def _approval(grant: _Grant, kind: str, reference: str, ends_at: datetime, by: str) -> Right:
    row = ProjectApproval(
        id=uuid.uuid4().hex,
        project=grant.form.slug,
        kind=kind,
        reference=reference,
        starts_at=grant.now,
        ends_at=ends_at,
        recorded_at=grant.now,
        recorded_by=by,
    )
    return row, _event(Kind.PROJECT_APPROVAL, grant, {"approval": row.id, "approval_kind": kind})


def _agreements(grant: _Grant, references: dict[str, str]) -> Iterator[Right]:
    for dataset, reference in references.items():
        number = uuid.uuid4().hex
        row = DatasetAgreement(
            id=number,
            project=grant.form.slug,
            dataset=dataset,
            reference=reference,
            starts_at=grant.now,
            ends_at=grant.ends_at,
            recorded_at=grant.now,
            recorded_by=grant.actor,
        )
        yield row, _event(Kind.AGREEMENT, grant, {"agreement": number, "dataset": dataset, "change": "recorded"})


def _habilitations(grant: _Grant) -> Iterator[Right]:
    for person in (grant.applicant, *grant.form.usernames):
        for dataset in grant.form.slugs:
            number = uuid.uuid4().hex
            row = Habilitation(
                id=number,
                person=person,
                project=grant.form.slug,
                dataset=dataset,
                starts_at=grant.now,
                ends_at=grant.ends_at,
                granted_at=grant.now,
                granted_by=grant.actor,
                reason=f"Demande acceptée : {grant.form.title.strip()}",
            )
            subject = {"habilitation": number, "dataset": dataset, "ends_at": grant.ends_at.isoformat()}
            yield row, _event(Kind.HABILITATION_GRANTED, grant, subject, person)


def _event(kind: Kind, grant: _Grant, subject: dict[str, str], beneficiary: str | None = None) -> Event:
    persons = {} if beneficiary is None else {"beneficiary": beneficiary}
    return Event(kind, grant.actor, grant.form.slug, grant.now, subject, persons=persons)
