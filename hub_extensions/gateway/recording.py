"""What the gateway tells the ledger, in the ledger's words: the only place where forwarded bytes become events.

Leaves are for everybody to read. Whatever a client or a workspace's own server chooses freely (a message's id, the name
of a kernel or terminal, an exact number of bytes) stays in the sealed or deletable part, or it would be a way out that
no reviewer sees.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from audit.client import AsyncLedger
from audit.errors import LedgerError
from audit.events import Event, Kind
from audit.sealing import bucket
from hub_extensions.detection.watch import Watch
from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.gateway.messages import Message
from hub_extensions.gateway.seat import OpenWorkspace
from hub_extensions.presence.origin import NOWHERE, Origin, sign_in_label
from hub_extensions.strangers.counted import SOMEBODY, Strangers
from project_spaces.errors import BureauError, Unavailable
from project_spaces.text import Text

Facts = Mapping[str, str | int | bool | None]


class Recording:
    """Writes before anything is forwarded, and says so by returning; asks the detection rules first.

    Parameters
    ----------
    policy
        what stands for the rules and settings in force.
    pseudonym
        keyed: what stands for sessions comes from it.
    gateways
        how many share what a minute's strangers may write.
    """

    def __init__(
        self, ledger: AsyncLedger, watch: Watch, policy: str, pseudonym: Callable[[str], str], gateways: int = 1
    ) -> None:
        self._ledger = ledger
        self._watch = watch
        self._policy = policy
        self.sign_in = partial(sign_in_label, pseudonym)
        self._strangers = Strangers(self.event, gateways)

    async def message(self, workspace: OpenWorkspace, about: Facts, message: Message, frame: str | bytes) -> None:
        """Record one kernel message; *frame* is exactly what will be forwarded, *about* comes from :func:`about`."""
        subject: Facts = {**about, "channel": message.channel, "type": message.kind}
        await self._write(
            workspace, Kind.KERNEL_MESSAGE, subject, frame if isinstance(frame, bytes) else frame.encode()
        )

    async def request(
        self, workspace: OpenWorkspace, kind: Kind, effect: str, request: Forwarded, origin: Origin = NOWHERE
    ) -> None:
        """Record one HTTP request as it will be forwarded: line, headers, body.

        What may start a kernel is recorded with all that decides what it can do: the image (its programs and their
        arguments), the manifests of the mounted data, and the rules in force.
        """
        facts: Facts = {"effect": effect, "method": request.method, **_named(origin)}
        if kind in {Kind.KERNEL_LIFECYCLE, Kind.SESSION_CHANGE}:
            facts = {**facts, "image": workspace.image_digest, "datasets": ",".join(workspace.mounted)}
            facts = {**facts, "data_sha256": workspace.data_sha256, "policy": self._policy}
        await self.write(workspace, kind, facts, request.as_recorded(), _placed(origin))

    async def opening(self, workspace: OpenWorkspace, name: str, request: Forwarded, origin: Origin = NOWHERE) -> None:
        """Record the opening of a WebSocket to the kernel or terminal *name*; the sealed address tells its label."""
        facts: Facts = {"effect": "socket", "method": request.method, "label": label(workspace, name), **_named(origin)}
        await self.write(workspace, Kind.REQUEST, facts, request.as_recorded(), _placed(origin))

    async def terminal(self, workspace: OpenWorkspace, about: Facts, frame: str) -> None:
        """Record what is typed into a terminal."""
        await self._write(workspace, Kind.TERMINAL_INPUT, about, frame.encode())

    async def shown(self, workspace: OpenWorkspace, name: str, frames: int, size: int) -> None:
        """Record how much flowed back, never what; exactly in the deletable part only, since code chooses how much."""
        facts: Facts = {"label": label(workspace, name), "bytes": bucket(size)}
        exact = {"frames": str(frames), "bytes": str(size)}
        await self.write(workspace, Kind.OUTPUT_COUNT, facts, None, exact)

    async def refusal(
        self, actor: str, project: str | None, what: str, error: BureauError, origin: Origin = NOWHERE
    ) -> None:
        """Record that something was refused; address and sentence may name people, so they stay out of the leaf.

        Who was not identified is recorded too, and beyond a number a minute counted.
        """
        event = refused(actor, project, what, error, origin)
        await (self._strangers.refused(event) if actor == SOMEBODY else self.event(event))

    def note(self, actor: str, project: str | None, what: str, error: BureauError, origin: Origin = NOWHERE) -> None:
        """As :meth:`refusal`, from where nothing can be awaited."""
        self._strangers.note(refused(actor, project, what, error, origin))

    async def write(
        self,
        workspace: OpenWorkspace,
        kind: Kind,
        facts: Facts,
        content: bytes | None,
        private: Mapping[str, str] | None = None,
    ) -> None:
        """Record one event of this workspace and wait for the acknowledgement.

        Raises
        ------
        Unavailable
            the ledger did not acknowledge: the caller forwards nothing.
        """
        await self._write(workspace, kind, {"workspace": workspace.id, **facts}, content, private)

    async def _write(
        self,
        workspace: OpenWorkspace,
        kind: Kind,
        subject: Facts,
        content: bytes | None,
        private: Mapping[str, str] | None = None,
    ) -> None:
        person, project, now = workspace.person, workspace.project, datetime.now(UTC)
        rules = self._watch.look(
            kind, person, project, now, subject=subject, content=content, mounted=workspace.mounted
        )
        event = Event(kind, person, project, now, subject, content, private, rules=rules)
        await self._append(event)

    async def event(self, event: Event) -> None:
        """Record an event made elsewhere in the gateway; raises as ``write``."""
        await self._append(self._watch.watched(event))

    async def close(self) -> None:
        """Record what was only counted so far."""
        await self._strangers.close()

    async def alive(self) -> bool:
        """Say whether the ledger answers."""
        try:
            await self._ledger.ping()
        except LedgerError:
            return False
        return True

    async def _append(self, event: Event) -> None:
        try:
            await self._ledger.append(event)
        except LedgerError as error:
            raise Unavailable(Text(error.fr, error.en)) from None


def refused(actor: str, project: str | None, what: str, error: BureauError, origin: Origin) -> Event:
    """Return the entry of one refusal."""
    subject, private = {"status": error.status, **_named(origin)}, {"what": what[:1024], "reason": error.text.en}
    return Event(Kind.REFUSAL, actor, project, datetime.now(UTC), subject, private=private | _placed(origin))


def about(workspace: OpenWorkspace, end: str, name: str, origin: Origin) -> Facts:
    """Return what every entry of one connection says alike, worked out once: a cell has no time to lose.

    Parameters
    ----------
    end
        ``kernel`` or ``terminal``, whichever *name* is of.
    """
    return {"workspace": workspace.id, end: label(workspace, name), **_named(origin)}


def _named(origin: Origin) -> dict[str, str]:
    return {"sign_in": origin.sign_in} if origin.sign_in else {}


def _placed(origin: Origin) -> dict[str, str]:
    return {"address": origin.address} if origin.address else {}


def label(workspace: OpenWorkspace, name: str) -> str:
    """Return what stands for a kernel or terminal in leaves: the same all through a workspace, chosen by nobody."""
    return hmac.new(workspace.hub_token.encode(), name.encode(), "sha256").hexdigest()[:16]
