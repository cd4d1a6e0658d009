"""One person's workspace in one project as the gateway knows it: what runs there, and what holds it open.

A seat's decisions were right at ``fresh_at``; what is older than :data:`STALE_AFTER` is no decision any more.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from jupyterhub.services.auth import HubOAuth

from hub_extensions.gateway.egress import Meter
from hub_extensions.gateway.idle_ends import IdleEnds
from hub_extensions.gateway.room import Rooms
from hub_extensions.gateway.shown import Shown
from hub_extensions.gateway.upstream import Upstream
from hub_extensions.presence.workspace import Written
from project_spaces.conditions import Reason, Who
from project_spaces.conditions.person import comes_from
from project_spaces.decisions import Decision
from project_spaces.expiry_warnings import BEFORE, ExpiryWarning, Notice
from project_spaces.text import Text

#: Codes of the reasons that a session is over.
OVER, IDLE = "session_over", "session_idle"
SESSION_ENDS = frozenset({OVER, IDLE})
#: Seconds after which a decision that was not found right again does not count any more.
STALE_AFTER = 2.0
#: Seconds after which a session that asks for nothing is no longer asked about (a long answer takes minutes).
GONE_AFTER = 600.0


#: Short enough for a close frame in both languages.
SESSION_IDLE = Text(
    "Session close, faute d'activité. Le calcul continue.", "Session closed, no activity. What runs goes on."
)
FROM_ELSEWHERE = Text("Lieu non autorisé. Le calcul continue.", "Place not accepted. What runs goes on.")
SESSION_OVER = Text("Session close. Le calcul continue.", "Session closed. What runs goes on.")


class Connection(Protocol):
    """A live connection of a browser; *address* is where it comes from."""

    address: str

    def cut(self, text: Text) -> None:
        """Close it now, saying why."""

    async def notice(self, text: Text) -> None:
        """Show a sentence where its person looks."""


def recent(at: float) -> bool:
    """Say whether *at*, seconds of the steady clock, is not longer ago than decisions count."""
    return time.monotonic() - at <= STALE_AFTER


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
    #: When the domain was asked what the decisions here come from (seconds of the steady clock).
    fresh_at: float
    #: Each live connection, and the session that it belongs to.
    connections: dict[Connection, str | None] = field(default_factory=dict)
    #: The decision for each session that came by.
    sessions: dict[str | None, Decision] = field(default_factory=dict)
    #: When each of them last asked for something (seconds of the steady clock).
    seen: dict[str | None, float] = field(default_factory=dict)
    #: When each session ends unless its person does something.
    idle: IdleEnds = field(default_factory=IdleEnds)
    #: What may wait here at a time.
    rooms: Rooms = field(default_factory=Rooms)
    #: What was written in the files here.
    written: Written = field(default_factory=Written)
    used_at: float = field(default_factory=time.monotonic)
    cut: bool = False
    #: What the worker announced about the coming end.
    warning: ExpiryWarning | None = None
    shown: set[tuple[datetime, Notice]] = field(default_factory=set)
    #: Counts what plain requests show, files and pages apart; made with the first of each.
    over_http: dict[str, Shown] = field(default_factory=dict)

    def fresh(self) -> bool:
        """Say whether what was decided here was right a moment ago."""
        return recent(self.fresh_at)

    def asked_about(self) -> tuple[str | None, ...]:
        """Return the sessions that came by; those that have gone are asked about when they come again."""
        oldest, connected = time.monotonic() - GONE_AFTER, set(self.connections.values())
        for session in [each for each in self.sessions if each not in connected and self.seen[each] < oldest]:
            del self.sessions[session], self.seen[session]
            self.idle.forget(session)
        return tuple(self.sessions)

    def allows(self, now: datetime) -> bool:
        """Say whether the decision holds at *now*."""
        return not self.cut and _holds(self.decision, now)

    def allows_in(self, session: str | None, now: datetime) -> bool:
        """Say whether it holds for this session too; one that was never asked about is not allowed."""
        own = self.sessions.get(session)
        return self.allows(now) and own is not None and _holds(own, now) and not self.idle.over(session, now)

    def reached_from(self, address: str) -> bool:
        """Say whether what comes from *address* may reach it."""
        return comes_from(address, self.decision.places)

    def may_hold_again(self, session: str | None, now: datetime) -> bool:
        """Say whether a refusal may have passed without an act: somebody was active elsewhere, programs had to wait."""
        return self.idle.over(session, now) or (session is None and not self.sessions[None].allowed)

    def reasons(self, session: str | None, now: datetime) -> tuple[Reason, ...]:
        """Why it does not hold."""
        if self.allows(now) and self.idle.over(session, now):
            return (Reason(IDLE, SESSION_IDLE, Who.PERSON),)
        own = self.sessions.get(session)
        decision = own if self.decision.allowed and own is not None else self.decision
        return decision.reasons

    def close_sessions(self, now: datetime) -> None:
        """Close the connections of every session for which nothing holds any more, and those from elsewhere."""
        for connection, session in tuple(self.connections.items()):
            if not self.allows_in(session, now):
                del self.connections[connection]
                connection.cut(self.ending(session, now))
            elif not self.reached_from(connection.address):
                del self.connections[connection]
                connection.cut(FROM_ELSEWHERE)

    def ending(self, session: str | None, now: datetime) -> Text:
        """Say, in as few words as a close frame holds, why a session is over here."""
        own = self.sessions.get(session)
        codes = {reason.code for reason in own.reasons} if own is not None and self.allows(now) else set()
        if self.idle.over(session, now) or IDLE in codes:
            return SESSION_IDLE
        return SESSION_OVER if OVER in codes else cut_sentence()

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
        for connection in tuple(self.connections):
            connection.cut(text)
        self.connections.clear()


def _holds(decision: Decision, now: datetime) -> bool:
    return decision.allowed and (decision.until is None or now < decision.until)
