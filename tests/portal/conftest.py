"""One populated database for the whole run, copied for each test that needs a portal; and a real browser."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from audit.testing import MemoryLedger, capture
from hub_extensions.portal.api.operations import OPERATIONS
from hub_extensions.portal.app import PAGES
from hub_extensions.portal.base import PortalHandler
from hub_extensions.portal.testing import World, open_world, populate

#: Acts that leave no entry themselves, each with who records it, or why there is nothing to record.
ELSEWHERE = {
    "home.start": "the spawner, before the container starts (tests/hub_extensions/test_spawner.py)",
    "home.stop": "the spawner, when it has stopped",
    "notifications.read": "nothing changed when there was none to read",
    "my_sessions.end_others": "nothing changed when there was no other to end",
    "my_sessions.here": "being there is no act: one row is touched",
    "stops.foresee": "changes nothing: it counts whom a stop would hit",
}
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

#: Opens the portal as somebody: user name, options of the browser's context.
Opener = Callable[..., Awaitable[Page]]


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


@pytest.fixture
async def world(populated: Path, tmp_path: Path, ledger: MemoryLedger) -> AsyncIterator[World]:
    """A portal that answers."""
    shutil.copyfile(populated, tmp_path / "bureau.sqlite")
    async with open_world(tmp_path, ledger) as made:
        yield made


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A program with a cookie jar."""
    jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield session


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
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
