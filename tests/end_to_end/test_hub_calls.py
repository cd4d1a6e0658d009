"""What the Hub is asked while people work: nothing per cell, so that it may be slow, busy or gone."""

import re

import pytest

from hub_extensions.client import WorkbenchClient
from hub_extensions.demo.scenery import PROJECT
from tests.end_to_end.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
CELLS = 50
#: A line of JupyterHub's own log of requests: status, method, address.
REQUEST = re.compile(r"\b[1-5]\d\d (GET|POST|PUT|PATCH|DELETE) (/\S*)")


def asked(world: World, since: int) -> list[str]:
    """Return what the Hub was asked since its log was so long, but for the gateway's report that people are active."""
    found = REQUEST.findall(world.log("hub")[since:])
    return [f"{method} {path}" for method, path in found if not path.split("?")[0].endswith("/activity")]


async def test_no_cell_asks_the_hub(world: World, ana: WorkbenchClient) -> None:
    before = len(world.log("hub"))
    async with ana.session.get(f"{world.settings.public_url}/hub/api/user", headers=ana.headers) as answer:
        await answer.read()
    assert asked(world, before), "the Hub's log shows what it is asked"
    async with ana.kernel(PROJECT) as kernel:
        await kernel.execute("pass")
        before = len(world.log("hub"))
        for number in range(CELLS):
            assert (await kernel.execute(f"print({number})")).status == "ok"
        assert not asked(world, before)
