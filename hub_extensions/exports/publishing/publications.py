"""Publishing a released export, and taking it back: who may ask, what the reviewers consented to, and what is pushed.

Consent is part of the votes: *public* is bound into each file's fingerprint, so a request that is declared public has
only votes of reviewers who knew it. The choice itself is the project lead's, after the release. State is committed
before the push, and the push can be repeated: the worker goes on after any stop. A recall withdraws.
"""

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from hub_extensions.exports.acting import add_step, load
from hub_extensions.exports.desk import SYSTEM, Desk
from hub_extensions.exports.publishing.repositories import Deposit, Repository, Unreachable
from hub_extensions.exports.requests import ExportRequest
from hub_extensions.exports.standing import check_running
from hub_extensions.exports.states import State
from project_spaces.access import require
from project_spaces.columns import Base, Chosen
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Conflict, NotFound, Refused, Unavailable
from project_spaces.facts import MemberRole
from project_spaces.memberships import memberships
from project_spaces.people import Person
from project_spaces.text import Text

#: How long a repository that did not take it is left alone; doubled each time, up to the second.
PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)

NOT_PUBLIC = Text(
    "Cette demande n'a pas été déclarée publique avant sa vérification : les vérificateurs n'y ont pas consenti.",
    "This request was not declared public before its review: the reviewers did not consent to it.",
)
NOT_OUT = Text(
    "Seule une sortie publiée aux destinataires peut être déposée.", "Only a released export can be deposited."
)
NOT_LEAD = Text("Ce choix revient au porteur du projet.", "This choice is the project lead's.")
UNKNOWN = Text("Il n'y a pas de tel dépôt.", "There is no such repository.")
ALREADY = Text("Cette sortie est déjà déposée.", "This export is deposited already.")


class Stage(StrEnum):
    """Where a publication stands. Values are stored: add, never rename."""

    ASKED = "asked"
    PUSHED = "pushed"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


STAGE_LABELS: dict[Stage, Text] = {
    Stage.ASKED: Text("Dépôt en cours", "Being deposited"),
    Stage.PUSHED: Text("Déposée", "Deposited"),
    Stage.WITHDRAWING: Text("Retrait en cours", "Being withdrawn"),
    Stage.WITHDRAWN: Text("Retirée du dépôt", "Withdrawn"),
}
#: Stages in which the worker has something to do.
WAITING = frozenset({Stage.ASKED, Stage.WITHDRAWING})


class ExportPublication(Base):
    """The deposit of one export; *place* is a commit or a record, *problem* why the last try failed."""

    __tablename__ = "export_publication"

    request_id: Mapped[str] = mapped_column(ForeignKey(ExportRequest.id), primary_key=True)
    repository: Mapped[str] = mapped_column(String(64))
    stage: Mapped[Stage] = mapped_column(Chosen(Stage))
    asked_by: Mapped[str] = mapped_column(ForeignKey(Person.username))
    asked_at: Mapped[datetime]
    place: Mapped[str | None] = mapped_column(UnicodeText)
    problem: Mapped[str | None] = mapped_column(UnicodeText)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    pushed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


def publish(desk: Desk, request_id: str, repository: str, *, actor: str, now: datetime) -> None:
    """Ask for the deposit of a released, public export.

    Raises
    ------
    NotFound
        no such request for *actor*, or no such repository.
    Refused
        *actor* does not lead the project now.
    Conflict
        it was not declared public before its review, is not released, or is deposited already.
    """
    if repository not in desk.repositories:
        raise NotFound(UNKNOWN)
    with desk.store.read() as session:
        project = load(session, request_id).project
    facts = {"request": request_id, "repository": repository, "change": Stage.ASKED.value}
    event = Event(Kind.EXPORT_PUBLISHED, actor, project, now, facts)
    with desk.store.write(event) as writing:
        request = load(writing, request_id)
        _require_lead(writing, actor, request.project, now)
        require(writing, actor, Action.SUBMIT_EXPORT, now=now, project_slug=request.project)
        if request.state is not State.RELEASED:
            raise Conflict(NOT_OUT)
        if not request.public:
            raise Conflict(NOT_PUBLIC)
        if writing.get(ExportPublication, request_id) is not None:
            raise Conflict(ALREADY)
        add_step(request, event)
        writing.add(
            ExportPublication(
                request_id=request_id,
                repository=repository,
                stage=Stage.ASKED,
                asked_by=actor,
                asked_at=now,
                attempts=0,
            )
        )


def withdraw_deposit(session: Session, request_id: str) -> None:
    """Have a deposit taken back, in the transaction of the recall."""
    row = session.get(ExportPublication, request_id)
    if row is not None and row.stage is not Stage.WITHDRAWN:
        row.stage, row.attempts, row.next_at, row.problem = Stage.WITHDRAWING, 0, None, None


def push_waiting(desk: Desk, *, now: datetime) -> tuple[str, ...]:
    """Push and withdraw what waits, each by itself; returns the requests that moved."""
    with desk.store.read() as session:
        rows = session.scalars(select(ExportPublication).where(ExportPublication.stage.in_(WAITING))).all()
        due = [row.request_id for row in rows if row.next_at is None or row.next_at <= now]
    return tuple(request_id for request_id in due if _push(desk, request_id, now))


def publication_of(session: Session, request_id: str) -> dict[str, Any] | None:
    """What pages show of a deposit."""
    row = session.get(ExportPublication, request_id)
    if row is None:
        return None
    return {
        "repository": row.repository,
        "stage": row.stage.value,
        "stage_label": {"fr": STAGE_LABELS[row.stage].fr, "en": STAGE_LABELS[row.stage].en},
        "asked_by": row.asked_by,
        "asked_at": row.asked_at.isoformat(),
        "place": row.place,
        "problem": row.problem,
        "attempts": row.attempts,
    }


def may_publish(session: Session, desk: Desk, request: ExportRequest, actor: str, now: datetime) -> bool:
    """Tell whether a page offers the deposit."""
    try:
        _require_lead(session, actor, request.project, now)
    except Refused:
        return False
    known = session.get(ExportPublication, request.id) is not None
    return bool(request.state is State.RELEASED and request.public and not known and desk.repositories)


def _require_lead(session: Session, actor: str, project: str, now: datetime) -> None:
    found = [each.facts for each in memberships(session, person=actor, project=project)]
    if not any(each.role is MemberRole.LEAD and each.window.holds(now) for each in found):
        raise Refused(NOT_LEAD)


def _push(desk: Desk, request_id: str, now: datetime) -> bool:
    """One step of one deposit; what prevents it is kept for the page, and tried again later."""
    with desk.store.read() as session:
        row = session.get_one(ExportPublication, request_id)
        stage, repository, asked_by = row.stage, desk.repositories.get(row.repository), row.asked_by
        project = load(session, request_id).project
    try:
        if stage is Stage.ASKED:
            with desk.store.read() as session:
                check_running(session, asked_by, project, now)
        desk.store.require_settled()
        if repository is None:
            raise Unreachable("no such repository in the settings")
        with tempfile.TemporaryDirectory(prefix="deposit-", dir=desk.vault.scratch) as scratch:
            deposit = _deposit(desk, request_id, Path(scratch))
            withdrawing = stage is Stage.WITHDRAWING
            place = (
                _withdraw(repository, deposit, now)
                if withdrawing
                else _show(desk, repository, deposit, request_id, now)
            )
    except (Unreachable, BureauError, OSError) as error:
        _failed(desk, request_id, str(error)[:500], now)
        return False
    _done(desk, request_id, stage, place, now)
    return True


def _withdraw(repository: Repository, deposit: Deposit, now: datetime) -> str | None:
    """Leave a tombstone, even where no push was recorded: one may have been cut right after it was shown."""
    repository.withdraw(deposit, _tombstone(now))
    return deposit.place


def _show(desk: Desk, repository: Repository, deposit: Deposit, request_id: str, now: datetime) -> str:
    """Remember the place first, so that a stop in the middle does not make a second one."""
    place = repository.begin(deposit)
    if place is not None and place != deposit.place:
        _note(desk, request_id, now, change="begun", place=place)
    return repository.deposit(replace(deposit, place=place))


def _deposit(desk: Desk, request_id: str, scratch: Path) -> Deposit:
    with desk.store.read() as session:
        request = load(session, request_id)
        place = session.get_one(ExportPublication, request_id).place
        files: dict[str, Path] = {}
        for number, file in enumerate(request.leaving):
            if not desk.vault.intact(str(file.released_sha256)):
                raise Unavailable(Text("La copie figée est endommagée.", "The frozen copy is damaged."))
            name = Path(str(file.released_name)).name
            files[name if name not in files else f"{number}-{name}"] = desk.vault.path(str(file.released_sha256))
        day = (request.submitted_at or request.created_at).date().isoformat()
        lines = [f"* `{name}`" for name in files]
        readme = "\n".join([f"# {request.title}", "", request.purpose, "", *lines, ""])
        return Deposit(f"{day}-{request.id[:8]}", request.title, request.project, day, files, readme, place, scratch)


def _tombstone(now: datetime) -> str:
    day = now.date().isoformat()
    return (
        f"Ces fichiers ont été retirés le {day} par leur producteur : détruisez toute copie.\n\n"
        f"These files were withdrawn by their producer on {day}: destroy every copy.\n"
    )


def _done(desk: Desk, request_id: str, stage: Stage, place: str | None, now: datetime) -> None:
    after = Stage.WITHDRAWN if stage is Stage.WITHDRAWING else Stage.PUSHED
    with desk.store.write(_event(desk, request_id, now, change=after.value)) as writing:
        row = writing.get_one(ExportPublication, request_id)
        row.place, row.problem, row.attempts, row.next_at = place or row.place, None, 0, None
        if after is Stage.PUSHED:
            row.pushed_at = now
            row.stage = Stage.PUSHED if row.stage is Stage.ASKED else row.stage  # recalled while it was pushed
        else:
            row.stage, row.withdrawn_at = after, now


def _note(desk: Desk, request_id: str, now: datetime, *, change: str, place: str) -> None:
    with desk.store.write(_event(desk, request_id, now, change=change)) as writing:
        writing.get_one(ExportPublication, request_id).place = place


def _failed(desk: Desk, request_id: str, problem: str, now: datetime) -> None:
    """Keep why; the record says that a try failed, not the address or the answer."""
    with desk.store.write(_event(desk, request_id, now, change="failed")) as writing:
        row = writing.get_one(ExportPublication, request_id)
        row.problem, row.attempts = problem, row.attempts + 1
        row.next_at = now + min(PAUSE * 2 ** min(row.attempts, 10), LONGEST_PAUSE)


def _event(desk: Desk, request_id: str, now: datetime, *, change: str) -> Event:
    with desk.store.read() as session:
        project = load(session, request_id).project
        repository = session.get_one(ExportPublication, request_id).repository
    facts = {"request": request_id, "repository": repository, "change": change}
    return Event(Kind.EXPORT_PUBLISHED, SYSTEM, project, now, facts)
