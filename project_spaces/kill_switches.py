"""Kill switches: one person, one project, one data set, or everything, stopped at once.

One administrator is enough to stop, whatever the scope: in an emergency nobody waits for a second. Going on is what may
be wrong, so it takes a second pair of eyes: **whoever set a switch does not lift it**, and nobody lifts the one on
himself. Asking for two administrators to *set* the switch of everything would make it useless at night; asking that it
is *lifted* by another keeps one person from opening and closing alone.

A data set is stopped by those who answer for it: its owner's stewards, and administrators. What none of these stewards
set is an administrator's to lift.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import SYSTEM_PREFIX, Event, Kind
from project_spaces.datasets import get_dataset
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import Place, PlatformRole, StopScope
from project_spaces.notifications import Topic, notify
from project_spaces.owner_perimeters import require_keeper, stewards_of
from project_spaces.people import get_person, person_places, require_administrator, roles_of
from project_spaces.projects import get_project
from project_spaces.reasons import written_reason
from project_spaces.records.places import perimeter_of, project_places
from project_spaces.records.stops import KillSwitch
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

__all__ = ["KillSwitch", "StopScope", "kill_switches", "lift_switch", "may_lift", "require_may_stop", "set_switch"]

OWN_SWITCH = Text(
    "Vous avez posé cet arrêt : un autre administrateur doit le lever.",
    "You set this stop: another administrator must lift it.",
)
FROM_ABOVE = Text(
    "Cet arrêt ne vient pas d'un gestionnaire de ce producteur : seul un administrateur le lève.",
    "This stop was not set by a steward of this owner: only an administrator lifts it.",
)

STOPPED = Text(
    "Votre accès est arrêté : adressez-vous à un administrateur.", "Your access is stopped: ask an administrator."
)
GOES_ON = Text("L'arrêt de votre accès est levé.", "The stop of your access is lifted.")


def kill_switches(session: Session, *, in_force: bool = True) -> Sequence[KillSwitch]:
    """Return the switches in force (or all that ever were), oldest first."""
    query = select(KillSwitch).order_by(KillSwitch.set_at, KillSwitch.id)
    return session.scalars(query.where(KillSwitch.lifted_at.is_(None)) if in_force else query).all()


def set_switch(store: Store, scope: StopScope, name: str, *, reason: str, actor: str, now: datetime) -> str:
    """Stop a person, project or data set (*name*), or everything (*name* empty) at once; return the switch's id.

    Stewards may stop the data sets that they answer for, administrators anything.

    Raises
    ------
    Invalid
        there is no reason, or one that is too long, or a name where none belongs.
    NotFound, Conflict, Refused
        no such thing; it is stopped already; *actor* may not.
    """
    written = written_reason(reason)
    number = uuid.uuid4().hex
    with store.write(_event(scope, name, number, "set", actor=actor, reason=written, now=now)) as session:
        require_may_stop(session, scope, name, actor, now)
        standing = select(KillSwitch).where(
            KillSwitch.scope == scope, KillSwitch.name == name, KillSwitch.lifted_at.is_(None)
        )
        if session.scalars(standing).first() is not None:
            raise Conflict(Text("Cet arrêt est déjà en vigueur.", "This stop is in force already."))
        session.add(KillSwitch(id=number, scope=scope, name=name, set_at=now, set_by=actor, reason=written))
        _tell_stopped(session, scope, name, STOPPED, now)
    return number


def lift_switch(store: Store, switch_id: str, *, reason: str, actor: str, now: datetime) -> None:
    """Lift a switch; never by whoever set it, nor by the person it stops. Lifting a lifted one is refused.

    Raises
    ------
    Invalid
        there is no reason, or one that is too long.
    NotFound, Conflict, Refused
        no such switch; it was lifted already; *actor* may not.
    """
    written = written_reason(reason)
    with store.read() as session:
        found = _get(session, switch_id)
    with store.write(
        _event(found.scope, found.name, switch_id, "lifted", actor=actor, reason=written, now=now)
    ) as session:
        row = _get(session, switch_id)
        _require_may_lift(session, row, actor, now)
        if row.lifted_at is not None:
            raise Conflict(Text("Cet arrêt est déjà levé.", "This stop was lifted already."))
        row.lifted_at, row.lifted_by, row.lifted_reason = now, actor, written
        _tell_stopped(session, row.scope, row.name, GOES_ON, now)


def may_lift(session: Session, switch: KillSwitch, actor: str, now: datetime) -> bool:
    """Tell whether *actor* may lift *switch*: pages offer it to nobody else."""
    try:
        _require_may_lift(session, switch, actor, now)
    except Refused:
        return False
    return True


def require_may_stop(session: Session, scope: StopScope, name: str, actor: str, now: datetime) -> None:
    """Let pass who may stop this.

    Raises
    ------
    NotFound, Invalid, Refused
        no such thing; a name where none belongs; *actor* may not.
    """
    _require(session, scope, name, actor, now)
    _require_target(session, scope, name)


def _tell_stopped(session: WriteSession, scope: StopScope, name: str, text: Text, now: datetime) -> None:
    """Tell the person whom a stop is about; what else is stopped tells those whom it hits when they come."""
    if scope is StopScope.PERSON:
        notify(session, to=name, kind=Topic.RIGHTS, text=text, link="why?action=open_workspace", now=now)


def _event(scope: StopScope, name: str, number: str, change: str, *, actor: str, reason: str, now: datetime) -> Event:
    """A person's name goes where it can be forgotten; a data set's is public."""
    subject: dict[str, str] = {"switch": number, "scope": scope.value, "change": change}
    subject |= {"dataset": name} if scope is StopScope.DATASET else {}
    persons = {"stopped": name} if scope is StopScope.PERSON else {}
    project = name if scope is StopScope.PROJECT else None
    return Event(Kind.KILL_SWITCH, actor, project, now, subject, private={"reason": reason}, persons=persons)


def _require(session: Session, scope: StopScope, name: str, actor: str, now: datetime) -> None:
    if scope is StopScope.DATASET:
        require_keeper(session, actor, name, now)
    else:
        require_administrator(session, actor, now, within=_places(session, scope, name))


def _require_may_lift(session: Session, switch: KillSwitch, actor: str, now: datetime) -> None:
    if switch.scope is StopScope.DATASET:
        _require_may_lift_data(session, switch, actor, now)
    else:
        _require_may_lift_others(session, switch, actor, now)
    if actor == switch.set_by and not actor.startswith(SYSTEM_PREFIX):
        raise Refused(OWN_SWITCH, [OWN_SWITCH])


def _require_may_lift_data(session: Session, switch: KillSwitch, actor: str, now: datetime) -> None:
    """A steward lifts what another steward of the same owner set, who is one still and no administrator."""
    require_keeper(session, actor, switch.name, now)
    if actor.startswith(SYSTEM_PREFIX) or PlatformRole.ADMINISTRATOR in roles_of(session, actor):
        return
    keepers = {each.username for each in stewards_of(session, [get_dataset(session, switch.name).owner])}
    if switch.set_by not in keepers or PlatformRole.ADMINISTRATOR in roles_of(session, switch.set_by):
        raise Refused(FROM_ABOVE, [FROM_ABOVE])


def _require_may_lift_others(session: Session, switch: KillSwitch, actor: str, now: datetime) -> None:
    """A stop that came from above the hub may be about the hub: only the platform's administrators lift it."""
    stopped = switch.name if switch.scope is StopScope.PERSON else None
    of_hub = bool(perimeter_of(session, switch.set_by)) and not roles_of(session, switch.set_by)
    within = _places(session, switch.scope, switch.name) if of_hub else ()
    require_administrator(session, actor, now, beneficiary=stopped, within=within)


def _places(session: Session, scope: StopScope, name: str) -> tuple[Place, ...]:
    match scope:
        case StopScope.PERSON:
            return person_places(session, name)
        case StopScope.PROJECT:
            return project_places(session, name)
        case StopScope.DATASET | StopScope.ALL:
            return ()


def _require_target(session: Session, scope: StopScope, name: str) -> None:
    match scope:
        case StopScope.PERSON:
            get_person(session, name)
        case StopScope.PROJECT:
            get_project(session, name)
        case StopScope.DATASET:
            get_dataset(session, name)
        case StopScope.ALL:
            if name:
                raise Invalid(Text("L'arrêt général ne porte pas de nom.", "The stop of everything has no name."))


def _get(session: Session, switch_id: str) -> KillSwitch:
    row = session.get(KillSwitch, switch_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de tel arrêt.", "There is no such stop."))
    return row
