"""Frames to the browser, byte for byte as RFC 6455 writes them, whatever their size."""

import pytest
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler, websocket_connect

from hub_extensions.gateway.frames import frame_header, pass_on

SIZES = (0, 1, 125, 126, 65_535, 65_536, 3_000_000)


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (5, b"\x82\x05"),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (256, b"\x82\x7e\x01\x00"),  # the examples of RFC 6455 section 5.7
        (65_535, b"\x82\x7e\xff\xff"),
        (65_536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_headers_are_those_of_the_standard(size: int, header: bytes) -> None:
    assert frame_header(size, binary=True) == header
    assert frame_header(size, binary=False) == b"\x81" + header[1:]


class Source(WebSocketHandler):
    """Sends frames of every size, as text and as bytes, then closes and tries to go on."""

    late: list[type[Exception]] = []  # noqa: RUF012 - read by the test after the connection has ended

    async def on_message(self, _message: str | bytes) -> None:
        for size in SIZES:
            await pass_on(self, "é" * (size // 2))
            await pass_on(self, bytes(size))
        self.close()
        try:
            await pass_on(self, b"after the closing handshake began")
        except (WebSocketClosedError, StreamClosedError) as error:
            self.late.append(type(error))


async def test_a_client_reads_them_and_nothing_follows_a_close() -> None:
    listener, port = bind_unused_port()
    server = HTTPServer(Application([("/", Source)]))
    server.add_sockets([listener])
    client = await websocket_connect(f"ws://127.0.0.1:{port}/")
    await client.write_message("go")
    for size in SIZES:
        assert await client.read_message() == "é" * (size // 2)
        assert await client.read_message() == bytes(size)
    assert await client.read_message() is None
    server.stop()
    assert Source.late == [WebSocketClosedError]
