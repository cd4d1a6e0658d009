"""Bad input and faults at the door: replays, fragments, bombs, half-open connections, clocks that are set back."""

import asyncio
import base64
import os
import struct
import zlib
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from audit.events import Kind
from hub_extensions.clocks import LapseClock, SteadyClock
from hub_extensions.gateway.messages import V1
from project_spaces.decisions import Decision
from tests.gateway.conftest import ORIGIN, PREFIX, Bench
from tests.gateway.test_gateway import answer, frame

CHANNELS = f"{PREFIX}/api/kernels/0b9f7a1c-1111-2222-3333-444455556666/channels"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class RawSocket:
    """A client that speaks RFC 6455 by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, gateway: Bench, extensions: str = "") -> tuple["RawSocket", str]:
        host, port = gateway.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {CHANNELS} HTTP/1.1",
            f"Host: {host}:{port}",
            f"Origin: {ORIGIN}",
            "X-Signed-In-As: ana",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *([f"Sec-WebSocket-Extensions: {extensions}"] if extensions else []),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        return cls(reader, writer), (await reader.readuntil(b"\r\n\r\n")).decode()

    def send(self, first: int, payload: bytes) -> None:
        """Send one masked frame; *first* holds FIN, RSV bits and opcode."""
        size = struct.pack("!BH", 0x80 | 126, len(payload)) if len(payload) > 125 else bytes([0x80 | len(payload)])
        mask = os.urandom(4)
        self.writer.write(bytes([first]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))


async def test_a_replayed_message_is_recorded_again(gateway: Bench) -> None:
    """Nothing runs twice under one entry: the same id is a second message with a second entry."""
    async with gateway.channels() as socket:
        for _ in range(2):
            await socket.send_str(str(frame(7)))
            await answer(socket)
    assert len(gateway.workspace.effects) == len(gateway.ledger.of(Kind.KERNEL_MESSAGE)) == 2


async def test_a_message_in_fragments_is_one_entry_and_one_message(gateway: Bench) -> None:
    client, _ = await RawSocket.connect(gateway)
    whole = str(frame(1)).encode()
    client.send(0x01, whole[:10])
    client.send(0x89, b"ping between")
    client.send(0x00, whole[10:40])
    client.send(0x80, whole[40:])
    await client.reader.readuntil(b'"buffers":[]}')
    client.writer.close()
    (event,), (effect,) = gateway.ledger.of(Kind.KERNEL_MESSAGE), gateway.workspace.effects
    assert event.content == str(effect.data).encode()


async def test_compression_is_not_agreed_to_and_a_bomb_is_not_opened(gateway: Bench) -> None:
    client, head = await RawSocket.connect(gateway, "permessage-deflate")
    assert "permessage-deflate" not in head
    packer = zlib.compressobj(wbits=-15)
    client.send(0xC1, packer.compress(b" " * 2**20) + packer.flush(zlib.Z_SYNC_FLUSH))
    assert await asyncio.wait_for(client.reader.read(), 5) == b"", "the connection ends"
    assert gateway.workspace.effects == []


async def test_a_packed_body_is_not_unpacked(gateway: Bench) -> None:
    bomb = zlib.compress(b" " * 2**24)
    headers = {"Content-Encoding": "deflate", "Content-Type": "application/json"}
    async with gateway.request("PUT", f"{PREFIX}/api/contents/a", data=bomb, headers=headers) as got:
        assert got.status == 422
    assert gateway.workspace.effects == []


async def test_a_client_that_vanishes_ends_the_other_side_too(gateway: Bench) -> None:
    client, _ = await RawSocket.connect(gateway)
    client.send(0x81, str(frame(1)).encode())
    await client.reader.readuntil(b'"buffers":[]}')
    client.writer.transport.abort()
    async with asyncio.timeout(5):
        while not gateway.workspace.sockets[0].closed:
            await asyncio.sleep(0.01)


async def test_a_client_that_is_half_open_ends_the_other_side_too(gateway: Bench) -> None:
    """Its machine lost power: nothing ends the connection, and nothing answers on it any more."""
    gateway.app.settings.update(websocket_ping_interval=0.05, websocket_ping_timeout=0.05)
    client, _ = await RawSocket.connect(gateway)
    client.send(0x81, str(frame(1)).encode())
    await client.reader.readuntil(b'"buffers":[]}')
    # Tornado gives a peer that does not pong five seconds more to close.
    async with asyncio.timeout(20):
        while not gateway.workspace.sockets[0].closed:
            await asyncio.sleep(0.01)
    assert (await gateway.seats.find("ana", "etude")).connections == {}
    client.writer.close()


@pytest.mark.parametrize("depth", [65, 100_000])
async def test_json_nested_without_end_is_refused(gateway: Bench, depth: int) -> None:
    body = b"[" * depth + b"]" * depth
    async with gateway.request("PUT", f"{PREFIX}/api/contents/a", data=body) as got:
        assert got.status == 422
    async with gateway.channels() as socket:
        await socket.send_str('{"channel":"shell","content":{"a":' + body.decode() + "}}")
        assert (await answer(socket)).data == 4400
    assert gateway.workspace.effects == []


async def test_an_output_of_64_mib_passes_whole(gateway: Bench) -> None:
    output = os.urandom(2**20) * 64
    async with gateway.channels(protocol=V1) as socket:
        data = frame(1, V1)
        assert isinstance(data, bytes)
        await socket.send_bytes(data)
        await answer(socket)
        sending = asyncio.create_task(gateway.workspace.sockets[0].send_bytes(output))
        got = await asyncio.wait_for(socket.receive(), 60)
        await sending
    assert (got.type, got.data == output) == (aiohttp.WSMsgType.BINARY, True)


class TestClockSetBack:
    """An ended right stays ended."""

    def test_time_goes_on_when_the_clock_is_set_back(self) -> None:
        wall, elapsed = [NOON], [0.0]
        clock = LapseClock(lambda: wall[0], SteadyClock(lambda: wall[0], lambda: elapsed[0]).now)
        assert clock.now() == NOON
        wall[0], elapsed[0] = NOON - HOUR, 60.0
        assert clock.now() >= NOON + timedelta(seconds=59)
        wall[0] = NOON + HOUR
        assert clock.now() == NOON + HOUR

    async def test_a_right_that_ended_is_not_given_new_life(
        self, gateway: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wall, steady = [NOON], [NOON]
        monkeypatch.setattr(gateway.seats, "_clock", LapseClock(lambda: wall[0], lambda: steady[0]))
        gateway.domain.change(Decision(allowed=True, reasons=(), until=NOON + HOUR))
        async with gateway.request("GET", f"{PREFIX}/api/status") as got:
            assert got.status == 200
        wall[0] = steady[0] = NOON + HOUR
        async with gateway.request("GET", f"{PREFIX}/api/status") as got:
            assert got.status == 403
        wall[0] = NOON - HOUR
        async with gateway.request("GET", f"{PREFIX}/api/status") as got:
            assert got.status == 403
