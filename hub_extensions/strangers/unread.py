"""What never becomes a request: a head that can't be read, a body that does not arrive whole.

Tornado gives both up by itself, with a bare line or with none, before a handler is asked. Whoever tries what servers
make of odd bytes sends exactly these, so they are told here, once each, and recorded like every other refusal. A
connection that ends before its head does is told nowhere: it got no answer.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import BaseIOStream, UnsatisfiableReadError
from tornado.web import Application, RequestHandler

from project_spaces.errors import BureauError
from project_spaces.text import Text

UNREADABLE = Text("En-tête illisible.", "The head of the request can't be read.")
TOO_LONG = Text("En-tête trop long.", "The head of the request is too long.")
CUT = Text("Corps illisible ou interrompu.", "The body of the request can't be read, or was cut off.")
#: Characters of a request line that are kept.
MOST_LINE = 512


class Unread(BureauError):
    """A request that nobody could read."""

    status = 400


class Reader(Protocol):
    """A handler that knows who asks, and whether it has answered."""

    visitor: str

    def place(self) -> str | None:
        """The project whose address was asked for, where there is one."""

    def answered(self) -> bool:
        """Whether the answer is complete."""


class Passing(HTTPMessageDelegate):
    """Passes everything on."""

    def __init__(self, inner: HTTPMessageDelegate) -> None:
        self.inner = inner

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> Any:
        """Pass on."""
        return self.inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        """Pass on."""
        return self.inner.data_received(chunk)

    def finish(self) -> None:
        """Pass on."""
        self.inner.finish()

    def on_connection_close(self) -> None:
        """Pass on."""
        self.inner.on_connection_close()


class _Head(Passing):
    """One request of a connection, until its head was understood."""

    _read: asyncio.Future[bytes] | None = None
    understood = False

    def read(self, stream: BaseIOStream, regex: bytes, max_bytes: int | None = None) -> Any:
        """Read the head from *stream* as the stream does."""
        self._read = type(stream).read_until_regex(stream, regex, max_bytes)  # type: ignore[assignment]
        return self._read

    def line(self) -> str | None:
        """The first line, when there was a whole head."""
        read = self._read
        if read is None or not read.done() or read.cancelled() or read.exception() is not None:
            return None
        return read.result().lstrip(b"\r\n").split(b"\n", 1)[0][:MOST_LINE].decode("latin-1").strip()

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> Any:
        """Pass on; what follows looks at the host, and raises where that is none."""
        passed = super().headers_received(start_line, headers)
        self.understood = True
        return passed


class Doorstep(HTTPServer):
    """Tornado's server, which tells of heads that it could not read.

    Parameters
    ----------
    unread
        told the first line, quoted (a question mark where the head had no end), and why.
    """

    def initialize(  # type: ignore[override]
        self, request_callback: Application, *, unread: Callable[[str, BureauError], None], **named: Any
    ) -> None:
        """Set up."""
        super().initialize(request_callback, **named)
        self._unread = unread
        self._heads: dict[object, _Head] = {}

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Follow the next request of a connection."""
        head = self._heads[server_conn] = _Head(super().start_request(server_conn, request_conn))
        stream = request_conn.stream  # type: ignore[attr-defined]
        stream.read_until_regex = partial(head.read, stream)
        return head

    def on_close(self, server_conn: object) -> None:
        """Tell of the last request when nobody understood it."""
        super().on_close(server_conn)
        head = self._heads.pop(server_conn)
        if head.understood:
            return
        if isinstance(server_conn.stream.error, UnsatisfiableReadError):  # type: ignore[attr-defined]
            self._unread("?", Unread(TOO_LONG))
        elif (line := head.line()) is not None:
            self._unread(quote(line, safe=" /?&=%:"), Unread(UNREADABLE))


class _Body(Passing):
    """One request whose head was understood, until its body arrived."""

    def __init__(self, inner: HTTPMessageDelegate, cut: Callable[[Reader | None], None]) -> None:
        super().__init__(inner)
        self._cut = cut

    def on_connection_close(self) -> None:
        """Pass on; tell, unless it was answered without its body."""
        super().on_connection_close()
        handler: Reader | None = getattr(self.inner, "handler", None)
        if handler is None or not handler.answered():
            self._cut(handler)


class WholeBodies(Application):
    """An application that tells of requests whose bodies were cut off or can't be read."""

    def get_handler_delegate(
        self, request: HTTPServerRequest, target_class: type[RequestHandler], *arguments: Any, **named: Any
    ) -> Any:
        """Follow the body."""
        what = f"{request.method} {quote(request.path)}"
        inner = super().get_handler_delegate(request, target_class, *arguments, **named)
        return _Body(inner, lambda handler: self.cut_off(handler, what, Unread(CUT)))

    def cut_off(self, handler: Reader | None, what: str, error: BureauError) -> None:
        """Record it."""
        raise NotImplementedError
