"""`bureau bench ledger`: durable appends through the recorder against the same bytes appended and fdatasynced by hand.

Each round gives every path a slice of the same length, ours and the others in turn, on the same disk. The figures are
seconds per durable record. One caller can't be much faster than the disk: a ratio clearly below 0.77 (1.3 times the raw
rate) would mean that something is not durable. Records are sealed beforehand on every side, so that the writing is
compared: what is taken is the time from handing a record to the client until its receipt is back. Sealing and recording
together, as a caller meets it, are a path of their own, and so is sealing alone. The clients run on uvloop, as the
recorder does. A last case takes proofs out of the tiles of a large log.
"""

import asyncio
import importlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import cryptography
import uvloop

from audit import AsyncLedger, Event, KeyStore, Kind, merkle, prove, records
from audit.checkpoint import Checkpoint, Signer
from audit.leaf import prepare
from audit.tiles import TileReader, TileWriter
from hub_extensions.bench.comparison import Case, as_json, show
from hub_extensions.engine.progress import Visible
from project_spaces.errors import Unavailable
from project_spaces.text import Text

CLIENTS = (1, 16, 256)
SLICE_S = 0.4
SOURCE = b"import pandas as pd\ndf = pd.read_parquet('/data/sejours')\ndf.head()\n" * 8
PROOFS = 300
#: Stock paths beside the raw append, by what they are called in the table; the last needs the extra ``test``.
SQLITE, PYMERKLE, SEALING, SEALED = "SQLite WAL FULL", "pymerkle 7", "sealing alone", "1 client, sealing and recording"


@dataclass
class Paths:
    """Everything that is measured, open on one disk."""

    folder: Path
    keys: KeyStore
    clients: list[AsyncLedger]
    raw: int
    database: sqlite3.Connection
    tree: Any | None

    def entries(self, count: int) -> list[bytes]:
        """Seal *count* fresh kernel messages."""
        return [records.pack(prepare(_event(number), self.keys)) for number in range(count)]

    async def ours(self, clients: int) -> float:
        """Each client appends one record after the other for a slice; seconds per record."""
        ready = [self.entries(max(1600 // clients, 60)) for _ in range(clients)]
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def one(client: AsyncLedger, stock: list[bytes]) -> int:
            done = 0
            while stock and loop.time() - start < SLICE_S:
                await client.send([stock.pop()])
                done += 1
            return done

        done = await asyncio.gather(*map(one, self.clients, ready))
        return (loop.time() - start) / sum(done)

    def by_hand(self) -> float:
        """Append the same record to a plain file and fdatasync."""
        (record,) = self.entries(1)

        def write() -> None:
            os.write(self.raw, record)
            os.fdatasync(self.raw)

        return _slice(write)

    def sqlite(self) -> float:
        """Insert the same record into SQLite with WAL and synchronous=FULL, one transaction each."""
        (record,) = self.entries(1)

        def insert() -> None:
            with self.database:
                self.database.execute("INSERT INTO record (data) VALUES (?)", (record,))

        return _slice(insert)

    async def sealed(self) -> float:
        """Seal and record one message after the other through one client, as a gateway does."""
        loop = asyncio.get_running_loop()
        start, done = loop.time(), 0
        while loop.time() - start < SLICE_S:
            await self.clients[0].append(_event(done))
            done += 1
        return (loop.time() - start) / done

    def pymerkle(self) -> float:
        """Append the same record to pymerkle's SQLite tree, with WAL and synchronous=FULL."""
        (record,) = self.entries(1)
        return _slice(lambda: self.tree is not None and self.tree.append_entry(record))

    def sealing(self) -> float:
        """Prepare and seal a record, nothing written."""
        return _slice(lambda: self.entries(1))


def _event(number: int) -> Event:
    subject = {"channel": "shell", "msg_type": "execute_request", "msg": f"{number:032x}", "kernel": "k" * 32}
    return Event(Kind.KERNEL_MESSAGE, "alice", "stays", datetime.now(UTC), subject=subject, content=SOURCE)


def _slice(work: Callable[[], object]) -> float:
    start, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < SLICE_S:
        work()
        done += 1
    return spent / done


@contextmanager
def _recorder(folder: Path) -> Iterator[Path]:
    socket = folder / "s"
    command = [sys.executable, "-m", "audit.recorder", "--dir", str(folder / "ledger"), "--socket", str(socket)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or not process.stdout.readline().startswith("READY"):
            raise Unavailable(Text("Le journal ne démarre pas.", "The recorder does not start."))
        yield socket
    finally:
        process.terminate()
        process.wait()


async def measure(folder: Path, rounds: int, advance: Callable[[int, int], None]) -> list[Case]:
    """Run all paths *rounds* times in turn."""
    with _recorder(folder) as socket:
        keys = KeyStore(folder / "keys")
        clients = [AsyncLedger(socket, keys, timeout=30) for _ in range(max(CLIENTS))]
        await asyncio.gather(*[client.ping() for client in clients])
        raw = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        paths = Paths(folder, keys, clients, raw, _database(folder), _pymerkle(folder))
        try:
            return await _rounds(paths, rounds, advance)
        finally:
            os.close(raw)
            paths.database.close()
            if paths.tree is not None:
                paths.tree.close()
            await asyncio.gather(*[client.close() for client in clients])


async def _rounds(paths: Paths, rounds: int, advance: Callable[[int, int], None]) -> list[Case]:
    def now(work: Callable[[], float]) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            return work()

        return run

    slices: dict[str, Callable[[], Awaitable[float]]] = {
        **{f"ours {count}": lambda count=count: paths.ours(count) for count in CLIENTS},  # type: ignore[misc]
        "raw append+fdatasync": now(paths.by_hand),
        SQLITE: now(paths.sqlite),
        SEALED: paths.sealed,
        SEALING: now(paths.sealing),
    }
    if paths.tree is not None:
        slices[PYMERKLE] = now(paths.pymerkle)
    durations: dict[str, list[float]] = {name: [] for name in slices}
    order = list(slices)
    for number in range(rounds + 1):  # the first round is not counted
        for name in order if number % 2 else reversed(order):
            spent = await slices[name]()
            if number:
                durations[name].append(spent)
        advance(number + 1, rounds + 1)
    raw = tuple(durations["raw append+fdatasync"])
    others = {name: tuple(durations[name]) for name in (SQLITE, PYMERKLE, SEALED, SEALING) if name in durations}
    return [Case(_title(count), tuple(durations[f"ours {count}"]), raw, others) for count in CLIENTS]


def _title(clients: int) -> str:
    return f"{clients} client{'s' if clients > 1 else ''}, per durable record"


def _database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "stock.sqlite")
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE record (data BLOB);")
    return database


def _pymerkle(folder: Path) -> Any | None:
    """Open pymerkle's tree; None where it is not installed (its licence keeps it out of what the product needs)."""
    try:
        pymerkle = importlib.import_module("pymerkle")
    except ModuleNotFoundError:
        return None
    tree = pymerkle.SqliteTree(str(folder / "pymerkle.sqlite"))
    tree.con.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    return tree


def measure_proofs(folder: Path, size: int, report: Callable[[int, int], None]) -> Case:
    """Take and verify proofs at random from the tiles of a log of *size* entries; the floor is reading their files."""
    log = folder / "large"
    signer, writer, frontier = Signer.generate("bench/log"), TileWriter(log, 0), merkle.Frontier()
    for number in range(size):
        entry = b'{"n":%d}' % number
        leaf_hash = merkle.hash_leaf(entry)
        writer.append(entry, leaf_hash)
        frontier.append(leaf_hash)
        if number % 50_000 == 0:
            report(number, size)
    writer.publish()
    (log / "checkpoint").write_text(signer.sign(Checkpoint(signer.name, size, frontier.root()).text()))
    dice, proving, reading, checking = random.Random(1), [], [], []  # noqa: S311 - chooses entries, not keys
    reader, root = TileReader(log, size), frontier.root()
    for _ in range(PROOFS):
        index = dice.randrange(size)
        start = time.perf_counter()
        prove(log, index)
        middle = time.perf_counter()
        path = merkle.prove_inclusion(index, size, reader.node)
        warm = time.perf_counter()
        if not merkle.verify_inclusion(index, size, root, merkle.hash_leaf(b'{"n":%d}' % index), path):
            raise Unavailable(Text("Preuve fausse.", "A proof is false."))
        checked = time.perf_counter()
        TileReader(log, size).hashes(0, index // 256)
        proving.append(middle - start)
        checking.append(checked - warm)
        reading.append(time.perf_counter() - checked)
    return Case(f"a proof at {size:,} entries", tuple(proving), tuple(reading), {"verifying it": tuple(checking)})


@click.command()
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(3, 200))
@click.option("--entries", default=1_000_000, show_default=True, type=click.IntRange(1_000, 20_000_000))
@click.option("--folder", type=click.Path(path_type=Path), help="On which disk; a temporary folder by default.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def command(rounds: int, entries: int, folder: Path | None, as_document: bool) -> None:  # noqa: FBT001 - click
    """Durable appends at 1, 16 and 256 clients, and proofs at ENTRIES entries; stock is raw append+fdatasync."""
    with tempfile.TemporaryDirectory(prefix="bv", dir=folder or "/tmp") as name, Visible() as report:  # noqa: S108
        report.step("Durable appends")
        cases = uvloop.run(measure(Path(name), rounds, report.advance))
        report.step(f"Proofs at {entries:,} entries")
        cases.append(measure_proofs(Path(name), entries, report.advance))
    document: list[dict[str, Any]] = as_json(cases, {"cryptography": cryptography.__version__})
    click.echo(json.dumps(document, indent=1) if as_document else show(cases))
