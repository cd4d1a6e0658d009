"""``bureau down``: stop the services of this machine; workspaces end with them."""

import click
from docker.errors import DockerException

from hub_extensions.installation import processes
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.workspaces.running import end_all


@click.command()
def command() -> None:
    """Stop the services of this machine, and the workspaces, whose door is gone; what was saved is kept."""
    settings = bureau_settings.load()
    stopped = processes.stop(settings)
    try:
        ended = end_all(settings)
    except (DockerException, OSError):
        click.echo("The container engine does not answer: workspaces were not looked for.", err=True)
        ended = 0
    click.echo(f"Stopped; {ended} workspace(s) ended." if stopped else "Nothing was running.")
