"""Carries out what was decided of ended projects, one step after the other; the worker calls it again and again.

Each stage is left by one transaction, and each effect on disk may be done twice: killed between any two of them, the
next call goes on. Nothing is deleted before the ledger holds what is about to be deleted, and by whose decision.
Nothing is carried out while the project is stopped, its traces are held, one of its workspaces runs, or an export of
it is being reviewed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind, Scalar
from project_spaces.columns import Lasting
from project_spaces.datasets import Dataset
from project_spaces.endings.archives import seal, unseal
from project_spaces.endings.beginning import WORKER, begin_ends
from project_spaces.endings.derived import delete_derived, derived_from
from project_spaces.endings.remains import Inventory, Remains, inventory, sync_folder
from project_spaces.endings.reminders import remind
from project_spaces.endings.telling import done_notice, leads_of, members_of, settlers_of, tell
from project_spaces.errors import BureauError
from project_spaces.facts import PlatformRole, ProjectStatus, StopScope
from project_spaces.habilitations import habilitations
from project_spaces.kill_switches import kill_switches
from project_spaces.memberships import memberships
from project_spaces.people import holders
from project_spaces.projects import get_project
from project_spaces.records.ends import EndStage, Fate, ProjectEnd, Settlement
from project_spaces.retention import hold_on
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.workspaces import list_open

log = structlog.get_logger()

#: Makes the certificate of a deletion that the ledger holds: project → signed package.
Certify = Callable[[Mapping[str, object], tuple[str, ...]], bytes]

HELD = Text("les traces du projet sont gelées", "the project's traces are held")
STOPPED = Text("le projet est arrêté", "the project is stopped")
RUNNING = Text("un bureau du projet n'est pas encore arrêté", "a workspace of the project has not stopped yet")
REVIEWING = Text("une demande d'export attend sa réponse", "a request for export waits for its answer")


def carry_ends(store: Store, remains: Remains, certify: Certify, *, now: datetime) -> None:
    """Do what is due: notice ends, remind people, archive, reopen, delete, certify. One project never stops another."""
    begin_ends(store, now=now)
    remind(store, now=now)
    with store.read() as session:
        going = select(ProjectEnd.project).where(ProjectEnd.stage != EndStage.DELETED).order_by(ProjectEnd.project)
        slugs = session.scalars(going).all()
    for slug in slugs:
        try:
            while _step(store, remains, certify, slug, now):
                pass
        except (BureauError, OSError) as error:
            log.warning("end_not_carried_out", project=slug, error=repr(error))


def obstacle(session: Session, remains_busy: Callable[[Session, str], int], project: str) -> Text | None:
    """Return why nothing is carried out now, None when nothing prevents it."""
    if hold_on(session, project):
        return HELD
    if any(each.scope is StopScope.PROJECT and each.name == project for each in kill_switches(session)):
        return STOPPED
    if any(each.project == project for each in list_open(session)):
        return RUNNING
    return REVIEWING if remains_busy(session, project) else None


def _step(store: Store, remains: Remains, certify: Certify, slug: str, now: datetime) -> bool:
    """Do the next step of one project; False when there is nothing to do now."""
    with store.read() as session:
        end = session.get(ProjectEnd, slug)
        if end is None:  # reopened
            return False
        stage = end.stage
        fate = _due(session, end, now)
        if stage in {EndStage.FROZEN, EndStage.ARCHIVED} and (
            fate is None or obstacle(session, remains.busy, slug) is not None
        ):
            return False
    match stage:
        case EndStage.FROZEN | EndStage.ARCHIVED:
            _begin(store, remains, slug, fate or Fate.DELETE, now)
        case EndStage.ARCHIVING:
            _archive(store, remains, slug, now)
        case EndStage.REOPENING:
            _reopen(store, remains, slug, now)
        case EndStage.DELETING:
            _delete(store, remains, slug, now)
        case EndStage.CERTIFYING:
            _certify(store, certify, slug, now)
        case EndStage.DELETED:
            return False
    return True


def _due(session: Session, end: ProjectEnd, now: datetime) -> Fate | None:
    """What is to be done now: the decision whose day has come, or the end of an archive's time."""
    row = session.get(Settlement, end.settlement) if end.settlement is not None else None
    if end.stage is EndStage.ARCHIVED and end.kept_until is not None and end.kept_until <= now:
        return Fate.DELETE
    if row is None or row.due_at is None or now < row.due_at:
        return None
    return None if end.stage is EndStage.ARCHIVED and row.fate is Fate.ARCHIVE else row.fate


_BEGINS = {Fate.ARCHIVE: EndStage.ARCHIVING, Fate.DELETE: EndStage.DELETING, Fate.REOPEN: EndStage.REOPENING}


def _begin(store: Store, remains: Remains, slug: str, fate: Fate, now: datetime) -> None:
    """From here on the decision can't be taken back: what will be touched is in the ledger, inventory and all."""
    with store.read() as session:
        fresh = session.get_one(ProjectEnd, slug).stage is EndStage.FROZEN
        made = derived_from(session, remains.layout, slug) if fate is Fate.DELETE else []
    found = inventory(remains, slug) if fresh else None
    event = _event(slug, now, _BEGINS[fate], _facts(found), content=None if found is None else found.manifest)
    with store.write(event) as session:
        end = session.get_one(ProjectEnd, slug)
        project = get_project(session, slug)
        project.status = ProjectStatus.CLOSED
        project.exports_until = min(now, project.exports_until or now)
        end.stage, end.begun_event = _BEGINS[fate], event.id
        if found is not None:
            end.files, end.total_bytes, end.manifest_sha256 = found.files, found.total_bytes, found.sha256
            end.places = dict(found.places)
        if fate is Fate.DELETE:
            end.ended_rights = _end_rights(session, slug, now)
            end.withdrawn = [f"{name} {version}" for name, version in made]
            for name in {name for name, _version in made}:
                dataset = session.get_one(Dataset, name)
                dataset.withdrawn_at = dataset.withdrawn_at or now


def _archive(store: Store, remains: Remains, slug: str, now: datetime) -> None:
    for desk in remains.desks:
        desk.settle(slug, now)
    with store.read() as session:
        sealed = session.get_one(ProjectEnd, slug).archive_sha256
    if sealed is None:
        made = seal(remains, slug)
        facts: dict[str, Scalar] = {"archive_sha256": made.sha256, "bytes": str(made.size)}
        with store.write(_event(slug, now, EndStage.ARCHIVING, facts)) as session:
            end = session.get_one(ProjectEnd, slug)
            end.archive_sha256, end.archive_bytes = made.sha256, made.size
    store.require_settled()
    remains.delete_folders(slug)
    with store.write(_event(slug, now, EndStage.ARCHIVED, {})) as session:
        end = session.get_one(ProjectEnd, slug)
        decided = session.get_one(Settlement, end.settlement)
        end.stage, end.kept_until = EndStage.ARCHIVED, decided.until
        words = Text("ses fichiers sont archivés", "its files are archived")
        _tell_done(session, end, f"archived-{decided.id}", words, now)


def _reopen(store: Store, remains: Remains, slug: str, now: datetime) -> None:
    with store.read() as session:
        sealed = session.get_one(ProjectEnd, slug).archive_sha256
    unseal(remains, slug, sealed or "")
    with store.write(_event(slug, now, "reopened", {})) as session:
        end = session.get_one(ProjectEnd, slug)
        decided = session.get_one(Settlement, end.settlement)
        project = get_project(session, slug)
        project.status, project.exports_until = ProjectStatus.OPEN, None
        project.ends_at = max(decided.until or now, now + timedelta(seconds=1))
        words = Text(
            "il est rouvert ; chaque accès doit être accordé de nouveau", "it is reopened; each access is granted anew"
        )
        _tell_done(session, end, f"reopened-{decided.id}", words, now)
        session.delete(end)


def _delete(store: Store, remains: Remains, slug: str, now: datetime) -> None:
    store.require_settled()
    with store.read() as session:
        made = [each.rsplit(" ", 1) for each in session.get_one(ProjectEnd, slug).withdrawn]
    for desk in remains.desks:  # first: an import that is just put in its place is in a folder afterwards
        desk.settle(slug, now)
        desk.drop(slug)
    remains.delete_folders(slug)
    delete_derived(remains.layout, [(name, version) for name, version in made])
    remains.delete_key(slug)
    archive = remains.archive(slug)
    archive.unlink(missing_ok=True)
    archive.with_suffix(".part").unlink(missing_ok=True)
    sync_folder(archive.parent)
    with store.read() as session:
        end = session.get_one(ProjectEnd, slug)
        facts: dict[str, Scalar] = {"files": end.files, "bytes": str(end.total_bytes), "manifest": end.manifest_sha256}
    event = _event(slug, now, EndStage.DELETED, facts)
    with store.write(event) as session:
        end = session.get_one(ProjectEnd, slug)
        end.stage, end.done_event, end.done_at = EndStage.CERTIFYING, event.id, now


def _certify(store: Store, certify: Certify, slug: str, now: datetime) -> None:
    with store.read() as session:
        end = session.get_one(ProjectEnd, slug)
        events = tuple(each for each in (end.begun_event, end.done_event) if each is not None)
        document = statement(session, end)
    package = certify(document, events)
    with store.write(_event(slug, now, "certified", {})) as session:
        end = session.get_one(ProjectEnd, slug)
        end.certificate, end.stage = package, EndStage.DELETED
        words = Text(
            "ses fichiers sont supprimés ; le certificat est prêt", "its files are deleted; the certificate is ready"
        )
        auditors = {each.username for each in holders(session, PlatformRole.AUDITOR)}
        people = leads_of(session, slug) | settlers_of(session, slug) | auditors
        tell(session, end, people, done_notice(slug, "deleted", words), now)


def statement(session: Session, end: ProjectEnd) -> dict[str, object]:
    """What the certificate of a deletion says."""
    decided = session.get(Settlement, end.settlement) if end.settlement is not None else None
    project = get_project(session, end.project)
    return {
        "project": {"identifier": project.slug, "title": project.title, "ended_at": end.ended_at.isoformat()},
        "decision": None
        if decided is None
        else {
            "fate": decided.fate.value,
            "reason": decided.reason,
            "proposed_by": decided.proposed_by,
            "proposed_at": decided.proposed_at.isoformat(),
            "confirmed_by": decided.confirmed_by,
            "confirmed_at": decided.confirmed_at.isoformat() if decided.confirmed_at else None,
            "archive_kept_until": end.kept_until.isoformat() if end.kept_until else None,
        },
        "deleted": {
            "at": end.done_at.isoformat() if end.done_at else None,
            "files": end.files,
            "files_by_place": end.places,
            "bytes": end.total_bytes,
            "inventory_sha256": end.manifest_sha256,
            "archive_sha256": end.archive_sha256,
            "dataset_versions": list(end.withdrawn),
            "rights_ended": end.ended_rights,
            "pseudonym_key": True,
        },
        "kept": ["released exports", "ledger entries", "register page"],
    }


def _end_rights(session: WriteSession, slug: str, now: datetime) -> int:
    held: list[Lasting] = [*memberships(session, project=slug), *habilitations(session, project=slug)]
    for each in held:
        each.revoke(now)
    return len(held)


def _tell_done(session: WriteSession, end: ProjectEnd, what: str, words: Text, now: datetime) -> None:
    people = members_of(session, end.project) | settlers_of(session, end.project)
    tell(session, end, people, done_notice(end.project, what, words), now)


def _facts(found: Inventory | None) -> dict[str, Scalar]:
    if found is None:
        return {}
    at_desks = {place: number for place, number in found.places.items() if place not in {"project", "homes", "imports"}}
    return {"files": found.files, "bytes": str(found.total_bytes), "manifest": found.sha256, **at_desks}


def _event(
    slug: str, now: datetime, step: EndStage | str, facts: Mapping[str, Scalar], *, content: bytes | None = None
) -> Event:
    return Event(Kind.PROJECT_END, WORKER, slug, now, {"step": str(step), **facts}, content=content)
