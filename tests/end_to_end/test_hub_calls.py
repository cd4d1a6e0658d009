"""What the Hub is asked while people work: nothing per cell, so that it may be slow, busy or gone."""

import asyncio
import re

import pytest

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.scenery import PROJECT
from tests.end_to_end.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
CELLS = 50
#: A line of JupyterHub's own log of requests: status, method, address.
REQUEST = re.compile(r"\b[1-5]\d\d (GET|POST|PUT|PATCH|DELETE) (/\S*)")


async def mark(world: World, ana: WorkbenchClient, name: str) -> str:
    """Ask the Hub something recognisable and return its log up to there: all that was asked before is in it."""
    async with ana.session.get(f"{world.settings.public_url}/hub/api/user?{name}", headers=ana.headers) as answer:
        await answer.read()
    async with asyncio.timeout(30):
        while f"/hub/api/user?{name}" not in world.log("hub"):
            await asyncio.sleep(0.1)
    return world.log("hub").partition(f"/hub/api/user?{name}")[0]


def asked(log: str) -> list[str]:
    """Return what the Hub was asked, but for the gateway's report that people are active."""
    found = REQUEST.findall(log)
    return [f"{method} {path}" for method, path in found if not path.split("?")[0].endswith("/activity")]


async def test_no_cell_asks_the_hub(world: World, ana: WorkbenchClient) -> None:
    async with ana.kernel(PROJECT) as kernel:
        await kernel.execute("pass")
        before = await mark(world, ana, "before")
        for number in range(CELLS):
            assert (await kernel.execute(f"print({number})")).status == "ok"
        after = await mark(world, ana, "after")
    assert after.startswith(before)
    assert not asked(after[len(before) :])
