"""One person's workspace in one project as the gateway knows it: what runs there, and what holds it open.

A seat's decisions were right at ``fresh_at``; what is older than :data:`STALE_AFTER` is no decision any more.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from jupyterhub.services.auth import HubOAuth

from hub_extensions.gateway.egress import Meter
from hub_extensions.gateway.shown import Shown
from hub_extensions.gateway.upstream import Upstream
from project_spaces.decisions import Decision
from project_spaces.expiry_warnings import BEFORE, ExpiryWarning, Notice
from project_spaces.text import Text

#: Seconds after which a decision that was not found right again does not count any more.
STALE_AFTER = 2.0
#: Seconds after which a session that asks for nothing is no longer asked about (a long answer takes minutes).
GONE_AFTER = 600.0


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

    def fresh(self) -> bool:
        """Say whether what was decided here was right a moment ago."""
        return recent(self.fresh_at)

    def asked_about(self) -> tuple[str | None, ...]:
        """Return the sessions that came by; those that have gone are asked about when they come again."""
        oldest, connected = time.monotonic() - GONE_AFTER, set(self.connections.values())
        for session in [each for each in self.sessions if each not in connected and self.seen[each] < oldest]:
            del self.sessions[session], self.seen[session]
        return tuple(self.sessions)

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
