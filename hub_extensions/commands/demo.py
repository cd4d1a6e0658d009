"""``bureau demo``: everything from nothing, then the main job end to end through the public interfaces."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hub_extensions.demo import auditing, exporting, linking, scenery, working
from hub_extensions.demo.cast import ADMINISTRATOR, CAST, Players
from hub_extensions.demo.play import Play
from hub_extensions.engine.daemon import NoEngine
from hub_extensions.engine.progress import Visible
from hub_extensions.installation import processes
from hub_extensions.installation.preparing import prepare, prepare_workspaces
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.workspaces.running import end_all
from hub_extensions.workspaces.trial import NOT_PROTECTED
from project_spaces.errors import BureauError

ACTS = (
    ("Sign-in with two factors", working.sign_in),
    ("Sealed workspace on habilitated data", working.open_workspace),
    ("A cell, recorded before it ran", working.run_a_cell),
    ("Ways out that are closed", working.reach_out),
    ("A stranger at the door", working.visit_a_stranger),
    ("Linkage in the partitioned space", linking.link),
    ("A template through the gateway", working.run_the_template),
    ("Export with a small count: blocked", exporting.blocked),
    ("Export corrected and submitted", exporting.corrected),
    ("Two blind reviews, release", exporting.reviewed),
    ("Download by the recipient", exporting.downloaded),
    ("Ledger verified from its tiles", auditing.verify),
    ("Revocation cuts a live session", working.cut_a_live_session),
)


def ready(console: Console) -> Settings:
    """Install what workspaces run; where no engine can run, say why and go on without one."""
    settings = bureau_settings.load()
    prepare(settings)
    with Visible() as report:
        try:
            prepare_workspaces(settings, report)
        except NoEngine as error:
            console.print(f"[bold red]{error.text.en}[/bold red]\n[red]{NOT_PROTECTED.en}[/red]")
            settings = bureau_settings.load({"spawner": "local"})
            report.step("Installing the trial mode's packages")
            prepare_workspaces(settings, report)
    return settings


async def perform(settings: Settings, console: Console, steps_to: Path | None) -> Play:
    """Build the scenery, play every act, and write the steps down whatever happens."""
    players = Players(settings)
    with console.status("Preparing the open and synthetic data"):
        await asyncio.to_thread(scenery.register_data, settings)
    async with AsyncExitStack() as stack:
        play = Play(settings, players, console, stack)
        try:
            activation = scenery.first_administrator(settings)
            if activation is not None:
                await scenery.enrol(players, ADMINISTRATOR.username, activation)
            await scenery.build(await play.client(ADMINISTRATOR.username), players)
            for name, act in ACTS:
                await play.act(name, act)
        finally:
            if steps_to is not None:
                write_steps(play, steps_to)
        return play


def write_steps(play: Play, target: Path) -> None:
    """Write what was played as one JSON object."""
    target.write_text(json.dumps(play.as_json(), indent=1, ensure_ascii=False), encoding="utf-8")


def show_accounts(console: Console, players: Players, settings: Settings) -> None:
    """Tell a person how to go on in a browser."""
    table = Table(title=f"Go on at {settings.public_url}", title_justify="left")
    for column in ("who", "name", "password", "second factor (add to an authenticator, or see below)"):
        table.add_column(column)
    for role in CAST:
        player = players.get(role.username)
        table.add_row(role.username, f"{role.display_name}, {role.does}", player.password, player.secret)
    console.print(table)
    console.print(f"A code now: ./bureau code USERNAME   Stop: ./bureau down   (kept in {players.file})")


@click.command()
@click.option("--serve/--no-serve", default=True, help="Leave the workbench running at the end.")
@click.option("--json", "steps_to", type=click.Path(dir_okay=False, path_type=Path), help="Write the steps to FILE.")
def command(*, serve: bool, steps_to: Path | None) -> None:
    """Everything from nothing: engine, images, services, then the main job step by step; status 1 if a step fails."""
    console = Console()
    settings = ready(console)
    processes.start(settings)
    try:
        with console.status("Starting the services"):
            for _ in processes.wait_until_well(settings):
                pass
        asyncio.run(perform(settings, console, steps_to))
    except BureauError as error:
        console.print(f"[red]{error.text.en}[/red]")
        serve = False
        sys.exit(1)
    finally:
        if not serve:
            processes.stop(settings)
            end_all(settings)
    if serve:
        show_accounts(console, Players(settings), settings)
