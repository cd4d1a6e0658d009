"""The other side of requests for access: what waits for me, my answer, requests that are stuck, owners' circuits."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.request_shapes import choices, person_of, rule_of, summary_of
from hub_extensions.portal.verbs.requests import visible
from hub_extensions.portal.words import both, iso
from project_spaces import owner_perimeters
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.errors import NotFound, Refused
from project_spaces.facts import PlatformRole
from project_spaces.people import holders, list_people, roles_of
from project_spaces.requests import orphans
from project_spaces.requests.answers import LONGEST_REASONS, answer_step, may_answer
from project_spaces.requests.extending import renew_step
from project_spaces.requests.notices import waits_for_applicant
from project_spaces.requests.records import STATE_LABELS, circuit_of, get_request, open_steps, set_circuit, steps
from project_spaces.requests.steps import (
    ACTOR_LABELS,
    DEFAULT_CIRCUIT,
    LEAST_DAYS,
    MOST_DAYS,
    SILENCE_LABELS,
    STEP_LABELS,
    Actor,
    Outcome,
    Silence,
    Step,
    StepRule,
)
from project_spaces.text import Text

NOT_OF_THIS = Text("Il n'y a pas de telle étape dans cette demande.", "There is no such step in this request.")
NOT_FOR_YOU = Text(
    "Cette page est pour qui instruit les demandes : administrateurs, membres du comité, gestionnaires de données.",
    "This page is for those who deal with requests: administrators, committee members, data stewards.",
)
INSTRUCTORS = frozenset({PlatformRole.ADMINISTRATOR, PlatformRole.COMMITTEE, PlatformRole.STEWARD})

Owner = Annotated[str, Field(min_length=1, max_length=200)]
Username = Annotated[str, Field(min_length=1, max_length=30)]


class Answer(Input):
    """An answer to one step; a reason is owed unless it is plainly favourable, and for the whole way of a short one."""

    step: Annotated[str, Field(max_length=32)]
    outcome: Outcome
    reasons: Annotated[str, Field(max_length=LONGEST_REASONS)] = ""
    reference: Annotated[str, Field(max_length=200)] = ""
    document_sha256: Annotated[str, Field(max_length=64)] = ""
    whole_way: bool = False


class Renewal(Input):
    """Which step's time is renewed, and why."""

    step: Annotated[str, Field(max_length=32)]
    reasons: Annotated[str, Field(min_length=1, max_length=LONGEST_REASONS)]


class Reassign(Input):
    """To whom a request goes whose applicant has left, and why."""

    username: Username
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class Perimeter(Input):
    """An owner of data, and somebody who speaks for it."""

    owner: Owner
    username: Username


class Rule(Input):
    """One step of a circuit."""

    step: Step
    actor: Actor
    days: Annotated[int, Field(ge=LEAST_DAYS, le=MOST_DAYS)]
    silence: Silence = Silence.NOTHING


class CircuitOf(Input):
    """The steps of an owner's circuit; those left out are not asked for."""

    owner: Owner
    steps: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=len(Step))]


def queue(call: Call, _body: Nothing) -> Page:
    """The steps that wait for me, the most urgent first, and what I may only watch."""
    with call.portal.store.read() as session:
        held = roles_of(session, call.actor)
        if not held & INSTRUCTORS:
            raise Refused(NOT_FOR_YOU, [NOT_FOR_YOU])
        rows = []
        for step in open_steps(session):
            request = get_request(session, step.request)
            if may_answer(session, request, step, call.actor, now=call.now).allowed:
                rows.append(
                    {
                        "request": summary_of(session, request, call.now),
                        "step": step.id,
                        "label": both(STEP_LABELS[step.step]),
                        "owner": step.owner,
                        "opened_at": iso(step.opened_at),
                        "due_at": iso(step.due_at),
                        "late": step.due_at is not None and step.due_at <= call.now,
                        "applicant_signs": waits_for_applicant(step),
                    }
                )
        administers = PlatformRole.ADMINISTRATOR in held
        return {
            "steps": [each for each in rows if not each["applicant_signs"]],
            "signing": [each for each in rows if each["applicant_signs"]],
            "stuck": _stuck(session, call) if administers else [],
            "administers": administers,
        }


def answer(call: Call, body: Answer) -> Page:
    """Answer a step of the request; the last consent opens the project."""
    _require_of_this(call, body.step)
    state = answer_step(
        call.portal.store,
        body.step,
        body.outcome,
        actor=call.actor,
        now=call.now,
        reasons=body.reasons,
        reference=body.reference,
        document_sha256=body.document_sha256,
        whole_way=body.whole_way,
    )
    return {"id": call["request"], "state": state.value, "state_label": both(STATE_LABELS[state])}


def renew(call: Call, body: Renewal) -> Page:
    """Renew the authority's time, once; the applicant reads why."""
    _require_of_this(call, body.step)
    due = renew_step(call.portal.store, body.step, actor=call.actor, now=call.now, reason=body.reasons)
    return {"id": call["request"], "due_at": iso(due)}


def _require_of_this(call: Call, step: str) -> None:
    with call.portal.store.read() as session:
        row = visible(session, call)
        if step not in {each.id for each in steps(session, row.id)}:
            raise NotFound(NOT_OF_THIS)


def reassign(call: Call, body: Reassign) -> Page:
    """Give the request of somebody who left to somebody else."""
    with call.portal.store.read() as session:
        visible_to_administrator(session, call)
    orphans.reassign_request(
        call.portal.store, call["request"], body.username, actor=call.actor, now=call.now, reason=body.reason
    )
    return {"id": call["request"]}


def visible_to_administrator(session: Session, call: Call) -> None:
    """Let an administrator pass: a draft whose applicant left is seen by nobody else."""
    require(session, call.actor, Action.ADMINISTER, now=call.now)


def stuck(call: Call, _body: Nothing) -> Page:
    """Requests that nobody can bring to an end."""
    with call.portal.store.read() as session:
        visible_to_administrator(session, call)
        people = [person_of(session, each.username) for each in list_people(session) if each.disabled_at is None]
        return {"stuck": _stuck(session, call), "people": people}


def owners(call: Call, _body: Nothing) -> Page:
    """Owners of data: their circuit, and who speaks for them."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.ADMINISTER, now=call.now)
        known = owner_perimeters.list_owners(session)
        return {
            "owners": [
                {
                    "owner": name,
                    "stewards": [
                        person_of(session, each.username) for each in owner_perimeters.stewards_of(session, [name])
                    ],
                    "default": circuit_of(session, name) == DEFAULT_CIRCUIT,
                    "steps": [rule_of(each) for each in circuit_of(session, name)],
                }
                for name in known
            ],
            "stewards": [person_of(session, each.username) for each in holders(session, PlatformRole.STEWARD)],
            "all_steps": choices(STEP_LABELS),
            "actors": choices(ACTOR_LABELS),
            "silences": choices(SILENCE_LABELS),
        }


def entrust(call: Call, body: Perimeter) -> Page:
    """Let a steward speak for an owner."""
    owner_perimeters.entrust(call.portal.store, body.owner, body.username, actor=call.actor, now=call.now)
    return {"owner": body.owner, "username": body.username}


def dismiss(call: Call, body: Perimeter) -> Page:
    """Let somebody no longer speak for an owner."""
    owner_perimeters.dismiss(call.portal.store, body.owner, body.username, actor=call.actor, now=call.now)
    return {"owner": body.owner, "username": body.username}


def set_owner_circuit(call: Call, body: CircuitOf) -> Page:
    """State the circuit of an owner; requests that run keep theirs."""
    circuit = tuple(StepRule(each.step, each.actor, each.days, each.silence) for each in body.steps)
    with call.portal.store.read() as session:
        require(session, call.actor, Action.ADMINISTER, now=call.now)
        if body.owner not in owner_perimeters.list_owners(session):
            raise NotFound(Text("Aucun jeu de données n'a ce producteur.", "No data set has this owner."))
    set_circuit(call.portal.store, body.owner, circuit, actor=call.actor, now=call.now)
    return {"owner": body.owner}


def _stuck(session: Session, call: Call) -> list[Page]:
    return [
        {
            "what": each.what.value,
            "label": both(orphans.STUCK_LABELS[each.what]),
            "request": summary_of(session, each.request, call.now),
            "step": None if each.step is None else both(STEP_LABELS[each.step.step]),
            "owner": None if each.step is None else each.step.owner,
        }
        for each in orphans.stuck_requests(session)
    ]
