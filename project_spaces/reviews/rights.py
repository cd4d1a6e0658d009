"""What a review looks at: memberships and habilitations, and what people do for the platform (SEC-HAB).

A review of one project lists its members and their habilitations. One of the platform also lists roles, perimeters and
the owners that people speak for: a reviewer of exports or an administrator whom nobody vouches for opens more than any
habilitation does. Each right knows what is recorded when it is withdrawn, and how.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.facts import PlaceKind, PlatformRole
from project_spaces.habilitations import Habilitation
from project_spaces.memberships import Membership
from project_spaces.owner_stewards import OwnerSteward
from project_spaces.people import PlatformRoleRow, is_only_administrator
from project_spaces.perimeters import PLACE_LABELS
from project_spaces.records.people import ROLE_LABELS
from project_spaces.records.places import Perimeter
from project_spaces.text import Text


class RightKind(StrEnum):
    """What is reviewed."""

    MEMBERSHIP = "membership"
    HABILITATION = "habilitation"
    ROLE = "role"
    PERIMETER = "perimeter"
    STEWARDSHIP = "stewardship"


@dataclass(frozen=True, slots=True)
class ReviewedRight:
    """One right as it stands when a review is opened.

    Parameters
    ----------
    right
        the id of the membership, habilitation or perimeter; of a role its name, of a stewardship the owner's.
    about
        the role, the place or the owner, for whoever decides.
    ends_at
        None where it lasts until somebody takes it away.
    """

    kind: RightKind
    right: str
    person: str
    project: str | None = None
    dataset: str | None = None
    about: str | None = None
    ends_at: datetime | None = None


def rights_to_review(session: Session, project: str | None, now: datetime) -> list[ReviewedRight]:
    """Return every right that has not ended, of *project* or of the platform."""
    found = [*_memberships(session, project, now), *_habilitations(session, project, now)]
    if project is None:
        found += [*_roles(session), *_perimeters(session, now), *_stewardships(session)]
    return found


def only_administrator(session: Session, right: ReviewedRight) -> bool:
    """Tell whether *right* is the role of the only administrator: nobody else could decide on it, or undo it."""
    role = (right.kind, right.right) == (RightKind.ROLE, PlatformRole.ADMINISTRATOR.value)
    return role and is_only_administrator(session, right.person)


def withdrawal_event(right: ReviewedRight, *, reason: str, actor: str, now: datetime) -> Event:
    """Return what is recorded when *right* is withdrawn."""
    kind, subject, project = _recorded(right)
    persons = {"beneficiary": right.person}
    return Event(kind, actor, project, now, subject, private={"reason": reason}, persons=persons)


def withdraw_right(session: Session, right: ReviewedRight, *, reason: str, actor: str, now: datetime) -> None:
    """Take *right* away; what is gone already stays gone."""
    match right.kind:
        case RightKind.MEMBERSHIP:
            session.get_one(Membership, right.right).revoke(now)
        case RightKind.HABILITATION:
            row = session.get_one(Habilitation, right.right)
            if row.revoked_at is None:
                row.revoked_at, row.revoked_by, row.revoked_reason = now, actor, reason.strip()
        case RightKind.PERIMETER:
            session.get_one(Perimeter, right.right).revoke(now)
        case RightKind.ROLE:
            _delete(session, session.get(PlatformRoleRow, (right.person, PlatformRole(right.right))))
        case RightKind.STEWARDSHIP:
            _delete(session, session.get(OwnerSteward, (right.right, right.person)))


def _recorded(right: ReviewedRight) -> tuple[Kind, dict[str, str], str | None]:
    match right.kind:
        case RightKind.MEMBERSHIP:
            return Kind.MEMBERSHIP_REVOKED, {"membership": right.right}, right.project
        case RightKind.HABILITATION:
            subject = {"habilitation": right.right, "dataset": right.dataset or ""}
            return Kind.HABILITATION_REVOKED, subject, right.project
        case RightKind.PERIMETER:
            scope, _, name = (right.about or "").partition(" ")
            subject = {"perimeter": right.right, "scope": scope, "change": "revoked"}
            return Kind.PERIMETER, subject, name if scope == PlaceKind.PROJECT.value else None
        case RightKind.ROLE:
            return Kind.ROLE_REVOKED, {"role": right.right}, None
        case RightKind.STEWARDSHIP:
            return Kind.ACCESS_CIRCUIT, {"owner": right.right, "change": "dismissed"}, None


def _delete(session: Session, row: PlatformRoleRow | OwnerSteward | None) -> None:
    if row is not None:
        session.delete(row)


def _memberships(session: Session, project: str | None, now: datetime) -> Iterator[ReviewedRight]:
    query = select(Membership) if project is None else select(Membership).where(Membership.project == project)
    for each in session.scalars(query):
        if not each.window.over(now):
            yield ReviewedRight(RightKind.MEMBERSHIP, each.id, each.person, each.project, ends_at=each.ends_at)


def _habilitations(session: Session, project: str | None, now: datetime) -> Iterator[ReviewedRight]:
    query = select(Habilitation) if project is None else select(Habilitation).where(Habilitation.project == project)
    for each in session.scalars(query):
        if not each.window.over(now):
            yield ReviewedRight(
                RightKind.HABILITATION, each.id, each.person, each.project, each.dataset, ends_at=each.ends_at
            )


def _roles(session: Session) -> Iterator[ReviewedRight]:
    for each in session.scalars(select(PlatformRoleRow)):
        yield ReviewedRight(RightKind.ROLE, each.role.value, each.person, about=each.role.value)


def _perimeters(session: Session, now: datetime) -> Iterator[ReviewedRight]:
    for each in session.scalars(select(Perimeter)):
        if not each.window.over(now):
            yield ReviewedRight(
                RightKind.PERIMETER, each.id, each.person, about=place_words(each), ends_at=each.ends_at
            )


def _stewardships(session: Session) -> Iterator[ReviewedRight]:
    for each in session.scalars(select(OwnerSteward)):
        yield ReviewedRight(RightKind.STEWARDSHIP, each.owner, each.person, about=each.owner)


def about_words(kind: RightKind | None, about: str) -> Text:
    """Say which role, place or owner a right is about."""
    if kind is RightKind.ROLE:
        return ROLE_LABELS[PlatformRole(about)]
    if kind is RightKind.PERIMETER:
        scope, _, name = about.partition(" ")
        label = PLACE_LABELS[PlaceKind(scope)]
        return Text(f"{label.fr} {name}", f"{label.en} {name}")
    return Text(about, about)


def place_words(perimeter: Perimeter) -> str:
    """Name the place of a perimeter; an organisation and a project may share a name."""
    return f"{perimeter.scope.value} {perimeter.name}"
