"""One person with a sign-in who asks for everything at a time: what waits in the gateway is bounded, and said so."""

import asyncio
import os
import struct
from collections.abc import Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest

from audit.events import Kind
from hub_extensions.gateway.room import MIB, Limits
from project_spaces.egress import Budget
from tests.gateway.conftest import PREFIX, Bench
from tests.gateway.test_faults import RawSocket
from tests.gateway.test_gateway import answer, frame

KIB = 1024
ENDLESS = f"{PREFIX}/api/contents/endless"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


def begun(socket: RawSocket, size: int, sent: int, first: int = 0x81) -> None:
    """Send the head of a masked frame of *size* bytes, and *sent* of them."""
    socket.writer.write(bytes([first, 0x80 | 127]) + struct.pack("!Q", size) + bytes(4) + b"x" * sent)


async def closed_with(socket: RawSocket) -> int:
    """The code of the close frame that comes."""
    while (head := await asyncio.wait_for(socket.reader.readexactly(2), 5))[0] != 0x88:
        await socket.reader.readexactly(head[1])
    return int(struct.unpack("!H", (await socket.reader.readexactly(head[1]))[:2])[0])


async def test_so_many_connections_and_no_more(gateway: Bench) -> None:
    gateway.seats._limits = Limits(connections=3)
    async with AsyncExitStack() as stack:
        first = await gateway.channels()
        for _ in range(2):
            await stack.enter_async_context(gateway.channels())
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await gateway.channels()
        assert refused.value.status == 429
        await first.close()
        seat = await gateway.seats.find("ana", "etude")
        await until(lambda: len(seat.connections) == 2)
        async with gateway.channels() as again:
            await again.send_str(str(frame()))
            await answer(again)
    (refusal,) = gateway.ledger.of(Kind.REFUSAL)
    assert (refusal.actor, refusal.subject["status"]) == ("ana", 429)


async def test_so_many_requests_at_a_time_and_no_more(gateway: Bench) -> None:
    gateway.seats._limits = Limits(connections=2)
    async with gateway.request("GET", ENDLESS) as one, gateway.request("GET", ENDLESS) as two:
        await one.content.readexactly(1)
        await two.content.readexactly(1)
        async with gateway.request("GET", f"{PREFIX}/lab") as got:
            assert got.status == 429
            assert (await got.json())["detail"]["fr"] == "Trop de requêtes à la fois à ce bureau."
    seat = await gateway.seats.find("ana", "etude")
    await until(lambda: seat.rooms.requests.held == 0)
    async with gateway.request("GET", f"{PREFIX}/lab") as got:
        assert got.status == 200
    assert len(gateway.ledger.of(Kind.REFUSAL)) == 1


async def test_bodies_have_to_have_room_before_they_are_read(gateway: Bench) -> None:
    gateway.seats._limits = Limits(incoming=100 * KIB)
    body = {"type": "file", "format": "text", "content": "x" * 60 * KIB}
    for size, status in ((1, 200), (2, 429), (1, 200)):
        sent = {**body, "content": body["content"] * size}
        async with gateway.request("PUT", f"{PREFIX}/api/contents/projet/x.txt", json=sent) as got:
            assert got.status == status
    seat = await gateway.seats.find("ana", "etude")
    await until(lambda: (seat.rooms.incoming.held, seat.rooms.requests.held) == (0, 0))


async def test_messages_share_one_room_until_they_were_passed_on(gateway: Bench) -> None:
    """Ten connections of the largest message each would be ten times what one may send."""
    gateway.seats._limits = Limits(incoming=MIB)
    first, _ = await RawSocket.connect(gateway)
    begun(first, 700 * KIB, 100)
    seat = await gateway.seats.find("ana", "etude")
    await until(lambda: seat.rooms.incoming.held == 700 * KIB)
    second, _ = await RawSocket.connect(gateway)
    begun(second, 400 * KIB, 100)
    assert await closed_with(second) == 4429
    (refusal,) = gateway.ledger.of(Kind.REFUSAL)
    assert (refusal.actor, refusal.subject["status"]) == ("ana", 429)
    assert not gateway.workspace.effects
    first.writer.close()
    await until(lambda: seat.rooms.incoming.held == 0)
    async with gateway.channels() as socket:
        await socket.send_str(str(frame(extra="x" * 900 * KIB)))
        await answer(socket)
        await until(lambda: seat.rooms.incoming.held == 0)


async def test_small_fragments_of_a_large_message_take_room_too(gateway: Bench) -> None:
    gateway.seats._limits = Limits(incoming=200 * KIB)
    socket, _ = await RawSocket.connect(gateway)
    for number in range(5):
        socket.send(0x01 if number == 0 else 0x00, os.urandom(60 * KIB))
    assert await closed_with(socket) == 4429
    seat = await gateway.seats.find("ana", "etude")
    await until(lambda: seat.rooms.incoming.held == 0)


async def test_a_large_output_is_held_against_what_is_left_of_the_budget(gateway: Bench) -> None:
    """Ten tabs, one huge print each: every one of them fits the budget, all of them do not."""
    gateway.counts.budget = Budget(6 * MIB, 60 * MIB, 80)
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        (inner,) = gateway.workspace.sockets
        await inner.send_str("x" * 4 * MIB)
        assert len((await answer(socket)).data) == 4 * MIB
        await inner.send_str("y" * 4 * MIB)
        assert "dépasse à elle seule" in (await answer(socket)).data


async def test_large_outputs_of_all_connections_share_one_room(gateway: Bench) -> None:
    gateway.seats._limits = Limits(outgoing=5 * MIB)
    async with gateway.channels() as socket:
        await socket.send_str(str(frame()))
        await answer(socket)
        rooms = (await gateway.seats.find("ana", "etude")).rooms
        (inner,) = gateway.workspace.sockets
        assert rooms.outgoing.take(3 * MIB), "as another connection does"
        await inner.send_str("y" * 3 * MIB)
        assert "dépasse à elle seule" in (await answer(socket)).data
        rooms.outgoing.give(3 * MIB)
        await inner.send_str("x" * 3 * MIB)
        assert len((await answer(socket)).data) == 3 * MIB
        await until(lambda: rooms.outgoing.held == 0)
