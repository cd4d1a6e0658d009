"""The workspaces that are open now, each with the decision that holds it open.

A seat is one person in one project. Its decision is asked of the domain when it is taken, again whenever the domain's
revision moves (looked for several times a second) and lapses by itself at ``until``. A decision that can't be renewed
is no decision: a seat that was not found right again for :data:`~hub_extensions.gateway.seat.STALE_AFTER` seconds
forwards nothing. Many seats are decided anew some at a time, so that one pass over all of them keeps nobody waiting.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from jupyterhub.services.auth import HubOAuth

from hub_extensions.clocks import LapseClock
from hub_extensions.gateway.egress import Egress
from hub_extensions.gateway.idle_watch import Ends, IdleWatch
from hub_extensions.gateway.room import LIMITS, Limits, Rooms
from hub_extensions.gateway.seat import OpenWorkspace, Seat, cut_sentence, recent
from hub_extensions.gateway.upstream import Upstream
from project_spaces.conditions.person import PLACE_LEFT
from project_spaces.decisions import Decision
from project_spaces.errors import NotFound, Refused, Unavailable
from project_spaces.expiry_warnings import ExpiryWarning
from project_spaces.sessions.idleness import IdleLimit
from project_spaces.text import Text

#: Seats that are decided anew with one question to the domain.
AT_ONCE = 16

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """A workspace, and the browser sessions (None for a program's token) that are to be decided with it."""

    workspace: OpenWorkspace
    sessions: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether it still runs by the books, the decision for its person, and one for each session asked about.

    *idle* is when each of these ends unless its person does something.
    """

    runs: bool
    decision: Decision
    sessions: dict[str | None, Decision]
    idle: dict[str | None, datetime] = field(default_factory=dict)


class Domain(Protocol):
    """The questions the gateway asks; answered by :class:`hub_extensions.gateway.domain.StoreDomain`."""

    def revision(self) -> int:
        """Return the number that moves with every change of rights."""

    def workspace(self, person: str, project: str) -> OpenWorkspace | None:
        """Return the running workspace, if there is one."""

    def standings(self, asked: Sequence[Asked], now: datetime) -> list[Standing]:
        """Decide, in the order asked, whether messages may still reach these workspaces."""

    def here(self, person: str, session: str, now: datetime) -> None:
        """Write down that *person* did something in this browser session."""

    def warning(self, workspace: OpenWorkspace, now: datetime) -> ExpiryWarning | None:
        """Return what its person was told about the first coming end of the work."""


ELSEWHERE = Text(
    "Ce bureau est derrière une autre passerelle : rechargez la page dans une minute.",
    "This workspace is behind another gateway: load the page again in a minute.",
)
STOPPED = Text("Ce bureau a été arrêté.", "This workspace was stopped.")


class Seats:
    """Finds, re-decides and cuts seats."""

    def __init__(
        self,
        domain: Domain,
        make_auth: Callable[[OpenWorkspace], HubOAuth],
        poll_s: float,
        egress: Egress,
        idle: IdleLimit | None = None,
        *,
        serves: Callable[[str], bool] = lambda _person: True,
        limits: Limits = LIMITS,
    ) -> None:
        self._domain = domain
        self._serves = serves
        self._limits = limits
        self._egress = egress
        self._clock = LapseClock()
        self._make_auth = make_auth
        self._poll_s = poll_s
        self._seats: dict[tuple[str, str], Seat] = {}
        self._answered_at = float("-inf")
        self._lock = asyncio.Lock()
        self._lapse: dict[tuple[str, str], asyncio.TimerHandle] = {}
        #: Sees to sessions that nobody uses, where such sessions end.
        self.idle = None if idle is None else self._watch_idle(idle)

    def _watch_idle(self, limit: IdleLimit) -> IdleWatch:
        async def ask(seat: Seat, sessions: tuple[str | None, ...]) -> Ends:
            return (await self._ask(Asked(seat.workspace, sessions))).idle

        return IdleWatch(limit, self._clock.now, self._domain.here, ask, self._arm, self._seats.values)

    async def find(self, person: str, project: str) -> Seat:
        """Return the seat of *person* in *project*.

        Raises
        ------
        NotFound
            no workspace runs there.
        WorkspaceGone
            it runs by the books, but does not answer.
        Unavailable
            its person is served by another gateway, where what is remembered of a person is kept together.
        """
        seat = self._seats.get((person, project))
        if seat is None:
            async with self._lock:
                seat = self._seats.get((person, project)) or await self._take(person, project)
        seat.used_at = time.monotonic()
        return seat

    async def _take(self, person: str, project: str) -> Seat:
        if not self._serves(person):
            raise Unavailable(ELSEWHERE)
        asked_at = time.monotonic()
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
        standing = await self._ask(Asked(workspace))
        auth, rooms = self._make_auth(workspace), Rooms(self._limits)
        seat = Seat(workspace, auth, upstream, meter, standing.decision, revision, asked_at, rooms=rooms)
        seat.warning = await asyncio.to_thread(self._domain.warning, workspace, self._clock.now())
        self._seats[person, project] = seat
        self._arm(seat)
        return seat

    async def admit(self, seat: Seat, session: str | None, address: str) -> None:
        """Have a decision for *session*, and hold *address* against it; raises as ``require``."""
        seat.seen[session] = time.monotonic()
        if session not in seat.sessions or seat.may_hold_again(session, self._clock.now()):
            number = seat.revision
            standing = await self._ask(Asked(seat.workspace, (session,)))
            if number == seat.revision:  # otherwise it moved meanwhile, and the next request asks anew
                seat.sessions[session] = standing.sessions[session]
                seat.idle.take(standing.idle, (session,))
                self._arm(seat)
            else:
                await self.admit(seat, session, address)
        self.require(seat, session)
        if not seat.reached_from(address):
            raise Refused(PLACE_LEFT.text, [PLACE_LEFT.text], [PLACE_LEFT.code])

    def require(self, seat: Seat, session: str | None) -> None:
        """Let one message or request pass, or say why not.

        Raises
        ------
        Refused
            the habilitation (or another condition) has lapsed.
        Unavailable
            nobody said for :data:`~hub_extensions.gateway.seat.STALE_AFTER` seconds that the decision is still right:
            fail closed.
        """
        if not seat.fresh():
            raise Unavailable(
                Text(
                    "Les droits ne peuvent pas être vérifiés pour le moment : rien n'est transmis.",
                    "Rights can't be checked at the moment: nothing is forwarded.",
                )
            )
        if not seat.allows_in(session, now := self._clock.now()):
            reasons = seat.reasons(session, now)
            raise Refused(
                seat.ending(session, now), [reason.text for reason in reasons], [reason.code for reason in reasons]
            )

    def untold(self, seat: Seat) -> Text | None:
        """Return what the person at *seat* is to be shown now about a coming end."""
        return seat.untold(self._clock.now())

    def fresh(self) -> bool:
        """Say whether the domain has answered recently enough for decisions to count."""
        return recent(self._answered_at)

    async def watch(self) -> None:
        """Follow the domain's revision for ever; each move re-decides every seat."""
        while True:
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - whatever fails here, decisions go stale and the door closes
                log.warning("rights_not_readable", error=repr(error))
            await asyncio.sleep(self._poll_s)

    async def refresh(self) -> None:
        """Find out what moved, and decide anew where something did: those first who wait longest."""
        began = time.monotonic()
        kept: list[Seat] = []
        while behind := await self._behind(began):
            asked = [Asked(seat.workspace, seat.asked_about()) for seat, *_ in behind]
            for (seat, *known), standing in zip(behind, await self._ask_all(asked), strict=True):
                if await self._settle(seat, standing, *known):
                    kept.append(seat)
        for seat in kept:  # what people are told of coming ends waits for the last cut
            if seat.decision.allowed:
                seat.warning = await asyncio.to_thread(self._domain.warning, seat.workspace, self._clock.now())

    async def _behind(self, began: float) -> list[tuple[Seat, int, float]]:
        """Return some seats that were not found right since *began*, with the revision and when it was asked for."""
        asked_at = time.monotonic()
        revision = await asyncio.to_thread(self._domain.revision)
        self._answered_at = asked_at
        for seat in self._seats.values():
            if seat.revision == revision:
                seat.fresh_at = asked_at
        waiting = sorted(
            (each for each in self._seats.values() if each.fresh_at < began), key=lambda each: each.fresh_at
        )
        return [(seat, revision, asked_at) for seat in waiting[:AT_ONCE]]

    async def _ask(self, asked: Asked) -> Standing:
        (standing,) = await self._ask_all([asked])
        return standing

    async def _ask_all(self, asked: Sequence[Asked]) -> list[Standing]:
        return await asyncio.to_thread(self._domain.standings, asked, self._clock.now())

    async def _settle(self, seat: Seat, standing: Standing, revision: int, asked_at: float) -> bool:
        """Take over what was decided at *revision*; returns whether the seat stays."""
        if self._seats.get((seat.workspace.person, seat.workspace.project)) is not seat:
            return False
        seat.decision = standing.decision
        if not standing.runs:
            await self._leave(seat, STOPPED if seat.decision.allowed else cut_sentence())
            return False
        if seat.sessions.keys() <= standing.sessions.keys():  # otherwise one came by meanwhile: it is decided next
            seat.revision, seat.fresh_at = revision, asked_at
        seat.sessions.update(standing.sessions)
        seat.idle.take(standing.idle, standing.sessions)
        self._arm(seat)
        return True

    def _arm(self, seat: Seat) -> None:
        """Cut now what is no longer allowed, and set the clock for what will lapse."""
        key = (seat.workspace.person, seat.workspace.project)
        if timer := self._lapse.pop(key, None):
            timer.cancel()
        now = self._clock.now()
        if not seat.allows(now):
            self._cut(seat)
            return
        seat.close_sessions(now)
        ends = [each.until for each in (seat.decision, *seat.sessions.values()) if each.allowed and each.until]
        ends += [] if self.idle is None else seat.idle.moments(self.idle.limit, now)
        if coming := [each for each in ends if each > now]:
            wait = (min(coming) - now).total_seconds()
            # A timer of days drifts; look again after an hour at the latest.
            self._lapse[key] = asyncio.get_running_loop().call_later(min(wait, 3600.0), self._lapsed, seat)

    def _lapsed(self, seat: Seat) -> None:
        """Cut what has lapsed; ask about the sessions that are about to."""
        if self.idle is not None:
            self.idle.look(seat)
        self._arm(seat)

    def _cut(self, seat: Seat) -> None:
        seat.close_connections(cut_sentence())

    async def _leave(self, seat: Seat, text: Text) -> None:
        key = (seat.workspace.person, seat.workspace.project)
        self._seats.pop(key, None)
        if timer := self._lapse.pop(key, None):
            timer.cancel()
        seat.close_connections(text)
        for shown in seat.over_http.values():
            shown.tell()
        if self.idle is not None:
            self.idle.forget(seat.workspace.person)
        await seat.upstream.close()

    async def forget(self, seat: Seat) -> None:
        """Drop a seat whose workspace does not answer, so that the next request looks afresh."""
        if self._seats.get((seat.workspace.person, seat.workspace.project)) is seat:
            await self._leave(seat, STOPPED)

    def in_use(self, since_s: float) -> list[Seat]:
        """Return the seats used within the last *since_s* seconds (for the activity report)."""
        oldest = time.monotonic() - since_s
        return [seat for seat in self._seats.values() if seat.used_at >= oldest or seat.connections]

    async def close(self) -> None:
        """Leave every seat."""
        for seat in tuple(self._seats.values()):
            await self._leave(seat, STOPPED)
