"""The end of a project: end it, see where its end stands, decide what becomes of it, take the certificate away."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.endings.copies import busy
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing
from hub_extensions.portal.words import both, iso
from project_spaces.access import may, require
from project_spaces.decisions import Action
from project_spaces.endings import beginning, settling
from project_spaces.endings.carrying import obstacle
from project_spaces.endings.telling import owners_of_data
from project_spaces.errors import NotFound
from project_spaces.memberships import memberships
from project_spaces.projects import Project, get_project
from project_spaces.records import rules_of
from project_spaces.records.ends import EndCause, EndStage, Fate, ProjectEnd, Settlement, pending
from project_spaces.text import Text

Why = Annotated[str, Field(min_length=1, max_length=2000)]

STAGE_LABELS: dict[EndStage, Text] = {
    EndStage.FROZEN: Text("Gelé", "Frozen"),
    EndStage.ARCHIVING: Text("Archivage en cours", "Being archived"),
    EndStage.ARCHIVED: Text("Archivé", "Archived"),
    EndStage.REOPENING: Text("Réouverture en cours", "Being reopened"),
    EndStage.DELETING: Text("Suppression en cours", "Being deleted"),
    EndStage.CERTIFYING: Text("Supprimé, certificat en cours", "Deleted, being certified"),
    EndStage.DELETED: Text("Supprimé", "Deleted"),
}
CAUSE_LABELS: dict[EndCause, Text] = {
    EndCause.DATE: Text("à sa date de fin", "at its end date"),
    EndCause.LEAD: Text("par son porteur", "by its lead"),
    EndCause.ADMINISTRATOR: Text("par un administrateur", "by an administrator"),
}
FATE_LABELS: dict[Fate, Text] = {
    Fate.ARCHIVE: Text("Archiver", "Archive"),
    Fate.DELETE: Text("Supprimer", "Delete"),
    Fate.REOPEN: Text("Rouvrir", "Reopen"),
}


class Reason(Input):
    """Why."""

    reason: Why


class Decision(Reason):
    """What becomes of the project; *until* is the archive's last day, or the reopened project's."""

    fate: Fate
    until: End | None = None


def end(call: Call, _body: Nothing) -> Page:
    """Where the end of a project stands, what was decided, and what the caller may do about it."""
    slug = call["project"]
    with call.portal.store.read() as session:
        mine = {each.project for each in memberships(session, person=call.actor)}
        if slug not in mine:
            require(session, call.actor, Action.SEE_END, now=call.now, project_slug=slug, owners=_owners(session, slug))
        project, found = get_project(session, slug), session.get(ProjectEnd, slug)
        return {
            "slug": slug,
            "title": project.title,
            "ends_at": iso(project.ends_at),
            "notice_days": rules_of(session).ends.notice.days,
            "two_people": rules_of(session).ends.two_people,
            "member": slug in mine,
            "end": None if found is None else _state(session, call, project, found),
            "settlements": [_settlement(each) for each in settling.settlements(session, slug)],
            "may": _allowed(session, call, project, found),
        }


def finish(call: Call, body: Reason) -> Page:
    """End a project now: work is cut, files are frozen, results may leave for a while."""
    beginning.end_project(call.portal.store, call["project"], reason=body.reason, actor=call.actor, now=call.now)
    return {"slug": call["project"]}


def settle(call: Call, body: Decision) -> Page:
    """Propose what becomes of an ended project: archived until a day, deleted, or reopened until a day."""
    number = settling.propose(
        call.portal.store,
        call["project"],
        body.fate,
        until=body.until,
        reason=body.reason,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def confirm(call: Call, _body: Nothing) -> Page:
    """Confirm, as the second person, what was proposed."""
    settling.confirm(call.portal.store, call["project"], actor=call.actor, now=call.now)
    return {"slug": call["project"]}


def withdraw(call: Call, _body: Nothing) -> Page:
    """Take back what was proposed or decided, as long as nothing was carried out."""
    settling.withdraw(call.portal.store, call["project"], actor=call.actor, now=call.now)
    return {"slug": call["project"]}


def certificate(call: Call, _body: Nothing) -> bytes:
    """The signed certificate of a project's deletion, as a ZIP file."""
    slug = call["project"]
    with call.portal.store.read() as session:
        require(session, call.actor, Action.SEE_END, now=call.now, project_slug=slug, owners=_owners(session, slug))
        package = settling.get_end(session, slug).certificate
    if package is None:
        raise NotFound(Text("Il n'y a pas encore de certificat.", "There is no certificate yet."))
    return package


def _owners(session: Session, slug: str) -> list[str]:
    return sorted(owners_of_data(session, slug))


def _state(session: Session, call: Call, project: Project, found: ProjectEnd) -> Page:
    going = found.stage in {EndStage.FROZEN, EndStage.ARCHIVED}
    waits = obstacle(session, busy, project.slug) if going and found.settlement is not None else None
    return {
        "stage": found.stage.value,
        "stage_label": both(STAGE_LABELS[found.stage]),
        "cause": both(CAUSE_LABELS[found.cause]),
        "ended_at": iso(found.ended_at),
        "ended_by": found.ended_by,
        "reason": found.reason,
        "exports_until": iso(project.exports_until),
        "exports_open": found.stage is EndStage.FROZEN and call.now < (project.exports_until or call.now),
        "kept_until": iso(found.kept_until),
        "files": found.files,
        "bytes": found.total_bytes,
        "inventory_sha256": found.manifest_sha256,
        "archive_sha256": found.archive_sha256,
        "withdrawn": found.withdrawn,
        "rights_ended": found.ended_rights,
        "done_at": iso(found.done_at),
        "waits_for": both(waits),
        "certified": found.stage is EndStage.DELETED,
    }


def _settlement(each: Settlement) -> Page:
    return {
        "id": each.id,
        "fate": each.fate.value,
        "fate_label": both(FATE_LABELS[each.fate]),
        "until": iso(each.until),
        "reason": each.reason,
        "proposed_at": iso(each.proposed_at),
        "proposed_by": each.proposed_by,
        "confirmed_at": iso(each.confirmed_at),
        "confirmed_by": each.confirmed_by,
        "due_at": iso(each.due_at),
        "withdrawn_at": iso(each.withdrawn_at),
        "withdrawn_by": each.withdrawn_by,
    }


def _allowed(session: Session, call: Call, project: Project, found: ProjectEnd | None) -> Page:
    """What the caller may do now: which buttons the page shows, never what is allowed in the end."""

    def ask(action: Action, author: str | None = None) -> bool:
        facts = {"project_slug": project.slug, "owners": _owners(session, project.slug), "author": author}
        return may(session, call.actor, action, now=call.now, **facts).allowed  # type: ignore[arg-type]

    waiting = pending(session, project.slug)
    settles = found is not None and ask(Action.SETTLE_END)
    fates = settling.possible(session, found) if settles and found is not None and waiting is None else []
    return {
        "finish": found is None and call.now < project.ends_at and ask(Action.END_PROJECT),
        "fates": [{"value": each.value, "label": both(FATE_LABELS[each])} for each in fates],
        "confirm": waiting is not None and settles and ask(Action.CONFIRM_END, waiting.proposed_by),
        "withdraw": settles and (waiting is not None or settling.withdrawable(session, found)),
        "certificate": found is not None and found.stage is EndStage.DELETED and ask(Action.SEE_END),
    }
