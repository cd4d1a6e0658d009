"""Conditions on the project: open, within its dates, approved, and the person is (or never was) a member of it."""

from collections.abc import Sequence
from datetime import datetime

from project_spaces.conditions.person import asked
from project_spaces.conditions.states import Named, States, Who, held, no, yes
from project_spaces.facts import MemberRole, PlatformRole, ProjectStatus, Resource, Subject
from project_spaces.text import Text
from project_spaces.windows import Window, covered_until, lasting, moment


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


def results_may_leave(subject: Subject, resource: Resource, now: datetime) -> States:
    """The project is open, or was frozen at its end so short a time ago that results may still be taken out."""
    project = resource.project
    frozen = project.frozen if project is not None else None
    last = frozen.last if frozen is not None and frozen.holds(now) else None
    if project is None or last is None or project.status is not ProjectStatus.OPEN:
        return project_open(subject, resource, now)
    at = moment(last)
    return yes(
        "project_frozen",
        f"L'espace projet est gelé ; les dernières sorties peuvent être demandées jusqu'au {at.fr}.",
        f"The project space is frozen; last exports may be asked for until {at.en}.",
        Who.ADMINISTRATOR,
        until=last,
    )


def project_approved(subject: Subject, resource: Resource, now: datetime) -> States:
    """The project holds every approval that is asked for (S-85)."""
    return _approved(subject, resource, None, now)


def approved_until_frozen(subject: Subject, resource: Resource, now: datetime) -> States:
    """The project holds every approval that is asked for, or held it until it was frozen."""
    return _approved(subject, resource, freeze(resource), now)


def freeze(resource: Resource) -> Window | None:
    """Return the time in which the project is frozen, if it has an end."""
    return resource.project.frozen if resource.project is not None else None


def _approved(subject: Subject, resource: Resource, frozen: Window | None, now: datetime) -> States:
    kinds = sorted({kind for each in asked(subject, resource) for kind in each.approvals})
    approvals = resource.project.approvals if resource.project is not None else ()
    return tuple(
        state
        for kind in kinds
        for state in held(
            lasting([each.window for each in approvals if each.kind == kind], frozen, now),
            now,
            Named(
                "approval",
                Text(f"l'autorisation « {kind} » du projet", f"the project's approval “{kind}”"),
                Text(f"Le projet n'a pas l'autorisation « {kind} ».", f"The project lacks the approval “{kind}”."),
                Who.ADMINISTRATOR,
                kind,
            ),
        )
    )


def member(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The person is a member of the project now."""
    return _member([membership.window for membership in resource.memberships], now)


def member_until_frozen(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The person is a member of the project, or was one when it was frozen."""
    return _member(lasting([each.window for each in resource.memberships], freeze(resource), now), now)


def _member(windows: Sequence[Window], now: datetime) -> States:
    return held(
        windows,
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


def leads(_subject: Subject, resource: Resource, now: datetime) -> States:
    """The person leads the project now."""
    until = _led_until(resource, now)
    if until != now:
        fr, en = "Vous portez cet espace projet.", "You lead this project space."
        return yes("project_lead", fr, en, Who.ADMINISTRATOR, until=until)
    return no(
        "not_project_lead",
        "Seul le porteur de l'espace projet peut le demander.",
        "Only the lead of the project space may ask for this.",
        Who.ADMINISTRATOR,
    )


def _led_until(resource: Resource, now: datetime) -> datetime | None:
    """Return when the person stops leading the project, None for never, *now* for who doesn't lead it."""
    return covered_until([each.window for each in resource.memberships if each.role is MemberRole.LEAD], now)


def ends_project(subject: Subject, resource: Resource, now: datetime) -> States:
    """A project is ended by its lead, or by an administrator of the platform."""
    until = None if PlatformRole.ADMINISTRATOR in subject.roles else _led_until(resource, now)
    if until != now:
        fr, en = "Vous pouvez clore cet espace projet.", "You may end this project space."
        return yes("project_ender", fr, en, Who.NOBODY, until=until)
    return no(
        "not_project_ender",
        "Seuls le porteur du projet et un administrateur peuvent clore cet espace projet.",
        "Only the project's lead and an administrator may end this project space.",
        Who.ADMINISTRATOR,
    )


def settles_end(subject: Subject, resource: Resource, _now: datetime) -> States:
    """What becomes of an ended project is for administrators and for who speaks for an owner of its data."""
    if PlatformRole.ADMINISTRATOR in subject.roles or subject.owners.intersection(resource.owners):
        return yes(
            "settler",
            "Vous pouvez décider du sort de ce projet.",
            "You may settle what becomes of this project.",
            Who.ADMINISTRATOR,
        )
    return no(
        "not_settler",
        "Le sort d'un projet terminé revient aux administrateurs et aux producteurs de ses données.",
        "What becomes of an ended project is for administrators and the owners of its data.",
        Who.ADMINISTRATOR,
    )


def settler_outside(_subject: Subject, resource: Resource, _now: datetime) -> States:
    """Nobody archives or deletes what he worked on: it may be evidence of his own acts."""
    return _outsider(
        resource,
        "settler_in_project",
        Text("son sort revient à des personnes extérieures.", "outsiders must settle what becomes of it."),
    )


def concerned_by_end(subject: Subject, resource: Resource, _now: datetime) -> States:
    """Who answers for a project may see what became of it: leads, owners of its data, administrators, auditors."""
    led = any(each.role is MemberRole.LEAD for each in resource.memberships)
    watching = subject.roles & {PlatformRole.ADMINISTRATOR, PlatformRole.AUDITOR}
    if led or watching or subject.owners.intersection(resource.owners):
        return yes(
            "end_concerned", "La fin de ce projet vous concerne.", "This project's end concerns you.", Who.NOBODY
        )
    return no(
        "end_not_concerned",
        "Le certificat est pour le porteur, les producteurs des données, les administrateurs et les auditeurs.",
        "The certificate is for the lead, the owners of the data, administrators and auditors.",
        Who.ADMINISTRATOR,
    )
