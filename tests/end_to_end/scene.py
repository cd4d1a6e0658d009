"""A workspace with a tap on either side of the gateway, and the comparison of what crossed with what was recorded."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.places import Places
from audit.private import PrivateStore
from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.cast import ANALYST
from hub_extensions.demo.scenery import PROJECT
from hub_extensions.gateway.upstream import SOCKET_NAME
from hub_extensions.installation import processes
from hub_extensions.installation.opening import ledger_keys
from hub_extensions.workspaces.book import WorkspaceBook
from tests.end_to_end.taps import LedgerTap, Recorded, WorkspaceTap, between
from tests.end_to_end.world import World, leaves, project_folder, settle

#: Folder of the project in which effects of cells show.
FOLDER = "effects"


@dataclass
class Scene:
    """Ana's workspace with both taps in place."""

    world: World
    ana: WorkbenchClient
    ledger: LedgerTap
    workspace: WorkspaceTap
    marks: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where effects of cells show, on the host."""
        return project_folder(self.world.settings, PROJECT) / FOLDER

    def leave(self, mark: str) -> str:
        """Return code whose effect is the file *mark*."""
        self.marks.append(mark)
        return f"open('/project/{FOLDER}/{mark}', 'w').close()"

    async def http(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Send one request to the workspace's server; return status and what was said."""
        options = {"json": body} if body is not None else options
        request = self.ana.session.request(method, self.ana.server(PROJECT) + path, headers=self.ana.headers, **options)
        async with request as answer:
            said = await answer.read()
            return answer.status, json.loads(said) if answer.content_type.endswith("json") and said else said

    async def kernel(self) -> str:
        """Start a kernel by REST."""
        status, model = await self.http("POST", "api/kernels", {"name": "python3"})
        assert status == 201
        return str(model["id"])

    async def recorded(self) -> list[Recorded]:
        """Every entry of the project that has a content, opened."""
        await settle(self.world)
        settings = self.world.settings
        private, keys = PrivateStore(Places(settings.ledger_dir)), ledger_keys(settings)
        found = []
        for place, leaf in enumerate(leaves(self.world)):
            body = json.loads(leaf)
            sealed = private.sealed(place) if body.get("project") == PROJECT else None
            if sealed is not None and body["id"] in self.ledger.acknowledged:
                content = keys.unseal(sealed, PROJECT, body["id"])[0]
                found.append(Recorded(body["id"], body["kind"], body["actor"], content))
        private.close()
        return found


@asynccontextmanager
async def restarted_gateway(world: World) -> AsyncIterator[None]:
    """Have the gateway look for its sockets anew, before and after."""
    supervisor, hers = processes.supervisor(world.settings).supervisor, world.gateway(ANALYST.username)
    for step in range(2):
        await asyncio.to_thread(supervisor.stopProcess, hers)
        await asyncio.to_thread(supervisor.startProcess, hers)
        async with asyncio.timeout(60):
            while not (await asyncio.to_thread(processes.health, world.settings))[hers]:
                await asyncio.sleep(0.1)
        if step == 0:
            yield


@asynccontextmanager
async def tapped(world: World) -> AsyncIterator[Scene]:
    """Put both taps in place."""
    ana = await world.open(ANALYST.username, PROJECT)
    book = WorkspaceBook.of(world.settings)
    opened = book.open_workspace(ANALYST.username, PROJECT)
    assert opened is not None
    ledger, workspace = LedgerTap(), WorkspaceTap()
    async with AsyncExitStack() as stack:
        ledger.behind = await stack.enter_async_context(between(world.settings.ledger_socket, ledger.meet))
        door = Path(opened.folder) / SOCKET_NAME
        workspace.behind = await stack.enter_async_context(between(door, workspace.meet))
        await stack.enter_async_context(restarted_gateway(world))
        await ana.enter_workspace(PROJECT)
        made = Scene(world, ana, ledger, workspace)
        made.folder.mkdir(exist_ok=True)
        made.folder.chmod(0o777)
        yield made


async def everything_that_crossed_was_recorded_first(scene: Scene) -> Counter[str]:
    """Match each crossing with one entry that holds exactly it and was acknowledged before; return kinds found."""
    waiting = await scene.recorded()
    kinds: Counter[str] = Counter()
    for crossing in scene.workspace.crossings:
        entry = next((each for each in waiting if each.tells_of(crossing)), None)
        assert entry is not None, f"crossed without an entry that holds it: {crossing}"
        assert scene.ledger.acknowledged[entry.id] < crossing.at, f"crossed before its entry: {crossing}"
        waiting.remove(entry)
        kinds[entry.kind] += 1
    scene.workspace.crossings.clear()
    return kinds


@asynccontextmanager
async def held_recorder(world: World) -> AsyncIterator[None]:
    """The recorder is there and says nothing."""
    number = processes.process_ids(world.settings)["ledger"]
    os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(number, signal.SIGCONT)
