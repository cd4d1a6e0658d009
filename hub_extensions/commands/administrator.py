"""``bureau administrator``: the first administrator of an installation; everything after that is done in the portal."""

from datetime import UTC, datetime

import click

from hub_extensions.installation.opening import open_box, open_store
from hub_extensions.settings import loading as bureau_settings
from project_spaces.accounts import Accounts
from project_spaces.facts import PlatformRole
from project_spaces.people import create_person, grant_role

INSTALLATION = "system:installation"


@click.command()
@click.argument("username")
@click.argument("display_name")
@click.argument("email")
def command(username: str, display_name: str, email: str) -> None:
    """Make USERNAME an administrator and print the activation code (needs the services: the act is recorded)."""
    settings = bureau_settings.load()
    store, now = open_store(settings), datetime.now(UTC)
    create_person(store, username=username, display_name=display_name, email=email, actor=INSTALLATION, now=now)
    grant_role(store, username, PlatformRole.ADMINISTRATOR, actor=INSTALLATION, now=now)
    code = Accounts(store, open_box(settings)).create(username, actor=INSTALLATION, now=now)
    click.echo(f"{settings.public_url}/hub/enrol   {code}")
