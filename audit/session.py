"""One client's connection: frames in, answers out, and the large blobs that come in pieces."""

import asyncio
import hashlib
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from audit import wire
from audit.errors import Malformed
from audit.places import sync_folder
from audit.wire import FrameReader, Operation, Status

if TYPE_CHECKING:
    from audit.recorder import Recorder


class Session(asyncio.Protocol):
    """Answers in any order; a client's small appends are queued in the order in which they were sent."""

    def __init__(self, recorder: "Recorder") -> None:
        self._recorder = recorder
        self._frames = FrameReader()
        self._upload: _Upload | None = None
        self._tasks: set[asyncio.Future[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take in what arrived; a client that breaks the protocol is cut off."""
        try:
            for code, number, body in self._frames.feed(data):
                self._handle(code, number, body)
        except Malformed:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the signature is asyncio's
        """Forget an upload that was not finished."""
        if self._upload is not None:
            self._upload.abandon()

    def _handle(self, code: int, number: int, body: bytes) -> None:
        def answer(status: int, content: bytes) -> None:
            if not self._transport.is_closing():
                self._transport.write(wire.frame(status, number, content))

        match code:
            case Operation.APPEND:
                self._recorder.append(body, answer)
            case Operation.PING:
                self._recorder.ping(answer)
            case Operation.SETTLE:
                self._recorder.settle(answer)
            case Operation.CHUNK:
                self._upload = self._upload or _Upload(self._recorder.writer.places.spool)
                self._upload.add(body)
            case Operation.CHUNKS_END:
                upload, self._upload = self._upload, None
                task = asyncio.ensure_future(_finish(upload, body, answer))
                self._tasks.add(task)  # the loop alone would not keep it alive
                task.add_done_callback(self._tasks.discard)
            case _:
                msg = f"unknown operation {code}"
                raise Malformed(msg)


class _Upload:
    """A large blob on its way to the spool; hashed as it comes."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._path = spool / f"{uuid.uuid4().hex}.part"
        self._digest = hashlib.sha256()
        self._size = 0
        self._failure: OSError | None = None
        self._file = -1
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            self._failure = error

    def add(self, chunk: bytes) -> None:
        """Write one piece; a fault is told at the end, because pieces are not answered."""
        self._size += len(chunk)
        if self._size > wire.MAX_BLOB:
            msg = "the blob is too large"
            raise Malformed(msg)
        self._digest.update(chunk)
        if self._failure is None:
            try:
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(self._file, rest) :]
            except OSError as error:
                self._failure = error

    def finish(self, expected: bytes) -> None:
        """Make the blob durable under its hash; runs in a thread."""
        try:
            if self._failure is not None:
                raise self._failure
            if self._digest.digest() != expected:
                msg = "the blob is not the one that was announced"
                raise Malformed(msg)
            os.fdatasync(self._file)
            self._path.replace(self._spool / expected.hex())
            sync_folder(self._spool)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close and delete what is not finished."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._path.unlink(missing_ok=True)


async def _finish(upload: _Upload | None, expected: bytes, answer: Any) -> None:
    try:
        if upload is None:
            msg = "no blob was sent"
            raise Malformed(msg)
        await asyncio.to_thread(upload.finish, expected)
    except Malformed as error:
        answer(Status.REFUSED, str(error).encode())
    except OSError as error:
        answer(Status.FULL, str(error).encode())
    else:
        answer(Status.DONE, b"")
