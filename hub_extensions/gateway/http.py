"""Plain requests: allow-listed, recorded, forwarded as recorded, and answered without the workspace's own headers."""

from functools import partial
from http import HTTPStatus
from urllib.parse import quote, urlencode

import aiohttp
from tornado.iostream import StreamClosedError
from tornado.web import Finish, stream_request_body

from audit.canonical import loads_strict, reserialise
from audit.errors import Malformed
from hub_extensions.gateway.base import WorkspaceHandler
from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.gateway.room import BYTES, REQUESTS, Crowded, Rooms
from hub_extensions.gateway.routes import KINDS, Effect, Route, find, forwarded_headers, parse_query, shown_type
from hub_extensions.gateway.shown import COUNT_EVERY_S, PAGES_EVERY_S, Shown
from hub_extensions.gateway.upstream import WorkspaceGone
from hub_extensions.presence.browser import navigated
from hub_extensions.presence.workspace import requested_by_hand
from project_spaces.errors import BureauError, Invalid, TooLarge
from project_spaces.text import Text

#: Headers of an answer that may pass; cookies, policies and attachments of the workspace's own do not.
ANSWER_HEADERS = ("ETag", "Last-Modified", "Cache-Control")
CHUNK = 256 * 1024
#: Bytes of an answer's status.
STATUS_BYTES = 3
#: Stand for all plain requests where a kernel's connection stands for itself: what shows files, and what is a page.
OVER_HTTP, PAGES = "http", "pages"


@stream_request_body
class ForwardHandler(WorkspaceHandler):
    """Everything below the prefix that is not a WebSocket."""

    _room: tuple[Rooms, int] | None = None

    async def prepare(self) -> None:
        """Refuse an oversized body by its announced length, before reading it.

        Tornado ends a connection whose request was answered before its body was read, without telling the other side;
        the proxy would lose the next request on it. So whatever is answered here says so.
        """
        self.set_header("Connection", "close")
        self._received: list[bytes] = []
        self._parsed: object = None
        self._size = 0
        limit = self.application.settings["message_max_bytes"]
        self.request.connection.set_max_body_size(limit)  # type: ignore[union-attr]
        await super().prepare()
        announced = self.request.headers.get("Content-Length", "0")
        try:
            self._take_room(announced, limit)
        except (TooLarge, Crowded) as error:
            await self.refuse(error)
            raise Finish from None
        self.clear_header("Connection")

    def _take_room(self, announced: str, limit: int) -> None:
        """Let it wait here with what it brings; a body of unannounced size counts as the largest there may be."""
        if not announced.isdigit() or int(announced) > limit:
            raise too_large(limit)
        size = limit if "Transfer-Encoding" in self.request.headers else int(announced)
        rooms = self.seat.rooms
        if not rooms.requests.take(1):
            raise Crowded(REQUESTS)
        if not rooms.incoming.take(size):
            rooms.requests.give(1)
            raise Crowded(BYTES)
        self._room = rooms, size

    def on_finish(self) -> None:
        """Leave the room that it took, once."""
        if self._room is not None:
            (rooms, size), self._room = self._room, None
            rooms.requests.give(1)
            rooms.incoming.give(size)

    def on_connection_close(self) -> None:
        """Who has gone holds nothing."""
        super().on_connection_close()
        self.on_finish()

    def data_received(self, chunk: bytes) -> None:
        """Keep one piece of the body."""
        self._received.append(chunk)

    async def _forward(self, _person: str, _project: str, rest: str) -> None:
        try:
            await self._pass("/" + rest)
        except BureauError as error:
            await self.refuse(error)

    get = put = post = patch = delete = _forward

    async def _pass(self, path: str) -> None:
        parameters = parse_query(self.request.query)
        route = find(str(self.request.method), path, parameters)
        body = self._body(route)
        target = self.prefix.rstrip("/") + quote(path, safe="/@+:,")
        if parameters:
            target += "?" + urlencode({name: values[0] for name, values in parameters.items()})
        headers = forwarded_headers(self.request.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        forwarded = Forwarded(str(self.request.method), target, headers, body)
        self.seat.meter.require(saving=self._saving)
        kind = KINDS[route.effect]
        await self.recording.request(self.seat.workspace, kind, route.effect, forwarded, self.origin())
        self.seats.require(self.seat, self.session)
        idle = self.seats.idle
        if idle is not None and idle.due(self.seat, self.session) and self._by_hand(route, path):
            idle.here(self.seat, self.session)
        await self._answer(route, forwarded)

    def _by_hand(self, route: Route, path: str) -> bool:
        if route.effect is Effect.WRITE:
            return self.seat.written.by_hand(path, self._parsed)
        return requested_by_hand(route.effect, path) or (route.effect is Effect.PAGE and navigated(self.request))

    def _body(self, route: Route) -> bytes | None:
        raw = b"".join(self._received)
        if not route.body:
            if raw:
                raise Invalid(Text("Cette requête ne prend pas de corps.", "This request takes no body."))
            return None
        if not raw:
            return b""
        try:
            self._parsed = loads_strict(raw)
            return reserialise(self._parsed)
        except Malformed as error:
            raise Invalid(Text(f"Corps JSON refusé : {error}.", f"JSON body refused: {error}.")) from None

    async def _answer(self, route: Route, request: Forwarded) -> None:
        try:
            async with self.seat.upstream.request(request) as answer:
                if answer.status < HTTPStatus.OK:  # a connection handed over would pass the proxy, and us
                    raise WorkspaceGone
                self._count(route, self._copy_head(route, answer))
                async for chunk in answer.content.iter_chunked(CHUNK):
                    self._require_still()
                    self._count(route, len(chunk))
                    self.write(chunk)
                    await self.flush()
        except (aiohttp.ClientConnectionError, OSError) as error:
            if isinstance(error, StreamClosedError) or self._headers_written:
                raise Finish from None
            raise WorkspaceGone from None
        await self.finish()

    def _count(self, route: Route, size: int) -> None:
        """Count what files and answers show like what kernels show, in an entry now and then for a person.

        Pages count too: what the workspace's server says under such an address is its user's choice.
        """
        self.seat.meter.count(size)
        name, every_s = (PAGES, PAGES_EVERY_S) if route.effect is Effect.PAGE else (OVER_HTTP, COUNT_EVERY_S)
        shown = self.seat.over_http.get(name)
        if shown is None:
            shown = Shown(partial(self.recording.shown, self.seat.workspace, name), every_s)
            self.seat.over_http[name] = shown
        shown.add(size)

    def _require_still(self) -> None:
        """Break the answer off when the right has lapsed meanwhile; broken off, it can't be taken for a whole one."""
        try:
            self.seats.require(self.seat, self.session)
            self.seat.meter.require(saving=self._saving)
        except BureauError:
            if not self._headers_written:
                raise
            self.request.connection.stream.close()  # type: ignore[union-attr]
            raise Finish from None

    @property
    def _saving(self) -> bool:
        """Whether losing the request would lose work: a save, an interruption."""
        return self.request.method != "GET"

    def _copy_head(self, route: Route, answer: aiohttp.ClientResponse) -> int:
        """Pass on what may pass of the head; return its bytes."""
        self.set_status(answer.status)
        passed = {"Content-Type": shown_type(answer.headers.get("Content-Type", ""))}
        passed |= {name: answer.headers[name] for name in ANSWER_HEADERS if name in answer.headers}
        location = answer.headers.get("Location", "")
        if location.startswith(self.prefix) and "\n" not in location:
            passed["Location"] = location
        if route.effect is not Effect.PAGE:
            passed["Cache-Control"] = "no-store"
        for name, value in passed.items():
            self.set_header(name, value)
        return STATUS_BYTES + sum(len(name) + len(value) for name, value in passed.items())


def too_large(limit: int) -> TooLarge:
    """Return the error for a body over *limit* bytes."""
    size = limit // 2**20
    return TooLarge(
        Text(
            f"Trop grand : {size} Mio au plus à la fois vers un bureau. Au-delà, passez par l'import.",
            f"Too large: at most {size} MiB at a time towards a workspace. Beyond that, use the import desk.",
        )
    )
