"""What only the desk says of a request: whether the people it names are registered, and its project's name is free.

An applicant who was told while filling in a draft could try every name of the platform there, unseen. So a request is
submitted with the names that were typed; what is wrong with them is said to whoever looks whether the file is complete,
and it goes on only once that is settled. Until then an applicant reads nobody's name but those of people who share one
of the own projects.

An account may close between that and the last consent. A project opens for nobody whose account is closed: the request
waits until another applicant answers for it, and the others who left get no right.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.errors import Conflict
from project_spaces.memberships import Membership
from project_spaces.people import Person
from project_spaces.projects import Project
from project_spaces.records.places import Affiliation, Organisation
from project_spaces.requests.forms import RequestForm, read_form
from project_spaces.requests.gaps import Gap, taken
from project_spaces.requests.records import AccessRequest, RequestState, steps
from project_spaces.requests.steps import GOES_ON, Step
from project_spaces.text import Text

NOT_SETTLED = Text(
    "Le dossier ne peut pas avancer ainsi : renvoyez-le au demandeur, en disant ce qui est à corriger.",
    "The file can't go on like this: send it back to the applicant, and say what is to be corrected.",
)

LEAD_LEFT = Text(
    "Le compte du demandeur est fermé : confiez d'abord la demande à quelqu'un d'autre (demandes bloquées).",
    "The applicant's account is closed: give the request to somebody else first (stuck requests).",
)


def to_settle(session: Session, request: AccessRequest) -> list[Gap]:
    """Return what is wrong with the names of *request*, for whoever judges whether the file is complete."""
    form = read_form(request.form)
    return [*_name_taken(session, form, request.id), *_wrong_people(session, (request.applicant, *form.usernames))]


def answering(session: Session, request: AccessRequest) -> list[Gap]:
    """Return a remark unless the form names the organisation that will answer for the project: the lead's on record."""
    written = read_form(request.form).organisation.strip()
    home = session.get(Affiliation, request.applicant)
    if home is None:
        nobody = Text(
            f"{request.applicant} n'est rattaché à aucun organisme enregistré : aucun hub n'administrera le projet.",
            f"{request.applicant} is registered for no organisation: no hub will administer the project.",
        )
        return [Gap("organisation", nobody)]
    name = session.get_one(Organisation, home.organisation).name
    if name == written:
        return []
    other = Text(
        f"Le dossier indique « {written} » ; {name}, où {request.applicant} est enregistré, répondra du projet.",
        f"The file says “{written}”; {name}, for which {request.applicant} is registered, will answer for the project.",
    )
    return [Gap("organisation", other)]


def require_settled(session: Session, request: AccessRequest) -> None:
    """Raise ``Conflict`` while a name of *request* is wrong: it would open a project for nobody."""
    found = to_settle(session, request)
    if found:
        raise Conflict(NOT_SETTLED, [each.text for each in found])


def require_lead(session: Session, request: AccessRequest) -> None:
    """Raise ``Conflict`` when the account of the applicant, who would lead the project, was closed meanwhile."""
    if without_account(session, [request.applicant]):
        raise Conflict(LEAD_LEFT)


def without_account(session: Session, names: Iterable[str]) -> frozenset[str]:
    """Return those of *names* who have no active account."""
    asked = frozenset(names)
    active = select(Person.username).where(Person.username.in_(asked), Person.disabled_at.is_(None))
    return asked - frozenset(session.scalars(active))


def told_of(session: Session, request: AccessRequest, viewer: str, *, decides: bool) -> frozenset[str]:
    """Return of whom in *request* the viewer reads name, organisation and account.

    Everybody, for whoever decides and once the file was found complete; before that, people who share a project of the
    viewer's, and the applicant.
    """
    form = read_form(request.form)
    named = frozenset({request.applicant, *form.usernames})
    complete = any(each.step is Step.COMPLETENESS and each.outcome in GOES_ON for each in steps(session, request.id))
    if decides or complete:
        return named
    return named & {viewer, request.applicant, *colleagues(session, viewer)}


def colleagues(session: Session, person: str) -> frozenset[str]:
    """Return everybody who is or was a member of a project of *person*'s."""
    mine = select(Membership.project).where(Membership.person == person)
    return frozenset(session.scalars(select(Membership.person).where(Membership.project.in_(mine))))


def _name_taken(session: Session, form: RequestForm, request_id: str) -> Iterator[Gap]:
    """The project's name is held by a project, or by a request that is being looked at."""
    running = session.scalars(select(AccessRequest).where(AccessRequest.state == RequestState.SUBMITTED))
    held = any(each.id != request_id and each.form.get("slug") == form.slug for each in running)
    if held or session.get(Project, form.slug) is not None:
        yield taken(form.slug)


def _wrong_people(session: Session, names: Iterable[str]) -> Iterator[Gap]:
    for name in names:
        person = session.get(Person, name)
        if person is None:
            unknown = Text(
                f"Il n'y a personne d'identifiant « {name} » : au demandeur de le vérifier, ou de la faire inscrire.",
                f"Nobody has the username “{name}”: the applicant checks it, or has the person registered.",
            )
            yield Gap("people", unknown, name)
        elif person.disabled_at is not None:
            yield Gap("people", Text(f"Le compte {name} n'est pas actif.", f"Account {name} is not active."), name)
