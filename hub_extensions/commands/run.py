"""``bureau run NAME``: one process in the foreground, for supervisors other than ours (docker-compose, systemd)."""

import os

import click

from hub_extensions import processes
from hub_extensions import settings as bureau_settings
from hub_extensions.installation import prepare

NAMES = ("prepare", "ledger", "proxy", "gateway", "hub", "portal", "worker", "anchors")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
def command(name: str) -> None:
    """Become the process NAME; `prepare` makes folders, secrets and tables, and ends."""
    settings = bureau_settings.load()
    settings.prepare_folders()
    if name == "prepare":
        prepare(settings)
        return
    process = next(each for each in processes.processes(settings) if each.name == name)
    os.chdir(settings.home)
    os.execvpe(process.command[0], process.command, {**os.environ, **process.environment})  # noqa: S606
