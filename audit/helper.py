"""The recorder's helper process (``audit.integrator``): started, told what is durable, started again when it dies.

Its faults (no room for tiles, a kill) never touch an acknowledgement: the journal keeps everything until the helper
says that it is durable elsewhere.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable

from audit.errors import LedgerUnavailable
from audit.journal import Journal
from audit.places import Places
from audit.writer import Writer

#: New entries are published after at most this long (plus the work itself).
PUBLISH_SECONDS = 0.2
RESTART_SECONDS = 1.0


def _nothing(size: int, durable: int | None) -> None:
    """Until the recorder listens."""


class Helper:
    """Runs the integrator beside the recorder."""

    def __init__(self, places: Places, journal: Journal, writer: Writer) -> None:
        self._places = places
        self._journal = journal
        self._writer = writer
        self.on_published: Callable[[int, int | None], None] = _nothing
        self._published = 0
        self._told = 0
        self._segment_start = -1
        self._timer: asyncio.TimerHandle | None = None
        self._settling: list[tuple[int, Callable[[], None]]] = []
        self._stopping = False

    async def start(self) -> None:
        """Start it and wait until index and tiles agree.

        Raises
        ------
        LedgerUnavailable
            when it ends at once; its own message is on standard error.
        """
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch())
        self._spare = asyncio.create_task(self._prepare_spare())

    def grown(self) -> None:
        """New entries are durable in the journal."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PUBLISH_SECONDS, self._tell, "publish")
        if self._journal.start != self._segment_start:  # a segment was finished: let it become superfluous
            self._segment_start = self._journal.start
            self._tell("durable")
            self._spare = asyncio.create_task(self._prepare_spare())

    def settle(self, size: int, done: Callable[[], None]) -> None:
        """Call *done* when the first *size* entries are published."""
        if self._published >= size:
            done()
        else:
            self._settling.append((size, done))
            self._tell("publish")

    def make_durable(self) -> None:
        """Have everything made durable without the journal."""
        self._tell("durable")

    async def stop(self, size: int) -> None:
        """Publish the rest, make it durable and end it."""
        self._stopping = True
        self._cancel_timer()
        self._spare.cancel()
        if self._process.returncode is None and self._process.stdin is not None:
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(b"durable %d\n" % size)
                self._process.stdin.close()
        await self._watcher

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "audit.integrator", "--dir", str(self._places.root),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None  # noqa: S101 - told to the type checker
        line = await self._process.stdout.readline()
        if not line.startswith(b"ready "):
            msg = "the process that publishes the log does not start"
            raise LedgerUnavailable(msg)
        self._published = self._told = int(line.split()[1])

    async def _watch(self) -> None:
        while True:
            assert self._process.stdout is not None  # noqa: S101 - told to the type checker
            async for line in self._process.stdout:
                word, number = line.split()
                self._hear(word.decode(), int(number))
            await self._process.wait()
            if self._stopping:
                return
            print("recorder: the publishing process ended, it is started again", file=sys.stderr, flush=True)
            await self._again()

    async def _again(self) -> None:
        while not self._stopping:
            await asyncio.sleep(RESTART_SECONDS)
            with contextlib.suppress(LedgerUnavailable):
                await self._spawn()
                self._tell("publish")
                return

    def _tell(self, word: str) -> None:
        self._cancel_timer()
        size = self._writer.size
        if (
            self._process.returncode is None
            and self._process.stdin is not None
            and (size > self._told or word != "publish")
        ):
            self._told = size
            self._process.stdin.write(f"{word} {size}\n".encode())

    def _hear(self, word: str, size: int) -> None:
        self._published = max(self._published, size)
        self.on_published(self._published, size if word == "durable" else None)
        ready = [done for wanted, done in self._settling if wanted <= self._published]
        self._settling = [(wanted, done) for wanted, done in self._settling if wanted > self._published]
        for done in ready:
            done()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _prepare_spare(self) -> None:
        with contextlib.suppress(OSError):  # no room: told when the segment is needed
            await asyncio.to_thread(self._journal.prepare_spare)
