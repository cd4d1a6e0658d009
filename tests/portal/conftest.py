"""One populated database for the whole run, copied for each test that needs a portal; and a real browser."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from audit.testing import MemoryLedger, capture
from hub_extensions.portal.api.operations import OPERATIONS
from hub_extensions.portal.app import PAGES
from hub_extensions.portal.base import PortalHandler
from hub_extensions.portal.testing import World, open_world, populate
from tests.fixtures.chromium import chromium as started_chromium

#: Acts that leave no entry themselves, each with who records it, or why there is nothing to record.
ELSEWHERE = {
    "home.start": "the spawner, before the container starts (tests/hub_extensions/test_spawner.py)",
    "home.stop": "the spawner, when it has stopped",
    "notifications.read": "nothing changed when there was none to read",
    "my_sessions.end_others": "nothing changed when there was no other to end",
    "my_sessions.here": "being there is no act: one row is touched",
    "stops.foresee": "changes nothing: it counts whom a stop would hit",
}

#: Opens the portal as somebody: user name, options of the browser's context.
Opener = Callable[..., Awaitable[Page]]
#: A browser belongs to the loop that started it: what this room awaits runs in the one loop of the session.
in_the_room = pytest_asyncio.fixture(loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run each asynchronous test of this room in the loop of its fixtures."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with people, projects, data sets and rights."""
    file = tmp_path_factory.mktemp("portal") / "bureau.sqlite"
    with capture() as ledger:
        populate(f"sqlite:///{file}", ledger)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
def ledger() -> MemoryLedger:
    """A ledger in memory."""
    return MemoryLedger()


@pytest.fixture(autouse=True)
def nothing_is_done_unrecorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In every test here: an act that succeeds has left an entry. ``ELSEWHERE`` says who records the few others."""
    silent: list[str] = []
    run = PortalHandler.run
    acts = {operation.verb for operation in OPERATIONS if operation.method != "GET"}
    acts |= {form.verb for _, page in PAGES for form in getattr(page, "acts", {}).values()}

    async def watched(handler: PortalHandler, verb: Callable[..., Any], body: Any) -> Any:
        ledger = handler.portal.store.ledger
        before = len(ledger.events) if isinstance(ledger, MemoryLedger) else -1
        done = await run(handler, verb, body)
        if verb in acts and before == len(getattr(ledger, "events", ())):
            silent.append(f"{verb.__module__.rpartition('.')[2]}.{verb.__name__}")
        return done

    monkeypatch.setattr(PortalHandler, "run", watched)
    yield
    assert set(silent) <= set(ELSEWHERE)


@in_the_room
async def world(populated: Path, tmp_path: Path, ledger: MemoryLedger) -> AsyncIterator[World]:
    """A portal that answers."""
    shutil.copyfile(populated, tmp_path / "bureau.sqlite")
    async with open_world(tmp_path, ledger) as made:
        yield made


@in_the_room
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A program with a cookie jar."""
    jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield session


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def one_browser() -> AsyncIterator[Browser]:
    """The browser of this room: starting one takes longer than most tests take in it."""
    async with started_chromium() as browser:
        yield browser


@in_the_room
async def chromium(one_browser: Browser) -> AsyncIterator[Browser]:
    """A browser in which nobody is: the profiles that a test opens go with it."""
    assert one_browser.contexts == []
    yield one_browser
    for context in one_browser.contexts:
        await context.close()


@in_the_room
async def open_as(world: World, chromium: Browser) -> Opener:
    """Open the portal as somebody, each with a browser profile of their own."""

    async def opened(who: str, **options: Any) -> Page:
        context: BrowserContext = await chromium.new_context(locale="fr-FR", **options)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        await page.goto(f"{world.hub.url}/become/{who}")
        await page.goto(world.address)
        return page

    return opened
