"""The workspaces that run, as the domain believes: what was mounted, where the socket is, and the sealed tokens.

The row is committed before anything starts and closed after everything has stopped (state before effects), so that a
process killed in between leaves a row that says what to look for. One person has at most one open workspace in a
project; the database holds that too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.access import may, require
from project_spaces.columns import Base, Chosen
from project_spaces.decisions import Action, Decision
from project_spaces.errors import Conflict, NotFound
from project_spaces.people import Person
from project_spaces.plans import LABEL_PERSON, LABEL_PROJECT, Mount, MountedVersion, Withheld, WorkspacePlan, plan
from project_spaces.projects import Project
from project_spaces.records.used_data import keep_used
from project_spaces.secret_box import SecretBox
from project_spaces.store import Store
from project_spaces.text import Text

__all__ = [
    "LABEL_PERSON",
    "LABEL_PROJECT",
    "Mount",
    "MountedVersion",
    "Secrets",
    "StopCause",
    "Withheld",
    "Workspace",
    "WorkspacePlan",
    "WorkspaceState",
    "begin",
    "end",
    "find_open",
    "lapsed",
    "list_open",
    "plan",
    "running",
    "standing",
]


class WorkspaceState(StrEnum):
    """What is believed of a workspace."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"


class StopCause(StrEnum):
    """Why a workspace ended."""

    ASKED = "asked"
    LAPSED = "lapsed"
    FAILED = "failed"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the gateway needs to reach the workspace and to stand in for it at the Hub; never given to the container."""

    inner_token: str
    hub_token: str
    oauth_client_id: str


class Workspace(Base):
    """One run of one person's workspace in one project."""

    __tablename__ = "workspace"
    __table_args__ = (
        Index(
            "uq_workspace_open",
            "person",
            "project",
            unique=True,
            sqlite_where=text("state <> 'stopped'"),
            postgresql_where=text("state <> 'stopped'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), index=True)
    state: Mapped[WorkspaceState] = mapped_column(Chosen(WorkspaceState), index=True)
    started_at: Mapped[datetime]
    running_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    cause: Mapped[StopCause | None] = mapped_column(Chosen(StopCause))
    note_fr: Mapped[str | None] = mapped_column(String(500))
    note_en: Mapped[str | None] = mapped_column(String(500))
    socket_dir: Mapped[str] = mapped_column(String(200))
    owner_uid: Mapped[int] = mapped_column(Integer)
    image_digest: Mapped[str] = mapped_column(String(200))
    versions: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    sealed_inner_token: Mapped[str | None] = mapped_column(String(1000))
    sealed_hub_token: Mapped[str | None] = mapped_column(String(1000))
    oauth_client_id: Mapped[str] = mapped_column(String(200))

    @property
    def mounted(self) -> tuple[str, ...]:
        """Slugs of the data sets mounted in it."""
        return tuple(each["dataset"] for each in self.versions)

    @property
    def note(self) -> Text | None:
        """What its person is told about its end."""
        return None if self.note_fr is None else Text(self.note_fr, self.note_en or self.note_fr)

    def secrets(self, box: SecretBox) -> Secrets:
        """Return the unsealed tokens.

        Raises
        ------
        NotFound
            the workspace is stopped: its tokens are gone.
        """
        if self.sealed_inner_token is None or self.sealed_hub_token is None:
            raise NotFound(Text("Ce bureau est arrêté.", "This workspace is stopped."))
        return Secrets(box.open(self.sealed_inner_token), box.open(self.sealed_hub_token), self.oauth_client_id)


def find_open(session: Session, person: str, project: str) -> Workspace | None:
    """Return the workspace of *person* in *project* that starts or runs, if there is one."""
    return session.scalars(_open().where(Workspace.person == person, Workspace.project == project)).one_or_none()


def list_open(session: Session, person: str | None = None) -> Sequence[Workspace]:
    """Return every workspace that starts or runs, oldest first."""
    query = _open().order_by(Workspace.started_at, Workspace.id)
    return session.scalars(query if person is None else query.where(Workspace.person == person)).all()


def standing(session: Session, workspace: Workspace, *, now: datetime) -> Decision:
    """Decide whether messages may still reach *workspace*: everything mounted in it must still be authorised."""
    return may(
        session,
        workspace.person,
        Action.SEND_MESSAGE,
        now=now,
        project_slug=workspace.project,
        mounted=workspace.mounted,
    )


def lapsed(session: Session, *, now: datetime) -> list[tuple[Workspace, Decision]]:
    """Return the open workspaces that nothing authorises any more, each with the refusal."""
    judged = [(workspace, standing(session, workspace, now=now)) for workspace in list_open(session)]
    return [(workspace, decision) for workspace, decision in judged if not decision.allowed]


def begin(
    store: Store,
    planned: WorkspacePlan,
    *,
    workspace_id: str,
    socket_dir: str,
    owner_uid: int,
    image_digest: str,
    secrets: Secrets,
    box: SecretBox,
    now: datetime,
) -> None:
    """Commit that a workspace is about to start, with one ledger entry for it and one for each mount.

    What the plan was made from is decided again inside the transaction, so a right withdrawn since then stops it. Call
    ``store.require_settled()`` before the container starts.

    Raises
    ------
    Conflict
        one is open there already.
    Refused
        the plan is no longer authorised.
    Unavailable
        the ledger does not answer.
    """
    person, project = planned.person, planned.project
    with store.write(*_start_events(planned, workspace_id, image_digest, now)) as session:
        mounted = [each.dataset for each in planned.datasets]
        require(session, person, Action.SEND_MESSAGE, now=now, project_slug=project, mounted=mounted)
        if find_open(session, person, project) is not None:
            raise Conflict(Text("Ce bureau est déjà ouvert.", "This workspace is open already."))
        keep_used(session, project, mounted, now)
        session.add(
            Workspace(
                id=workspace_id,
                person=person,
                project=project,
                state=WorkspaceState.STARTING,
                started_at=now,
                socket_dir=socket_dir,
                owner_uid=owner_uid,
                image_digest=image_digest,
                versions=[{"dataset": each.dataset, "version": each.version} for each in planned.datasets],
                sealed_inner_token=box.seal(secrets.inner_token),
                sealed_hub_token=box.seal(secrets.hub_token),
                oauth_client_id=secrets.oauth_client_id,
            )
        )


def running(store: Store, workspace_id: str, *, now: datetime) -> None:
    """Commit that it answers.

    Raises
    ------
    NotFound, Conflict
        no such workspace; it was ended in the meantime (stop what runs).
    """
    with store.read() as session:
        found = _get(session, workspace_id)
    subject = {"workspace": workspace_id, "phase": "running"}
    with store.write(Event(Kind.WORKSPACE_STARTED, found.person, found.project, now, subject)) as session:
        workspace = _get(session, workspace_id)
        if workspace.state is WorkspaceState.STOPPED:
            raise Conflict(Text("Ce bureau a été arrêté entre-temps.", "This workspace was stopped in the meantime."))
        workspace.state = WorkspaceState.RUNNING
        workspace.running_at = workspace.running_at or now


def end(
    store: Store, workspace_id: str, *, cause: StopCause, actor: str, now: datetime, note: Text | None = None
) -> bool:
    """Commit that it stopped and forget its tokens; return False when it had ended before (nothing is recorded).

    Raises
    ------
    NotFound
        no such workspace.
    """
    with store.read() as session:
        found = _get(session, workspace_id)
    if found.state is WorkspaceState.STOPPED:
        return False
    kind = Kind.WORKSPACE_CUT if cause is StopCause.LAPSED else Kind.WORKSPACE_STOPPED
    subject = {"workspace": workspace_id, "cause": cause.value}
    event = Event(kind, actor, found.project, now, subject, persons={"owner": found.person})
    with store.write(event) as session:
        workspace = _get(session, workspace_id)
        workspace.state, workspace.cause, workspace.stopped_at = WorkspaceState.STOPPED, cause, now
        workspace.note_fr, workspace.note_en = (note.fr[:500], note.en[:500]) if note else (None, None)
        workspace.sealed_inner_token = workspace.sealed_hub_token = None
    return True


def _start_events(planned: WorkspacePlan, workspace_id: str, image_digest: str, now: datetime) -> list[Event]:
    start: dict[str, Any] = {"workspace": workspace_id, "phase": "starting", "image": image_digest}
    start |= {"cpu_milli": round(planned.cpu * 1000), "memory_mb": planned.memory_mb, "pids": planned.pids}
    mounts = [
        {
            "workspace": workspace_id,
            "dataset": each.dataset,
            "version": each.version,
            "manifest_sha256": each.manifest_sha256,
        }
        for each in planned.datasets
    ]
    return [
        Event(Kind.WORKSPACE_STARTED, planned.person, planned.project, now, start),
        *(Event(Kind.MOUNT, planned.person, planned.project, now, mount) for mount in mounts),
    ]


def _open() -> Any:
    return select(Workspace).where(Workspace.state != WorkspaceState.STOPPED)


def _get(session: Session, workspace_id: str) -> Workspace:
    workspace = session.get(Workspace, workspace_id)
    if workspace is None:
        raise NotFound(Text("Il n'y a pas de tel bureau.", "There is no such workspace."))
    return workspace
