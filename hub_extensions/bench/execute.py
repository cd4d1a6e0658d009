"""`bureau bench execute`: what a cell's round trip costs with everything recorded before it runs.

Four paths in turn, a few cells each time: ours; stock JupyterHub with TCP_NODELAY; stock as shipped, whose replies wait
about 40 ms for an acknowledgement (PERFORMANCE 2.4); stock with TCP_NODELAY and our kernels' settings, which shows what
recording alone costs. The same client, the same bytes, through each stack's proxy. An error, or a result other than
expected, ends the bench.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import aiohttp
import click

from hub_extensions.bench.comparison import Case, as_json, show
from hub_extensions.bench.floors import BareKernel, DurableWrites, bare_kernel
from hub_extensions.bench.ours import PROJECT, analyst
from hub_extensions.bench.stock import IMAGES, stock_hub
from hub_extensions.clients.kernel import Kernel, open_kernel
from hub_extensions.engine import images
from hub_extensions.engine.progress import Reporter, Visible
from hub_extensions.installation.throwaway import installation
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from project_spaces.errors import Conflict
from project_spaces.text import Text

WARM_UP = 10
SHIPPED, TUNED = "stock_as_shipped", "stock_our_settings"
VERSIONS = "import ipykernel, jupyter_server; print(ipykernel.__version__, jupyter_server.__version__)"


@dataclass(frozen=True)
class Work:
    """One kind of cell; ``share`` of the asked cells are run, for cells that take long."""

    name: str
    code: str
    printed: str = ""
    share: float = 1.0


WORKS = (
    Work("pass", "pass"),
    Work("source_4kb", "# " + "x" * 4089 + "\npass"),
    Work("output_1mb", "print('x' * 999_999)", "x" * 999_999 + "\n", 0.2),
)


@dataclass(frozen=True)
class Paths:
    """Every way to a kernel, and the floors, ready to be measured."""

    kernels: Mapping[str, Kernel]
    bare: BareKernel
    disk: DurableWrites
    versions: Mapping[str, str]


@asynccontextmanager
async def open_paths(settings: Settings, stock_image: images.ImageRef) -> AsyncIterator[Paths]:
    """Open one kernel on each path, beside the running installation of *settings*."""
    async with AsyncExitStack() as after:
        person = await after.enter_async_context(analyst(settings))
        hub = await after.enter_async_context(stock_hub(settings, stock_image))
        session = await after.enter_async_context(aiohttp.ClientSession())
        ours = await after.enter_async_context(person.kernel(PROJECT))
        stock = await after.enter_async_context(open_kernel(session, hub.server("stock"), hub.headers))
        shipped = await after.enter_async_context(open_kernel(session, hub.server("as-shipped"), hub.headers))
        tuned = await after.enter_async_context(open_kernel(session, hub.server("our-settings"), hub.headers))
        disk = DurableWrites(settings.home)
        after.callback(disk.close)
        bare = await after.enter_async_context(bare_kernel(stock))
        kernels = {"ours": ours, "stock": stock, SHIPPED: shipped, TUNED: tuned}
        yield Paths(kernels, bare, disk, await _versions(kernels))


async def _versions(kernels: Mapping[str, Kernel]) -> dict[str, str]:
    """Name what runs on both sides, after making sure that it is the same."""
    found = {name: (await kernel.execute(VERSIONS)).text.split() for name, kernel in kernels.items()}
    if len({tuple(each) for each in found.values()}) != 1:
        raise Conflict(Text(f"Versions différentes : {found}.", f"Different versions: {found}."))
    ipykernel, server = found["ours"]
    hub_side = {name: version(name) for name in ("jupyterhub", "dockerspawner", "tornado", "aiohttp")}
    return {"ipykernel": ipykernel, "jupyter_server": server, **hub_side}


async def measure(work: Work, paths: Paths, rounds: int, cells: int, advance: Callable[[], None]) -> Case:
    """Run *work* in turn on every path, *rounds* times *cells* cells; who starts changes each time."""
    ways: dict[str, Callable[[], Awaitable[float]]] = {
        name: (lambda kernel=kernel: timed(kernel, work)) for name, kernel in paths.kernels.items()
    }
    ways["zmq"] = lambda: timed_bare(paths.bare, work)
    ways["fdatasync"] = lambda: asyncio.to_thread(paths.disk.once)
    times: dict[str, list[float]] = {name: [] for name in ways}
    count = max(1, round(cells * work.share))
    for way in ways.values():
        for _ in range(min(count, WARM_UP)):
            await way()
    names = list(ways)
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            times[name] += [await ways[name]() for _ in range(count)]
        advance()
    columns = {name: tuple(durations) for name, durations in times.items()}
    return Case(work.name, columns.pop("ours"), columns.pop("stock"), columns)


async def timed(kernel: Kernel, work: Work) -> float:
    """Run one cell; returns seconds from sending it to reply and idle.

    Raises
    ------
    Conflict
        the cell failed, or printed something else than it must.
    """
    start = time.perf_counter()
    result = await kernel.execute(work.code)
    took = time.perf_counter() - start
    if result.status != "ok" or result.text != work.printed:
        said = result.error or f"{len(result.text)} characters"
        raise Conflict(Text(f"Résultat inattendu ({work.name}) : {said}.", f"Unexpected ({work.name}): {said}."))
    return took


async def timed_bare(kernel: BareKernel, work: Work) -> float:
    """Run one cell without a server; returns seconds."""
    start = time.perf_counter()
    status = await kernel.execute(work.code)
    took = time.perf_counter() - start
    if status != "ok":
        raise Conflict(Text(f"Noyau nu : {status}.", f"Bare kernel: {status}."))
    return took


async def bench(settings: Settings, stock: images.ImageRef, rounds: int, cells: int, report: Reporter) -> Any:
    """Measure every kind of cell; returns (cases, versions)."""
    cases: list[Case] = []
    report.step("Starting a workspace and the stock JupyterHub")
    async with open_paths(settings, stock) as paths:
        for work in WORKS:
            report.step(f"Measuring {work.name}: {rounds} rounds")
            done = iter(range(1, rounds + 1))
            cases.append(await measure(work, paths, rounds, cells, lambda: report.advance(next(done), rounds)))  # noqa: B023 - called before the next round
        return cases, paths.versions


@click.command()
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(10, 1000), help="Alternations.")
@click.option(
    "--cells", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Cells per round and path."
)
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def command(rounds: int, cells: int, as_document: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Round trip of a cell: ours, stock JupyterHub with TCP_NODELAY, as shipped, and with our kernels' settings."""
    own = bureau_settings.load()
    with Visible() as report:
        for name in (own.image, own.linkage_image):
            images.ensure(name, settings=own, report=report)
        stock = images.ensure("stock", settings=own, report=report, folder=IMAGES)
        report.step("Starting a throw-away installation")
        with installation() as settings:
            cases, versions = asyncio.run(bench(settings, stock, rounds, cells, report))
    click.echo(json.dumps(as_json(cases, versions), indent=1) if as_document else show(cases))
