"""``bureau status``: whether each service does its work."""

import json
import sys

import click
from rich import print as show

from hub_extensions import processes
from hub_extensions import settings as bureau_settings
from hub_extensions.commands.up import health_line


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: process, well or not, process id.")
def command(*, as_json: bool) -> None:
    """Say whether each service is well; exit status 1 when one is not."""
    settings = bureau_settings.load()
    health, pids = processes.health(settings), processes.process_ids(settings)
    if as_json:
        click.echo(json.dumps({name: {"well": well, "pid": pids.get(name)} for name, well in health.items()}))
    else:
        show(health_line(health))
    sys.exit(0 if all(health.values()) else 1)
