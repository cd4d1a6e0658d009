"""What no product can be faster than here: the disk's own durable write, and a kernel without any server before it."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

from audit.canonical import loads_strict
from hub_extensions.clients.kernel import Kernel
from project_spaces.errors import Unavailable
from project_spaces.text import Text

#: About what one recorded cell adds to the journal.
RECORD_BYTES = 2048
FILE_BYTES = 16 * 2**20
ASK = "import json, ipykernel.connect as c; print(json.dumps(c.get_connection_info(unpack=True), default=bytes.decode))"


class DurableWrites:
    """``pwrite`` and ``fdatasync`` into a file written beforehand, as the ledger's journal does it."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(self._file, bytes(FILE_BYTES), 0)
        os.fsync(self._file)
        self._at = 0

    def once(self) -> float:
        """Write one record durably; returns seconds."""
        record = secrets.token_bytes(RECORD_BYTES)
        start = time.perf_counter()
        os.pwrite(self._file, record, self._at)
        os.fdatasync(self._file)
        took = time.perf_counter() - start
        self._at = (self._at + RECORD_BYTES) % FILE_BYTES
        return took

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class BareKernel:
    """A kernel spoken to over ZeroMQ, with neither server nor proxy between."""

    def __init__(self, client: AsyncKernelClient) -> None:
        self._client = client

    async def execute(self, code: str) -> str:
        """Execute *code*, wait for the reply and for idle; returns the reply's status."""
        sent = self._client.execute(code)
        reply, _ = await asyncio.gather(self._reply(sent), self._idle(sent))
        return reply

    async def _reply(self, sent: str) -> str:
        while True:
            message = await self._client.get_shell_msg(timeout=60)
            if message["parent_header"].get("msg_id") == sent:
                return str(message["content"]["status"])

    async def _idle(self, sent: str) -> None:
        while True:
            message: dict[str, Any] = await self._client.get_iopub_msg(timeout=60)
            idle = message["content"].get("execution_state") == "idle"
            if idle and message["parent_header"].get("msg_id") == sent:
                return


@asynccontextmanager
async def bare_kernel(kernel: Kernel) -> AsyncIterator[BareKernel]:
    """Connect to the kernel behind *kernel* directly; it must listen on loopback TCP, as a stock kernel does."""
    result = await kernel.execute(ASK)
    if result.status != "ok":
        raise Unavailable(Text(f"Noyau témoin : {result.error}", f"Stock kernel: {result.error}"))
    client = AsyncKernelClient()
    client.load_connection_info(loads_strict(result.text))
    client.start_channels(hb=False, stdin=False)
    try:
        await client.wait_for_ready(timeout=60)
        yield BareKernel(client)
    finally:
        client.stop_channels()
