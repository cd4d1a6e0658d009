"""`bureau bench revoke`: from a withdrawal to the closed WebSockets and the stopped containers, many sessions at once.

A throw-away installation; every person has a running workspace with one data set mounted and a kernel that works. The
data set is withdrawn, which ends everybody's right in the same moment. The clock starts before the withdrawal is asked
for, so recording it is part of the time. There is no counterpart: stock JupyterHub has no such thing.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import click
import docker
from rich.console import Console
from rich.table import Table

from hub_extensions.bench.comparison import machine, summary
from hub_extensions.bench.ours import INSTALLATION, PROJECT, STARTS_AT_ONCE, analyst
from hub_extensions.clients.kernel import Kernel
from hub_extensions.demo.catalogue import install
from hub_extensions.engine import images
from hub_extensions.engine.progress import Reporter, Visible
from hub_extensions.installation.opening import open_layout, open_store
from hub_extensions.installation.throwaway import installation
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.workspaces.containers import WORKSPACE_LABEL
from hub_extensions.workspaces.sealed_container import LABEL
from project_spaces.datasets import withdraw_dataset
from project_spaces.errors import Unavailable
from project_spaces.text import Text

DATASET = "omop-1001"
#: When a connection will have closed.
Closed = asyncio.Task[float]
#: Nothing that was to be cut may be left after this many seconds: then the bench fails instead of waiting.
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Cut:
    """Seconds from the withdrawal, one of each per session."""

    sockets: tuple[float, ...]
    containers: tuple[float, ...]


@asynccontextmanager
async def sessions(settings: Settings, people: list[str], advance: Callable[[], None]) -> AsyncIterator[list[Closed]]:
    """Open everybody's workspace and a kernel that runs one endless cell; yields when each connection will close."""
    async with AsyncExitStack() as after:
        gate = asyncio.Semaphore(STARTS_AT_ONCE)

        async def enter(person: str) -> Closed:
            async with gate:
                client = await after.enter_async_context(analyst(settings, person, datasets=(DATASET,), leaves=False))
                kernel = await after.enter_async_context(client.kernel(PROJECT))
                await kernel.execute("import time")
            await kernel.send("shell", "execute_request", {"code": "time.sleep(3600)"})
            advance()
            return asyncio.create_task(closed(kernel))  # it answers the gateway's pings meanwhile

        async with asyncio.TaskGroup() as group:
            entering = [group.create_task(enter(person)) for person in people]
        yield [task.result() for task in entering]


async def closed(kernel: Kernel) -> float:
    """Read until the connection is closed; returns when that was (monotonic clock)."""
    while True:
        try:
            await kernel.receive()
        except (Unavailable, aiohttp.ClientError):
            return time.monotonic()


def until_stopped(settings: Settings, count: int) -> list[float]:
    """Wait until *count* containers of this installation have ended; returns when each did (Unix time)."""
    labels = [f"{LABEL}={settings.home}", WORKSPACE_LABEL]
    ended: list[float] = []
    with closing(docker.from_env(timeout=int(PATIENCE_S))) as client:
        events = client.events(decode=True, filters={"event": "die", "label": labels})
        for event in events:
            ended.append(event["timeNano"] / 1e9)
            if len(ended) == count:
                events.close()
                break
    return ended


async def withdraw(settings: Settings, connections: list[Closed]) -> Cut:
    """Withdraw the data set and time what follows.

    Raises
    ------
    Unavailable
        a connection ended before, or something was not cut within :data:`PATIENCE_S`.
    """
    stopped = asyncio.create_task(asyncio.to_thread(until_stopped, settings, len(connections)))
    await asyncio.sleep(1)  # the engine's events are listened to from here on
    began, wall = time.monotonic(), time.time()
    if early := sum(connection.done() for connection in connections):
        raise Unavailable(Text(f"{early} connexions finies avant l'heure.", f"{early} connections ended too early."))
    acted = {"actor": INSTALLATION, "now": datetime.now(UTC), "reason": "bench"}
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.to_thread(withdraw_dataset, open_store(settings), DATASET, **acted)
            sockets = tuple(at - began for at in await asyncio.gather(*connections))
            return Cut(sockets, tuple(at - wall for at in await stopped))
    except TimeoutError:
        said = f"{PATIENCE_S:.0f} s"
        raise Unavailable(Text(f"Tout n'est pas coupé après {said}.", f"Not everything is cut after {said}.")) from None


async def bench(settings: Settings, count: int, report: Reporter) -> Cut:
    """Open *count* sessions, then cut them all by one act."""
    people = [f"p{number:03d}" for number in range(count)]
    acted = {"actor": INSTALLATION, "now": datetime.now(UTC)}
    await asyncio.to_thread(install, open_store(settings), open_layout(settings), (DATASET,), **acted)
    report.step(f"Opening {count} sessions")
    done = iter(range(1, count + 1))
    async with sessions(settings, people, lambda: report.advance(next(done), count)) as connections:
        report.step("Withdrawing the data set")
        return await withdraw(settings, connections)


@click.command()
@click.option("--sessions", "count", default=50, show_default=True, type=click.IntRange(1, 500), help="Cut at once.")
@click.option("--gateways", default=1, show_default=True, type=click.IntRange(1, 16), help="Which share the sessions.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def command(count: int, gateways: int, *, as_document: bool) -> None:
    """From the withdrawal of a data set to closed connections and stopped containers."""
    own = bureau_settings.load()
    with Visible() as report:
        for name in (own.image, own.linkage_image):
            images.ensure(name, settings=own, report=report)
        report.step("Starting a throw-away installation")
        with installation(gateways=gateways) as settings:
            cut = asyncio.run(bench(settings, count, report))
    found = {"socket_closed_s": summary(cut.sockets), "container_stopped_s": summary(cut.containers)}
    click.echo(json.dumps({**found, "machine": machine({})}, indent=1) if as_document else show(found))


def show(found: dict[str, dict[str, float | int]]) -> str:
    """Return the figures as a table for a terminal."""
    table = Table("from the withdrawal to", "p50 s", "p99 s", "n")
    for name, figures in found.items():
        table.add_row(
            name.removesuffix("_s").replace("_", " "),
            *(f"{figures[key]:.2f}" for key in ("p50", "p99")),
            str(figures["n"]),
        )
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip()
