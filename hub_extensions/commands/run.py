"""``bureau run NAME``: one process in the foreground, for supervisors other than ours (docker-compose, systemd)."""

import os

import click

from hub_extensions.installation import processes
from hub_extensions.installation.preparing import prepare
from hub_extensions.settings import loading as bureau_settings

PREPARE = "prepare"


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Become the process NAME; `prepare` makes folders, secrets and tables, and ends.

    NAME is one of ledger, proxy, gateway (gateway-2 and so on, as many as set), hub, portal, worker and anchors.
    """
    settings = bureau_settings.load()
    settings.prepare_folders()
    if name == PREPARE:
        prepare(settings)
        return
    known = {process.name: process for process in processes.processes(settings)}
    if name not in known:
        msg = f"{name!r} is none of: {', '.join((PREPARE, *known))}."
        raise click.BadParameter(msg, param_hint="NAME")
    process = known[name]
    os.chdir(settings.home)
    os.execvpe(process.command[0], process.command, {**os.environ, **process.environment})  # noqa: S606
