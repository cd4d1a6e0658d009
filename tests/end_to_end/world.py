"""A whole installation for the end-to-end tests: real processes, real containers, the demonstration's people and data.

Nothing is faked. The people enrol through the sign-in pages and everything else goes through the public interfaces; it
is built once and shared by the tests of this folder, which leave it as they found it.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from audit.client import Ledger
from audit.events import Kind
from audit.places import Places
from audit.private import PrivateStore
from audit.tiles import TileReader, walk_bundles
from audit.verify import load_checkpoint, load_vkey, published_folder
from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo import scenery
from hub_extensions.demo.cast import ADMINISTRATOR, Players
from hub_extensions.installation import processes, throwaway
from hub_extensions.installation.opening import ledger_keys, open_layout
from hub_extensions.settings import Settings
from hub_extensions.workspaces.book import WorkspaceBook
from tests.end_to_end.asked import TRAINING, ask_newcomers, register_sensitive_data

#: A file of the project that the analyst of ``readmission`` is no member of.
PLANTED = "secret-of-the-other-project.txt"


@dataclass
class World:
    """The installation and the people's signed-in clients."""

    settings: Settings
    players: Players
    stack: AsyncExitStack
    clients: dict[str, WorkbenchClient] = field(default_factory=dict)

    async def client(self, username: str) -> WorkbenchClient:
        """Return *username*'s client; each person signs in once."""
        if username not in self.clients:
            self.clients[username] = await self.stack.enter_async_context(self.players.client(username))
        return self.clients[username]

    async def open(self, username: str, project: str) -> WorkbenchClient:
        """Return the client with its workspace running."""
        client = await self.client(username)
        if (await client.api("GET", f"/workspaces/{project}"))["state"] != "running":
            await client.start_workspace(project)
        return client

    def secrets(self) -> Iterator[str]:
        """Every secret of the trusted side, but the one token that is valid inside only."""
        for path in self.settings.secrets_dir.rglob("*"):
            if path.is_file() and path.name != ".lock":
                data = path.read_bytes()
                yield data.decode() if data.isascii() else data.hex()
        book = WorkspaceBook.of(self.settings)
        for each in book.believed():
            opened = book.open_workspace(each.person, each.project)
            if opened is not None:
                yield opened.hub_token

    def gateway(self, username: str) -> str:
        """Return the process that serves *username*'s workspaces."""
        return processes.gateway_name(self.settings.gateway_of(username))

    def log(self, process: str) -> str:
        """What a process printed."""
        return (self.settings.log_dir / f"{process}.log").read_text(errors="replace")


async def build(world: World) -> None:
    """Enrol the cast, make the projects, plant a file where nobody of ``readmission`` may look, ask of newcomers."""
    activation = await asyncio.to_thread(scenery.first_administrator, world.settings)
    assert activation is not None
    await scenery.enrol(world.players, ADMINISTRATOR.username, activation)
    administrator = await world.client(ADMINISTRATOR.username)
    await scenery.build(administrator, world.players)
    await ask_newcomers(administrator)
    folder = open_layout(world.settings).project_dir(scenery.OTHER_PROJECT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLANTED).write_text("nobody of readmission may read this")


@contextmanager
def installation() -> Iterator[Settings]:
    """Yield the settings of a running installation with two gateways that has the demonstration's data."""
    with throwaway.installation(timeout_s=240, access_trainings=TRAINING, gateways=2) as settings:
        scenery.register_data(settings)
        register_sensitive_data(settings)
        yield settings


def project_folder(settings: Settings, project: str) -> Path:
    """Return a project's folder on the host."""
    return open_layout(settings).project_dir(project)


def leaves(world: World) -> list[bytes]:
    """Every published entry of the ledger, in order."""
    published = published_folder(world.settings.ledger_dir)
    size = load_checkpoint(published, load_vkey(published)).size
    return [leaf for _, bundle in walk_bundles(TileReader(published, size)) for leaf in bundle]


def messages(world: World, project: str) -> list[bytes]:
    """What the ledger holds of the kernel messages of *project*, unsealed, in order."""
    private, keys = PrivateStore(Places(world.settings.ledger_dir)), ledger_keys(world.settings)
    found = []
    for place, leaf in enumerate(leaves(world)):
        body = json.loads(leaf)
        if body["kind"] == Kind.KERNEL_MESSAGE and body["project"] == project:
            sealed = private.sealed(place)
            assert sealed is not None
            found.append(keys.unseal(sealed, project, body["id"])[0])
    private.close()
    return found


async def settle(world: World) -> None:
    """Wait until everything recorded so far is published."""
    ledger = Ledger(world.settings.ledger_socket, ledger_keys(world.settings))
    await asyncio.to_thread(ledger.settle)
