"""``bureau dataset``: a site's own data sets, from the producer's files to a version that can be mounted.

An act of the installation, recorded as such: whoever may run this holds the files.
"""

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path

import click

from hub_extensions.datasets.catalogue_sheets import describe
from hub_extensions.datasets.sheets import Sheet, prepare, read_sheet
from hub_extensions.engine.progress import Visible
from hub_extensions.installation.opening import open_layout, open_store
from hub_extensions.settings import loading as bureau_settings
from project_spaces.catalogue.publications import publications, set_public
from project_spaces.datasets import list_datasets, register_manifest, require_new_version, versions, withdraw_dataset

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text.")


@click.group()
def command() -> None:
    """Register, describe, publish, list and withdraw data sets (needs the services: every act is recorded)."""


def _actor() -> str:
    return f"system:dataset.{getpass.getuser()}"


@command.command()
@click.argument("sheet", type=click.Path(path_type=Path))
@_JSON
def register(sheet: Path, *, as_json: bool) -> None:
    """Convert the files that SHEET (YAML) describes and register them as a version of a data set."""
    settings = bureau_settings.load()
    described = read_sheet(sheet)
    store = open_store(settings)
    require_new_version(store, described.slug, described.version)
    with Visible() as report:
        report.step(f"Writing {described.slug} {described.version}")
        target = open_layout(settings).dataset_dir(described.slug, described.version)
        manifest = prepare(described, sheet.resolve().parent, target)
        register_manifest(store, manifest, actor=_actor(), now=datetime.now(UTC))
        _describe(sheet, described)
    facts = {"dataset": manifest.dataset, "version": manifest.version, "rows": manifest.rows, "sha256": manifest.sha256}
    line = f"{manifest.dataset} {manifest.version}: {manifest.rows} rows, manifest {manifest.sha256}"
    click.echo(json.dumps(facts) if as_json else line)


@command.command(name="describe")
@click.argument("sheet", type=click.Path(path_type=Path))
def describe_(sheet: Path) -> None:
    """Write the catalogue's card of a registered version anew, from SHEET; the version itself stays as it is."""
    described = read_sheet(sheet)
    if not _describe(sheet, described):
        raise click.ClickException(f"{sheet} has no section 'catalogue'")
    click.echo(f"{described.slug} {described.version}: described")


@command.command()
@click.argument("slug")
def publish(slug: str) -> None:
    """Show the card of the data set SLUG in the public catalogue."""
    set_public(open_store(bureau_settings.load()), slug, public=True, actor=_actor(), now=datetime.now(UTC))
    click.echo(f"{slug}: public")


@command.command()
@click.argument("slug")
def unpublish(slug: str) -> None:
    """Take the card of the data set SLUG out of the public catalogue; nobody outside sees it any more."""
    set_public(open_store(bureau_settings.load()), slug, public=False, actor=_actor(), now=datetime.now(UTC))
    click.echo(f"{slug}: not public")


def _describe(file: Path, sheet: Sheet) -> bool:
    settings = bureau_settings.load()
    root, now = file.resolve().parent, datetime.now(UTC)
    return describe(open_store(settings), open_layout(settings), sheet, root, actor=_actor(), now=now)


@command.command(name="list")
@_JSON
def list_(*, as_json: bool) -> None:
    """List the registered data sets and their versions."""
    with open_store(bureau_settings.load()).read() as session:
        public = publications(session)
        found = [
            {
                "dataset": each.slug,
                "title": each.title_fr,
                "classification": each.classification.value,
                "withdrawn": each.withdrawn_at is not None,
                "public": public.get(each.slug, False),
                "versions": [version.version for version in versions(session, each.slug)],
            }
            for each in list_datasets(session)
        ]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for each in found:
        state = "withdrawn" if each["withdrawn"] else each["classification"]
        shown = "public" if each["public"] else "-"
        click.echo(f"{each['dataset']:<30} {state:<16} {shown:<7} {', '.join(each['versions'])}")


@command.command()
@click.argument("slug")
@click.option("--reason", required=True, help="Kept in the ledger's private part.")
def withdraw(slug: str, reason: str) -> None:
    """Stop every use of the data set SLUG at once: nothing mounts it, workspaces that have it are cut."""
    withdraw_dataset(open_store(bureau_settings.load()), slug, actor=_actor(), now=datetime.now(UTC), reason=reason)
    click.echo(f"{slug}: withdrawn")
