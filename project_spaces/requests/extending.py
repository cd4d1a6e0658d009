"""The authority's time, renewed once: with a reason, before it is over, and told to the applicant.

An authority may take its time a second time (two months, renewable once). Whoever enters its decision says so here, so
that the status page keeps telling the truth, and silence means what it means at the new date.
"""

from datetime import datetime, timedelta

from audit.events import Event, Kind
from project_spaces.errors import Conflict
from project_spaces.notifications import Topic, notify
from project_spaces.reasons import written_reason
from project_spaces.requests.answers import LONGEST_REASONS, OWED, require_actor, require_open
from project_spaces.requests.notices import page_of
from project_spaces.requests.records import RequestStep, get_request, get_step
from project_spaces.requests.steps import STEP_LABELS, Step
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import moment

#: Whose time may be renewed.
RENEWABLE = frozenset({Step.AUTHORITY})

NOT_RENEWABLE = Text(
    "Le délai de cette étape ne se renouvelle pas, ou l'a déjà été : une fois, avant son terme.",
    "The time of this step can't be renewed, or was already: once, before it is over.",
)


def renewable(step: RequestStep, now: datetime) -> bool:
    """Tell whether the time of an open step may be renewed."""
    running = step.outcome is None and step.due_at is not None and now < step.due_at
    return step.step in RENEWABLE and running and step.renewed_at is None


def renew_step(store: Store, step_id: str, *, actor: str, now: datetime, reason: str) -> datetime:
    """Give a step its time a second time, and return when it is due now.

    Raises
    ------
    Invalid
        no reason, or one that is too long.
    NotFound, Conflict, Refused
        no such step; it is not open, or can't be renewed; *actor* may not answer it.
    """
    written = written_reason(reason, OWED, longest=LONGEST_REASONS)
    with store.read() as session:
        found = get_step(session, step_id)
    subject = {"application": found.request, "step": found.step.value, "outcome": "renewed"}
    event = Event(Kind.ACCESS_STEP, actor, None, now, subject, private={"reason": written})
    with store.write(event) as session:
        step = get_step(session, step_id)
        request = get_request(session, step.request)
        require_actor(session, request, step, actor, now)
        require_open(session, request, step)
        if not renewable(step, now) or step.due_at is None:
            raise Conflict(NOT_RENEWABLE)
        step.due_at = due = step.due_at + timedelta(days=step.days)
        step.renewed_at, step.renewed_why = now, written
        name, at = STEP_LABELS[step.step], moment(due)
        text = Text(
            f"« {name.fr} » : le délai est renouvelé jusqu'au {at.fr}. Le motif est sur la page de la demande.",
            f"“{name.en}”: its time is renewed until {at.en}. The reason is on the request's page.",
        )
        notify(session, to=request.applicant, kind=Topic.REQUEST, text=text, link=page_of(request), now=now)
        return due
