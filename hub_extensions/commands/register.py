"""``bureau register``: the public register of projects, as files for another web site."""

from datetime import UTC, datetime
from pathlib import Path

import click

from hub_extensions.installation.opening import open_store
from hub_extensions.register_export import export
from hub_extensions.settings import loading as bureau_settings


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
        zone=settings.zone,
    )
    click.echo(f"{folder}: {count} projects")
