"""The installation of this folder's tests; built once, stopped at the end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.cast import ADMINISTRATOR, ANALYST, Players
from hub_extensions.demo.scenery import PROJECT
from tests.end_to_end import world as worlds
from tests.end_to_end.people import People
from tests.end_to_end.world import World
from tests.fixtures.chromium import chromium


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world() -> AsyncIterator[World]:
    with worlds.installation() as settings:
        async with AsyncExitStack() as stack:
            built = World(settings, Players(settings), stack)
            await worlds.build(built)
            yield built


@pytest_asyncio.fixture(loop_scope="session")
async def ana(world: World) -> WorkbenchClient:
    """Ana, at work in her sealed workspace."""
    return await world.open(ANALYST.username, PROJECT)


@pytest_asyncio.fixture(loop_scope="session")
async def claire(world: World) -> WorkbenchClient:
    """Claire, who administers and has no right on any data."""
    return await world.client(ADMINISTRATOR.username)


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path | None:
    """Where the pictures of the documentation go, if they were asked for."""
    asked = request.config.getoption("--screenshots")
    return Path(asked) if asked else None


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of this room; whoever comes gets a profile of their own in it, which goes with them."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def people(world: World, browser: Browser) -> AsyncIterator[People]:
    """Whoever is asked for, in front of a browser."""
    async with AsyncExitStack() as stack:
        yield People(world, browser, stack)
    assert browser.contexts == []
