"""What reviewers say of themselves: days away, and projects that they can't judge with an open mind.

Both take effect at once: the worker asks somebody else within seconds, and votes that were given in spite of a conflict
of interest count no more.
"""

from datetime import datetime

from audit.events import Event, Kind
from hub_extensions.exports.acting import new_id, written
from hub_extensions.exports.assignments import ReviewerAbsence, ReviewerConflict, is_conflicted
from hub_extensions.exports.desk import Desk
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import PlatformRole
from project_spaces.people import roles_of
from project_spaces.projects import get_project
from project_spaces.store import WriteSession
from project_spaces.text import Text

NOT_A_REVIEWER = Text("Cela est réservé aux vérificateurs.", "This is for reviewers only.")
BACKWARDS = Text(
    "L'absence doit finir après son début, et après aujourd'hui.", "An absence ends after it began, and after today."
)
NO_ABSENCE = Text("Cette absence n'est pas la vôtre ou n'existe pas.", "This absence is not yours or does not exist.")
ALREADY = Text("Vous avez déjà déclaré ce conflit.", "You have declared this conflict already.")


def declare_absence(desk: Desk, *, actor: str, starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """Ask nothing of *actor* in that time; return the absence's id.

    Raises
    ------
    Refused
        *actor* is no reviewer.
    Invalid
        it ends before it begins, or is over.
    """
    absence = ReviewerAbsence(id=new_id(), reviewer=actor, starts_at=starts_at, ends_at=ends_at)
    event = Event(Kind.EXPORT_REVIEWER, actor, None, now, {"absence": absence.id})
    with desk.store.write(event) as session:
        _check_reviewer(session, actor)
        if ends_at <= max(starts_at, now):
            raise Invalid(BACKWARDS)
        session.add(absence)
        return absence.id


def cancel_absence(desk: Desk, absence_id: str, *, actor: str, now: datetime) -> None:
    """Be there after all."""
    with desk.store.write(Event(Kind.EXPORT_REVIEWER, actor, None, now, {"back": absence_id})) as session:
        absence = session.get(ReviewerAbsence, absence_id)
        if absence is None or absence.reviewer != actor or absence.cancelled_at is not None:
            raise NotFound(NO_ABSENCE)
        absence.cancelled_at = now


def declare_conflict(desk: Desk, project: str, *, actor: str, now: datetime, reason: str) -> None:
    """Never judge a request of *project* again; votes on its open requests count no more.

    Raises
    ------
    Refused, NotFound, Conflict
        *actor* is no reviewer, there is no such project, or it was declared before.
    """
    said = written(reason)
    with desk.store.write(Event(Kind.EXPORT_REVIEWER, actor, project, now, {"conflict": True})) as session:
        _check_reviewer(session, actor)
        get_project(session, project)
        if is_conflicted(session, actor, project):
            raise Conflict(ALREADY)
        session.add(ReviewerConflict(reviewer=actor, project=project, reason=said, declared_at=now))


def _check_reviewer(session: WriteSession, actor: str) -> None:
    if PlatformRole.REVIEWER not in roles_of(session, actor):
        raise Refused(NOT_A_REVIEWER)
