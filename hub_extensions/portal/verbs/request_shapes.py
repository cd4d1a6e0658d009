"""A request for access as pages and API show it: its form in words, its steps, what is missing, what it became."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.verbs.home import quota_of
from hub_extensions.portal.words import CLASS_LABELS, MEMBER_LABELS, both, iso
from project_spaces.agreements import closing
from project_spaces.datasets import Dataset
from project_spaces.facts import Classification, MemberRole
from project_spaces.habilitations import habilitations
from project_spaces.memberships import Membership, memberships
from project_spaces.organisations import affiliation
from project_spaces.people import Person, get_organisation
from project_spaces.projects import get_project
from project_spaces.requests.answers import may_answer
from project_spaces.requests.extending import renewable
from project_spaces.requests.forms import (
    FORBIDDEN_LABELS,
    IDENTIFIER_LABELS,
    PURPOSE_LABELS,
    DatasetAsked,
    RequestForm,
    read_form,
)
from project_spaces.requests.gaps import Gap
from project_spaces.requests.linkage_asked import WAY_LABELS, LinkageAsked
from project_spaces.requests.notices import actors_of, waits_for_applicant
from project_spaces.requests.records import (
    STATE_LABELS,
    AccessRequest,
    RequestState,
    RequestStep,
    StepStanding,
    StepState,
    standing,
    steps,
)
from project_spaces.requests.steps import (
    ACTOR_LABELS,
    OUTCOME_LABELS,
    SILENCE_LABELS,
    STEP_LABELS,
    Outcome,
    Step,
    StepRule,
)
from project_spaces.text import Text

STEP_STATES: dict[StepState, Text] = {
    StepState.WAITING: Text("À venir", "To come"),
    StepState.OPEN: Text("En cours", "Under way"),
    StepState.LATE: Text("En retard", "Late"),
    StepState.DONE: Text("Traité", "Done"),
}
AUTOMATIC = Text("automatique", "automatic")


def home_organisation(session: Session, username: str) -> str:
    """The name of the organisation that a person is registered for; empty where there is none."""
    found = affiliation(session, username)
    return "" if found is None else get_organisation(session, found.organisation).name


def person_of(session: Session, username: str, organisation: str = "", *, told: bool = True) -> Page:
    """Somebody by name, identifier and organisation: two people may share the first.

    Parameters
    ----------
    told
        whether the reader may know who that is; otherwise only what was typed is shown.
    """
    if not told:
        typed = {"name": None, "organisation": organisation.strip(), "active": True, "checked": False}
        return {"username": username, **typed}
    person = session.get(Person, username)
    organisation = organisation.strip() or home_organisation(session, username)
    return {
        "username": username,
        "name": None if person is None else person.display_name,
        "organisation": organisation,
        "active": person is not None and person.disabled_at is None,
        "checked": True,
    }


def summary_of(session: Session, request: AccessRequest, now: datetime) -> Page:
    """One line of a list."""
    form = read_form(request.form)
    waiting = [
        each for each in standing(session, request.id, now=now) if each.state in {StepState.OPEN, StepState.LATE}
    ]
    running = request.state is RequestState.SUBMITTED
    return {
        "id": request.id,
        "title": form.title.strip(),
        "slug": form.slug,
        "applicant": person_of(session, request.applicant, form.organisation),
        "state": request.state.value,
        "state_label": both(STATE_LABELS[request.state]),
        "datasets": list(form.slugs),
        "created_at": iso(request.created_at),
        "submitted_at": iso(request.submitted_at),
        "decided_at": iso(request.decided_at),
        "project": request.project,
        "waiting": [both(STEP_LABELS[each.step]) for each in waiting] if running else [],
        "due_at": iso(min((each.due_at for each in waiting if each.due_at), default=None)) if running else None,
        "late": running and any(each.state is StepState.LATE for each in waiting),
    }


def form_of(session: Session, request: AccessRequest, form: RequestForm, now: datetime, told: frozenset[str]) -> Page:
    """The form in words; of people who are not in *told*, only what was typed."""
    lead = person_of(session, request.applicant, form.organisation)
    people = [
        {
            **person_of(session, each.username, each.organisation, told=each.username in told),
            "role": each.role.value,
            "role_label": both(MEMBER_LABELS[each.role]),
        }
        for each in form.people
    ]
    quota = form.resources
    return {
        "title": form.title,
        "slug": form.slug,
        "organisation": form.organisation,
        "controller": form.controller,
        "summary": form.summary,
        "purpose": None if form.purpose is None else form.purpose.value,
        "purpose_label": None if form.purpose is None else both(PURPOSE_LABELS[form.purpose]),
        "public_interest": form.public_interest,
        "disclaimed": sorted(form.disclaimed),
        "disclaimed_labels": [both(label) for each, label in FORBIDDEN_LABELS.items() if each in form.disclaimed],
        "datasets": [asked_of(session, each, now) for each in form.datasets],
        "linkage": None if form.linkage is None else linkage_of(session, form.linkage, now),
        "lead": lead,
        "people": people,
        "outputs": form.outputs,
        "months": form.months,
        "resources": {
            "cpu": quota.cpu_milli / 1000,
            "memory_mb": quota.memory_mb,
            "storage_gb": quota.storage_gb,
            "gpu_count": quota.gpu_count,
        },
    }


def asked_of(session: Session, asked: DatasetAsked, now: datetime) -> Page:
    """One data set that is asked for, with its owner and its embargo, if there is one."""
    return {
        **dataset_of(session, asked.dataset, now),
        "columns": list(asked.columns),
        "identifiers": [
            {"value": each.value, "label": both(IDENTIFIER_LABELS[each]), "why": why}
            for each, why in asked.identifiers.items()
        ],
        "professionals": asked.professionals,
    }


def linkage_of(session: Session, asked: LinkageAsked, now: datetime) -> Page:
    """The linkage that is asked for."""
    return {
        "way": asked.way.value,
        "way_label": both(WAY_LABELS[asked.way]),
        "datasets": [dataset_of(session, slug, now) for slug in asked.datasets],
        "cohort": asked.cohort,
        "criteria": asked.criteria,
        "why": asked.why,
    }


def dataset_of(session: Session, slug: str, now: datetime) -> Page:
    """A data set in a request: what, whose, and whether nobody may use it for the time being."""
    found = session.get(Dataset, slug)
    dataset = None if found is None or found.classification is Classification.IDENTIFYING else found
    holding = closing(session, slug, now)
    endless = any(each.last is None for each in holding)
    ends = None if endless else max((each.last for each in holding if each.last), default=None)
    return {
        "slug": slug,
        "title": both(Text(slug, slug) if dataset is None else dataset.title),
        "owner": None if dataset is None else dataset.owner,
        "class_label": None if dataset is None else both(CLASS_LABELS[dataset.classification]),
        "embargo": bool(holding),
        "embargo_until": iso(ends),
    }


def gaps_of(gaps: Iterable[Gap]) -> list[Page]:
    """What is missing: field, data set or person, and one sentence."""
    return [{"field": each.field, "about": each.about, "text": both(each.text)} for each in gaps]


def steps_of(session: Session, call: Call, request: AccessRequest) -> list[Page]:
    """The steps of the present round, with who must act, by when, and what silence means."""
    rows = {each.id: each for each in steps(session, request.id, request.round)}
    return [_step(session, call, request, rows[each.id], each) for each in standing(session, request.id, now=call.now)]


def earlier_rounds(session: Session, request: AccessRequest) -> list[Page]:
    """What was answered in earlier rounds, the oldest first."""
    done = [each for each in steps(session, request.id) if each.round < request.round and each.outcome]
    return [
        {
            "round": each.round,
            "label": both(STEP_LABELS[each.step]),
            "outcome_label": both(OUTCOME_LABELS[each.outcome or Outcome.RETURNED]),
            "reasons": each.reasons,
            "done_at": iso(each.done_at),
        }
        for each in done
    ]


def _step(session: Session, call: Call, request: AccessRequest, row: RequestStep, each: StepStanding) -> Page:
    running = request.state is RequestState.SUBMITTED and each.state in {StepState.OPEN, StepState.LATE}
    signing = running and waits_for_applicant(row)
    answer = may_answer(session, request, row, call.actor, now=call.now).allowed
    return {
        "id": each.id,
        "step": each.step.value,
        "label": both(STEP_LABELS[each.step]),
        "owner": each.owner,
        "state": each.state.value if running or each.state is StepState.DONE else StepState.WAITING.value,
        "state_label": both(STEP_STATES[each.state]),
        "running": running,
        "actor": each.actor.value,
        "actor_label": both(ACTOR_LABELS[each.actor]),
        "who": [person_of(session, name) for name in actors_of(session, request, row)] if running else [],
        "silence": both(SILENCE_LABELS[each.silence]),
        "days": row.days,
        "opened_at": iso(each.opened_at),
        "due_at": iso(each.due_at),
        "done_at": iso(each.done_at),
        "done_by": _done_by(session, row),
        "outcome": None if each.outcome is None else each.outcome.value,
        "outcome_label": None if each.outcome is None else both(OUTCOME_LABELS[each.outcome]),
        "reasons": each.reasons,
        "reference": each.reference,
        "document_sha256": row.document_sha256,
        "applicant_signed_at": iso(each.applicant_signed_at),
        "applicant_signs": signing,
        "may_sign": signing and call.actor == request.applicant,
        "may_answer": running and answer and not signing,
        "may_renew": running and answer and renewable(row, call.now),
        "renewed_at": iso(row.renewed_at),
        "renewed_why": row.renewed_why,
        "may_return": each.step is Step.COMPLETENESS,
        "reference_owed": each.step in {Step.COMMITTEE, Step.AUTHORITY},
    }


def _done_by(session: Session, row: RequestStep) -> Page | None:
    if row.done_by is None:
        return None
    if row.done_by.startswith("system:"):
        return {"username": row.done_by, "name": None, "automatic": both(AUTOMATIC)}
    return person_of(session, row.done_by)


def became(session: Session, request: AccessRequest) -> Page | None:
    """The project that an accepted request opened: people, data, ends and limits."""
    if request.project is None:
        return None
    project = get_project(session, request.project)
    held = habilitations(session, project=request.project)
    return {
        "slug": project.slug,
        "title": project.title,
        "starts_at": iso(project.starts_at),
        "ends_at": iso(project.ends_at),
        "quota": quota_of(project),
        "members": [
            {
                **person_of(session, each.person),
                "role_label": both(MEMBER_LABELS[each.role]),
                "ends_at": iso(each.ends_at),
            }
            for each in sorted(memberships(session, project=project.slug), key=_lead_first)
        ],
        "habilitations": [
            {"username": each.person, "dataset": each.dataset, "ends_at": iso(each.window.last)} for each in held
        ],
    }


def _lead_first(each: Membership) -> tuple[bool, str]:
    return each.role is not MemberRole.LEAD, each.person


def choices(labels: dict, chosen: Sequence[str] = ()) -> list[Page]:
    """A list of choices for a form."""
    return [
        {"value": each.value, "label": both(label), "chosen": each.value in chosen} for each, label in labels.items()
    ]


def rule_of(rule: StepRule) -> Page:
    """One step of a circuit."""
    return {
        "step": rule.step.value,
        "label": both(STEP_LABELS[rule.step]),
        "actor": rule.actor.value,
        "actor_label": both(ACTOR_LABELS[rule.actor]),
        "days": rule.days,
        "silence": rule.silence.value,
        "silence_label": both(SILENCE_LABELS[rule.silence]),
    }
