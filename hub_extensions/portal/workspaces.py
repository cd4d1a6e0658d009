"""Workspaces as their owner sees them: where each one is, how far its start has come, and why one ended or was refused.

Three sources are put together, in this order of belief: the Hub's model of the server (it alone knows what answers),
the start that this process has asked for, and the last row of the domain (which knows why something ended).
``standing_of`` is the pure rule; the class around it asks and remembers.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_extensions.portal.hub import DID_NOT_START, Hub, Server
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.errors import BureauError
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.workspaces import StopCause, Workspace, WorkspaceState

#: A refusal of a start, or the note about an end, is shown for this long.
SHOWN_FOR = timedelta(hours=12)


class State(StrEnum):
    """Where a workspace is."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    REFUSED = "refused"


STATE_LABELS: Mapping[State, Text] = {
    State.STOPPED: Text("Arrêté", "Stopped"),
    State.STARTING: Text("En démarrage", "Starting"),
    State.RUNNING: Text("Ouvert", "Running"),
    State.STOPPING: Text("En cours d'arrêt", "Stopping"),
    State.REFUSED: Text("Refusé", "Refused"),
}

#: The steps of a start, in order, with the share of the way that each stands for (percent).
STEPS: tuple[tuple[int, Text], ...] = (
    (20, Text("Vérification des droits et du journal", "Checking rights and ledger")),
    (55, Text("Démarrage du conteneur étanche", "Starting the sealed container")),
    (85, Text("Ouverture de la passerelle", "Opening the gateway")),
)


@dataclass(frozen=True)
class Attempt:
    """A start that was asked for: when, and how it failed if it did."""

    at: datetime
    failure: BureauError | None = None
    done: bool = False


@dataclass(frozen=True)
class LastRun:
    """The domain's last row of one person in one project."""

    state: WorkspaceState
    started_at: datetime
    stopped_at: datetime | None = None
    cause: StopCause | None = None
    note: Text | None = None
    mounted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Standing:
    """One workspace, now. *progress* in percent while it starts; *reasons* when refused or ended against one's will."""

    state: State
    step: Text | None = None
    progress: int = 0
    reason: Text | None = None
    reasons: tuple[Text, ...] = ()
    since: datetime | None = None
    mounted: tuple[tuple[str, str], ...] = ()


def standing_of(server: Server | None, attempt: Attempt | None, last: LastRun | None, now: datetime) -> Standing:
    """Say where a workspace is."""
    open_row = last if last is not None and last.state is not WorkspaceState.STOPPED else None
    if server is not None and server.pending == "stop":
        return Standing(State.STOPPING)
    if server is not None and server.ready:
        if last is not None and open_row is None:  # cut: the Hub has not looked yet, the gateway lets nothing through
            return _ended(attempt, last, now)
        since, mounted = (open_row.started_at, open_row.mounted) if open_row else (None, ())
        return Standing(State.RUNNING, since=since, mounted=mounted)
    in_flight = attempt is not None and not attempt.done
    if in_flight or (server is not None and server.pending == "spawn"):
        return _starting(open_row, attempt)
    return _ended(attempt, last, now)


def _starting(row: LastRun | None, attempt: Attempt | None) -> Standing:
    at = 0 if row is None else 1 if row.state is WorkspaceState.STARTING else 2
    progress, step = STEPS[at]
    since = attempt.at if attempt else row.started_at if row else None
    return Standing(State.STARTING, step=step, progress=progress, since=since)


def _ended(attempt: Attempt | None, last: LastRun | None, now: datetime) -> Standing:
    """A failed start is told until something newer happened; so is the note of a workspace that was ended."""
    ended = last.stopped_at if last is not None and last.stopped_at else None
    if attempt is not None and attempt.failure is not None and now - attempt.at < SHOWN_FOR:
        failure = attempt.failure
        told = last is not None and last.started_at >= attempt.at and last.note is not None
        text = last.note if told and last is not None and failure.text == DID_NOT_START else failure.text
        return Standing(State.REFUSED, reason=text, reasons=failure.reasons, since=attempt.at)
    if last is not None and last.note is not None and ended is not None and now - ended < SHOWN_FOR:
        state = State.REFUSED if last.cause is StopCause.FAILED else State.STOPPED
        return Standing(state, reason=last.note, since=ended)
    return Standing(State.STOPPED, since=ended)


def last_runs(session: Session, person: str) -> dict[str, LastRun]:
    """Return the last run of *person* in each project."""
    query = select(Workspace).where(Workspace.person == person).order_by(Workspace.started_at, Workspace.id)
    return {
        row.project: LastRun(
            row.state,
            row.started_at,
            row.stopped_at,
            row.cause,
            row.note,
            tuple((each["dataset"], each["version"]) for each in row.versions),
        )
        for row in session.scalars(query)
    }


class Workspaces:
    """Starts and stops workspaces through the Hub, after the domain has said yes, and tells where they are."""

    def __init__(self, hub: Hub, store: Store) -> None:
        self._hub = hub
        self._store = store
        self._attempts: dict[tuple[str, str], Attempt] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def standings(self, person: str, projects: list[str], now: datetime) -> dict[str, Standing]:
        """Return where *person*'s workspace in each of *projects* is.

        Raises
        ------
        Unavailable
            the Hub does not answer.
        """
        servers = await self._hub.servers(person)
        last = await asyncio.to_thread(self._last, person)
        return {
            slug: standing_of(servers.get(slug), self._attempts.get((person, slug)), last.get(slug), now)
            for slug in projects
        }

    async def start(self, person: str, project: str, now: datetime) -> None:
        """Ask for a start; it goes on while the caller answers. Asking twice starts once.

        Raises
        ------
        Refused
            the domain says no, with every reason.
        """
        await asyncio.to_thread(self._require, person, project, now)
        pending = self._attempts.get((person, project))
        if pending is not None and not pending.done:
            return
        self._attempts[person, project] = Attempt(now)
        task = asyncio.create_task(self._start(person, project, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, person: str, project: str) -> None:
        """Stop one.

        Raises
        ------
        Unavailable
            the Hub does not answer.
        """
        self._attempts.pop((person, project), None)
        await self._hub.stop(person, project)

    async def _start(self, person: str, project: str, at: datetime) -> None:
        failure: BureauError | None = None
        try:
            await self._hub.start(person, project)
        except BureauError as error:
            failure = error
        self._attempts[person, project] = Attempt(at, failure, done=True)

    def _last(self, person: str) -> dict[str, LastRun]:
        with self._store.read() as session:
            return last_runs(session, person)

    def _require(self, person: str, project: str, now: datetime) -> None:
        with self._store.read() as session:
            require(session, person, Action.OPEN_WORKSPACE, now=now, project_slug=project)
