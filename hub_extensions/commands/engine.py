"""``bureau engine``: the container engine and the workspace images, as one machine needs them."""

import json
import tempfile
from pathlib import Path

import click

from hub_extensions.engine import daemon, images
from hub_extensions.engine.progress import Visible
from hub_extensions.exports.attacks.proving import prove
from hub_extensions.exports.attacks.space import AttackSpace
from hub_extensions.settings import load


@click.group()
def command() -> None:
    """Prepare the container engine and the workspace images."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ensure(*, as_json: bool) -> None:
    """Find the container engine, or start the installed one."""
    settings = load()
    with Visible() as report:
        engine = daemon.ensure(settings.engine, log=settings.log_dir / "dockerd.log", report=report)
    if as_json:
        click.echo(json.dumps({"version": engine.version, "started_with": engine.started_with}))
        return
    click.echo(f"Container engine {engine.version} answers.")
    if engine.started_with is not None:
        flags = " ".join(engine.started_with)
        click.echo(f"It was started with {flags}: workspaces have no network, so the host's is left alone.")


@command.command("images")
@click.argument("names", nargs=-1)
@click.option("--refresh", is_flag=True, help="Fetch the system below again first (security updates), then rebuild.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per image in a list.")
def build_images(names: tuple[str, ...], *, refresh: bool, as_json: bool) -> None:
    """Build the workspace images that aren't there: all of them, or those NAMED."""
    settings = load()
    with Visible() as report:
        engine = daemon.ensure(settings.engine, log=settings.log_dir / "dockerd.log", report=report)
        if refresh:
            images.refresh_system(engine, settings, report)
        # Those that stand on others first: all their packages are fetched while the system is unpacked.
        wanted = names or sorted(images.names(), key=lambda name: images.parent_of(name) is None)
        refs = [images.ensure(name, engine=engine, settings=settings, report=report) for name in wanted]
    if as_json:
        click.echo(json.dumps([{"name": ref.name, "tag": ref.tag, "digest": ref.digest} for ref in refs]))
        return
    for ref in refs:
        click.echo(f"{ref.tag}  {ref.digest}")


@command.command("prove-attacks")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def prove_attacks(*, as_json: bool) -> None:
    """Attack an invented model that learnt its rows by heart, in the installed attacks image.

    Takes some minutes. Exit status: 0 the attacks found it, 1 they did not, 2 it could not be tried.
    """
    settings = load()
    image = images.find(settings.attacks_image or "attacks", settings)
    if image is None:
        raise click.UsageError("The attacks image is not built: bureau engine images attacks.")
    engine = daemon.find(settings.engine).client.api
    space = AttackSpace(engine, image.digest, settings.workspace_uid, str(settings.home))
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="prove-", dir=settings.home) as folder, Visible() as report:
        report.step("Attacking an invented model")
        proof = prove(space, Path(folder))
    said = [finding.as_json("en") for finding in proof.findings]
    if as_json:
        click.echo(json.dumps({"image": image.tag, "proved": proof.found, "findings": said}))
    else:
        for each in said:
            click.echo(f"{each['severity']}: {each['message']}")
        click.echo("The attacks found what there was to find." if proof.found else "The attacks did not find it.")
    raise SystemExit(0 if proof.found else 1)
