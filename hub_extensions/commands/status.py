"""``bureau status``: whether each service does its work, what is alarming, and whether the server can open messages."""

import json
import sys
from datetime import UTC, datetime

import click
from rich import print as show
from rich.text import Text as Line

from hub_extensions.commands.up import health_line
from hub_extensions.installation import processes
from hub_extensions.oversight.alarms import open_alarms
from hub_extensions.oversight.key_standing import seal_standing
from hub_extensions.settings import loading as bureau_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: process, well or not, process id; alarms.")
def command(*, as_json: bool) -> None:
    """Say whether each service is well and what is alarming; exit status 1 when one is not, or something is."""
    settings = bureau_settings.load()
    health, pids = processes.health(settings), processes.process_ids(settings)
    alarms = open_alarms(settings, datetime.now(UTC))
    if as_json:
        services = {name: {"well": well, "pid": pids.get(name)} for name, well in health.items()}
        seal = seal_standing(settings)
        told = {"alarms": [each.document("opened") for each in alarms], "seal": None if seal is None else seal.en}
        click.echo(json.dumps(services | told, ensure_ascii=False))
    else:
        show(health_line(health))
        for each in alarms:
            show(Line(f" ! {each.text.fr}\n   {each.text.en}", style="bold red"))
        if (seal := seal_standing(settings)) is not None:
            show(Line(f" · {seal.fr}\n   {seal.en}", style="yellow"))
    sys.exit(0 if all(health.values()) and not alarms else 1)
