"""The recorder under real kills, a full disk, silence, and floods: nothing acknowledged is ever lost or doubled."""

import asyncio
import hashlib
import os
import random
import signal
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from audit import leaf, merkle, wire
from audit.checkpoint import Verifier, read_checkpoint
from audit.client import AsyncLedger, Ledger
from audit.errors import LedgerFull, LedgerUnavailable, Malformed
from audit.events import Kind
from audit.index import Index
from audit.tiles import TileReader

from .recorder_process import RecorderProcess, event

DICE = random.Random()  # noqa: S311 - chooses moments, not keys


class Source(threading.Thread):
    """Appends event after event, each until it is acknowledged, as the outbox of the domain does."""

    def __init__(self, client, first):
        super().__init__()
        self.client, self.first, self.sent = client, first, 0
        self.acknowledged = []
        self._over = threading.Event()

    def run(self):
        pending = None
        while not self._over.is_set():
            if pending is None:
                self.sent += 1
                pending = event(self.first + self.sent, content=os.urandom(DICE.randrange(2000)))
            try:
                receipt = self.client.append(pending)[0]
            except LedgerUnavailable:
                self._over.wait(0.002)
                continue
            self.acknowledged.append((receipt.index, pending.subject["n"]))
            pending = None

    def finish(self):
        self._over.set()
        self.join()


def published(recorder):
    """Every entry in the tiles, after checking that they lead to the signed root."""
    places = recorder.places
    checkpoint = read_checkpoint(places.checkpoint.read_text(), Verifier(places.vkey.read_text()))
    reader = TileReader(places.log, checkpoint.size)
    entries = [reader.entry(place) for place in range(checkpoint.size)]
    assert merkle.root_of(map(merkle.hash_leaf, entries)) == checkpoint.root
    return [leaf.parse(entry) for entry in entries]


def numbers(recorder):
    return [body["subject"]["n"] for body in published(recorder) if body["kind"] == Kind.KERNEL_MESSAGE]


def test_a_receipt_proves_the_entry(recorder):
    client = recorder.client()
    receipt = client.append(event(1))[0]
    client.settle()
    head = client.ping()
    reader = TileReader(recorder.places.log, head.size)
    proof = merkle.prove_inclusion(receipt.index, head.size, reader.node)
    assert merkle.verify_inclusion(receipt.index, head.size, head.root, receipt.leaf_hash, proof)
    assert read_checkpoint(head.checkpoint, Verifier(recorder.places.vkey.read_text())).root == head.root


def test_recording_again_records_nothing(recorder):
    client = recorder.client()
    first = event(1)
    receipt = client.append(first)
    client.append(event(2))
    assert client.append(first) == receipt
    recorder.kill()
    recorder.start()
    assert client.append(first) == receipt
    recorder.stop()
    assert numbers(recorder) == [1, 2]


def test_an_event_older_than_memory_is_found_in_the_index(recorder, monkeypatch):
    from audit.known import Known
    from audit.places import Places

    client = recorder.client()
    events = [event(n) for n in range(50)]
    receipts = client.append(*events)
    recorder.stop()
    known = Known(Places(recorder.places.root), window=5)
    known.load(receipts[-1].index + 1)
    assert known.find(bytes.fromhex(events[3].id), events[3].at_us) == receipts[3]
    assert known.find(bytes.fromhex(events[49].id), events[49].at_us) == receipts[49]
    assert known.find(os.urandom(16), events[3].at_us) is None


async def test_a_burst_on_one_connection_keeps_its_order(recorder):
    ledger = AsyncLedger(recorder.socket, recorder.keys)
    receipts = await asyncio.gather(*[ledger.append(event(n)) for n in range(300)])
    await ledger.close()
    places = [receipt.index for (receipt,) in receipts]
    assert places == sorted(places)
    recorder.stop()
    assert numbers(recorder) == list(range(300))


def test_killed_again_and_again_under_load_it_keeps_every_acknowledged_entry_once_and_in_order(recorder):
    """Four clients append without pause; the recorder is killed at random moments and started again."""
    sources = [Source(recorder.client(), 1_000_000 * number) for number in range(4)]
    for source in sources:
        source.start()
    for _ in range(12):
        time.sleep(DICE.uniform(0.02, 0.4))
        recorder.kill()
        recorder.start()
    for source in sources:
        source.finish()
    recorder.stop()
    bodies = published(recorder)
    for source in sources:
        assert len(source.acknowledged) > 50
        assert source.acknowledged == sorted(source.acknowledged)
        assert all(bodies[index]["subject"]["n"] == number for index, number in source.acknowledged)
    recorded = numbers(recorder)
    assert len(recorded) == len(set(recorded))
    assert sum(len(source.acknowledged) for source in sources) <= len(recorded)
    assert len(recorded) <= sum(source.sent for source in sources)


def test_the_publishing_process_can_be_killed_at_any_time(recorder):
    client = recorder.client()
    for round_ in range(3):
        client.append(*[event(round_ * 100 + n) for n in range(100)])
        os.kill(_child(recorder.process.pid), signal.SIGKILL)
    client.settle()
    assert numbers(recorder) == list(range(300))
    assert Index(recorder.places).size == client.ping().size


def _child(pid):
    while not (children := psutil.Process(pid).children()):
        time.sleep(0.02)
    return children[0].pid


def test_the_index_is_made_again_from_the_tiles(recorder):
    client = recorder.client()
    client.append(*[event(n) for n in range(600)])
    recorder.stop()
    for path in recorder.places.root.glob("index.sqlite*"):
        path.unlink()
    recorder.start()
    client.settle()
    rows = Index(recorder.places).search(kind=Kind.KERNEL_MESSAGE, limit=1000)
    assert [row.subject["n"] for row in rows] == list(range(599, -1, -1))


def test_finished_journal_segments_are_deleted_and_hold_no_name_for_long(recorder):
    client = recorder.client()
    for n in range(200):
        client.append(event(n, content=bytes(1000)))
    recorder.stop()
    recorder.start()
    recorder.stop()
    assert len(list(recorder.places.journal.glob("*.wal"))) <= 2
    assert numbers(recorder) == list(range(200))


def test_64_mib_are_recorded_sealed_and_come_back(recorder):
    client = recorder.client(timeout=30)
    content = os.urandom(1024) * (64 * 1024)
    sent = event(1, content=content)
    receipt = client.append(sent)[0]
    client.settle()
    index = Index(recorder.places)
    row = index.rows([receipt.index])[0]
    assert len(row.leaf) < 1024
    blob = index.sealed(receipt.index)
    body = leaf.parse(row.leaf)
    assert hashlib.sha256(blob).hexdigest() == body["sealed"]
    message, commitment = recorder.keys.unseal(blob, "stays", sent.id)
    assert (message == content, commitment.hex()) == (True, body["commit"])
    assert not list(recorder.places.spool.iterdir())


def test_a_large_blob_survives_a_kill_right_after_its_acknowledgement(recorder):
    client = recorder.client()
    receipt = client.append(event(1, content=bytes(1_000_000)))[0]
    recorder.kill()
    recorder.start()
    client.settle()
    assert len(Index(recorder.places).sealed(receipt.index)) > 1_000_000


def test_half_an_upload_leaves_nothing(recorder):
    with socket.socket(socket.AF_UNIX) as half:
        half.connect(str(recorder.socket))
        half.sendall(wire.frame(wire.Operation.CHUNK, 0, bytes(1000)))
    client = recorder.client()
    client.ping()
    recorder.stop()
    recorder.start()
    assert not list(recorder.places.spool.iterdir())


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 9,
        wire.frame(99, 1),
        wire.frame(wire.Operation.APPEND, 1, b"cut"),
        wire.frame(wire.Operation.CHUNKS_END, 1, bytes(32)),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_client_that_speaks_nonsense_is_refused_and_harms_nobody(recorder, data):
    client = recorder.client()
    client.ping()
    with socket.socket(socket.AF_UNIX) as bad:
        bad.settimeout(5)
        bad.connect(str(recorder.socket))
        bad.sendall(data)
        bad.shutdown(socket.SHUT_WR)
        answer = bad.recv(100)
    assert not answer or answer[4] == wire.Status.REFUSED
    assert client.append(event(1))[0].index >= 1


def test_a_stopped_recorder_is_told_at_once(recorder):
    client = recorder.client()
    client.ping()
    recorder.stop()
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(LedgerUnavailable):
            client.append(event(1))
        assert time.monotonic() - begun < 1


async def test_a_killed_recorder_is_told_at_once_to_the_asynchronous_client(recorder):
    ledger = AsyncLedger(recorder.socket, recorder.keys)
    await ledger.append(event(1))
    recorder.kill()
    begun = time.monotonic()
    for result in await asyncio.gather(*[ledger.append(event(n)) for n in range(5)], return_exceptions=True):
        assert isinstance(result, LedgerUnavailable)
    assert time.monotonic() - begun < 1
    recorder.start()
    assert (await ledger.append(event(9)))[0].index > 1
    await ledger.close()


async def test_requests_in_flight_survive_a_connection_that_breaks(recorder):
    ledger = AsyncLedger(recorder.socket, recorder.keys)
    await ledger.ping()
    tasks = [asyncio.create_task(ledger.append(event(n))) for n in range(50)]
    await asyncio.sleep(0)
    ledger._transport.abort()
    places = [receipt.index for (receipt,) in await asyncio.gather(*tasks)]
    assert places == sorted(set(places))
    await ledger.close()
    recorder.stop()
    assert numbers(recorder) == list(range(50))


async def test_hundreds_of_clients_at_once_wait_their_turn(recorder):
    clients = [AsyncLedger(recorder.socket, recorder.keys) for _ in range(300)]
    recorder.signal(signal.SIGSTOP)  # it takes nobody while they all come
    asking = [asyncio.ensure_future(client.ping()) for client in clients]
    await asyncio.sleep(0.2)
    recorder.signal(signal.SIGCONT)
    assert len({head.size for head in await asyncio.gather(*asking)}) == 1
    for client in clients:
        await client.close()


async def test_a_frozen_recorder_is_told_after_the_timeout(recorder):
    ledger, client = AsyncLedger(recorder.socket, recorder.keys, timeout=0.3), recorder.client(timeout=0.3)
    await ledger.ping()
    recorder.signal(signal.SIGSTOP)
    try:
        with pytest.raises(LedgerUnavailable):
            await ledger.append(event(1))
        with pytest.raises(LedgerUnavailable):
            client.ping()
    finally:
        recorder.signal(signal.SIGCONT)
    await ledger.close()


def test_a_leaf_that_is_too_large_is_an_error_of_the_caller(recorder):
    with pytest.raises(Malformed):
        recorder.client().append(event(1, subject={f"k{n}": "x" * 90 for n in range(12)}))


def test_two_recorders_cannot_write_one_log(recorder):
    other = RecorderProcess(recorder.places.root)
    assert "another recorder" in other.refuses_to_start()
    other.close()


def test_a_heartbeat_is_an_entry(tmp_path):
    recorder = RecorderProcess(tmp_path / "ledger", "--heartbeat", "0.05").start()
    try:
        client = recorder.client()
        while client.ping().size < 4:
            time.sleep(0.02)
        recorder.stop()
        kinds = [body["kind"] for body in published(recorder)]
        assert kinds[0] == Kind.LEDGER_OPENED
        assert set(kinds[1:]) == {Kind.LEDGER_HEARTBEAT}
    finally:
        recorder.close()


def test_a_clock_that_jumps_back_changes_nothing(recorder):
    client = recorder.client()
    now = datetime.now(UTC)
    later, earlier = event(1, at=now + timedelta(days=400)), event(2, at=now - timedelta(days=400))
    receipts = client.append(later, earlier)
    assert client.append(earlier, later) == receipts[::-1]


def append_until_full(client):
    for n in range(1000):
        try:
            client.append(event(n, content=bytes(2000)))
        except LedgerFull:
            return list(range(n))
    pytest.fail("the disk never was full")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MiB (needs root, as the workbench's engine does)."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_told_loses_nothing_and_heals(small_disk):
    recorder = RecorderProcess(small_disk / "ledger", "--segment-bytes", str(256 * 1024)).start()
    try:
        client = recorder.client()
        client.settle()
        ballast = small_disk / "ballast"
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        ballast.write_bytes(bytes(max(0, free - 300_000)))
        done = append_until_full(client)
        with pytest.raises(LedgerFull):
            client.ping()
        with pytest.raises(LedgerFull):
            client.append(event(5000, content=bytes(600_000)))
        ballast.unlink()
        client.append(event(9999))
        client.settle()
        assert numbers(recorder) == [*done, 9999]
        recorder.kill()
        recorder.start()
        client.append(event(10_000))
        assert recorder.stop() == 0
        assert numbers(recorder) == [*done, 9999, 10_000]
    finally:
        recorder.close()


def test_one_client_shared_by_threads_mixes_nothing_up(recorder):
    client, found = recorder.client(), []

    def work(first):
        found.extend([(client.append(event(n))[0].index, n) for n in range(first, first + 30)])

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 120, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.stop()
    bodies = published(recorder)
    assert all(bodies[index]["subject"]["n"] == n for index, n in found)


def test_a_ledger_that_was_never_started_is_unavailable(tmp_path, recorder):
    with pytest.raises(LedgerUnavailable):
        Ledger(recorder.short / "nothing.sock", recorder.keys).ping()
