"""My habilitations: each project × data set, its dates, whether it lets me in now, and every reason why not."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.verbs.home import dataset_of
from hub_extensions.portal.words import both, iso
from project_spaces.habilitations import Habilitation, habilitations
from project_spaces.projects import get_project
from project_spaces.text import Text
from project_spaces.windows import Window

STATE_LABELS = {
    "current": Text("En cours", "Current"),
    "future": Text("À venir", "Not begun"),
    "ended": Text("Terminée", "Ended"),
    "revoked": Text("Retirée", "Withdrawn"),
}


def mine(call: Call, _body: Nothing) -> Page:
    """My habilitations, by project and data set, the latest first."""
    with call.portal.store.read() as session:
        held = habilitations(session, person=call.actor)
        pairs = sorted({(each.project, each.dataset) for each in held})
        rows = [_row(session, call, project, dataset, held) for project, dataset in pairs]
    return {"habilitations": rows}


def _row(session: Session, call: Call, project: str, dataset: str, held: Any) -> Page:
    periods = [each for each in held if (each.project, each.dataset) == (project, dataset)]
    return {
        "project": project,
        "project_title": get_project(session, project).title,
        "dataset": dataset_of(session, call, project, dataset),
        "periods": [period_of(each, call.now) for each in reversed(periods)],
    }


def period_of(habilitation: Habilitation, now: datetime) -> Page:
    """One habilitation with its dates and state; who granted it is not the person's to see, why it ended is."""
    state = state_of(habilitation.window, now)
    return {
        "id": habilitation.id,
        "starts_at": iso(habilitation.starts_at),
        "ends_at": iso(habilitation.ends_at),
        "revoked_at": iso(habilitation.revoked_at),
        "revoked_reason": habilitation.revoked_reason,
        "state": state,
        "state_label": both(STATE_LABELS[state]),
    }


def state_of(window: Window, now: datetime) -> str:
    """Say where *now* is to a window."""
    if window.holds(now):
        return "current"
    if window.withdrawn(now):
        return "revoked"
    return "future" if now < window.starts_at else "ended"
