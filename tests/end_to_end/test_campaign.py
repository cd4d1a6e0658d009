"""Recorder and gateway are killed at random while people work; ``--kills 1000`` is the long campaign."""

import pytest

from hub_extensions.clients.person import WorkbenchClient
from hub_extensions.demo.scenery import PROJECT
from tests.end_to_end.campaign import campaign
from tests.end_to_end.world import World, project_folder

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.timeout(6 * 3600)
async def test_nothing_acknowledged_is_lost_and_nothing_runs_unrecorded(
    world: World, ana: WorkbenchClient, request: pytest.FixtureRequest
) -> None:
    kills, seed = request.config.getoption("--kills"), request.config.getoption("--kill-seed")
    made = await campaign(world, ana, kills, seed)
    print(await made.judge())
    assert made.killed.total() == kills
    for writer in made.cells:
        (project_folder(world.settings, PROJECT) / writer.file).unlink()
