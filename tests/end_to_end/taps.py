"""Two taps: one between the gateway and the recorder, one between the gateway and a workspace.

The first sees the moment at which each entry was acknowledged, the second the moment at which each byte from outside
reached the workspace, and the bytes. So a test need not believe the gateway: it compares what crossed the door with
what the ledger holds, and when. Every answer of the recorder is held back a little: what did not wait for it shows.
"""

import asyncio
import json
import os
import re
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit import wire

#: Seconds by which the recorder's answers are held back.
HELD_BACK_S = 0.01
_ID = re.compile(rb'"id":"([0-9a-f]{32})"')
_UPGRADE = re.compile(rb"\r\nupgrade: *websocket", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@asynccontextmanager
async def between(path: Path, meet: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> AsyncIterator:
    """Serve *path* in place of the socket that lies there; yield where that one is meanwhile."""
    behind = path.with_name(path.name + "_")
    owner = await asyncio.to_thread(path.stat)
    await asyncio.to_thread(path.rename, behind)
    server = await asyncio.start_unix_server(meet, path)  # type: ignore[arg-type]
    os.chown(path, owner.st_uid, owner.st_gid)
    try:
        yield behind
    finally:
        server.close()
        await asyncio.to_thread(behind.replace, path)


async def copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, see: Callable[[bytes], None], held_s: float = 0
) -> None:
    """Pass bytes on, each piece seen before it goes."""
    with suppress(OSError):
        while data := await reader.read(2**18):
            if held_s:
                await asyncio.sleep(held_s)
            see(data)
            writer.write(data)
            await writer.drain()
    writer.close()


async def both(*ways: Coroutine[Any, Any, None]) -> None:
    """Pass bytes both ways until the connection, or the test, ends."""
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*ways)


@dataclass
class LedgerTap:
    """When each entry was acknowledged (monotonic seconds, by event id)."""

    behind: Path = field(default_factory=Path)
    acknowledged: dict[str, float] = field(default_factory=dict)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client of the recorder."""
        asked: dict[int, list[bytes]] = {}
        requests, answers = wire.FrameReader(), wire.FrameReader()

        def request(data: bytes) -> None:
            for _, number, body in requests.feed(data):
                asked[number] = _ID.findall(body)

        def answer(data: bytes) -> None:
            for status, number, _ in answers.feed(data):
                if status == wire.Status.DONE:
                    moment = time.monotonic()
                    self.acknowledged.update({each.decode(): moment for each in asked.pop(number, [])})

        back, out = await asyncio.open_unix_connection(self.behind)
        await both(copy(reader, out, request), copy(back, writer, answer, HELD_BACK_S))


@dataclass(frozen=True)
class Crossing:
    """Something from outside that reached the workspace."""

    at: float
    #: ``GET /path?query`` of a request, empty for a message of a WebSocket.
    line: str
    #: The body of a request, the payload of a message.
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class WorkspaceTap:
    """Everything that crossed the door, in the order in which it did."""

    behind: Path = field(default_factory=Path)
    crossings: list[Crossing] = field(default_factory=list)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the gateway."""
        back, out = await asyncio.open_unix_connection(self.behind)
        seen = bytearray()
        steps = _steps(seen)

        def see(data: bytes) -> None:
            seen.extend(data)
            for line, headers, body in iter(lambda: next(steps), None):
                self.crossings.append(Crossing(time.monotonic(), line, body, headers))

        await both(copy(reader, out, see), copy(back, writer, lambda _: None))


Seen = tuple[str, dict[str, str], bytes]


def _steps(seen: bytearray) -> Iterator[Seen | None]:
    """Take requests, and after an upgrade messages, off the front of *seen*; None while more has to come."""
    while True:
        end = seen.find(b"\r\n\r\n")
        if end < 0:
            yield None
            continue
        head = bytes(seen[:end])
        found = _LENGTH.search(head)
        size = int(found[1]) if found else 0
        while len(seen) < end + 4 + size:
            yield None
        body = bytes(seen[end + 4 : end + 4 + size])
        del seen[: end + 4 + size]
        first, *rest = head.decode().split("\r\n")
        yield first.rpartition(" ")[0], dict(_header(each) for each in rest), body
        if _UPGRADE.search(head):
            yield from _messages(seen)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


def _messages(seen: bytearray) -> Iterator[Seen | None]:
    """Take masked frames (RFC 6455) off the front; fragments are put together, control frames left out."""
    message = bytearray()
    while True:
        frame = _frame(seen)
        if frame is None:
            yield None
            continue
        opcode, final, payload = frame
        if opcode >= 8:
            continue
        message += payload
        if final:
            yield "", {}, bytes(message)
            message.clear()


def _frame(seen: bytearray) -> tuple[int, bool, bytes] | None:
    if len(seen) < 2:
        return None
    size, at = seen[1] & 0x7F, 2
    if size >= 126:
        layout = "!H" if size == 126 else "!Q"
        if len(seen) < at + struct.calcsize(layout):
            return None
        (size,) = struct.unpack_from(layout, seen, at)
        at += struct.calcsize(layout)
    masked = 4 if seen[1] & 0x80 else 0
    if len(seen) < at + masked + size:
        return None
    mask, payload = bytes(seen[at : at + masked]), bytes(seen[at + masked : at + masked + size])
    opcode, final = seen[0] & 0x0F, bool(seen[0] & 0x80)
    del seen[: at + masked + size]
    if masked and size:
        whole = (mask * (size // 4 + 1))[:size]
        payload = (int.from_bytes(payload) ^ int.from_bytes(whole)).to_bytes(size)
    return opcode, final, payload


@dataclass(frozen=True)
class Recorded:
    """One entry of the ledger, opened."""

    id: str
    kind: str
    actor: str
    content: bytes

    def tells_of(self, crossing: Crossing) -> bool:
        """Say whether this entry holds exactly what crossed."""
        if not crossing.line:
            return self.content == crossing.data
        head, _, body = self.content.partition(b"\n")
        if not head.startswith(b'{"method":') or body != crossing.data:
            return False
        told = json.loads(head)
        named = {name.lower(): value for name, value in told["headers"].items()}
        extra = {name: value for name, value in crossing.headers.items() if named.get(name) != value}
        # What the gateway adds by itself: where it goes, that socket's token, and how the connection is kept.
        ours = {"host", "authorization", "content-length", "connection", "upgrade"}
        unexplained = {
            (name, value)
            for name, value in extra.items()
            if name not in ours and not name.startswith("sec-websocket-") and (name, value) != ("accept", "*/*")
        }
        return f"{told['method']} {told['target']}" == crossing.line and not unexplained
