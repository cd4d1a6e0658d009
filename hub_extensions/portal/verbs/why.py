"""Why can't I? Every condition of an act with its state, until when it holds, who can change it, and where.

The states are the ones that the decision is made of (``explain``), so this page can't say anything else than the door.
Looking at somebody else's is for auditors and for who administers that person, and is recorded.
"""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from hub_extensions.installation.processes import PORTAL_PREFIX
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input
from hub_extensions.portal.verbs.reach import administers, require_sight
from hub_extensions.portal.words import both, iso
from hub_extensions.step_up.way_back import sign_in_again
from project_spaces.access import STRANGER, may, of_project, why
from project_spaces.conditions import WHO_LABELS, ConditionState, Who
from project_spaces.datasets import Dataset, list_datasets
from project_spaces.decisions import Action
from project_spaces.facts import MemberRole, PlatformRole
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships
from project_spaces.owner_perimeters import stewards_of
from project_spaces.people import get_person, holders
from project_spaces.projects import list_projects
from project_spaces.records.places import project_places
from project_spaces.text import Text

Slug = Annotated[str, Field(min_length=1, max_length=30)]

#: The acts that a person asks about, in words.
ACTION_LABELS: dict[Action, Text] = {
    Action.OPEN_WORKSPACE: Text("Ouvrir mon bureau", "Open my workspace"),
    Action.MOUNT_DATASET: Text("Voir un jeu de données dans mon bureau", "See a data set in my workspace"),
    Action.SEND_MESSAGE: Text("Exécuter du code sur un jeu de données", "Run code on a data set"),
    Action.SUBMIT_EXPORT: Text("Demander un export", "Ask for an export"),
    Action.SUBMIT_IMPORT: Text("Importer des fichiers", "Import files"),
    Action.REVIEW_IMPORT: Text("Examiner les imports d'un projet", "Judge a project's imports"),
    Action.REVIEW_EXPORT: Text("Vérifier les exports d'un projet", "Review a project's exports"),
    Action.SIGN_IN: Text("Me connecter", "Sign in"),
    Action.READ_AUDIT: Text("Consulter le journal", "Read the ledger"),
    Action.ADMINISTER: Text("Administrer la plateforme", "Administer the platform"),
    Action.REGISTER_DATASET: Text("Enregistrer un jeu de données", "Register a data set"),
}
#: Condition → the page where whoever it concerns changes it (``{}``: what it is about).
_OWN = {"charter": "onboarding/charters/{}", "training": "onboarding", "identity": "onboarding"}
_ADMIN = {
    "membership": "admin/projects/{project}",
    "habilitation": "admin/projects/{project}",
    "approval": "admin/projects/{project}",
    "project": "admin/projects/{project}",
    "agreement": "admin/datasets/{}",
    "dataset": "admin/datasets/{}",
    "embargo": "instruction/embargoes",
    "stop": "admin/stops",
    "stopped": "admin/stops",
    "identity": "admin/people/{person}",
    "training": "admin/people/{person}",
    "charter": "admin/charters/{}",
    "person": "admin/people/{person}",
    "role": "admin",
    "perimeter": "admin/hubs",
}


class Question(Input):
    """Who (oneself when empty), what, where, on which data."""

    action: Action = Action.OPEN_WORKSPACE
    project: Slug | None = None
    dataset: Slug | None = None
    person: Slug | None = None


def explained(call: Call, body: Question) -> Page:
    """Every condition of an act: its state, when it lapses, who can change it and where."""
    person = body.person or call.actor
    with call.portal.store.read() as session:
        if person != call.actor:
            require_sight(session, call, person, body.project)
            get_person(session, person)
        states = why(session, person, body.action, now=call.now, project_slug=body.project, dataset_slug=body.dataset)
        if person == call.actor:
            states = _mine_to_know(session, call, body.project, states)
        administrator = administers(session, call)
        found = {
            "person": person,
            "own": person == call.actor,
            "action": body.action.value,
            "action_label": both(ACTION_LABELS.get(body.action, Text(body.action.value, body.action.value))),
            "project": body.project,
            "dataset": body.dataset,
            "allowed": all(state.holds for state in states),
            "until": iso(min((state.until for state in states if state.until is not None), default=None)),
            "conditions": [_row(session, call, body, state, administrator=administrator) for state in states],
        }
    if person != call.actor:
        _record(call, body, person)
    return found


def choices(call: Call, _body: Question) -> Page:
    """What the form of the page offers: my projects and data sets, or everybody's for who sees more."""
    with call.portal.store.read() as session:
        everything = may(session, call.actor, Action.SEE_RIGHTS, now=call.now).allowed
        if everything:
            projects = [each.slug for each in list_projects(session)]
            datasets = [each.slug for each in list_datasets(session)]
        else:
            projects = sorted({each.project for each in memberships(session, person=call.actor)})
            datasets = sorted({each.dataset for each in habilitations(session, person=call.actor)})
        others = everything or administers(session, call)
    actions = [{"value": action.value, "label": both(label)} for action, label in ACTION_LABELS.items()]
    return {"projects": projects, "datasets": datasets, "others": others, "actions": actions}


def _mine_to_know(
    session: Session, call: Call, project: str | None, states: Sequence[ConditionState]
) -> Sequence[ConditionState]:
    """Leave out what is said of a project with which the caller has nothing to do, that there is one included."""
    if project is None or not any(state.code in {STRANGER, "role_missing"} for state in states):
        return states
    within = project_places(session, project)
    if may(session, call.actor, Action.SEE_RIGHTS, now=call.now, within=within).allowed:
        return states
    return [each for each in states if not of_project(each.code) and (each.code, each.about) != ("stop", project)]


def _row(session: Session, call: Call, body: Question, state: ConditionState, *, administrator: bool) -> Page:
    who, names = (state.who, ()) if state.holds else _whom(session, state, body.project)
    return {
        "code": state.code,
        "holds": state.holds,
        "text": both(state.text),
        "until": iso(state.until),
        "about": state.about,
        "who": who.value,
        "who_label": both(WHO_LABELS[who]),
        "names": names,
        "link": _link(call, body, state, administrator=administrator),
    }


def _whom(session: Session, state: ConditionState, project: str | None) -> tuple[Who, Sequence[str]]:
    """Who can change *state*, and by which names: administrators where nobody speaks for the owner of the data."""
    who = state.who
    if who is Who.STEWARD:
        dataset = session.get(Dataset, state.about)
        stewards = [] if dataset is None else stewards_of(session, [dataset.owner])
        if stewards:
            return who, [each.display_name for each in stewards]
        who = Who.ADMINISTRATOR
    if who is Who.ADMINISTRATOR:
        return who, [each.display_name for each in holders(session, PlatformRole.ADMINISTRATOR)]
    if who is Who.LEAD and project is not None:
        leads = [each for each in memberships(session, project=project) if each.role is MemberRole.LEAD]
        return who, sorted({get_person(session, each.person).display_name for each in leads})
    return who, ()


def _link(call: Call, body: Question, state: ConditionState, *, administrator: bool) -> str | None:
    """Address below the portal's, or of the Hub's own pages, where the state is changed; None where there is none."""
    concept = state.code.split("_", maxsplit=1)[0]
    own = body.person in {None, call.actor}
    if own and concept == "second":
        return f"{call.portal.public_url}/hub/enrol"
    if own and (concept == "sign" or state.code == "place_refused"):
        asked = body.model_dump(mode="json", exclude_none=True)
        return sign_in_again(call.portal.public_url, f"{PORTAL_PREFIX}why?{urlencode(asked)}")
    if own and (state.who is Who.PERSON or concept == "identity"):
        target = _OWN.get(concept)
    elif administrator:
        target = _ADMIN.get(concept)
    else:
        target = "requests" if concept in {"membership", "habilitation", "agreement"} else None
    if target is None or ("{project}" in target and not body.project):
        return None
    return target.format(state.about, project=body.project, person=body.person or call.actor)


def _record(call: Call, body: Question, person: str) -> None:
    subject = {"what": "rights of a person", "action": body.action.value}
    call.portal.store.record(
        Event(Kind.AUDIT_READ, call.actor, body.project, call.now, subject, persons={"looked_at": person})
    )
