"""Any process may be killed at any moment: nothing acknowledged is lost, nothing is doubled, and work goes on."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
import pytest
from rich.console import Console

from audit.verify import verify_log
from hub_extensions.clients.kernel import Kernel
from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo import exporting, working
from hub_extensions.demo.cast import ANALYST, OTHER_ANALYST
from hub_extensions.demo.play import Play
from hub_extensions.demo.scenery import PROJECT
from hub_extensions.installation import processes
from project_spaces.errors import BureauError
from tests.end_to_end.world import World, leaves, messages, project_folder, settle

pytestmark = pytest.mark.asyncio(loop_scope="session")
COUNTED = "counted.txt"
#: The gateway that serves whoever works, and the one that serves somebody else.
HERS, OTHERS = "her gateway", "the other gateway"


def kill(world: World, name: str) -> None:
    os.kill(processes.process_ids(world.settings)[name], signal.SIGKILL)


async def until_well(world: World) -> None:
    async with asyncio.timeout(90):
        while not all((await asyncio.to_thread(processes.health, world.settings)).values()):
            await asyncio.sleep(0.2)


@dataclass
class Counting:
    """Cells that each write their number; what was answered, and under which message id each was sent."""

    client: WorkbenchClient
    answered: list[int] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)
    next: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Send one cell after the other; a number is never sent twice, whatever became of it."""
        while not stop.is_set():
            try:
                async with self.client.kernel(PROJECT) as kernel:
                    while not stop.is_set():
                        await self._one(kernel)
            except (BureauError, aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.2)

    async def _one(self, kernel: Kernel) -> None:
        number, self.next = self.next, self.next + 1
        self.unanswered.append(number)
        sent = kernel.last_sent
        try:
            result = await kernel.execute(f"open('/project/{COUNTED}', 'a').write('{number}\\n')", timeout_s=15)
        finally:
            if kernel.last_sent != sent:
                self.ids[number] = kernel.last_sent
        if result.status == "ok":
            self.unanswered.remove(number)
            self.answered.append(number)


@pytest.mark.parametrize("name", [HERS, OTHERS, "ledger", "hub", "portal", "worker"])
async def test_a_process_is_killed_while_cells_run(world: World, ana: WorkbenchClient, name: str) -> None:
    served = {HERS: ANALYST.username, OTHERS: OTHER_ANALYST.username}
    victim = world.gateway(served[name]) if name in served else name
    file = project_folder(world.settings, PROJECT) / COUNTED
    file.unlink(missing_ok=True)
    counting, stop = Counting(ana), asyncio.Event()
    task = asyncio.create_task(counting.run(stop))
    try:
        await reach(counting, 20)
        kill(world, victim)
        await until_well(world)
        await reach(counting, len(counting.answered) + 20)
    finally:
        stop.set()
        await task
    written = [int(line) for line in file.read_text().split()]
    assert len(written) == len(set(written)), "a cell ran twice"
    assert set(counting.answered) <= set(written), "an answered cell has no effect"
    assert written == sorted(written), "cells ran in another order than they were sent"
    if name in {OTHERS, "hub", "portal", "worker"}:
        assert not counting.unanswered, "people at work must not notice"
    await settle(world)
    recorded = messages(world, PROJECT)
    for number in written:
        sent = [message for message in recorded if counting.ids[number].encode() in message]
        assert len(sent) == 1, f"cell {number}: once in the ledger"
        assert f"write('{number}\\\\n')".encode() in sent[0], f"cell {number}: recorded as it ran"
    assert verify_log(world.settings.ledger_dir).good


async def reach(counting: Counting, answered: int) -> None:
    async with asyncio.timeout(60):
        while len(counting.answered) < answered:
            await asyncio.sleep(0.05)


async def test_a_process_is_killed_before_every_step_of_an_export(world: World, ana: WorkbenchClient) -> None:
    async with AsyncExitStack() as stack:
        play = Play(world.settings, world.players, Console(quiet=True), stack)
        play.adopt(world.clients)
        acts = (exporting.blocked, exporting.corrected, exporting.reviewed, exporting.downloaded, working.run_a_cell)
        gateway = world.gateway(ANALYST.username)
        for name, act in zip(("portal", "ledger", "hub", "worker", gateway), acts, strict=True):
            kill(world, name)
            await until_well(world)
            await play.act(f"after {name}", act)
    assert all(step.good for step in play.steps)
    await settle(world)
    request = play.props["request"].encode()
    released = [leaf for leaf in leaves(world) if b'"export.released"' in leaf and request in leaf]
    assert len(released) == 1, "released once"
    assert verify_log(world.settings.ledger_dir).good


async def test_with_the_ledger_stopped_nothing_starts_runs_or_is_granted(world: World, ana: WorkbenchClient) -> None:
    supervisor = processes.supervisor(world.settings).supervisor
    async with ana.kernel(PROJECT) as kernel:
        assert (await kernel.execute("planted = 0")).status == "ok"
        supervisor.stopProcess("ledger")
        try:
            result = await kernel.execute("planted = 1", timeout_s=30)
            assert result.status == "error"
            assert "journal" in result.error
            with pytest.raises(BureauError) as refused:
                await ana.put_file(PROJECT, "projet/planted.txt", {"type": "file", "format": "text", "content": "x"})
            assert refused.value.status == 503
            claire = await world.client("claire")
            with pytest.raises(BureauError) as refused:
                await claire.api("POST", "/admin/roles", {"username": "bruno", "role": "auditor"})
            assert refused.value.status == 503
            assert "journal" in refused.value.text.fr
        finally:
            supervisor.startProcess("ledger")
            await until_well(world)
        assert (await kernel.execute("print(planted)")).text.strip() == "0", "the cell had no effect"
    assert not (project_folder(world.settings, PROJECT) / "planted.txt").exists()
