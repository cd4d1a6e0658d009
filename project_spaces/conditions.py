"""The conditions that decisions are made of, one function each: does it hold, until when, and if not, why not.

A condition looks at the facts it is given and at the moment it is told, at nothing else. It answers a ``Verdict``: the
sentence of a refusal is for the person who is refused, and says what is missing and since when.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from project_spaces.facts import Classification, PlatformRole, ProjectStatus, Resource, Subject
from project_spaces.text import Text
from project_spaces.windows import Window, moment


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is refused: *code* for programs, *text* for the person."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """One condition's answer: it holds when there are no reasons; ``until`` is when it stops holding by itself."""

    reasons: tuple[Reason, ...] = ()
    until: datetime | None = None


Condition = Callable[[Subject, Resource, datetime], Verdict]

HOLDS = Verdict()


def no(code: str, fr: str, en: str) -> Verdict:
    """Answer that a condition does not hold, and why."""
    return Verdict((Reason(code, Text(fr, en)),))


def earliest(moments: Sequence[datetime | None]) -> datetime | None:
    """Return the first of *moments*; None stands for never."""
    known = [each for each in moments if each is not None]
    return min(known) if known else None


def person_active(subject: Subject, _resource: Resource, _now: datetime) -> Verdict:
    """The person is known and has not been disabled."""
    if subject.active:
        return HOLDS
    return no(
        "person_inactive",
        "Votre compte n'est pas actif : adressez-vous à l'autorité d'enregistrement.",
        "Your account is not active: ask the registration authority.",
    )


def second_factor_enrolled(subject: Subject, _resource: Resource, _now: datetime) -> Verdict:
    """Never an account without a second factor (S-66, SATRE 2.2.07)."""
    if subject.second_factor:
        return HOLDS
    return no(
        "second_factor_missing",
        "Votre double authentification n'est pas activée : terminez votre inscription.",
        "Your second factor is not set up: finish your enrolment.",
    )


def project_open(_subject: Subject, resource: Resource, now: datetime) -> Verdict:
    """The project exists, is not suspended or closed, and now is within its dates."""
    project = resource.project
    if project is None:
        return no("project_unknown", "Il n'y a pas de tel espace projet.", "There is no such project space.")
    if project.status is ProjectStatus.SUSPENDED:
        return no("project_suspended", "L'espace projet est suspendu.", "The project space is suspended.")
    if project.status is ProjectStatus.CLOSED:
        return no("project_closed", "L'espace projet est clos.", "The project space is closed.")
    if project.window.holds(now):
        return Verdict(until=project.window.last)
    if now < project.window.starts_at:
        at = moment(project.window.starts_at)
        return no("project_not_started", f"L'espace projet ouvre le {at.fr}.", f"The project space opens on {at.en}.")
    at = moment(project.window.last or now)
    return no("project_ended", f"L'espace projet a pris fin le {at.fr}.", f"The project space ended on {at.en}.")


def member(_subject: Subject, resource: Resource, now: datetime) -> Verdict:
    """The person is a member of the project now."""
    windows = [membership.window for membership in resource.memberships]
    return _held(
        windows,
        now,
        code="membership",
        name=Text("votre appartenance à l'espace projet", "your membership of the project space"),
        none=Text("Vous n'êtes pas membre de cet espace projet.", "You are not a member of this project space."),
    )


def never_member(_subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """A reviewer neither is, nor has been, nor is about to be a member of the project."""
    if not resource.memberships:
        return HOLDS
    return no(
        "reviewer_in_project",
        "Vous êtes ou avez été membre de ce projet : la vérification revient à des personnes extérieures.",
        "You are or have been a member of this project: outsiders must review it.",
    )


def outside_project(_subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """Nobody controls own traces: an auditor who is, was or will be a member leaves the project to another."""
    if not resource.memberships:
        return HOLDS
    return no(
        "auditor_in_project",
        "Vous êtes ou avez été membre de ce projet : le contrôle de ses traces revient à quelqu'un d'autre.",
        "You are or have been a member of this project: someone else must control its traces.",
    )


def datasets_named(_subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """A mount names what it mounts: nothing asked for is nothing allowed."""
    if resource.datasets:
        return HOLDS
    return no("dataset_unknown", "Il n'y a pas de tel jeu de données.", "There is no such data set.")


def datasets_available(_subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """No data set concerned has been withdrawn by its owner."""
    reasons = tuple(
        Reason(
            "dataset_withdrawn",
            Text(
                f"Le jeu de données {dataset.slug} a été retiré par son producteur.",
                f"Data set {dataset.slug} was withdrawn by its owner.",
            ),
        )
        for dataset in resource.datasets
        if dataset.withdrawn
    )
    return Verdict(reasons)


def not_identifying(_subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """Data that name persons are inputs of a linkage, never of a workspace, whoever is habilitated (S-186)."""
    reasons = tuple(
        Reason(
            "dataset_identifying",
            Text(
                f"Le jeu de données {dataset.slug} est identifiant : il ne sert qu'en espace d'appariement.",
                f"Data set {dataset.slug} is identifying: it serves in the linkage space only.",
            ),
        )
        for dataset in resource.datasets
        if dataset.classification is Classification.IDENTIFYING
    )
    return Verdict(reasons)


def habilitated(_subject: Subject, resource: Resource, now: datetime) -> Verdict:
    """The person holds a habilitation for each data set concerned, in this project, now (S-82, S-163)."""
    verdicts = [
        _held(
            dataset.habilitations,
            now,
            code="habilitation",
            name=Text(
                f"votre habilitation pour le jeu de données {dataset.slug}",
                f"your habilitation for data set {dataset.slug}",
            ),
            none=Text(
                f"Vous n'êtes pas habilité pour le jeu de données {dataset.slug} dans cet espace projet.",
                f"You hold no habilitation for data set {dataset.slug} in this project space.",
            ),
        )
        for dataset in resource.datasets
    ]
    reasons = tuple(reason for verdict in verdicts for reason in verdict.reasons)
    return Verdict(reasons, None if reasons else earliest([verdict.until for verdict in verdicts]))


def holds_role(role: PlatformRole, *others: PlatformRole) -> Condition:
    """The person holds one of these roles on the platform."""
    roles = (role, *others)
    words = {
        PlatformRole.ADMINISTRATOR: Text("d'administrateur", "administrator"),
        PlatformRole.REVIEWER: Text("de vérificateur", "reviewer"),
        PlatformRole.AUDITOR: Text("d'auditeur", "auditor"),
        PlatformRole.STEWARD: Text("de gestionnaire de données", "data steward"),
    }
    fr = " ou ".join(words[each].fr for each in roles)
    en = " or ".join(words[each].en for each in roles)

    def condition(subject: Subject, _resource: Resource, _now: datetime) -> Verdict:
        if subject.roles.intersection(roles):
            return HOLDS
        return no("role_missing", f"Vous n'avez pas le rôle {fr}.", f"You do not hold the role of {en}.")

    condition.__name__ = "holds_role_" + "_or_".join(roles)
    return condition


def not_author(subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """Nobody judges his own case; an export whose author is unknown is judged by nobody."""
    if resource.author is not None and resource.author != subject.username:
        return HOLDS
    return no(
        "own_request",
        "Vous êtes l'auteur de cette demande : d'autres que vous doivent la vérifier.",
        "You are the author of this request: others must review it.",
    )


def is_recipient(subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """A released package goes to the person named on the link, to nobody else."""
    if resource.recipient == subject.username:
        return HOLDS
    return no("not_recipient", "Ce lien n'est pas à votre nom.", "This link is not in your name.")


def not_beneficiary(subject: Subject, resource: Resource, _now: datetime) -> Verdict:
    """Nobody grants himself a right, administrators least of all."""
    if resource.beneficiary is not None and resource.beneficiary != subject.username:
        return HOLDS
    return no(
        "own_right",
        "Personne ne s'accorde un droit à soi-même : un autre administrateur doit le faire.",
        "Nobody grants a right to himself: another administrator must do it.",
    )


def _held(windows: Sequence[Window], now: datetime, *, code: str, name: Text, none: Text) -> Verdict:
    """One of *windows* holds: until the last of those that hold; otherwise say which way none does."""
    current = [window.last for window in windows if window.holds(now)]
    if current:
        return Verdict(until=None if None in current else max(each for each in current if each is not None))
    past = [window for window in windows if window.last is not None and window.last <= now]
    if past:
        latest = max(past, key=lambda window: window.last or now)
        at = moment(latest.last or now)
        if latest.withdrawn(now):
            return no(
                f"{code}_revoked",
                _sentence(name.fr, f"a été retirée le {at.fr}"),
                _sentence(name.en, f"was withdrawn on {at.en}"),
            )
        return no(
            f"{code}_ended", _sentence(name.fr, f"a pris fin le {at.fr}"), _sentence(name.en, f"ended on {at.en}")
        )
    future = [window.starts_at for window in windows if now < window.starts_at]
    if future:
        at = moment(min(future))
        return no(
            f"{code}_not_started", _sentence(name.fr, f"commence le {at.fr}"), _sentence(name.en, f"begins on {at.en}")
        )
    return no(f"{code}_missing", none.fr, none.en)


def _sentence(subject: str, rest: str) -> str:
    return f"{subject[0].upper()}{subject[1:]} {rest}."
