"""The public register of projects: what everybody may know of who works on health data, why, and with what result.

A project is in it as soon as its request was accepted; one that was opened otherwise when an administrator lists it. An
administrator may put the publication off, for a written reason and never for ever; how many are put off is public. No
person is named: how many there are, and the organisation that answers for the project. Data sets that are not in the
public catalogue are counted, not named.

Who answers for a project is what an administrator wrote here, else the organisation on record, else what the accepted
request says: no accepted project stands there without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, Boolean, ForeignKey, String, UnicodeText, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind, Scalar
from project_spaces.approvals import ProjectApproval
from project_spaces.catalogue.cards import Link
from project_spaces.catalogue.publications import CataloguePublication
from project_spaces.columns import Base
from project_spaces.datasets import Dataset
from project_spaces.errors import Invalid, NotFound
from project_spaces.facts import ProjectStatus
from project_spaces.habilitations import Habilitation
from project_spaces.memberships import Membership
from project_spaces.people import require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.reasons import written_reason
from project_spaces.records.places import Organisation, ProjectOrganisation
from project_spaces.requests.forms import PURPOSE_LABELS, RequestForm, read_form
from project_spaces.requests.records import AccessRequest, RequestState
from project_spaces.store import Store
from project_spaces.text import Text

#: Longest time for which a publication may be put off at once.
LONGEST_DEFERRAL = timedelta(days=730)
NOT_LISTED = Text("Il n'y a pas de projet public à cette adresse.", "There is no public project at this address.")
STATE_LABELS: dict[str, Text] = {
    "coming": Text("À venir", "To begin"),
    "running": Text("En cours", "Running"),
    "suspended": Text("Suspendu", "Suspended"),
    "ended": Text("Terminé", "Ended"),
}


class RegisterEntry(Base):
    """What an administrator adds to a project for the register; a project without a row has nothing to add."""

    __tablename__ = "register_entry"

    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(200))
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    listed: Mapped[bool] = mapped_column(Boolean)
    deferred_until: Mapped[datetime | None]
    deferred_reason: Mapped[str | None] = mapped_column(UnicodeText)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))


class Result(BaseModel):
    """A publication or another result, where everybody finds it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=300)]
    link: Link


@dataclass(frozen=True, slots=True)
class PublicProject:
    """One project as everybody sees it."""

    slug: str
    title: str
    state: str
    organisation: str
    controller: str
    purpose: Text | None
    summary: str
    public_interest: str
    datasets: tuple[tuple[str, Text], ...]
    other_datasets: int
    people: int
    starts_at: datetime
    ends_at: datetime
    approvals: tuple[tuple[str, str], ...]
    results: tuple[Result, ...]
    decided_in_days: int | None


def is_public(*, accepted: bool, entry: RegisterEntry | None, now: datetime) -> bool:
    """Tell whether a project is in the register: accepted or listed, and not put off at *now*."""
    if entry is None:
        return accepted
    deferred = entry.deferred_until is not None and now < entry.deferred_until
    return (accepted or entry.listed) and not deferred


def set_entry(
    store: Store,
    project: str,
    *,
    organisation: str,
    results: Sequence[Result] = (),
    listed: bool = False,
    actor: str,
    now: datetime,
) -> None:
    """State who answers for a project, its results, and whether it is listed though no request stands behind it.

    Raises
    ------
    Invalid, NotFound, Refused
        the organisation's name is too long; no such project; *actor* is not an administrator.
    """
    if len(organisation) > 200:
        raise Invalid(Text("Le nom de l'organisme est trop long.", "The organisation's name is too long."))
    subject: dict[str, Scalar] = {"register": "described", "listed": listed, "results": len(results)}
    with store.write(Event(Kind.PROJECT_CHANGED, actor, project, now, subject)) as session:
        require_administrator(session, actor, now)
        row = _entry(session, project, actor, now)
        row.organisation, row.listed = organisation.strip(), listed
        row.results = [each.model_dump() for each in results]


def defer(store: Store, project: str, *, until: datetime | None, reason: str, actor: str, now: datetime) -> None:
    """Put the publication of a project off until a moment, or (None) no longer.

    Raises
    ------
    Invalid, NotFound, Refused
        no reason, or more than two years ahead; no such project; *actor* is not an administrator.
    """
    written = written_reason(reason)
    if until is not None and not now < until <= now + LONGEST_DEFERRAL:
        raise Invalid(
            Text("Le report va de demain à deux ans.", "A publication is put off for two years at most, from now on.")
        )
    subject: dict[str, Scalar] = {"register": "deferred" if until else "no longer deferred"}
    subject |= {} if until is None else {"until": until.isoformat()}
    with store.write(Event(Kind.PROJECT_CHANGED, actor, project, now, subject, private={"reason": written})) as session:
        require_administrator(session, actor, now)
        row = _entry(session, project, actor, now)
        row.deferred_until, row.deferred_reason = until, written


def entry_of(session: Session, project: str) -> RegisterEntry | None:
    """Return what was added to *project*; raises ``NotFound`` for an unknown one."""
    get_project(session, project)
    return session.get(RegisterEntry, project)


def answers_unless_written(session: Session, project: str) -> str:
    """Return who the register says answers for *project* while no administrator wrote it; empty when nothing does."""
    request = _requests(session, project).get(project)
    return _answers(session, project, None if request is None else read_form(request.form))


def public_projects(session: Session, *, now: datetime) -> list[PublicProject]:
    """Return the register, what began last first."""
    requests = _requests(session)
    entries = {row.project: row for row in session.scalars(select(RegisterEntry))}
    shown = [
        row
        for row in session.scalars(select(Project).order_by(Project.starts_at.desc(), Project.slug))
        if is_public(accepted=row.slug in requests, entry=entries.get(row.slug), now=now)
    ]
    return [_public(session, row, requests.get(row.slug), entries.get(row.slug), now) for row in shown]


def public_project(session: Session, slug: str, *, now: datetime) -> PublicProject:
    """Return one project of the register, or raise ``NotFound``: alike for unknown and for not public."""
    row = session.get(Project, slug)
    if row is None or not in_register(session, slug, now=now):
        raise NotFound(NOT_LISTED)
    return _public(session, row, _requests(session, slug).get(slug), session.get(RegisterEntry, slug), now)


def in_register(session: Session, slug: str, *, now: datetime) -> bool:
    """Tell whether everybody may know that there is a project of this name."""
    accepted, entry = slug in _requests(session, slug), session.get(RegisterEntry, slug)
    return is_public(accepted=accepted, entry=entry, now=now)


def deferred_count(session: Session, *, now: datetime) -> int:
    """Return how many publications are put off."""
    query = select(func.count()).select_from(RegisterEntry).where(RegisterEntry.deferred_until > now)
    return session.scalars(query).one()


def _entry(session: Session, project: str, actor: str, now: datetime) -> RegisterEntry:
    row = entry_of(session, project)
    if row is None:
        row = RegisterEntry(project=project, organisation="", results=[], listed=False)
        session.add(row)
    row.changed_at, row.changed_by = now, actor
    return row


def _requests(session: Session, slug: str | None = None) -> dict[str, AccessRequest]:
    """The request that each project came from."""
    query = select(AccessRequest).where(AccessRequest.state == RequestState.ACCEPTED)
    query = query if slug is None else query.where(AccessRequest.project == slug)
    return {row.project: row for row in session.scalars(query.order_by(AccessRequest.decided_at)) if row.project}


def _public(
    session: Session, row: Project, request: AccessRequest | None, entry: RegisterEntry | None, now: datetime
) -> PublicProject:
    form = None if request is None else read_form(request.form)
    used = select(Habilitation.dataset).where(Habilitation.project == row.slug).distinct()
    slugs = {*session.scalars(used), *(form.slugs if form else ())}
    public = select(Dataset).join(CataloguePublication, CataloguePublication.dataset == Dataset.slug)
    named = session.scalars(public.where(CataloguePublication.public, Dataset.slug.in_(slugs)).order_by(Dataset.slug))
    datasets = tuple((each.slug, each.title) for each in named)
    people = select(func.count(Membership.person.distinct())).where(Membership.project == row.slug)
    return PublicProject(
        slug=row.slug,
        title=row.title,
        state=_state(row, now),
        organisation=(entry.organisation if entry else "") or _answers(session, row.slug, form),
        controller="" if form is None else form.controller.strip(),
        purpose=None if form is None or form.purpose is None else PURPOSE_LABELS[form.purpose],
        summary=row.purpose if form is None else form.summary,
        public_interest="" if form is None else form.public_interest,
        datasets=datasets,
        other_datasets=len(slugs) - len(datasets),
        people=session.scalars(people).one(),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        approvals=_approvals(session, row.slug),
        results=() if entry is None else tuple(map(Result.model_validate, entry.results)),
        decided_in_days=_days(request),
    )


def _answers(session: Session, project: str, form: RequestForm | None) -> str:
    row = session.get(ProjectOrganisation, project)
    name = None if row is None else session.get_one(Organisation, row.organisation).name
    return name or ("" if form is None else form.organisation.strip())


def _approvals(session: Session, project: str) -> tuple[tuple[str, str], ...]:
    query = select(ProjectApproval).where(ProjectApproval.project == project).order_by(ProjectApproval.starts_at)
    return tuple((each.kind, each.reference) for each in session.scalars(query))


def _days(request: AccessRequest | None) -> int | None:
    if request is None or request.submitted_at is None or request.decided_at is None:
        return None
    return (request.decided_at - request.submitted_at).days


def _state(row: Project, now: datetime) -> str:
    if row.status is ProjectStatus.CLOSED or now >= row.ends_at:
        return "ended"
    if row.status is ProjectStatus.SUSPENDED:
        return "suspended"
    return "coming" if now < row.starts_at else "running"
