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
#: Seconds after which a session that asks for nothing is no longer asked about (a long answer takes minutes).
GONE_AFTER = 600.0

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

    def decide_in(self, workspace: OpenWorkspace, session: str | None, now: datetime) -> Decision:
        """Decide it for one browser session of its person, None for a program's token."""

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
    #: What closes each live connection, and the session that it belongs to.
    connections: dict[Callable[[Text], None], str | None] = field(default_factory=dict)
    #: The decision for each session that came by.
    sessions: dict[str | None, Decision] = field(default_factory=dict)
    #: When each of them last asked for something (seconds of the steady clock).
    seen: dict[str | None, float] = field(default_factory=dict)
    used_at: float = field(default_factory=time.monotonic)
    cut: bool = False
    #: What the worker announced about the coming end.
    warning: ExpiryWarning | None = None
    shown: set[tuple[datetime, Notice]] = field(default_factory=set)
    #: Counts what plain requests show; made with the first of them.
    over_http: Shown | None = None

    def allows(self, now: datetime) -> bool:
        """Say whether the decision holds at *now*."""
        return not self.cut and _holds(self.decision, now)

    def allows_in(self, session: str | None, now: datetime) -> bool:
        """Say whether it holds for this session too; one that was never asked about is not allowed."""
        own = self.sessions.get(session)
        return self.allows(now) and own is not None and _holds(own, now)

    def reasons(self, session: str | None) -> list[Text]:
        """Why it does not hold."""
        own = self.sessions.get(session)
        decision = own if self.decision.allowed and own is not None else self.decision
        return [reason.text for reason in decision.reasons]

    def close_sessions(self, now: datetime, text: Text) -> None:
        """Close the connections of every session for which nothing holds any more."""
        for close, session in tuple(self.connections.items()):
            if not self.allows_in(session, now):
                del self.connections[close]
                close(text)

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


def _holds(decision: Decision, now: datetime) -> bool:
    return decision.allowed and (decision.until is None or now < decision.until)


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

    async def admit(self, seat: Seat, session: str | None) -> None:
        """Have a decision for *session*; raises as ``require``."""
        seat.seen[session] = time.monotonic()
        if session not in seat.sessions:
            number = seat.revision
            decision = await asyncio.to_thread(self._domain.decide_in, seat.workspace, session, self._clock.now())
            if number == seat.revision:  # otherwise it moved meanwhile, and the next request asks anew
                seat.sessions[session] = decision
                self._arm(seat)
            else:
                await self.admit(seat, session)
        self.require(seat, session)

    def require(self, seat: Seat, session: str | None) -> None:
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
        if not seat.allows_in(session, self._clock.now()):
            raise Refused(cut_sentence(), seat.reasons(session))

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
            await self._redecide_sessions(seat)
            if current is None or current.id != seat.workspace.id:
                await self._leave(key, seat, STOPPED if seat.decision.allowed else cut_sentence())
                continue
            seat.revision = revision
            self._arm(seat)
            kept.append(seat)
        for seat in kept:
            if seat.decision.allowed:
                seat.warning = await asyncio.to_thread(self._domain.warning, seat.workspace, self._clock.now())

    async def _redecide_sessions(self, seat: Seat) -> None:
        """Ask again for the sessions that are here; those that have gone are asked when they come again."""
        oldest, connected = time.monotonic() - GONE_AFTER, set(seat.connections.values())
        for session in [each for each in seat.sessions if each not in connected and seat.seen[each] < oldest]:
            del seat.sessions[session], seat.seen[session]
        for session in tuple(seat.sessions):
            own = await asyncio.to_thread(self._domain.decide_in, seat.workspace, session, self._clock.now())
            seat.sessions[session] = own

    def _arm(self, seat: Seat) -> None:
        """Cut now what is no longer allowed, and set the clock for what will lapse."""
        key = (seat.workspace.person, seat.workspace.project)
        if timer := self._lapse.pop(key, None):
            timer.cancel()
        now = self._clock.now()
        if not seat.allows(now):
            self._cut(seat)
            return
        seat.close_sessions(now, cut_sentence())
        ends = [each.until for each in (seat.decision, *seat.sessions.values()) if each.allowed and each.until]
        if coming := [each for each in ends if each > now]:
            wait = (min(coming) - now).total_seconds()
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
