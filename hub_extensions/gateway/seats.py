"""The workspaces that are open now, each with the decision that holds it open.

A seat is one person in one project. Its decision is asked of the domain when it is taken, again whenever the domain's
revision moves (looked for several times a second) and lapses by itself at ``until``. A decision that can't be renewed
is no decision: after :data:`STALE_AFTER` without an answer from the domain, nothing is forwarded.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from jupyterhub.services.auth import HubOAuth

from hub_extensions.clocks import LapseClock
from hub_extensions.gateway.egress import Egress, Meter
from hub_extensions.gateway.shown import Shown
from hub_extensions.gateway.upstream import Upstream
from project_spaces.decisions import Decision
from project_spaces.errors import NotFound, Refused, Unavailable
from project_spaces.expiry_warnings import BEFORE, ExpiryWarning, Notice
from project_spaces.text import Text

#: Seconds without an answer from the domain after which no decision counts any more.
STALE_AFTER = 2.0

log = structlog.get_logger()


@dataclass(frozen=True)
class OpenWorkspace:
    """What the gateway must know of a running workspace; read from the domain, secrets unsealed."""

    id: str
    person: str
    project: str
    folder: str
    owner_uid: int
    inner_token: str
    hub_token: str
    oauth_client_id: str
    image_digest: str
    mounted: tuple[str, ...]
    #: Stands for the manifests of everything mounted; each is in a ``mount`` entry of its own.
    data_sha256: str


class Domain(Protocol):
    """The questions the gateway asks; answered by :class:`hub_extensions.gateway.domain.StoreDomain`."""

    def revision(self) -> int:
        """Return the number that moves with every change of rights."""

    def workspace(self, person: str, project: str) -> OpenWorkspace | None:
        """Return the running workspace, if there is one."""

    def decide(self, workspace: OpenWorkspace, now: datetime) -> Decision:
        """Decide whether messages may still reach this workspace."""

    def warning(self, workspace: OpenWorkspace, now: datetime) -> ExpiryWarning | None:
        """Return what its person was told about the first coming end of the work."""


STOPPED = Text("Ce bureau a été arrêté.", "This workspace was stopped.")


def cut_sentence() -> Text:
    """Tell a person whose session was cut what happened to the work."""
    return Text(
        "Votre accès à ce bureau a pris fin. Vos fichiers sont gardés dans le projet.",
        "Your access to this workspace has ended. Your files are kept in the project.",
    )


@dataclass
class Seat:
    """One person's open workspace in one project."""

    workspace: OpenWorkspace
    hub_auth: HubOAuth
    upstream: Upstream
    meter: Meter
    decision: Decision
    revision: int
    connections: set[Callable[[Text], None]] = field(default_factory=set)
    used_at: float = field(default_factory=time.monotonic)
    cut: bool = False
    #: What the worker announced about the coming end.
    warning: ExpiryWarning | None = None
    shown: set[tuple[datetime, Notice]] = field(default_factory=set)
    #: Counts what plain requests show; made with the first of them.
    over_http: Shown | None = None

    def allows(self, now: datetime) -> bool:
        """Say whether the decision holds at *now*."""
        return not self.cut and self.decision.allowed and (self.decision.until is None or now < self.decision.until)

    def untold(self, now: datetime) -> Text | None:
        """Return the sentence about a coming end that nobody was shown here yet, and count it as shown.

        The last notice needs no worker: the decision itself says when it ends.
        """
        warning, until = self.warning, self.decision.until
        if until is not None and now < until <= now + BEFORE[Notice.QUARTER]:
            warning = ExpiryWarning(self.workspace.person, self.workspace.project, until, Notice.QUARTER, ())
        if warning is None or warning.until <= now or (warning.until, warning.notice) in self.shown:
            return None
        self.shown.add((warning.until, warning.notice))
        return warning.text

    def close_connections(self, text: Text) -> None:
        """Close every live connection with a sentence its person can read."""
        for close in tuple(self.connections):
            close(text)
        self.connections.clear()


class Seats:
    """Finds, re-decides and cuts seats."""

    def __init__(
        self, domain: Domain, make_auth: Callable[[OpenWorkspace], HubOAuth], poll_s: float, egress: Egress
    ) -> None:
        self._domain = domain
        self._egress = egress
        self._clock = LapseClock()
        self._make_auth = make_auth
        self._poll_s = poll_s
        self._seats: dict[tuple[str, str], Seat] = {}
        self._fresh_at = float("-inf")
        self._lock = asyncio.Lock()
        self._lapse: dict[tuple[str, str], asyncio.TimerHandle] = {}

    async def find(self, person: str, project: str) -> Seat:
        """Return the seat of *person* in *project*.

        Raises
        ------
        NotFound
            no workspace runs there.
        WorkspaceGone
            it runs by the books, but does not answer.
        """
        seat = self._seats.get((person, project))
        if seat is None:
            async with self._lock:
                seat = self._seats.get((person, project)) or await self._take(person, project)
        seat.used_at = time.monotonic()
        return seat

    async def _take(self, person: str, project: str) -> Seat:
        revision = await asyncio.to_thread(self._domain.revision)  # asked first: what moves from here on is seen
        workspace = await asyncio.to_thread(self._domain.workspace, person, project)
        if workspace is None:
            raise NotFound(
                Text(
                    "Ce bureau n'est pas démarré. Démarrez-le depuis l'accueil.",
                    "This workspace is not started. Start it from the home page.",
                )
            )
        meter = await self._egress.meter(person, project)
        upstream = Upstream(workspace.folder, workspace.owner_uid, workspace.inner_token)
        decision = await asyncio.to_thread(self._domain.decide, workspace, self._clock.now())
        seat = Seat(workspace, self._make_auth(workspace), upstream, meter, decision, revision)
        seat.warning = await asyncio.to_thread(self._domain.warning, workspace, self._clock.now())
        self._seats[person, project] = seat
        self._arm(seat)
        return seat

    def require(self, seat: Seat) -> None:
        """Let one message or request pass, or say why not.

        Raises
        ------
        Refused
            the habilitation (or another condition) has lapsed.
        Unavailable
            the domain has not answered for :data:`STALE_AFTER` seconds: fail closed.
        """
        if not self.fresh():
            raise Unavailable(
                Text(
                    "Les droits ne peuvent pas être vérifiés pour le moment : rien n'est transmis.",
                    "Rights can't be checked at the moment: nothing is forwarded.",
                )
            )
        if not seat.allows(self._clock.now()):
            raise Refused(cut_sentence(), [reason.text for reason in seat.decision.reasons])

    def untold(self, seat: Seat) -> Text | None:
        """Return what the person at *seat* is to be shown now about a coming end."""
        return seat.untold(self._clock.now())

    def fresh(self) -> bool:
        """Say whether the domain has answered recently enough for decisions to count."""
        return time.monotonic() - self._fresh_at <= STALE_AFTER

    async def watch(self) -> None:
        """Follow the domain's revision for ever; each move re-decides every seat."""
        while True:
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - whatever fails here, decisions go stale and the door closes
                log.warning("rights_not_readable", error=repr(error))
            await asyncio.sleep(self._poll_s)

    async def refresh(self) -> None:
        """Ask once whether anything moved."""
        asked_at = time.monotonic()
        revision = await asyncio.to_thread(self._domain.revision)
        await self._redecide([(key, seat) for key, seat in self._seats.items() if seat.revision != revision], revision)
        self._fresh_at = asked_at

    async def _redecide(self, seats: Iterable[tuple[tuple[str, str], Seat]], revision: int) -> None:
        """Decide anew, everybody first; what people are told of coming ends waits for the last cut."""
        kept: list[Seat] = []
        for key, seat in seats:
            current = await asyncio.to_thread(self._domain.workspace, *key)
            seat.decision = await asyncio.to_thread(self._domain.decide, seat.workspace, self._clock.now())
            if current is None or current.id != seat.workspace.id:
                await self._leave(key, seat, STOPPED if seat.decision.allowed else cut_sentence())
                continue
            seat.revision = revision
            self._arm(seat)
            kept.append(seat)
        for seat in kept:
            if seat.decision.allowed:
                seat.warning = await asyncio.to_thread(self._domain.warning, seat.workspace, self._clock.now())

    def _arm(self, seat: Seat) -> None:
        """Cut now what is no longer allowed, and set the clock for what will lapse."""
        key = (seat.workspace.person, seat.workspace.project)
        if timer := self._lapse.pop(key, None):
            timer.cancel()
        now = self._clock.now()
        if not seat.allows(now):
            self._cut(seat)
        elif seat.decision.until is not None:
            wait = (seat.decision.until - now).total_seconds()
            # A timer of days drifts; look again after an hour at the latest.
            self._lapse[key] = asyncio.get_running_loop().call_later(min(wait, 3600.0), self._arm, seat)

    def _cut(self, seat: Seat) -> None:
        seat.close_connections(cut_sentence())

    async def _leave(self, key: tuple[str, str], seat: Seat, text: Text) -> None:
        self._seats.pop(key, None)
        if timer := self._lapse.pop(key, None):
            timer.cancel()
        seat.close_connections(text)
        if seat.over_http is not None:
            seat.over_http.tell()
        await seat.upstream.close()

    async def forget(self, seat: Seat) -> None:
        """Drop a seat whose workspace does not answer, so that the next request looks afresh."""
        key = (seat.workspace.person, seat.workspace.project)
        if self._seats.get(key) is seat:
            await self._leave(key, seat, STOPPED)

    def in_use(self, since_s: float) -> list[Seat]:
        """Return the seats used within the last *since_s* seconds (for the activity report)."""
        oldest = time.monotonic() - since_s
        return [seat for seat in self._seats.values() if seat.used_at >= oldest or seat.connections]

    async def close(self) -> None:
        """Leave every seat."""
        for key, seat in tuple(self._seats.items()):
            await self._leave(key, seat, STOPPED)
