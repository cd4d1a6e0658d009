"""``bureau down``: stop the services of this machine; workspaces end with them."""

import click

from hub_extensions import processes
from hub_extensions import settings as bureau_settings


@click.command()
def command() -> None:
    """Stop the services of this machine."""
    stopped = processes.stop(bureau_settings.load())
    click.echo("Stopped." if stopped else "Nothing was running.")
