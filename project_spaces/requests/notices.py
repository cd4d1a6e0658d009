"""Who must act on a step, and who is told what: a step that opens, one that is late, what came of a request.

Everything is told in the transaction of the act itself. A reminder and its record are one act too: a worker that is
killed in between has reminded nobody and does it again.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.datasets import Dataset
from project_spaces.facts import PlatformRole
from project_spaces.notifications import Topic, notify
from project_spaces.owner_perimeters import stewards_of
from project_spaces.people import holders
from project_spaces.requests.forms import read_form
from project_spaces.requests.records import AccessRequest, RequestState, RequestStep, get_request, get_step, to_remind
from project_spaces.requests.steps import OUTCOME_LABELS, STEP_LABELS, Actor, Outcome, Step, reminders_due
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.windows import moment

WORKER = "system:worker"
_ROLES = {Actor.ADMINISTRATOR: PlatformRole.ADMINISTRATOR, Actor.COMMITTEE: PlatformRole.COMMITTEE}


def concerned(request: AccessRequest) -> tuple[str, ...]:
    """Return everybody who is named in a request: none of them may act on it."""
    return (request.applicant, *read_form(request.form).usernames)


def owners_concerned(session: Session, request: AccessRequest, step: RequestStep) -> tuple[str, ...]:
    """Return the owners of whom a steward may act on *step*: its own, or all of the request's."""
    if step.owner is not None:
        return (step.owner,)
    slugs = read_form(request.form).slugs
    return tuple(sorted(set(session.scalars(select(Dataset.owner).where(Dataset.slug.in_(slugs))))))


def waits_for_applicant(step: RequestStep) -> bool:
    """Tell whether the applicant must sign before anybody else can act."""
    return step.step is Step.SIGNATURE and step.applicant_signed_at is None and step.outcome is None


def actors_of(session: Session, request: AccessRequest, step: RequestStep) -> list[str]:
    """Return who may act on *step* now; empty when there is nobody: an administrator must see to it."""
    if waits_for_applicant(step):
        return [request.applicant]
    if step.actor is Actor.STEWARD:
        found = stewards_of(session, owners_concerned(session, request, step))
    else:
        found = list(holders(session, _ROLES[step.actor]))
    named = set(concerned(request))
    return [each.username for each in found if each.username not in named]


def page_of(request: AccessRequest) -> str:
    """Return the page of a request, for a notification's link."""
    return f"requests/{request.id}"


def tell_actors(session: WriteSession, request: AccessRequest, step: RequestStep, *, now: datetime) -> None:
    """Tell those who must act that it is their turn, and by when."""
    title, name = _title(request), STEP_LABELS[step.step]
    due = Text("–", "–") if step.due_at is None else moment(step.due_at)
    text = Text(
        f"À vous d'agir avant le {due.fr} : « {name.fr} », demande « {title} ».",
        f"Your turn, by {due.en}: “{name.en}”, request “{title}”.",
    )
    for person in actors_of(session, request, step):
        notify(session, to=person, kind=Topic.TASK, text=text, link=page_of(request), now=now)


def tell_applicant_of_step(session: WriteSession, request: AccessRequest, step: RequestStep, *, now: datetime) -> None:
    """Tell the applicant how a step ended; the reasons are on the page, not in a mail."""
    if step.outcome is None:
        return
    title, name, outcome = _title(request), STEP_LABELS[step.step], OUTCOME_LABELS[step.outcome]
    more = Text("", "")
    if step.outcome is not Outcome.FAVOURABLE:
        more = Text(" Le motif est sur la page de la demande.", " The reason is on the request's page.")
    text = Text(
        f"Votre demande « {title} » : {name.fr}, {outcome.fr.lower()}.{more.fr}",
        f"Your request “{title}”: {name.en}, {outcome.en.lower()}.{more.en}",
    )
    kind = Topic.TASK if step.outcome is Outcome.RETURNED else Topic.REQUEST
    notify(session, to=request.applicant, kind=kind, text=text, link=page_of(request), now=now)


def tell_whole_way(session: WriteSession, request: AccessRequest, *, now: datetime) -> None:
    """Tell the applicant that the opinions are asked for after all."""
    title = _title(request)
    text = Text(
        f"Votre demande « {title} » prend la voie entière : les avis sont demandés.",
        f"Your request “{title}” takes the whole way: the opinions are asked for.",
    )
    notify(session, to=request.applicant, kind=Topic.REQUEST, text=text, link=page_of(request), now=now)


def tell_named(session: WriteSession, request: AccessRequest, *, now: datetime) -> None:
    """Tell those whom the applicant named: nobody gets a right, and nobody is barred, without having heard of it."""
    title = _title(request)
    text = Text(
        f"La demande d'accès « {title} » vous nomme, vous la suivez d'ici. Si c'est une erreur, dites-le au demandeur.",
        f"The request for access “{title}” names you; you follow it here. If that is a mistake, tell the applicant.",
    )
    for person in read_form(request.form).usernames:
        notify(session, to=person, kind=Topic.REQUEST, text=text, link=page_of(request), now=now)


def tell_accepted(session: WriteSession, request: AccessRequest, *, now: datetime) -> None:
    """Tell everybody who got a right that the project space is open."""
    title = _title(request)
    text = Text(f"L'espace projet « {title} » est ouvert.", f"The project space “{title}” is open.")
    for person in concerned(request):
        notify(session, to=person, kind=Topic.RIGHTS, text=text, link=page_of(request), now=now)


def tell_linkage(session: WriteSession, request: AccessRequest, *, now: datetime) -> None:
    """Tell those who run linkages that the accepted request asks for one."""
    if read_form(request.form).linkage is None:
        return
    title = _title(request)
    text = Text(
        f"Un appariement est à préparer pour l'espace projet « {title} » : la demande acceptée dit lequel.",
        f"A linkage is to be prepared for project space “{title}”: the accepted request says which.",
    )
    for each in holders(session, PlatformRole.ADMINISTRATOR):
        notify(session, to=each.username, kind=Topic.TASK, text=text, link=page_of(request), now=now)


def tell_left_out(session: WriteSession, request: AccessRequest, people: Collection[str], *, now: datetime) -> None:
    """Tell the applicant who got no right, because the account was closed while the request was under way."""
    if not people:
        return
    title, names = _title(request), ", ".join(sorted(people))
    text = Text(
        f"Compte fermé : sans accès à l'espace projet « {title} » ({names}).",
        f"Account closed: no access to the project space “{title}” ({names}).",
    )
    notify(session, to=request.applicant, kind=Topic.REQUEST, text=text, link=page_of(request), now=now)


def remind(store: Store, *, now: datetime) -> int:
    """Remind whoever must act on a step that is due soon or late; return how many steps that concerned.

    The worker calls it; doing it again at the same moment does nothing.
    """
    with store.read() as session:
        due = [each.id for each in to_remind(session, now=now)]
    return sum(_remind(store, step_id, now) for step_id in due)


class _Over(Exception):
    """Somebody else reminded or answered in the meantime: nothing is written."""


def _remind(store: Store, step_id: str, now: datetime) -> bool:
    try:
        _tell_late(store, step_id, now)
    except _Over:
        return False
    return True


def _tell_late(store: Store, step_id: str, now: datetime) -> None:
    with store.read() as session:
        found = get_step(session, step_id)
    subject = {"application": found.request, "step": found.step.value, "outcome": "reminded"}
    with store.write(Event(Kind.ACCESS_STEP, WORKER, None, now, subject)) as session:
        step = get_step(session, step_id)
        request = get_request(session, step.request)
        if not _still_due(request, step, now):
            raise _Over
        step.reminded_at = now
        text = _reminder(request, step, now)
        told = actors_of(session, request, step)
        if not told:  # nobody can act: those who can change that are told
            told = [each.username for each in holders(session, PlatformRole.ADMINISTRATOR)]
        for person in told:
            notify(session, to=person, kind=Topic.TASK, text=text, link=page_of(request), now=now)


def _still_due(request: AccessRequest, step: RequestStep, now: datetime) -> bool:
    running = request.state is RequestState.SUBMITTED and step.outcome is None and step.due_at is not None
    return running and step.due_at is not None and reminders_due(step.due_at, step.reminded_at, now)


def _reminder(request: AccessRequest, step: RequestStep, now: datetime) -> Text:
    title, name = _title(request), STEP_LABELS[step.step]
    due = Text("–", "–") if step.due_at is None else moment(step.due_at)
    if step.due_at is not None and step.due_at <= now:
        return Text(
            f"En retard depuis le {due.fr} : « {name.fr} », demande « {title} ».",
            f"Late since {due.en}: “{name.en}”, request “{title}”.",
        )
    return Text(
        f"Rappel, échéance le {due.fr} : « {name.fr} », demande « {title} ».",
        f"Reminder, due {due.en}: “{name.en}”, request “{title}”.",
    )


def _title(request: AccessRequest) -> str:
    return read_form(request.form).title.strip() or "–"
