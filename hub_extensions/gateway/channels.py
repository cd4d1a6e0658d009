"""Kernel WebSockets: each message parsed, recorded, acknowledged, then forwarded – in the order it came.

One connection handles one message at a time, so no message overtakes another while it waits for the ledger (TRAPS C7).
What flows back is passed on as it is and counted, never kept.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import Finish
from tornado.websocket import WebSocketClosedError, WebSocketHandler, WebSocketProtocol13

from hub_extensions.gateway.base import WorkspaceHandler
from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.gateway.http import too_large
from hub_extensions.gateway.messages import V1, parse, serialise
from hub_extensions.gateway.recording import Facts, about
from hub_extensions.gateway.replies import notice_frame, refusal_frames
from hub_extensions.gateway.return_flow import ReturnFlow
from hub_extensions.gateway.room import BYTES, CONNECTIONS, SMALL, Crowded
from hub_extensions.gateway.routes import check_parameters, parse_query
from hub_extensions.gateway.shown import Shown
from hub_extensions.gateway.upstream import WorkspaceGone
from hub_extensions.gateway.workspace_socket import WorkspaceSocket
from hub_extensions.presence.workspace import sent_by_hand
from project_spaces.errors import BureauError, Invalid, Unavailable
from project_spaces.text import Text

SESSION = re.compile(r"[A-Za-z0-9_-]{0,128}")
#: Close codes of our own (RFC 6455 leaves 4000–4999 to applications).
CLOSED_CUT = 4403
CLOSED_INVALID = 4400
CLOSED_GONE = 4503
CLOSED_CROWDED = 4429
#: RFC 6455, section 7.4.1.
TOO_BIG = 1009
#: Seconds between two looks at whether the person behind an open connection is still signed in.
LOOK_EVERY_S = 30.0
SIGNED_OUT = Text(
    "Votre session a pris fin : reconnectez-vous. Ce qui tourne continue.",
    "Your session has ended: sign in again. What runs goes on.",
)

NO_PAGE = Text(
    "Cette adresse n'est pas une page : JupyterLab y tient une connexion.",
    "This address is no page: JupyterLab keeps a connection there.",
)


class SpokenProtocol(WebSocketProtocol13):
    """Tornado's protocol, with a sentence where it refuses by itself a message over the limit, and a bound on all."""

    handler: "LiveSocket"  # type: ignore[assignment] # Tornado names its base class

    def _read_bytes(self, n: int) -> Awaitable[bytes]:  # type: ignore[override] # awaited all the same
        """Read; what makes a message large has to have room first. A small one costs no coroutine of ours."""
        if n > SMALL or self._fragmented_message_buffer is not None or self.handler.held:
            return self._read_in_room(n)
        self._wire_bytes_in += n
        return self.stream.read_bytes(n)

    async def _read_in_room(self, n: int) -> bytes:
        """Read the next piece of a large message, or what follows one: then its room is free again."""
        whole = n + len(self._fragmented_message_buffer or b"")
        if not self.handler.hold(whole if whole > SMALL else 0):
            self.handler.note_refusal(Crowded(BYTES))
            self._fragmented_message_buffer = None
            self.handler.hold(0)
            super().close(CLOSED_CROWDED, short(BYTES))
            while True:  # until the other side closes too, or Tornado's few seconds are over: it reads why meanwhile
                await self.stream.read_bytes(SMALL, partial=True)
        data = await self.stream.read_bytes(n)
        self._wire_bytes_in += n
        return data

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close, saying which size is accepted."""
        if code == TOO_BIG:
            error = too_large(self.params.max_message_size)
            reason = short(error.text)
            self.handler.note_refusal(error)
        super().close(code, reason)


class LiveSocket(WorkspaceHandler, WebSocketHandler):
    """A WebSocket that a lapsed decision closes at once."""

    #: What an address of this kind may carry, by name.
    parameters: Mapping[str, re.Pattern[str]] = MappingProxyType({})
    #: What is at the other end.
    end = "kernel"
    #: What every entry of this connection says.
    about: Facts
    upstream: WorkspaceSocket | None = None
    #: Bytes of the large message that is on its way in.
    held = 0
    pump: asyncio.Task[None] | None = None
    look: asyncio.Task[None] | None = None

    def get_websocket_protocol(self) -> WebSocketProtocol13 | None:  # type: ignore[override]
        """Speak as Tornado does, with our sentence for what is too big."""
        protocol = super().get_websocket_protocol()
        return SpokenProtocol(self, False, protocol.params) if isinstance(protocol, WebSocketProtocol13) else None

    def hold(self, size: int) -> bool:
        """Take room for *size* bytes on their way in, instead of what was taken before; False when there is none."""
        more, room = size - self.held, self.seat.rooms.incoming
        if more > 0 and not room.take(more):
            return False
        if more < 0:
            room.give(-more)
        self.held = size
        return True

    def note_refusal(self, error: BureauError) -> None:
        """Record a refusal from where nothing can be awaited."""
        self._noting = asyncio.create_task(self._record(error))

    async def _record(self, error: BureauError) -> None:
        with contextlib.suppress(BureauError):
            await self.recording.refusal(self.person, self.project, self.request.path, error, self.origin())

    async def prepare(self) -> None:
        """Say what the address is for to whoever opens it as a page; refuse what else it carries."""
        await super().prepare()
        if self.request.method != "GET":
            return
        try:
            if self.request.headers.get("Upgrade", "").lower() != "websocket":
                raise Invalid(NO_PAGE)
            check_parameters(self.parameters, parse_query(self.request.query))
            if len(self.seat.connections) >= self.seat.rooms.connections:
                raise Crowded(CONNECTIONS)
        except (Invalid, Crowded) as error:
            await self.refuse(error)
            raise Finish from None

    def get_compression_options(self) -> None:
        """No compression: no bombs, and less delay."""

    def check_origin(self, origin: str) -> bool:
        """Accept the workspace's own origin only; checked once more in ``prepare``."""
        return origin == self.application.settings["origin_of"](self.path_args[0])

    async def refuse(self, error: BureauError) -> None:
        """Refuse by HTTP before the handshake, by a close code after it."""
        if self.ws_connection is None:
            await super().refuse(error)
            return
        if error.status not in {404, 503}:
            await self._record(error)
        self.close({403: CLOSED_CUT, 503: CLOSED_GONE}.get(error.status, CLOSED_INVALID), short(error.text))

    def cut(self, text: Text) -> None:
        """Close now, both sides."""
        self.close(CLOSED_CUT, short(text))
        if self.upstream is not None:
            self.upstream.cut()
        if self.pump is not None:
            self.pump.cancel()

    async def connect(self, name: str, path: str, subprotocol: str) -> bool:
        """Open the way to the kernel or terminal *name*; False when nothing is recorded or nothing answers."""
        self.set_nodelay(True)
        self.seat.connections[self] = self.session
        self.about = about(self.seat.workspace, self.end, name, self.origin())
        headers = {"Sec-WebSocket-Protocol": subprotocol} if subprotocol else {}
        opening = Forwarded("GET", self.prefix + path, headers, None)
        shown = Shown(partial(self.recording.shown, self.seat.workspace, name))
        flow = ReturnFlow(self, self.seat.meter, self.seat.rooms.outgoing, shown, self.notice)
        try:
            # Its address is chosen outside, and the server that reads it belongs to its user.
            await self.recording.opening(self.seat.workspace, name, opening, self.origin())
            self.seats.require(self.seat, self.session)
            self.upstream = await self.seat.upstream.websocket(opening, flow.keeps, flow.take)
        except BureauError as error:
            await self.refuse(error)
            return False
        except OSError:
            await self.seats.forget(self.seat)
            self.close(CLOSED_GONE, short(WorkspaceGone().text))
            return False
        if self.ws_connection is None or self.ws_connection.is_closing():  # cut, or left, while it was opened
            self.upstream.close()
            return False
        self.pump = asyncio.create_task(self._pump_back(flow, self.upstream))
        self.look = asyncio.create_task(self._look_again())
        return True

    async def _look_again(self) -> None:
        """End the connection with the session: after signing out, or when its hours are over."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if not await self.still_signed_in():
                self.cut(SIGNED_OUT)
                return

    async def _pump_back(self, flow: ReturnFlow, upstream: WorkspaceSocket) -> None:
        """Pass on what the workspace sends until either side ends."""
        with contextlib.suppress(WebSocketClosedError, StreamClosedError):
            await flow.run(upstream)
            await self._say_why_it_ended()

    async def notice(self, text: Text) -> None:
        """Show a sentence of ours where the person looks."""
        frame = self.notice_frame(text)
        await self.write_message(frame, binary=isinstance(frame, bytes))

    def notice_frame(self, text: Text) -> str | bytes:
        """Return the frame that shows a sentence."""
        raise NotImplementedError

    async def _say_why_it_ended(self) -> None:
        """Close with the reason: rights may have lapsed a moment before we were to look again."""
        with contextlib.suppress(BureauError, OSError):
            await self.seats.refresh()
        if self.seat.allows_in(self.session, datetime.now(UTC)):
            self.close(CLOSED_GONE, short(WorkspaceGone().text))
        else:
            self.close(CLOSED_CUT, short(self.seat.ending(self.session, datetime.now(UTC))))

    def on_close(self) -> None:
        """End the other side too."""
        if hasattr(self, "seat"):
            self.seat.connections.pop(self, None)
            self.hold(0)
        for task in (self.pump, self.look):
            if task is not None:
                task.cancel()
        if self.upstream is not None:  # the pump ends it too, if it ever began
            self.upstream.close()


class ChannelsHandler(LiveSocket):
    """``/api/kernels/<id>/channels``."""

    parameters = MappingProxyType({"session_id": SESSION})
    protocol = ""
    #: Header of the cell that runs, as its person sent it: what a front end shows a sentence under.
    asked: Mapping[str, Any] = MappingProxyType({})

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Speak the binary protocol when the front end offers it."""
        return V1 if V1 in subprotocols else None

    async def open(self, _person: str, _project: str, kernel: str) -> None:  # type: ignore[override]
        """Connect to the kernel."""
        self.protocol = self.selected_subprotocol or ""
        session = self.get_query_argument("session_id", "")
        query = f"?session_id={session}" if session else ""
        await self.connect(kernel, f"api/kernels/{kernel}/channels{query}", self.protocol)

    async def on_message(self, frame: str | bytes) -> None:
        """Record, then forward; the next message is not read before this one is done."""
        if self.upstream is None:
            return
        message = None
        try:
            message = parse(frame, self.protocol).signed_in_as(self.person)
            if message.kind == "execute_request":
                self.asked = message.header
            out = serialise(message, self.protocol)
            self.seats.require(self.seat, self.session)
            await self.recording.message(self.seat.workspace, self.about, message, out)
            self.seats.require(self.seat, self.session)
        except Unavailable as error:
            if message is None:
                raise
            for answer in refusal_frames(message, self.protocol, error.text):
                await self.write_message(answer, binary=isinstance(answer, bytes))
            return
        except BureauError as error:
            await self.refuse(error)
            return
        if self.seats.idle is not None and sent_by_hand(message):
            self.seats.idle.here(self.seat, self.session)
        await self._send(out)
        if message.kind == "execute_request" and (text := self.seats.untold(self.seat)) is not None:
            await self.notice(text)

    def notice_frame(self, text: Text) -> str | bytes:
        """Return a line on standard error of the cell that runs."""
        return notice_frame(dict(self.asked), self.protocol, text)

    async def _send(self, frame: str | bytes) -> None:
        try:
            await self.upstream.send(frame)  # type: ignore[union-attr]
        except OSError:
            self.close(CLOSED_GONE, short(WorkspaceGone().text))


def short(text: Text) -> str:
    """Return the sentence cut to what a close frame holds (123 bytes, RFC 6455 5.5); in both languages if they fit."""
    both = f"{text.fr} / {text.en}"
    return both if len(both.encode()) <= 123 else text.fr.encode()[:120].decode("utf-8", "ignore")
