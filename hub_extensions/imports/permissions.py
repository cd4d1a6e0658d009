"""Who may do what to an import; *when* is in ``states``. What a person must be is the one decision function's to say.

Into a project: a member sends, a data steward from outside the project judges. As a version of a data set: a steward of
its owner opens the delivery, another one judges it. Nobody judges what he sent or had sent.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from hub_extensions.imports.records import ImportRequest
from hub_extensions.imports.states import OWNERS, Act, Owner
from project_spaces.access import allowed, may
from project_spaces.datasets import get_dataset
from project_spaces.decisions import Action, Decision
from project_spaces.errors import NotFound, Refused
from project_spaces.memberships import memberships
from project_spaces.text import Text

UNKNOWN = Text("Import inconnu.", "Unknown import.")
NOT_AUTHOR = Text("Seul l'auteur de l'import peut faire cela.", "Only the author of the import may do this.")
NOT_PROVIDER = Text("Ce dépôt ne vous est pas ouvert.", "This delivery is not open to you.")
BY_ITSELF = Text("Cette étape est automatique.", "This step happens by itself.")


def sending(session: Session, who: str, *, project: str | None, dataset: str | None, now: datetime) -> Decision:
    """Decide whether *who* may send something there today."""
    if dataset is not None:
        return may(session, who, Action.DELIVER_DATASET, now=now, owners=(get_dataset(session, dataset).owner,))
    return may(session, who, Action.SUBMIT_IMPORT, now=now, project_slug=project)


def check_sender(session: Session, who: str, *, project: str | None, dataset: str | None, now: datetime) -> None:
    """Raise ``Refused`` unless *who* may send something there today."""
    allowed(sending(session, who, project=project, dataset=dataset, now=now))


def judging(session: Session, who: str, request: ImportRequest, now: datetime) -> Decision:
    """Decide whether *who* may judge *request*."""
    if request.dataset is not None:
        owner = get_dataset(session, request.dataset).owner
        return may(session, who, Action.ACCEPT_DELIVERY, now=now, owners=(owner,), author=request.author)
    return may(session, who, Action.REVIEW_IMPORT, now=now, project_slug=request.project, author=request.author)


def may_judge(session: Session, who: str, request: ImportRequest, now: datetime) -> bool:
    """Tell whether *who* may judge *request*."""
    return judging(session, who, request, now).allowed


def check_owner(
    session: Session, who: str, request: ImportRequest, act: Act, now: datetime, *, provider: str | None
) -> None:
    """Raise unless *who*, or the outside *provider*, is among those who may ever perform *act* on *request*.

    Raises
    ------
    NotFound
        a stranger asks.
    Refused
        somebody who knows of the import, but whose act this is not.
    """
    owners = OWNERS[act]
    if provider is not None:
        if Owner.PROVIDER not in owners or request.provider != provider:
            raise Refused(NOT_PROVIDER)
        _check_host(session, request, now)
        return
    check_viewer(session, who, request, now)
    if Owner.STEWARD in owners:
        allowed(judging(session, who, request, now))
    elif Owner.AUTHOR not in owners:
        raise Refused(BY_ITSELF)
    elif who != request.author:
        raise Refused(NOT_AUTHOR)
    elif act is not Act.WITHDRAW:
        check_sender(session, who, project=request.project, dataset=request.dataset, now=now)


def _check_host(session: Session, request: ImportRequest, now: datetime) -> None:
    """What an outsider may send ends with the right of whoever let him in, who need not be signed in meanwhile."""
    decision = sending(session, request.author, project=request.project, dataset=request.dataset, now=now)
    left = [each.text for each in decision.reasons if not each.code.startswith(("sign_in", "place"))]
    if left:
        raise Refused(left[0], left)


def check_viewer(session: Session, who: str, request: ImportRequest, now: datetime) -> None:
    """Raise ``NotFound`` unless *who* may know of *request*: its author, the project's members, who may judge it."""
    if who == request.author or may_judge(session, who, request, now) or _in_project(session, who, request, now):
        return
    raise NotFound(UNKNOWN)


def _in_project(session: Session, who: str, request: ImportRequest, now: datetime) -> bool:
    if request.project is None:
        return False
    found = memberships(session, person=who, project=request.project)
    return any(each.facts.window.holds(now) for each in found)
