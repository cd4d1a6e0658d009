"""`bureau bench catalogue`: the public catalogue with 50 data sets of 200 tables and 500 people, against a bare page.

The first cases ask one request after the other, ours and a bare Tornado page in turn: the list and a card (both usually
kept ready), a search that nobody asked before, and the same through the API. The last one lets 500 readers ask at their
own pace, one request in ten seconds each, for searches that differ; its durations include waiting behind each other.
"""

import asyncio
import http.client
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import aiohttp
import click
import tornado

from hub_extensions.bench.catalogue_server import COLUMNS, DATASETS, PEOPLE, TABLES
from hub_extensions.bench.comparison import Case, as_json, interleave, show
from hub_extensions.engine.progress import Visible
from project_spaces.errors import Unavailable
from project_spaces.text import Text

#: Seconds between two requests of one reader, and how long they read.
PACE_S, READING_S = 10.0, 8.0


@contextmanager
def _served() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", f"{__name__}_server", folder]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            line = "" if process.stdout is None else process.stdout.readline()
            if not line:
                raise Unavailable(Text("Le portail ne démarre pas.", "The portal does not start."))
            yield json.loads(line)
        finally:
            process.terminate()
            process.wait()


class _Reader:
    """Asks over one connection that stays open."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)

    def read(self, path: str = "") -> None:
        """Ask and read the whole answer."""
        self._connection.request("GET", self._path + path)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise Unavailable(Text(f"{path} : {answer.status}", f"{path}: {answer.status}"))


def _searches() -> Iterator[str]:
    """Searches that differ: a word of the dictionary, one of the card, and a year."""
    chosen = random.Random(11)  # noqa: S311 - the same questions each time
    while True:
        number, table, column = chosen.randrange(DATASETS), chosen.randrange(TABLES), chosen.randrange(COLUMNS)
        yield f"q={quote(f'séjour var {number} {table} {column} événem')}&since={2000 + chosen.randrange(20)}"


def measure(addresses: dict[str, str], rounds: int, done: Callable[[int], None]) -> list[Case]:
    """Ask each case *rounds* times, then let all readers read at once."""
    ours, stock, searches = _Reader(addresses["ours"]), _Reader(addresses["stock"]), _searches()
    cases = {
        "list": lambda: ours.read("catalogue"),
        "card": lambda: ours.read("catalogue/base-7"),
        "table": lambda: ours.read("catalogue/base-7/tables/T3_B7"),
        "search": lambda: ours.read(f"catalogue?{next(searches)}"),
        "search, API": lambda: ours.read(f"api/v1/catalogue?{next(searches)}"),
    }
    found = [interleave(name, work, stock.read, rounds, done) for name, work in cases.items()]
    crowd = {name: asyncio.run(_crowd(address, name)) for name, address in addresses.items()}
    return [*found, Case(f"{PEOPLE} readers", crowd["ours"], crowd["stock"])]


async def _crowd(address: str, name: str) -> tuple[float, ...]:
    """Everybody asks every ten seconds, each beginning at a moment of his own."""
    taken: list[float] = []
    searches, chosen = _searches(), random.Random(7)  # noqa: S311 - the same crowd each time
    end = time.monotonic() + READING_S

    async def reader(session: aiohttp.ClientSession) -> None:
        await asyncio.sleep(chosen.random() * PACE_S)
        while time.monotonic() < end:
            path = f"catalogue?{next(searches)}" if name == "ours" else ""
            start = time.perf_counter()
            async with session.get(address + path) as answer:
                await answer.read()
            taken.append(time.perf_counter() - start)
            await asyncio.sleep(PACE_S)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(reader(session) for _ in range(PEOPLE)))
    return tuple(taken)


@click.command()
@click.option("--rounds", default=200, show_default=True, help="Requests of each kind.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
def command(rounds: int, *, json_: bool) -> None:
    """Measure the catalogue's pages and API with 50 data sets of 200 tables and 500 people."""
    with Visible() as report:
        report.step(f"Describing {DATASETS} data sets of {TABLES} tables")
        with _served() as addresses:
            report.step("Reading the catalogue and a bare page in turn")
            cases = measure(addresses, rounds, lambda _done: None)
    versions = {"tornado": tornado.version}
    click.echo(json.dumps(as_json(cases, versions)) if json_ else show(cases))
