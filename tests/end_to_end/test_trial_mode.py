"""No container engine: the same doors and the same ledger, open data only, and red on every page."""

import html
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from audit.events import Event, Kind
from audit.verify import verify_log
from hub_extensions.demo import scenery, working
from hub_extensions.demo.cast import ADMINISTRATOR, ANALYST, AUDITOR, Players
from hub_extensions.demo.play import Play
from hub_extensions.demo.scenery import INSTALLATION, PROJECT, habilitate
from hub_extensions.engine.daemon import NoEngine, Why
from hub_extensions.engine.daemon import ensure as ensure_engine
from hub_extensions.installation import throwaway
from hub_extensions.installation.opening import open_store
from hub_extensions.settings import Settings
from hub_extensions.workspaces.trial import NOT_PROTECTED
from project_spaces.datasets import Dataset
from project_spaces.facts import Classification

SENSITIVE = "omop-1001"


def test_a_machine_without_an_engine_is_told_why(tmp_path: Path) -> None:
    with pytest.raises(NoEngine) as refused:
        ensure_engine("none", log=tmp_path / "dockerd.log")
    assert refused.value.why is Why.FORBIDDEN
    assert refused.value.text.fr


@pytest.mark.asyncio(loop_scope="session")
async def test_the_main_job_without_an_engine() -> None:
    with throwaway.installation(spawner="local", engine="none") as settings:
        scenery.register_data(settings)
        make_sensitive(settings)
        players = Players(settings)
        async with AsyncExitStack() as stack:
            activation = scenery.first_administrator(settings)
            assert activation is not None
            await scenery.enrol(players, ADMINISTRATOR.username, activation)
            play = Play(settings, players, Console(quiet=True), stack)
            claire = await play.client(ADMINISTRATOR.username)
            await scenery.build(claire, players, (ANALYST, AUDITOR))
            await habilitate(claire, PROJECT, ANALYST.username, SENSITIVE)
            for act in (working.open_workspace, working.run_a_cell, ask_the_desk, working.cut_a_live_session):
                await play.act(act.__name__, act)
            for page in ("/services/bureau/", "/hub/login"):
                async with claire.session.get(settings.public_url + page) as answer:
                    assert NOT_PROTECTED.fr in html.unescape(await answer.text()), f"no warning on {page}"
        assert verify_log(settings.ledger_dir).good


async def ask_the_desk(play: Play) -> str:
    """Help before submission is there too."""
    ana = await play.client(ANALYST.username)
    async with ana.kernel(PROJECT) as kernel:
        done = await kernel.execute("import bureau\nprint(bureau.policy()['min_persons'])")
    assert done.text == "11\n", done.error
    return done.text


def make_sensitive(settings: Settings) -> None:
    """Classify a data set as what may not be mounted where nothing is sealed."""
    store = open_store(settings)
    event = Event(Kind.DATASET_CHANGED, INSTALLATION, None, datetime.now(UTC), {"dataset": SENSITIVE})
    with store.write(event) as session:
        session.get_one(Dataset, SENSITIVE).classification = Classification.PSEUDONYMISED
