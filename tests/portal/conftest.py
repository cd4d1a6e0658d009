"""One populated database for the whole run, copied for each test that needs a portal; and a real browser."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from audit.testing import MemoryLedger, capture
from hub_extensions.portal.testing import World, open_world, populate

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
