"""No message waits for an acknowledgement (Nagle): 40 ms a cell, which is what stock Jupyter Server pays."""

import socket

import pytest

from tests.gateway.conftest import ORIGIN, PREFIX, Bench
from tests.gateway.test_gateway import answer, frame

KERNEL = "api/kernels/0b9f7a1c-1111-2222-3333-444455556666/channels"


@pytest.mark.parametrize(("place", "says"), [(KERNEL, frame()), ("terminals/websocket/1", '["stdin", "ls"]')])
async def test_neither_side_of_the_gateway_waits(gateway: Bench, place: str, says: str) -> None:
    headers = {"X-Signed-In-As": "ana", "Origin": ORIGIN}
    async with gateway.session.ws_connect(f"{gateway.url}{PREFIX}/{place}", headers=headers) as client:
        await client.send_str(says)
        await answer(client)
        (connection,) = (await gateway.seats.find("ana", "etude")).connections
        accepted = connection.ws_connection.stream.socket  # type: ignore[attr-defined]
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        inner = connection.upstream._transport.get_extra_info("socket")  # type: ignore[attr-defined]
        assert inner.family is socket.AF_UNIX, "where there is no such wait; over TCP it would have to be switched off"
