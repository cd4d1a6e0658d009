"""``bureau code``: a one-time code of a demonstration account, for those who have no authenticator at hand."""

import click

from hub_extensions.demo.cast import CAST, Players
from hub_extensions.settings import loading as bureau_settings


@click.command()
@click.argument("username", type=click.Choice([role.username for role in CAST]))
def command(username: str) -> None:
    """Print a fresh code of USERNAME (accounts of the demonstration only)."""
    click.echo(Players(bureau_settings.load()).code(username))
