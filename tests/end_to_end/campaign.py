"""A campaign of kills: recorder and gateway, at random moments, while cells run and entries are appended.

Three writers work through it. Two send cells over the gateway, each cell leaving its number in a file; one appends to
the recorder directly and keeps every receipt. What must hold afterwards is in :func:`Campaign.judge`.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp

from audit import merkle
from audit.client import AsyncLedger
from audit.errors import LedgerError
from audit.events import Event, Kind, Receipt
from audit.verify import verify_log
from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.cast import ANALYST
from hub_extensions.demo.scenery import PROJECT
from hub_extensions.gateway.messages import V1, parse
from hub_extensions.installation import processes
from hub_extensions.installation.opening import ledger_keys
from tests.end_to_end.wire_kernel import Wire, wire
from tests.end_to_end.world import World, leaves, messages, project_folder, settle

#: Who is killed at one moment; the gateway is the one that serves whoever works.
GATEWAY = "gateway"
VICTIMS = (("ledger",), (GATEWAY,), (GATEWAY, "ledger"))
#: Most kills wait until up to so many cells more were answered; the others come while something is on its way up.
UNDER_LOAD, MOST_CELLS = 0.8, 60
#: Longest pause after that, seconds.
LONGEST_PAUSE_S = 0.3
#: Cells on the way at a time, per kernel.
BURST = 5


@dataclass
class Cells:
    """One kernel's writer: a number is never sent twice, whatever became of it."""

    client: WorkbenchClient
    kernel: str
    file: str
    sent: int = 0
    answered: list[int] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Send one cell after the other; after a broken connection, go on with the same kernel."""
        while not stop.is_set():
            with suppress(aiohttp.ClientError, ConnectionError, TimeoutError):
                async with wire(self.client, PROJECT, self.kernel, V1) as connected:
                    while not stop.is_set():
                        await self._burst(connected)
            await asyncio.sleep(0.05)

    async def _burst(self, connected: Wire) -> None:
        """Send some cells without waiting, then take their replies: a kill finds several on the way."""
        waiting: dict[str, int] = {}
        for _ in range(BURST):
            number, self.sent = self.sent, self.sent + 1
            code = f"open('/project/{self.file}', 'a').write('{number}\\n')"
            whole = {"code": code, "silent": False, "store_history": False, "stop_on_error": False}
            waiting[await connected.send("shell", "execute_request", whole)] = number
        async with asyncio.timeout(15):
            while waiting:
                message = await connected.receive()
                if message["header"]["msg_type"] != "execute_reply":
                    continue
                number = waiting.pop(message["parent_header"]["msg_id"], -1)
                if number >= 0 and message["content"]["status"] == "ok":
                    self.answered.append(number)
                elif number >= 0:  # the ledger is down: no need to ask as fast as it can say no
                    await asyncio.sleep(0.01)


@dataclass
class Appends:
    """Appends straight to the recorder and keeps what it promised."""

    ledger: AsyncLedger
    receipts: dict[str, Receipt] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Append in bursts."""
        while not stop.is_set():
            events = [Event(Kind.REQUEST, "system:campaign", None, datetime.now(UTC)) for _ in range(8)]
            asked = await asyncio.gather(*(self.ledger.append(event) for event in events), return_exceptions=True)
            for event, answer in zip(events, asked, strict=True):
                if isinstance(answer, list):
                    self.receipts[event.id] = answer[0]
                elif not isinstance(answer, LedgerError):
                    raise answer
            await asyncio.sleep(0.15)


@dataclass
class Campaign:
    """What happened."""

    world: World
    cells: list[Cells]
    appends: Appends
    #: The process that serves whoever works.
    gateway: str
    killed: Counter[str] = field(default_factory=Counter)
    together: int = 0
    seconds: float = 0

    async def kill(self, kills: int, chance: random.Random) -> None:
        """Kill *kills* times; a victim has to run, or it would be the supervisor's patience that is tested."""
        begun, settings = time.monotonic(), self.world.settings
        while self.killed.total() < kills:
            await self._work(chance.randrange(MOST_CELLS) if chance.random() < UNDER_LOAD else 0)
            await asyncio.sleep(chance.random() * LONGEST_PAUSE_S)
            running = await asyncio.to_thread(processes.process_ids, settings)
            named = {victim: self.gateway if victim == GATEWAY else victim for victim in chance.choice(VICTIMS)}
            fell = [victim for victim, name in named.items() if self._strike(victim, running.get(name))]
            self.together += len(fell) > 1
        async with asyncio.timeout(120):
            while not all((await asyncio.to_thread(processes.health, settings)).values()):
                await asyncio.sleep(0.2)
        self.seconds = time.monotonic() - begun

    def _strike(self, victim: str, number: int | None) -> bool:
        """Kill one process and say whether it was there."""
        if number is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
            self.killed[victim] += 1
            return True
        return False

    async def _work(self, cells: int) -> None:
        """Let so many cells be answered first; what takes too long is killed again on the way up."""
        goal = self._answered() + cells
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                while self._answered() < goal:
                    await asyncio.sleep(0.005)

    def _answered(self) -> int:
        return sum(len(each.answered) for each in self.cells)

    async def judge(self) -> str:
        """Hold the campaign against the ledger and return its figures."""
        await settle(self.world)
        log = leaves(self.world)
        ids = Counter(leaf.partition(b'"id":"')[2][:32].decode() for leaf in log)
        assert max(ids.values()) == 1, "an entry is there once"
        for number, receipt in self.appends.receipts.items():
            assert number.encode() in log[receipt.index], "an acknowledged entry is where it was promised"
            assert merkle.hash_leaf(log[receipt.index]) == receipt.leaf_hash
        binary = [each for each in messages(self.world, PROJECT) if not each.startswith(b"{")]  # the campaign's own
        codes = [str(parse(each, V1).content.get("code", "")) for each in binary]
        for writer in self.cells:
            self._judge_cells(writer, codes)
        assert verify_log(self.world.settings.ledger_dir).good
        return self.figures(len(log))

    def _judge_cells(self, writer: Cells, codes: list[str]) -> None:
        written = [
            int(line) for line in (project_folder(self.world.settings, PROJECT) / writer.file).read_text().split()
        ]
        recorded = [int(code.split("write('")[1].split("\\")[0]) for code in codes if f"/{writer.file}'" in code]
        assert len(written) == len(set(written)), "a cell ran twice"
        assert len(recorded) == len(set(recorded)), "a cell is in the ledger twice"
        assert set(writer.answered) <= set(written), "an answered cell had no effect"
        assert set(written) <= set(recorded), "a cell had an effect and no entry"
        assert written == sorted(written), "cells ran in another order than they were sent"
        assert recorded == sorted(recorded), "cells were recorded in another order than they were sent"
        assert len(writer.answered) > 0

    def figures(self, entries: int) -> str:
        """Say what was survived."""
        answered, sent = self._answered(), sum(each.sent for each in self.cells)
        killed = ", ".join(f"{count} of {name}" for name, count in sorted(self.killed.items()))
        return (
            f"{self.killed.total()} kills ({killed}; {self.together} times both at once) in {self.seconds:.0f} s; "
            f"{sent} cells sent, {answered} answered; "
            f"{len(self.appends.receipts)} acknowledged appends; {entries} entries, none lost, doubled or moved"
        )


async def campaign(world: World, client: WorkbenchClient, kills: int, seed: int) -> Campaign:
    """Work, kill, and return what happened."""
    appends = Appends(AsyncLedger(world.settings.ledger_socket, ledger_keys(world.settings)))
    cells, stop = [], asyncio.Event()
    for each in range(2):
        async with client.session.post(
            f"{client.server(PROJECT)}api/kernels", json={"name": "python3"}, headers=client.headers
        ) as made:
            cells.append(Cells(client, (await made.json())["id"], f"campaign-{each}.txt"))
    made = Campaign(world, cells, appends, world.gateway(ANALYST.username))
    async with asyncio.TaskGroup() as group:
        for writer in (*cells, appends):
            group.create_task(writer.run(stop))
        await made.kill(kills, random.Random(seed))  # noqa: S311 - moments, not secrets
        goal = [len(writer.answered) + 5 for writer in cells]
        async with asyncio.timeout(60):  # work goes on after the last kill
            while any(len(writer.answered) < least for writer, least in zip(cells, goal, strict=True)):
                await asyncio.sleep(0.05)
        stop.set()
    for writer in cells:
        async with client.session.delete(
            f"{client.server(PROJECT)}api/kernels/{writer.kernel}", headers=client.headers
        ):
            pass
    await appends.ledger.close()
    return made
