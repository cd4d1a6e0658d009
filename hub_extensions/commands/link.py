"""`bureau link`: a linkage in the partitioned space of this machine, and the report of its quality.

An act of the installation: whoever may run this holds its files.
"""

import getpass
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hub_extensions.engine import daemon, images
from hub_extensions.engine.daemon import Engine
from hub_extensions.engine.progress import Reporter, Visible
from hub_extensions.installation.opening import open_store
from hub_extensions.linkage.circuit import PartitionedSpace
from hub_extensions.linkage.delivery import Linkages, Outcome, deliver
from hub_extensions.settings import Settings
from hub_extensions.settings import loading as bureau_settings
from hub_extensions.workspaces import image_digests
from project_spaces.errors import Invalid
from project_spaces.layout import Layout
from project_spaces.linkage.specification import parse_spec
from project_spaces.store import Store
from project_spaces.text import Language, Text

SPEC_MAX_BYTES = 1 << 20


def linkages_of(settings: Settings, store: Store, report: Reporter) -> Linkages:
    """Say where linkages run in this installation, building the image when it is not there.

    Raises
    ------
    Unavailable
        no container engine, or no image: there is no partitioned space without them.
    """
    engine = daemon.ensure(settings.engine, log=settings.log_dir / "dockerd.log", report=report)
    space = PartitionedSpace(
        engine=engine.client.api,
        image=_image(settings, engine, report),
        scratch=settings.storage_dir / "linkage",
        uid=settings.workspace_uid,
        home=str(settings.home),
    )
    return Linkages(store, space, Layout(settings.storage_dir).dataset_dir, settings.secrets_dir / "pseudonyms")


def _image(settings: Settings, engine: Engine, report: Reporter) -> str:
    """Return the digest that was installed; build only where nothing was."""
    name = settings.linkage_image
    installed = image_digests.digest(settings, name)
    if installed:
        return installed
    found = images.find(name, settings) or images.ensure(name, engine=engine, settings=settings, report=report)
    return found.digest


def _read(spec: Path) -> str:
    try:
        with spec.open("rb") as file:
            return file.read(SPEC_MAX_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise Invalid(Text(f"{spec} ne peut pas être lu : {why}.", f"{spec} can't be read: {why}.")) from None


@click.command()
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.option("--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def command(spec: Path, as_json: bool, language: Language) -> None:  # noqa: FBT001 - click passes options by name
    """Join two data sets as SPEC (YAML) says, out of sight; 1 when too few persons were found to deliver."""
    text = _read(spec)
    parse_spec(text)  # a bad file is said before an engine is started for it
    settings = bureau_settings.load()
    with Visible() as report:
        linkages = linkages_of(settings, open_store(settings), report)
        report.step("Linking in the partitioned space" if language == "en" else "Appariement dans l'espace cloisonné")
        outcome = deliver(linkages, text, actor=f"system:link.{getpass.getuser()}", clock=lambda: datetime.now(UTC))
    click.echo(json.dumps(outcome.as_json(), indent=1) if as_json else show(outcome, language))
    sys.exit(0 if outcome.delivered else 1)


def show(outcome: Outcome, language: Language) -> str:
    """Return the quality report as a table for a terminal."""
    quality = outcome.quality
    sides = (quality.left, quality.right)
    rows: list[tuple[Text, list[str]]] = [
        (Text("enregistrements", "records"), [f"{side.records}" for side in sides]),
        (Text("personnes", "persons"), [f"{side.persons}" for side in sides]),
        (Text("personnes appariées", "persons linked"), [f"{side.linked_persons}" for side in sides]),
        (Text("part non appariée", "unlinked share"), [f"{side.unlinked_share:.2%}" for side in sides]),
    ]
    table = Table("", Text("gauche", "left").in_(language), Text("droite", "right").in_(language))
    for name, cells in rows:
        table.add_row(name.in_(language), *cells)
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table)
    return "\n".join([captured.get().rstrip(), *(line.in_(language) for line in _sentences(outcome))])


def _sentences(outcome: Outcome) -> Iterator[Text]:
    quality = outcome.quality
    yield Text(
        f"{quality.persons} personnes, {quality.pairs} paires.", f"{quality.persons} persons, {quality.pairs} pairs."
    )
    if len(quality.levels) > 1:
        levels = ", ".join(f"{level.criteria} → {level.found}" for level in quality.levels)
        yield Text(f"Trouvés par nombre de critères : {levels}.", f"Found by number of criteria: {levels}.")
    if quality.truth:
        precision, recall = quality.truth.precision, quality.truth.recall
        yield Text(
            f"Précision {precision:.4f}, rappel {recall:.4f}.", f"Precision {precision:.4f}, recall {recall:.4f}."
        )
    name = f"{outcome.dataset} {outcome.version}"
    if outcome.delivered:
        yield Text(
            f"{name} est enregistré et peut être monté en lecture seule dans {outcome.project}.",
            f"{name} is registered and can be mounted read-only in {outcome.project}.",
        )
    else:
        share = f"{quality.found_share:.2%}"
        yield Text(
            f"Rien n'est livré : {share} des personnes trouvées.", f"Nothing delivered: {share} of the persons found."
        )
