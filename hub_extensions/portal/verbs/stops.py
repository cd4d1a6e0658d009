"""Kill switches: one person, project or data set, or everything, stopped at once, in two steps and with a reason.

The second step asks for the name of what is stopped, typed; it is checked here, so the API asks for it as well.
"""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.reach import Reach, administers, reach_of
from hub_extensions.portal.words import both, iso
from project_spaces.access import may
from project_spaces.decisions import Action
from project_spaces.errors import Invalid
from project_spaces.facts import StopScope
from project_spaces.kill_switches import KillSwitch, kill_switches, lift_switch, may_lift, set_switch
from project_spaces.stop_reach import would_stop
from project_spaces.text import Text

Id = Annotated[str, Field(min_length=1, max_length=32)]
Why = Annotated[str, Field(min_length=1, max_length=2000)]

#: What is typed to confirm the stop of everything, in either language.
EVERYTHING = ("tout", "everything")
SCOPE_LABELS: dict[StopScope, Text] = {
    StopScope.PERSON: Text("Une personne", "A person"),
    StopScope.PROJECT: Text("Un espace projet", "A project space"),
    StopScope.DATASET: Text("Un jeu de données", "A data set"),
    StopScope.ALL: Text("Toute la plateforme", "The whole platform"),
}
NOT_CONFIRMED = Text(
    "Arrêt non confirmé : retapez exactement le nom de ce qui est arrêté.",
    "Stop not confirmed: type the name of what is stopped again, exactly.",
)


class Stop(Input):
    """What is to be stopped; the name is empty for everything."""

    scope: StopScope
    name: Annotated[str, Field(max_length=30)] = ""
    reason: Why


class ConfirmedStop(Stop):
    """The same, and what was typed to confirm it: the name, or ``tout`` / ``everything``."""

    confirm: Annotated[str, Field(min_length=1, max_length=30)]


class Lift(Input):
    """A switch to lift, and why."""

    switch_id: Id
    reason: Why


def overview(call: Call, _body: Nothing) -> Page:
    """The switches in force, and those that were lifted."""
    with call.portal.store.read() as session:
        reach = _sight(session, call)
        visible = [each for each in kill_switches(session, in_force=False) if _visible(reach, each)]
        rows = [{**_row(each, call.actor), "may_lift": _may_lift(session, call, each)} for each in visible]
        offered = _offered(session, call)
    scopes = [{"value": scope.value, "label": both(SCOPE_LABELS[scope])} for scope in offered]
    return {
        "in_force": [row for row in rows if row["lifted_at"] is None],
        "past": [row for row in rows if row["lifted_at"] is not None][::-1],
        "scopes": scopes,
    }


def foresee(call: Call, body: Stop) -> Page:
    """What a stop would hit: people and running workspaces, before it is confirmed. Nothing is stopped yet."""
    with call.portal.store.read() as session:
        hit = would_stop(session, body.scope, body.name, actor=call.actor, now=call.now)
    return {
        "scope": body.scope.value,
        "scope_label": both(SCOPE_LABELS[body.scope]),
        "name": body.name,
        "reason": body.reason,
        "people": hit.people,
        "workspaces": hit.workspaces,
        "confirm": body.name or "tout",
    }


def stop(call: Call, body: ConfirmedStop) -> Page:
    """Stop a person, a project, a data set or everything at once; the name is typed again."""
    expected = EVERYTHING if body.scope is StopScope.ALL else (body.name,)
    if body.confirm not in expected:
        raise Invalid(NOT_CONFIRMED)
    number = set_switch(call.portal.store, body.scope, body.name, reason=body.reason, actor=call.actor, now=call.now)
    return {"id": number}


def lift(call: Call, body: Lift) -> Page:
    """Lift a switch that somebody else set."""
    lift_switch(call.portal.store, body.switch_id, reason=body.reason, actor=call.actor, now=call.now)
    return {"id": body.switch_id}


def _sight(session: Session, call: Call) -> Reach:
    """Auditors see every stop, a hub's administrators those of the perimeter, stewards those of data."""
    if may(session, call.actor, Action.SEE_RIGHTS, now=call.now).allowed:
        return Reach(everything=True)
    if may(session, call.actor, Action.REGISTER_DATASET, now=call.now).allowed:
        return Reach(everything=False)
    return reach_of(session, call)


def _offered(session: Session, call: Call) -> list[StopScope]:
    """What the caller might stop; auditors only look."""
    if may(session, call.actor, Action.ADMINISTER, now=call.now).allowed:
        return list(SCOPE_LABELS)
    keeps = may(session, call.actor, Action.REGISTER_DATASET, now=call.now).allowed
    of_hub = [StopScope.PERSON, StopScope.PROJECT] if administers(session, call) else []
    return [*of_hub, *([StopScope.DATASET] if keeps else [])]


def _visible(reach: Reach, switch: KillSwitch) -> bool:
    match switch.scope:
        case StopScope.PERSON:
            return reach.person(switch.name)
        case StopScope.PROJECT:
            return reach.project(switch.name)
        case StopScope.DATASET | StopScope.ALL:
            return True


def _may_lift(session: Session, call: Call, switch: KillSwitch) -> bool:
    return switch.lifted_at is None and may_lift(session, switch, call.actor, call.now)


def _row(each: KillSwitch, actor: str) -> Page:
    return {
        "id": each.id,
        "scope": each.scope.value,
        "scope_label": both(SCOPE_LABELS[each.scope]),
        "name": each.name,
        "set_at": iso(each.set_at),
        "set_by": each.set_by,
        "reason": each.reason,
        "lifted_at": iso(each.lifted_at),
        "lifted_by": each.lifted_by,
        "lifted_reason": each.lifted_reason,
        "mine": each.set_by == actor,
    }
