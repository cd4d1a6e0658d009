"""Whatever comes back is counted: a server that its user has rewritten writes where nobody would look for data."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from audit.events import Kind
from hub_extensions.gateway.messages import V1, Message, serialise
from hub_extensions.gateway.upstream import SOCKET_NAME
from project_spaces.egress import Flow
from tests.gateway.conftest import PREFIX, Bench
from tests.gateway.test_egress import KIB, budget
from tests.gateway.test_gateway import HEADER

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
SECRET = "S" * 8000


def an_answer(status: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def _head(reader: asyncio.StreamReader) -> bytes:
    with suppress(asyncio.IncompleteReadError):
        return await reader.readuntil(b"\r\n\r\n")
    return b""


@pytest.fixture
async def rewritten(gateway: Bench, socket_folder: Path) -> AsyncIterator[Callable[[bytes], None]]:
    """A server of the person's own lies where the workspace's was; what it answers is set by the test."""
    said = [b""]

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            if found := _LENGTH.search(head):
                await reader.readexactly(int(found[1]))
            writer.write(said[0])

    (socket_folder / SOCKET_NAME).unlink()
    async with await asyncio.start_unix_server(meet, socket_folder / SOCKET_NAME):
        yield lambda answer: said.__setitem__(0, answer)


async def test_what_stands_in_headers_is_counted_and_ends_with_the_budget(
    gateway: Bench, rewritten: Callable[[bytes], None]
) -> None:
    """An answer without a body cost nothing: 24 KB a request, for ever, also while output was paused."""
    budget(gateway, 40 * KIB)
    names = ("Content-Type", "ETag", "Last-Modified")
    rewritten(an_answer("200 OK", {**dict.fromkeys(names, SECRET), "Content-Length": "0"}))
    statuses = []
    for _ in range(5):
        async with gateway.request("GET", f"{PREFIX}/api/contents/a.txt") as got:
            statuses.append(got.status)
    assert statuses == [200, 200, 200, 429, 429]
    meter = (await gateway.seats.find("ana", "etude")).meter
    assert meter.pending > 3 * 2 * len(SECRET)
    meter.count(2**20)  # what saves may show beyond
    async with gateway.request("PUT", f"{PREFIX}/api/contents/a.txt", json={}) as got:
        assert got.status == 429
        assert SECRET not in str(got.headers)


async def test_a_message_without_a_payload_is_counted(gateway: Bench) -> None:
    """Text or bytes, a short or a long header: each empty frame told two bits, without end."""
    async with gateway.channels(protocol=V1) as socket:
        await socket.send_bytes(serialise(Message("shell", HEADER, {}, {}, {}), V1))
        await socket.receive(timeout=5)
        seat = await gateway.seats.find("ana", "etude")
        before = seat.meter.pending
        for _ in range(100):
            await gateway.workspace.sockets[0].send_bytes(b"")
            assert (await socket.receive(timeout=5)).data == b""
        assert seat.meter.pending - before == 200
    async with asyncio.timeout(5):
        while not (counted := gateway.ledger.of(Kind.OUTPUT_COUNT)):
            await asyncio.sleep(0.01)
    assert int(counted[0].private["bytes"]) == before + 200


@pytest.mark.parametrize("path", ["/api/status", "/lab/extensions/mine/data.csv", "/kernelspecs/mine/data.csv"])
async def test_what_comes_as_a_page_is_in_the_ledger_too(
    gateway: Bench, rewritten: Callable[[bytes], None], path: str
) -> None:
    """Data served under the address of a page drew on the budget, and the rule about volume never saw them."""
    rewritten(an_answer("200 OK", {"Content-Length": "8000"}, SECRET.encode()))
    async with gateway.request("GET", PREFIX + path) as got:
        assert len(await got.read()) == len(SECRET)
    await gateway.seats.close()
    async with asyncio.timeout(5):
        while not (counted := gateway.ledger.of(Kind.OUTPUT_COUNT)):
            await asyncio.sleep(0.01)
    assert (counted[0].actor, counted[0].project) == ("ana", "etude")
    assert int(counted[0].private["bytes"]) >= len(SECRET)


async def test_a_request_never_becomes_a_connection(gateway: Bench, rewritten: Callable[[bytes], None]) -> None:
    """The proxy would hand such a connection over bare: what is said on it carries whatever address it likes."""
    rewritten(an_answer("101 Switching Protocols", {"Upgrade": "websocket", "Connection": "Upgrade"}))
    async with gateway.request("GET", f"{PREFIX}/api/status", headers={"Upgrade": "websocket"}) as got:
        assert got.status == 503
    assert (await gateway.seats.find("ana", "etude")).meter.flow is Flow.FREE


@pytest.mark.parametrize(
    "said", ["application/zip", "text/csv", "application/octet-stream", "application/pdf", "x", None]
)
async def test_no_address_hands_out_a_file(
    gateway: Bench, rewritten: Callable[[bytes], None], said: str | None
) -> None:
    """A browser keeps what it can't show: data copied beside a page's own files were one click from the disk."""
    typed = {"Content-Type": said} if said else {}
    rewritten(an_answer("200 OK", {**typed, "Content-Length": "2"}, b"PK"))
    async with gateway.request("GET", f"{PREFIX}/lab/extensions/mine/data.zip") as got:
        assert (got.status, got.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")


async def test_what_pages_are_made_of_keeps_its_type(gateway: Bench, rewritten: Callable[[bytes], None]) -> None:
    for said in ("text/html; charset=UTF-8", "text/javascript", "font/woff2", "image/svg+xml", "application/json"):
        rewritten(an_answer("200 OK", {"Content-Type": said, "Content-Length": "2"}, b"{}"))
        async with gateway.request("GET", f"{PREFIX}/static/lab/part") as got:
            assert got.headers["Content-Type"] == said
