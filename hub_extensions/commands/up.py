"""``bureau up``: the services of one machine."""

import click
from rich.live import Live
from rich.text import Text as Line

from hub_extensions.installation import processes
from hub_extensions.installation.preparing import prepare
from hub_extensions.settings import loading as bureau_settings

WORDS = {True: ("✓", "green"), False: ("…", "yellow")}


def health_line(health: dict[str, bool]) -> Line:
    """Return one line that shows which process is well."""
    line = Line()
    for name, well in health.items():
        mark, colour = WORDS[well]
        line.append(f" {mark} {name} ", style=colour)
    return line


@click.command()
def command() -> None:
    """Start the services of this machine and wait until all are well."""
    settings = bureau_settings.load()
    prepare(settings)
    processes.start(settings)
    with Live(refresh_per_second=8) as live:
        for health in processes.wait_until_well(settings):
            live.update(health_line(health))
    click.echo(f"Bureau virtuel: {settings.public_url}")
