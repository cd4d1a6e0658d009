"""``bureau certificate``: prove a certificate of deletion, offline."""

import json
from pathlib import Path

import click

from hub_extensions.endings.certificate import verify
from project_spaces.errors import Invalid


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The installation's public key (PEM)."
)
@click.option("--json", "as_json", is_flag=True, help="Print what the certificate says.")
def command(file: Path, key: Path | None, *, as_json: bool) -> None:
    """Check a certificate of deletion: its signature, and that nothing in it was altered."""
    try:
        document = verify(file, None if key is None else key.read_bytes())
    except Invalid as error:
        click.echo(error.text.en)
        raise click.exceptions.Exit(1) from None
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    deleted, whose = document["deleted"], "the key given" if key else "the key that came with it"
    click.echo(f"signature good, by {whose}; {document['project']['identifier']}: {deleted['files']} files,")
    click.echo(f"{deleted['bytes']} bytes deleted on {deleted['at']}")
    if key is None:
        click.echo("compare that key with the one that the installation publishes, or give it with --key")
