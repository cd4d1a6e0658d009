"""A kernel's connection spoken by hand: any message, in either sub-protocol, with whatever a test wants in it."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from hub_extensions.clients.kernel import read_frame
from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.gateway.messages import V1, Message, serialise

PATIENCE_S = 60


@dataclass
class Wire:
    """One connection."""

    socket: aiohttp.ClientWebSocketResponse
    protocol: str
    session: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def send(self, channel: str, kind: str, content: Mapping[str, Any], **header: Any) -> str:
        """Send one message; return its id."""
        number = uuid.uuid4().hex
        whole = {"msg_id": number, "msg_type": kind, "session": self.session, "username": "x", "version": "5.4"}
        frame = serialise(Message(channel, {**whole, **header}, {}, {}, content), self.protocol)
        await (self.socket.send_str(frame) if isinstance(frame, str) else self.socket.send_bytes(frame))
        return number

    async def receive(self) -> dict[str, Any]:
        """Return the next message; a connection that was closed raises ``ConnectionError`` with the reason."""
        got = await asyncio.wait_for(self.socket.receive(), PATIENCE_S)
        if got.type is aiohttp.WSMsgType.TEXT:
            return dict(json.loads(got.data))
        if got.type is aiohttp.WSMsgType.BINARY and self.protocol == V1:
            channel, message = read_frame(got.data)
            return {"channel": channel, **message}
        msg = f"{got.data} {got.extra}"
        raise ConnectionError(msg)

    async def until(self, kind: str, parent: str | None = None) -> dict[str, Any]:
        """Return the first message of *kind* that answers *parent*."""
        while True:
            found = await self.receive()
            if found["header"]["msg_type"] == kind and parent in {None, found["parent_header"].get("msg_id")}:
                return dict(found["content"])

    async def ask(self, channel: str, kind: str, content: Mapping[str, Any], **header: Any) -> dict[str, Any]:
        """Send a request and return its reply's content."""
        number = await self.send(channel, kind, content, **header)
        return await self.until(kind.replace("_request", "_reply"), number)

    async def done(self, channel: str, kind: str, content: Mapping[str, Any]) -> None:
        """Send a message that has no reply and return when the kernel is done with it."""
        number = await self.send(channel, kind, content)
        while (await self.until("status", number))["execution_state"] != "idle":
            continue

    async def run(self, code: str, **content: Any) -> dict[str, Any]:
        """Execute."""
        whole = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, **content}
        header = {"subshell_id": content.pop("subshell_id")} if "subshell_id" in content else {}
        whole.pop("subshell_id", None)
        return await self.ask("shell", "execute_request", whole, **header)


@asynccontextmanager
async def wire(client: WorkbenchClient, project: str, kernel: str, protocol: str) -> AsyncIterator[Wire]:
    """Connect to a kernel."""
    url = f"{client.server(project)}api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    protocols = (protocol,) if protocol else ()
    async with client.session.ws_connect(url, protocols=protocols, headers=client.headers, max_msg_size=0) as socket:
        yield Wire(socket, protocol)
