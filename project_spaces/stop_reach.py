"""What a kill switch would hit, told before it is confirmed: people who could work, and workspaces that run."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.facts import StopScope
from project_spaces.habilitations import habilitations
from project_spaces.kill_switches import require_may_stop
from project_spaces.memberships import Membership
from project_spaces.records.used_data import users_of
from project_spaces.workspaces import Workspace, list_open


@dataclass(frozen=True, slots=True)
class Hit:
    """How many people and running workspaces."""

    people: int
    workspaces: int


def would_stop(session: Session, scope: StopScope, name: str, *, actor: str, now: datetime) -> Hit:
    """Return what a stop would hit now.

    Raises
    ------
    NotFound, Invalid, Refused
        no such thing; a name where none belongs; *actor* may not stop it.
    """
    require_may_stop(session, scope, name, actor, now)
    members = [each for each in session.scalars(select(Membership)) if each.window.holds(now)]
    using = users_of(session, name) if scope is StopScope.DATASET else frozenset()
    match scope:
        case StopScope.PERSON:
            people = {name}
        case StopScope.PROJECT:
            people = {each.person for each in members if each.project == name}
        case StopScope.DATASET:
            people = {each.person for each in habilitations(session, dataset=name) if each.window.holds(now)}
            people |= {each.person for each in members if each.project in using}
        case StopScope.ALL:
            people = {each.person for each in members}
    return Hit(len(people), sum(_runs(each, scope, name, using) for each in list_open(session)))


def _runs(workspace: Workspace, scope: StopScope, name: str, using: frozenset[str]) -> bool:
    match scope:
        case StopScope.PERSON:
            return workspace.person == name
        case StopScope.PROJECT:
            return workspace.project == name
        case StopScope.DATASET:
            return name in workspace.mounted or workspace.project in using
        case StopScope.ALL:
            return True
