"""``bureau engine``: the container engine and the workspace images, as one machine needs them."""

import json

import click

from hub_extensions.engine import daemon, images
from hub_extensions.engine.progress import Visible
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
