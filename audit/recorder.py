"""The recorder: one process that writes the ledger, for every other process of the trusted side.

``python -m audit.recorder --dir … --socket …`` prints one READY line when it takes requests. Requests that have arrived
while the disk was busy go out together in one batch. It never acknowledges before ``fdatasync`` has returned; when the
disk fails in any other way than being full it stops, and the next start finds out what the disk holds.

It runs on uvloop: every cell of every person waits for one turn of this loop, and asyncio's own took longer over a lone
record than everything else in this process but the disk.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from audit import leaf as leaves
from audit import records, wire
from audit.errors import LedgerError, LedgerFull, Malformed
from audit.events import Event, Kind, Scalar
from audit.helper import Helper
from audit.journal import DEFAULT_SEGMENT, Journal
from audit.places import Places
from audit.records import BlobKind, Packed
from audit.sealing import Sealed
from audit.session import Session
from audit.wire import Status
from audit.writer import Recovered, Writer, load_signer, lock, recover

ACTOR = "system:ledger"
DEFAULT_ORIGIN = "bureau.localhost/ledger"
#: Connections that may wait to be taken; beyond, a client on uvloop is turned away at once instead of waiting.
BACKLOG = 1024
#: A batch is closed at this many bytes; the rest waits for the next.
BATCH_BYTES = 8 * 1024 * 1024
#: An idle journal is rolled at this age, because segments hold what retention must be able to delete.
ROLL_SECONDS = 3600.0

Answer = Callable[[int, bytes], None]


class Recorder:
    """Holds the queue of waiting requests and commits it in batches.

    Parameters
    ----------
    clock
        aware UTC time for the recorder's own entries.
    """

    def __init__(self, writer: Writer, helper: Helper, clock: Callable[[], datetime]) -> None:
        self.writer = writer
        self.helper = helper
        self._clock = clock
        self._waiting: list[tuple[list[Packed], Answer]] = []
        self._scheduled = False
        self._full = ""
        self.stopped: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        helper.on_published = self._published

    def append(self, body: bytes, answer: Answer) -> None:
        """Queue the entries of one request."""
        if self.stopped.done():
            answer(Status.UNAVAILABLE, b"the recorder is stopping")
            return
        try:
            entries = list(records.unpack(body))
            for entry in entries:
                self._check(entry)
        except Malformed as error:
            answer(Status.REFUSED, str(error).encode())
            return
        self._waiting.append((entries, answer))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._commit)

    def ping(self, answer: Answer) -> None:
        """Answer the head, or that the disk is full if it still is."""
        if self._full:
            try:
                self.writer.journal.roll(self.writer.size)
                self._full = ""
            except LedgerFull as error:
                self._full = error.detail
        if self._full:
            answer(Status.FULL, self._full.encode())
        else:
            answer(Status.DONE, wire.head_body(self.writer.head()))

    def settle(self, answer: Answer) -> None:
        """Answer when everything recorded so far is published."""
        self.helper.settle(self.writer.size, lambda: answer(Status.DONE, b""))

    def record(self, kind: Kind, **subject: Scalar) -> None:
        """Record an entry of the recorder itself, now."""
        event = Event(kind, ACTOR, None, self._clock(), subject={"size": self.writer.size, **subject})
        entry = next(records.unpack(records.pack(leaves.prepare(event, _ClearNames()))))
        self._write([([entry], lambda status, body: None)])  # noqa: ARG005 - nobody waits for it

    def _commit(self) -> None:
        self._scheduled = False
        size, count = 0, 0
        for count, (entries, _) in enumerate(self._waiting, 1):  # noqa: B007 - how many fit is what is wanted
            size += sum(len(entry.raw) for entry in entries)
            if size > BATCH_BYTES:
                break
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._write(batch)
        if self._waiting and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._commit)

    def _write(self, batch: list[tuple[list[Packed], Answer]]) -> None:
        try:
            answers = self.writer.commit([entries for entries, _ in batch])
        except LedgerFull as error:
            self._full = error.detail
            for _, answer in batch:
                answer(Status.FULL, error.detail.encode())
            return
        except OSError as error:  # what the disk holds is unknown now: acknowledge nothing, stop
            for _, answer in batch:
                answer(Status.UNAVAILABLE, str(error).encode())
            self._stop(f"the disk failed: {error}")
            return
        self._full = ""
        for (_, answer), receipts in zip(batch, answers, strict=True):
            answer(Status.DONE, wire.receipts_body(receipts))
        self.helper.grown()

    def _check(self, entry: Packed) -> None:
        if not 0 < len(entry.leaf) <= leaves.MAX_LEAF:
            msg = f"a leaf of {len(entry.leaf)} bytes"
            raise Malformed(msg)
        if entry.blob_kind == BlobKind.FILE:
            known = self.writer.known.find(entry.id, entry.at_us) is not None
            if not known and not (self.writer.places.spool / entry.blob.hex()).exists():
                msg = "its blob was not uploaded"
                raise Malformed(msg)

    def _published(self, size: int, durable: int | None) -> None:
        self.writer.known.integrated = size
        if durable is not None:
            self.writer.journal.drop(durable)

    def _stop(self, why: str) -> None:
        if not self.stopped.done():
            self.stopped.set_result(why)


class _ClearNames:
    """The recorder's entries name no person and have no content."""

    def pseudonym(self, name: str, /) -> str:
        return name

    def seal(
        self, message: bytes, project: str | None, at: datetime, event_id: str, author: str | None = None
    ) -> Sealed:
        raise NotImplementedError


async def serve(options: argparse.Namespace, clock: Callable[[], datetime]) -> str:
    """Run until SIGTERM or a fault of the disk; returns why it stopped, empty when asked to."""
    places = Places(options.dir)
    places.prepare()
    held = lock(places)
    try:
        signer = load_signer(places, options.origin)
        journal = Journal(places.journal, options.segment_bytes)
        found = recover(places, signer, journal)
        writer = Writer(places, signer, journal, found.frontier)
        helper = Helper(places, journal, writer)
        await helper.start()
        _load_known(writer, found)
        recorder = Recorder(writer, helper, clock)
        recorder.record(Kind.LEDGER_OPENED, cut_bytes=found.cut, boot=uuid.uuid4().hex)
        _clean_spool(places, found)
        return await _listen(recorder, options)
    finally:
        os.close(held)


async def _listen(recorder: Recorder, options: argparse.Namespace) -> str:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, recorder._stop, "")
    options.socket.unlink(missing_ok=True)
    server = await loop.create_unix_server(lambda: Session(recorder), options.socket, backlog=BACKLOG)
    options.socket.chmod(0o600)
    beat = asyncio.create_task(_beat(recorder, options.heartbeat))
    print("READY", options.socket, recorder.writer.size, flush=True)
    try:
        return await recorder.stopped
    finally:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat
        server.close()
        options.socket.unlink(missing_ok=True)
        await recorder.helper.stop(recorder.writer.size)
        recorder.writer.journal.close()


async def _beat(recorder: Recorder, seconds: float) -> None:
    """Silence is the easiest attack on a log (TRAPS C8): say something at least this often."""
    rolled = asyncio.get_running_loop().time()
    while True:
        await asyncio.sleep(seconds)
        recorder.record(Kind.LEDGER_HEARTBEAT)
        now = asyncio.get_running_loop().time()
        if now - rolled > ROLL_SECONDS:
            rolled = now
            with contextlib.suppress(LedgerFull):  # no room for a new segment: the present one goes on
                recorder.writer.journal.roll(recorder.writer.size)
                recorder.helper.make_durable()


def _load_known(writer: Writer, found: Recovered) -> None:
    writer.known.load(found.integrated)
    for number, at_us, receipt in found.waiting:
        writer.known.add(number, at_us, receipt)


def _clean_spool(places: Places, found: Recovered) -> None:
    """Delete uploads that no entry refers to: their append never came."""
    for path in places.spool.iterdir():
        if path.name not in found.blobs:
            path.unlink()


def _go_first() -> None:
    """Ask the scheduler to prefer this process: every cell of every person waits for it. Without the right, go on."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m audit.recorder", description="The single writer of the ledger.")
    parser.add_argument("--dir", type=Path, required=True, help="directory of the ledger")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to listen on")
    parser.add_argument("--origin", default=DEFAULT_ORIGIN, help="name of the log, as in its checkpoints")
    parser.add_argument("--heartbeat", type=float, default=60.0, help="seconds between heartbeat entries")
    parser.add_argument("--segment-bytes", type=int, default=DEFAULT_SEGMENT, help="size of a journal segment")
    options = parser.parse_args()
    _go_first()
    try:
        why = uvloop.run(serve(options, lambda: datetime.now(UTC)))
    except LedgerError as error:
        print(f"recorder: {error}", file=sys.stderr)
        sys.exit(1)
    if why:
        print(f"recorder: {why}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
