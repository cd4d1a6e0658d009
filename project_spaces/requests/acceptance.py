"""What an accepted request becomes: a project, its members, approvals, agreements and habilitations, at one stroke.

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
from project_spaces.requests.forms import RequestForm, read_form
from project_spaces.requests.records import AccessRequest, RequestStep
from project_spaces.requests.steps import Step
from project_spaces.store import WriteSession
from project_spaces.text import Text

#: Under which kind an opinion is kept with the project; rules ask for it by this name.
APPROVAL_KINDS = {Step.COMMITTEE: "cesrees", Step.AUTHORITY: "cnil"}

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
    """Create everything that *request* asks for and return the project's slug.

    Raises
    ------
    Conflict
        the project's slug was taken in the meantime.
    """
    form = read_form(request.form)
    if session.scalars(select(Project.slug).where(Project.slug == form.slug)).first() is not None:
        raise Conflict(Text(f"L'identifiant « {form.slug} » est pris.", f"The slug “{form.slug}” is taken."))
    grant = _Grant(form, request.applicant, actor, now, months_later(now, form.months))
    signed = {step.owner: step.reference or "" for step in done if step.step is Step.SIGNATURE}
    owners = {slug: get_dataset(session, slug).owner for slug in form.slugs}
    session.add(_project(grant))
    session.also(_event(Kind.PROJECT_CREATED, grant, {"ends_at": grant.ends_at.isoformat()}))
    rights = [
        *_members(grant),
        *_approvals(grant, done),
        *_agreements(grant, {slug: signed[owner] for slug, owner in owners.items() if owner in signed}),
        *_habilitations(grant),
    ]
    session.add_all(row for row, _ in rights)
    session.also(*(event for _, event in rights))
    return form.slug


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
    for step in done:
        if step.step in APPROVAL_KINDS and step.reference:
            number, kind = uuid.uuid4().hex, APPROVAL_KINDS[step.step]
            row = ProjectApproval(
                id=number,
                project=grant.form.slug,
                kind=kind,
                reference=step.reference,
                starts_at=grant.now,
                ends_at=grant.ends_at,
                recorded_at=grant.now,
                recorded_by=step.done_by or grant.actor,
            )
            yield row, _event(Kind.PROJECT_APPROVAL, grant, {"approval": number, "approval_kind": kind})


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
