"""Conditions on the project: open, within its dates, approved, and the person is (or never was) a member of it."""

from datetime import datetime

from project_spaces.conditions.person import asked
from project_spaces.conditions.states import Named, States, Who, held, no, yes
from project_spaces.facts import ProjectStatus, Resource, Subject
from project_spaces.text import Text
from project_spaces.windows import moment


def project_open(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The project exists, is not suspended or closed, and now is within its dates."""
    project = resource.project
    if project is None:
        return no(
            "project_unknown", "Il n'y a pas de tel espace projet.", "There is no such project space.", Who.NOBODY
        )
    closed = {ProjectStatus.SUSPENDED: ("suspendu", "suspended"), ProjectStatus.CLOSED: ("clos", "closed")}
    if project.status in closed:
        fr, en = closed[project.status]
        code = f"project_{project.status.value}"
        return no(code, f"L'espace projet est {fr}.", f"The project space is {en}.", Who.ADMINISTRATOR)
    at = moment(project.window.last or now)
    if project.window.holds(now):
        last = project.window.last
        fr, en = (f" jusqu'au {at.fr}", f" until {at.en}") if last else ("", "")
        return yes(
            "project",
            f"L'espace projet est ouvert{fr}.",
            f"The project space is open{en}.",
            Who.ADMINISTRATOR,
            until=last,
        )
    if now < project.window.starts_at:
        at = moment(project.window.starts_at)
        fr, en = f"L'espace projet ouvre le {at.fr}.", f"The project space opens on {at.en}."
        return no("project_not_started", fr, en, Who.ADMINISTRATOR)
    fr, en = f"L'espace projet a pris fin le {at.fr}.", f"The project space ended on {at.en}."
    return no("project_ended", fr, en, Who.ADMINISTRATOR)


def project_approved(subject: Subject, resource: Resource, now: datetime) -> States:
    """The project holds every approval that is asked for (S-85)."""
    kinds = sorted({kind for each in asked(subject, resource) for kind in each.approvals})
    approvals = resource.project.approvals if resource.project is not None else ()
    return tuple(
        state
        for kind in kinds
        for state in held(
            [each.window for each in approvals if each.kind == kind],
            now,
            Named(
                "approval",
                Text(f"l'autorisation « {kind} » du projet", f"the project's approval “{kind}”"),
                Text(f"Le projet n'a pas l'autorisation « {kind} ».", f"The project lacks the approval “{kind}”."),
                Who.LEAD,
                kind,
            ),
        )
    )


def member(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The person is a member of the project now."""
    return held(
        [membership.window for membership in resource.memberships],
        now,
        Named(
            "membership",
            Text("votre appartenance à l'espace projet", "your membership of the project space"),
            Text("Vous n'êtes pas membre de cet espace projet.", "You are not a member of this project space."),
            Who.ADMINISTRATOR,
        ),
    )


def never_member(_subject: Subject, resource: Resource, _now: datetime) -> States:
    """A reviewer neither is, nor has been, nor is about to be a member of the project."""
    return _outsider(
        resource,
        "reviewer_in_project",
        Text("la vérification revient à des personnes extérieures.", "outsiders must review it."),
    )


def outside_project(_subject: Subject, resource: Resource, _now: datetime) -> States:
    """Nobody controls own traces: an auditor who is, was or will be a member leaves the project to another."""
    return _outsider(
        resource,
        "auditor_in_project",
        Text("le contrôle de ses traces revient à quelqu'un d'autre.", "someone else must control its traces."),
    )


def _outsider(resource: Resource, code: str, then: Text) -> States:
    if not resource.memberships:
        fr, en = "Vous n'avez jamais été membre de ce projet.", "You have never been a member of this project."
        return yes("outsider", fr, en, Who.NOBODY)
    return no(
        code,
        f"Vous êtes ou avez été membre de ce projet : {then.fr}",
        f"You are or have been a member of this project: {then.en}",
        Who.NOBODY,
    )
