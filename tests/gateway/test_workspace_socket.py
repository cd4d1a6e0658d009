"""The WebSocket into a workspace: its other end belongs to its user, and may answer anything."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.gateway.frames import Frame
from hub_extensions.gateway.workspace_socket import HandshakeRefused, WorkspaceSocket

OPENING = Forwarded("GET", "/user/ana/etude/api/kernels/k/channels", {"Sec-WebSocket-Protocol": "v1"}, None)
Script = Callable[[str, asyncio.StreamReader, asyncio.StreamWriter], object]


def answer(key: str, **changed: str) -> bytes:
    """What a good server answers, with *changed* fields."""
    accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode(), usedforsecurity=False).digest()
    fields = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": base64.b64encode(accept).decode(),
        "Sec-WebSocket-Protocol": "v1",
        **{name.replace("_", "-"): value for name, value in changed.items() if name != "status"},
    }
    lines = [changed.get("status", "HTTP/1.1 101 Switching Protocols"), *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join((*lines, "", "")).encode()


@asynccontextmanager
async def server(folder: Path, script: Script) -> AsyncIterator[str]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = asked.split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
        await script(key, reader, writer)  # type: ignore[misc]

    path = str(folder / "s")
    listening = await asyncio.start_unix_server(talk, path)
    yield path
    listening.close()


async def opened(path: str, frames: list[Frame] | None = None, opening: Forwarded = OPENING) -> WorkspaceSocket:
    got = frames if frames is not None else []
    return await WorkspaceSocket.open(path, opening, "inside", lambda _: True, got.append)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "HTTP/1.1 200 OK"},
        {"status": "HTTP/1.1 1010 Nearly"},
        {"status": "HTTP/1.0 101 Old"},
        {"Upgrade": "h2c"},
        {"Connection": "close"},
        {"Sec_WebSocket_Accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"Sec_WebSocket_Protocol": "v2"},
        {"Sec_WebSocket_Extensions": "permessage-deflate"},
        {"sec_websocket_protocol": "v2"},
    ],
    ids=lambda changed: "-".join(changed.values()),
)
async def test_another_answer_than_the_standards_opens_nothing(socket_folder: Path, changed: dict[str, str]) -> None:
    async def script(key, _reader, writer):
        writer.write(answer(key, **changed) + b"\x81\x02no")

    frames: list[Frame] = []
    async with server(socket_folder, script) as path:
        with pytest.raises(HandshakeRefused):
            await opened(path, frames)


async def test_an_answer_without_end_is_not_collected(socket_folder: Path) -> None:
    async def script(_key, _reader, writer):
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nX: " + b"x" * 2**20)

    async with server(socket_folder, script) as path:
        with pytest.raises(HandshakeRefused):
            await opened(path)


async def test_an_answer_that_breaks_off_opens_nothing(socket_folder: Path) -> None:
    async def script(key, _reader, writer):
        writer.write(answer(key)[:40])
        writer.close()

    async with server(socket_folder, script) as path:
        with pytest.raises(HandshakeRefused):
            await opened(path)


async def test_no_line_can_be_smuggled_into_the_request(socket_folder: Path) -> None:
    async def script(_key, _reader, _writer):
        pytest.fail("the request was sent")

    evil = Forwarded("GET", "/x HTTP/1.1\r\nX-Evil: 1\r\nX:", {}, None)
    async with server(socket_folder, script) as path:
        with pytest.raises(HandshakeRefused):
            await opened(path, opening=evil)


async def test_frames_come_in_order_even_those_that_came_with_the_answer(socket_folder: Path) -> None:
    async def script(key, _reader, writer):
        writer.write(answer(key) + b"\x81\x03one\x82\x03tw")
        await asyncio.sleep(0)
        writer.write(b"o\x81\x05three\x88\x02\x03\xe8")

    frames: list[Frame] = []
    async with server(socket_folder, script) as path:
        socket = await opened(path, frames)
        await asyncio.wait_for(socket.ended, 10)
    assert [frame.payload for frame in frames] == [b"one", b"two", b"three"]


async def test_what_is_sent_is_one_masked_frame_whose_mask_changes_nothing(socket_folder: Path) -> None:
    got = asyncio.get_running_loop().create_future()

    async def script(key, reader, writer):
        writer.write(answer(key))
        got.set_result(await reader.readexactly(2 + 4 + 5))

    async with server(socket_folder, script) as path:
        socket = await opened(path)
        await socket.send("print")
        assert await asyncio.wait_for(got, 10) == b"\x81\x85\x00\x00\x00\x00print"
        socket.cut()


async def test_a_ping_is_answered_and_not_shown(socket_folder: Path) -> None:
    got = asyncio.get_running_loop().create_future()

    async def script(key, reader, writer):
        writer.write(answer(key) + b"\x89\x02hi")
        got.set_result(await reader.readexactly(2 + 4 + 2))

    frames: list[Frame] = []
    async with server(socket_folder, script) as path:
        socket = await opened(path, frames)
        assert await asyncio.wait_for(got, 10) == b"\x8a\x82\x00\x00\x00\x00hi"
        assert frames == []
        socket.cut()


@pytest.mark.parametrize("frame", [b"\x01\x01a", b"\xc1\x01a", b"\x81\x81aaaab", b"\x83\x00"])
async def test_a_frame_that_no_server_writes_ends_the_connection(socket_folder: Path, frame: bytes) -> None:
    async def script(key, _reader, writer):
        writer.write(answer(key) + b"\x81\x02ok" + frame + b"\x81\x02no")

    frames: list[Frame] = []
    async with server(socket_folder, script) as path:
        socket = await opened(path, frames)
        await asyncio.wait_for(socket.ended, 10)
        with pytest.raises(ConnectionResetError):
            await socket.send("late")
    assert [frame.payload for frame in frames] == [b"ok"]


async def test_a_workspace_that_does_not_read_makes_its_sender_wait(socket_folder: Path) -> None:
    async def script(key, _reader, writer):
        writer.write(answer(key))
        await asyncio.sleep(60)

    async with server(socket_folder, script) as path:
        socket = await opened(path)
        sending = asyncio.create_task(socket.send(bytes(2**23)))
        await asyncio.sleep(0.1)
        assert not sending.done()
        socket.cut()
        with pytest.raises(ConnectionResetError):
            await sending


async def test_a_workspace_that_pings_and_never_reads_fills_no_memory(socket_folder: Path) -> None:
    """Each ping was owed an answer; unread ones piled up in the gateway, which serves everybody."""
    pinged, told = asyncio.Event(), asyncio.Event()

    async def script(key, reader, writer):
        writer.write(answer(key))
        for _ in range(200):
            writer.write((b"\x89\x7d" + bytes(125)) * 500)
            await writer.drain()
        writer.write(b"\x89\x04last\x81\x03end")
        await writer.drain()
        pinged.set()
        await told.wait()
        pongs = b""
        while not pongs.endswith(b"\x8a\x84\0\0\0\0last"):
            pongs = pongs[-16:] + await reader.read(2**16)
        writer.write(b"\x81\x08answered")

    frames: list[Frame] = []
    async with server(socket_folder, script) as path:
        socket = await opened(path, frames)
        await asyncio.wait_for(pinged.wait(), 20)
        async with asyncio.timeout(20):
            while not frames:
                await asyncio.sleep(0.01)
        assert socket._transport is not None
        assert socket._transport.get_write_buffer_size() < 2**18
        told.set()
        async with asyncio.timeout(20):
            while len(frames) < 2:
                await asyncio.sleep(0.01)
        assert frames[1].payload == b"answered", "the last one is answered once the workspace reads again"
        socket.cut()
