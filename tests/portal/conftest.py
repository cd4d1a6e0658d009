"""One populated database for the whole run, copied for each test that needs a portal."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from audit.testing import MemoryLedger, capture
from hub_extensions.portal.testing import World, open_world, populate


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
