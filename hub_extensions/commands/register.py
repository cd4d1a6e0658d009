"""``bureau register``: the public register of projects, as files for another web site."""

from datetime import UTC, datetime
from pathlib import Path

import click

from hub_extensions import settings as bureau_settings
from hub_extensions.opening import open_store
from hub_extensions.register_export import export


@click.group()
def command() -> None:
    """The public register of projects."""


@command.command(name="export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export_(folder: Path) -> None:
    """Write the register into FOLDER: HTML in French and English that opens from a disk, JSON and CSV."""
    settings = bureau_settings.load()
    count = export(
        open_store(settings),
        folder,
        operator=settings.operator,
        rights_contact=settings.rights_contact,
        now=datetime.now(UTC),
    )
    click.echo(f"{folder}: {count} projects")
