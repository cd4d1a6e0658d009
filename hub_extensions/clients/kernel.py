"""A front end without a screen: talks to a kernel over the WebSocket that a browser would use.

Scheduled jobs, the demonstration, the tests and the benchmarks all execute through it, so every one of them takes the
same way as a person: through the gateway, recorded first.
"""

import asyncio
import struct
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from json import loads  # what comes back is for a person to read; it is not forwarded to anything
from typing import Any

import aiohttp
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg

from audit.canonical import reserialise
from hub_extensions.gateway.messages import V1, Message, serialise
from project_spaces.errors import BureauError, Refused, Unavailable
from project_spaces.text import Text

OUTPUTS = frozenset({"stream", "display_data", "execute_result", "error"})


@dataclass
class ExecutionResult:
    """What one execution gave back."""

    status: str = "ok"
    execution_count: int | None = None
    outputs: list[NotebookNode] = field(default_factory=list)
    error: str = ""

    @property
    def text(self) -> str:
        """Everything printed, then the text of the result."""
        streams = [output["text"] for output in self.outputs if output["output_type"] == "stream"]
        results = [
            output["data"].get("text/plain", "")
            for output in self.outputs
            if output["output_type"] in {"execute_result", "display_data"}
        ]
        return "".join(streams + results)


class Kernel:
    """One kernel, over one WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, kernel_id: str) -> None:
        self.id = kernel_id
        self._socket = socket
        self._session = uuid.uuid4().hex
        #: Id of the last message sent, as the ledger's entry names it.
        self.last_sent = ""

    async def execute(self, code: str, timeout_s: float = 120, **content: Any) -> ExecutionResult:
        """Execute *code* and collect its outputs until the kernel is idle again.

        Raises
        ------
        Unavailable
            the connection was closed before the answer came; the sentence is the one the gateway gave.
        TimeoutError
            no answer within *timeout_s* seconds.
        """
        whole = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
            **content,
        }
        sent = await self.send("shell", "execute_request", whole)
        async with asyncio.timeout(timeout_s):
            return await self._collect(sent)

    async def send(self, channel: str, kind: str, content: Mapping[str, Any]) -> str:
        """Send one message; returns its id."""
        message_id = uuid.uuid4().hex
        header = {
            "msg_id": message_id,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "date": datetime.now(UTC).isoformat(),
            "version": "5.4",
        }
        frame = serialise(Message(channel, header, {}, {}, content), V1)
        self.last_sent = message_id
        await self._socket.send_bytes(frame)  # type: ignore[arg-type]
        return message_id

    async def receive(self) -> tuple[str, dict[str, Any]]:
        """Return the next message as (channel, message)."""
        frame = await self._socket.receive()
        if frame.type is not aiohttp.WSMsgType.BINARY:
            why = str(frame.extra or self._socket.close_code or "closed").rstrip(".")
            raise Unavailable(Text(f"Connexion au noyau fermée : {why}.", f"Kernel connection closed: {why}."))
        return read_frame(frame.data)

    async def _collect(self, sent: str) -> ExecutionResult:
        result = ExecutionResult()
        replied = idle = False
        while not (replied and idle):
            _, message = await self.receive()
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "execute_reply":
                replied = True
                result.status, result.execution_count = content["status"], content.get("execution_count")
            elif kind == "status":
                idle = idle or content["execution_state"] == "idle"
            elif kind in OUTPUTS:
                result.outputs.append(output_from_msg(message))
                if kind == "error":
                    result.error = f"{content['ename']}: {content['evalue']}"
        return result


async def _refusal(answer: aiohttp.ClientResponse) -> BureauError:
    """Return the sentence of a server that does not give a kernel, with its status."""
    text = (await answer.text())[:4000]
    found = loads(text) if answer.content_type.endswith("json") else {}
    both = found.get("detail")
    fr, en = f"Le service répond {answer.status} : {text[:300]}", f"The service answers {answer.status}: {text[:300]}"
    said = Text(both["fr"], both["en"]) if isinstance(both, dict) else Text(fr, en)
    error = Refused(said) if answer.status == 403 else Unavailable(said)
    error.status = answer.status  # type: ignore[misc]
    return error


def read_frame(frame: bytes) -> tuple[str, dict[str, Any]]:
    """Return (channel, message) of a frame in the binary protocol, as a kernel sends it."""
    (count,) = struct.unpack_from("<Q", frame)
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    channel, header, parent, metadata, content, *buffers = (frame[start:end] for start, end in pairwise(offsets))
    return channel.decode(), {
        "header": loads(header),
        "parent_header": loads(parent),
        "metadata": loads(metadata),
        "content": loads(content),
        "buffers": buffers,
    }


@asynccontextmanager
async def open_kernel(
    session: aiohttp.ClientSession, server: str, headers: Mapping[str, str], name: str = "python3"
) -> AsyncIterator[Kernel]:
    """Start a kernel on the Jupyter server at *server* (ends with ``/``), and shut it down at the end.

    Raises
    ------
    Unavailable
        the server refused; the sentence is its own.
    """
    body = reserialise({"name": name})
    sent = {**headers, "Content-Type": "application/json"}
    async with session.post(f"{server}api/kernels", data=body, headers=sent) as answer:
        if answer.status != 201:
            raise await _refusal(answer)
        kernel_id = (await answer.json())["id"]
    url = f"{server}api/kernels/{kernel_id}/channels?session_id={uuid.uuid4().hex}"
    try:
        async with session.ws_connect(url, protocols=(V1,), headers=headers, max_msg_size=0, compress=0) as socket:
            yield Kernel(socket, kernel_id)
    finally:
        async with session.delete(f"{server}api/kernels/{kernel_id}", headers=headers):
            pass
