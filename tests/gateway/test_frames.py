"""Frames on their way back: cut as other programs write them, refused when Jupyter Server would not write them."""

import asyncio
import struct
from collections.abc import Callable
from itertools import pairwise

import pytest
from aiohttp.http import WebSocketWriter, WSMsgType
from hypothesis import given
from hypothesis import strategies as st
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler, websocket_connect

from hub_extensions.gateway.frames import BadFrame, Cutter, Frame, Opcode, frame_header, pass_on

SIZES = (0, 1, 125, 126, 65_535, 65_536, 3_000_000)


def everything(_size: int) -> bool:
    return True


def cut(stream: bytes, cuts: list[int], keeps: Callable[[int], bool] = everything) -> list[Frame]:
    """Feed *stream* in the pieces that *cuts* make of it."""
    cutter, places = Cutter(keeps), [0, *sorted(place % (len(stream) + 1) for place in cuts), len(stream)]
    return [frame for start, end in pairwise(places) for frame in cutter.feed(stream[start:end])]


class Wire:
    """What aiohttp writes to: an independent implementation of the same standard."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False


def written_by_aiohttp(messages: list[tuple[Opcode, bytes]]) -> bytes:
    wire = Wire()

    async def write() -> None:
        protocol = type("Protocol", (), {"_paused": False})()
        writer = WebSocketWriter(protocol, wire)  # type: ignore[arg-type]
        for opcode, payload in messages:
            await writer.send_frame(payload, WSMsgType(opcode))

    asyncio.run(write())
    return bytes(wire.written)


payloads = st.one_of(st.binary(max_size=300), st.sampled_from([125, 126, 65_535, 65_536, 70_000]).map(bytes))
data_frames = st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY]), payloads)
control_frames = st.tuples(st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125))


@given(st.lists(st.one_of(data_frames, control_frames), max_size=8), st.lists(st.integers(min_value=0), max_size=12))
def test_what_another_program_writes_is_found_again_however_it_arrives(
    messages: list[tuple[Opcode, bytes]], cuts: list[int]
) -> None:
    stream = written_by_aiohttp(messages)
    frames = cut(stream, cuts)
    assert [(frame.opcode, frame.payload) for frame in frames] == messages
    assert b"".join(bytes(frame.raw or b"") for frame in frames) == stream, "passed on as it came"


@given(st.lists(data_frames, min_size=1, max_size=8), st.lists(st.integers(min_value=0), max_size=12), st.data())
def test_what_may_not_be_shown_is_dropped_and_the_next_frame_is_found(
    messages: list[tuple[Opcode, bytes]], cuts: list[int], data: st.DataObject
) -> None:
    most = data.draw(st.sampled_from([0, 50, 126, 65_536]))
    frames = cut(written_by_aiohttp(messages), cuts, lambda size: size <= most)
    assert [(frame.size, frame.raw is not None) for frame in frames] == [
        (len(payload), len(payload) <= most) for _, payload in messages
    ]


def test_a_frame_that_is_never_finished_takes_no_memory_when_it_may_not_be_shown() -> None:
    cutter = Cutter(lambda size: size < 2**20)
    assert list(cutter.feed(b"\x82\x7f" + struct.pack("!Q", 2**62))) == []
    for _ in range(1000):
        assert list(cutter.feed(bytes(64 * 1024))) == []
    assert sum(map(len, cutter._parts)) == 0


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"\xc1\x00", id="reserved bit"),
        pytest.param(b"\x81\x81\x00\x00\x00\x00a", id="masked"),
        pytest.param(b"\x01\x01a", id="first fragment"),
        pytest.param(b"\x80\x01a", id="continuation"),
        pytest.param(b"\x83\x00", id="unknown opcode"),
        pytest.param(b"\x89\x7e\x00\x80" + bytes(128), id="long control frame"),
        pytest.param(b"\x09\x00", id="fragmented control frame"),
    ],
)
def test_what_jupyter_server_never_writes_ends_the_connection(frame: bytes) -> None:
    cutter = Cutter(everything)
    with pytest.raises(BadFrame):
        list(cutter.feed(b"\x81\x02ok" + frame))


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
    assert frame_header(size, opcode=Opcode.BINARY) == header
    assert frame_header(size, opcode=Opcode.TEXT) == b"\x81" + header[1:]
    assert frame_header(size, opcode=Opcode.BINARY, masked=True) == bytes([header[0], header[1] | 0x80]) + header[2:]


class Source(WebSocketHandler):
    """Sends frames of every size, as text and as bytes, then closes and tries to go on."""

    late: list[type[Exception]] = []  # noqa: RUF012 - read by the test after the connection has ended

    async def on_message(self, _message: str | bytes) -> None:
        for size in SIZES:
            for opcode, payload in ((Opcode.TEXT, ("é" * (size // 2)).encode()), (Opcode.BINARY, bytes(size))):
                await pass_on(self, memoryview(frame_header(len(payload), opcode=opcode) + payload))
        self.close()
        try:
            await pass_on(self, memoryview(b"\x82\x05later"))
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


@given(cuts=st.lists(st.integers(min_value=0), max_size=12))
def test_a_frame_is_asked_about_once_however_it_comes(cuts: list[int]) -> None:
    """Whoever is asked sets room aside for it."""
    asked: list[int] = []
    stream = written_by_aiohttp([(Opcode.TEXT, bytes(size)) for size in (5, 300, 70_000)])
    cut(stream, cuts, lambda size: asked.append(size) is None)
    assert asked == [5, 300, 70_000]
