"""The domain's side of a workspace's life, for the processes that start, enter and end it."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Self

from sqlalchemy.orm import Session

from audit import canonical
from audit.events import Event, Kind
from hub_extensions.gateway.seat import OpenWorkspace
from hub_extensions.installation.opening import open_box, open_layout, open_store
from hub_extensions.settings import Settings
from project_spaces import workspaces
from project_spaces.datasets import DatasetVersion
from project_spaces.errors import BureauError
from project_spaces.facts import Classification
from project_spaces.text import Text
from project_spaces.workspaces import Secrets, StopCause, Workspace, WorkspacePlan, WorkspaceState

SYSTEM = "system:workspaces"
#: What may be mounted where nothing is sealed.
UNSEALED = frozenset({Classification.OPEN, Classification.SYNTHETIC})


@dataclass(frozen=True)
class Seating:
    """A plan about to become a running workspace."""

    id: str
    plan: WorkspacePlan
    image_digest: str
    secrets: Secrets


@dataclass(frozen=True)
class Believed:
    """A workspace that is open by the books."""

    id: str
    person: str
    project: str
    state: WorkspaceState
    started_at: datetime

    def starting(self, now: datetime, grace: timedelta) -> bool:
        """Say whether it may not be there yet."""
        return self.state is WorkspaceState.STARTING and now - self.started_at < grace


class WorkspaceBook:
    """Plans, beginnings and ends of workspaces. Every verb is synchronous: call it in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._box = open_box(settings)
        self._layout = open_layout(settings)
        self.store = open_store(settings)
        sealed = settings.spawner != "local"
        self._classifications = frozenset(Classification) if sealed else UNSEALED
        self.owner_uid = settings.workspace_uid if sealed else os.geteuid()

    @classmethod
    @lru_cache(maxsize=4)
    def of(cls, settings: Settings) -> Self:
        """Return the book of this installation; one per process."""
        return cls(settings)

    def plan(self, person: str, project: str, now: datetime) -> WorkspacePlan:
        """Return what may start now; raises the domain's refusals."""
        with self.store.read() as session:
            return workspaces.plan(
                session,
                person,
                project,
                now=now,
                layout=self._layout,
                image=self._settings.image,
                classifications=self._classifications,
            )

    def begin(self, seating: Seating, now: datetime) -> None:
        """Record the beginning, then make the folders; nothing may run before this returns."""
        workspaces.begin(
            self.store,
            seating.plan,
            workspace_id=seating.id,
            socket_dir=str(self.socket_folder(seating.id)),
            owner_uid=self.owner_uid,
            image_digest=seating.image_digest,
            secrets=seating.secrets,
            box=self._box,
            now=now,
        )
        self.store.require_settled()
        self._layout.prepare(seating.plan.project, seating.plan.person, uid=self.owner_uid)
        folder = self.socket_folder(seating.id)
        folder.mkdir(mode=0o700, parents=True)
        if os.geteuid() == 0:
            os.chown(folder, self.owner_uid, self.owner_uid)

    def running(self, workspace: str, now: datetime) -> None:
        """Record that it answers."""
        workspaces.running(self.store, workspace, now=now)

    def refused(self, person: str, project: str, error: BureauError, now: datetime) -> None:
        """Record a start that was refused, with its reasons."""
        sentences = [error.text, *error.reasons]
        reason = " ".join(text.en for text in sentences)
        subject = {"what": "workspace.start", "status": error.status}
        self.store.record(Event(Kind.REFUSAL, person, project, now, subject, private={"reason": reason}))

    def end(self, workspace: str, cause: StopCause, now: datetime, note: Text | None = None) -> None:
        """Record the end, once, and remove the socket's folder."""
        workspaces.end(self.store, workspace, cause=cause, actor=SYSTEM, now=now, note=note)
        shutil.rmtree(self.socket_folder(workspace), ignore_errors=True)

    def socket_folder(self, workspace: str) -> Path:
        """Return the folder shared with the workspace, and with nothing else."""
        return self._settings.workspaces_dir / workspace

    def open_workspace(self, person: str, project: str) -> OpenWorkspace | None:
        """Return what the gateway needs of the running workspace, None when none runs."""
        with self.store.read() as session:
            found = workspaces.find_open(session, person, project)
            return None if found is None else self._opened(session, found)

    def _opened(self, session: Session, found: Workspace) -> OpenWorkspace:
        secrets = found.secrets(self._box)
        return OpenWorkspace(
            id=found.id,
            person=found.person,
            project=found.project,
            folder=found.socket_dir,
            owner_uid=found.owner_uid,
            inner_token=secrets.inner_token,
            hub_token=secrets.hub_token,
            oauth_client_id=secrets.oauth_client_id,
            image_digest=found.image_digest,
            mounted=found.mounted,
            data_sha256=_data_sha256(session, found),
        )

    def lapsed(self, now: datetime) -> list[Believed]:
        """Return the open workspaces that nothing authorises any more."""
        with self.store.read() as session:
            return [_believed(workspace) for workspace, _ in workspaces.lapsed(session, now=now)]

    def believed(self) -> list[Believed]:
        """Return every workspace that is open by the books."""
        with self.store.read() as session:
            return [_believed(each) for each in workspaces.list_open(session)]


def _data_sha256(session: Session, found: Workspace) -> str:
    """Hash the data sets mounted in *found*, each with its version and the SHA-256 of its manifest."""
    names = sorted((each["dataset"], each["version"]) for each in found.versions)
    mounted = [[*name, session.get_one(DatasetVersion, name).manifest_sha256] for name in names]
    return hashlib.sha256(canonical.dumps(mounted)).hexdigest()


def _believed(row: Workspace) -> Believed:
    return Believed(row.id, row.person, row.project, row.state, row.started_at)
