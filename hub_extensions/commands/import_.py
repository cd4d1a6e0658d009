"""``bureau import``: the import desk from a terminal, for whoever sends files and for the steward who judges them.

An act of a person, not of the installation: it goes through the portal with the person's own token, and is judged,
refused and recorded like a click.
"""

import json
from pathlib import Path
from typing import Any

import click

from hub_extensions.imports.client import ImportClient
from hub_extensions.imports.records import Content

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text.")


@click.group()
@click.option("--url", envvar="BUREAU_PUBLIC_URL", required=True, help="Address of the workbench (BUREAU_PUBLIC_URL).")
@click.option(
    "--token-file",
    envvar="BUREAU_TOKEN_FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    help="File whose first line is your Hub token (BUREAU_TOKEN_FILE); never on the command line.",
)
@click.pass_context
def command(ctx: click.Context, url: str, token_file: Path) -> None:
    """Send files in, and judge what others sent: with your own token, as in the portal."""
    lines = token_file.read_text().split()
    if not lines:
        raise click.ClickException(f"{token_file} is empty")
    ctx.obj = ImportClient(url, lines[0])


@command.command(name="list")
@_JSON
@click.pass_obj
def list_(client: ImportClient, *, as_json: bool) -> None:
    """List my imports and those of my projects."""
    _lines(client.call("GET", "/imports")["imports"], as_json=as_json)


@command.command()
@_JSON
@click.pass_obj
def queue(client: ImportClient, *, as_json: bool) -> None:
    """List what waits for me to judge it; exit status 1 when something does."""
    found = client.call("GET", "/import-review")["imports"]
    _lines(found, as_json=as_json)
    if any(each["state"] == "in_review" for each in found):
        raise click.exceptions.Exit(1)


@command.command()
@click.argument("request_id")
@_JSON
@click.pass_obj
def show(client: ImportClient, request_id: str, *, as_json: bool) -> None:
    """Show one import: declaration, files, what was found in them, and who did what."""
    found = client.call("GET", f"/imports/{request_id}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    _lines([found], as_json=False)
    if found["hold"]:
        click.echo(f"waits: {found['hold']['en']}")
    for name, value in (found["declaration"] or {}).items():
        if name != "content_label":
            click.echo(f"  {name}: {value}")
    for file in found["content"]:
        click.echo(f"  {file['verdict'] or '-':<6} {file['name']} ({file['size']} bytes) {file['sha256']}")
        for each in file["findings"]:
            click.echo(f"         {each['severity']} {each['where']}: {each['message']['en']}")


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--title", required=True)
@click.option("--project", help="The project it goes into.")
@click.option("--dataset", help="The data set it is a version of, with --version.")
@click.option("--version", help="Name of the version.")
@click.option("--origin", required=True, help="Who made the files, when, where you have them from.")
@click.option("--legal-basis", required=True)
@click.option("--licence", required=True)
@click.option("--content", type=click.Choice([each.value for each in Content]), default=Content.DATA.value)
@click.option("--health-data", is_flag=True, help="The files hold health data.")
@click.option("--keep-open", is_flag=True, help="Leave it a draft, to be looked at in the portal first.")
@_JSON
@click.pass_obj
def send(client: ImportClient, files: tuple[Path, ...], *, keep_open: bool, as_json: bool, **said: Any) -> None:
    """Open an import, send FILES into quarantine, declare what they are, and submit it."""
    target = {name: said[name] for name in ("title", "project", "dataset", "version") if said[name]}
    request_id = str(client.call("POST", "/imports", target)["id"])
    click.echo(f"{request_id}: opened", err=True)
    for file in files:
        client.send_file(request_id, file)
        click.echo(f"{request_id}: {file.name} is in quarantine", err=True)
    names = ("origin", "legal_basis", "licence", "content", "health_data")
    found = client.call("PUT", f"/imports/{request_id}/declaration", {name: said[name] for name in names})
    if not keep_open:
        found = client.call("POST", f"/imports/{request_id}/submit", {})
    _lines([found], as_json=as_json)


@command.command()
@click.argument("request_id")
@click.pass_obj
def accept(client: ImportClient, request_id: str) -> None:
    """Accept an import: it is put in its place, read-only."""
    _lines([client.call("POST", f"/imports/{request_id}/approve", {})], as_json=False)


@command.command(name="return")
@click.argument("request_id")
@click.option("--message", required=True, help="What has to change.")
@click.pass_obj
def return_(client: ImportClient, request_id: str, message: str) -> None:
    """Send an import back to its author."""
    _lines([client.call("POST", f"/imports/{request_id}/return", {"message": message})], as_json=False)


@command.command()
@click.argument("request_id")
@click.option("--message", required=True, help="Why not.")
@click.pass_obj
def reject(client: ImportClient, request_id: str, message: str) -> None:
    """Refuse an import for good."""
    _lines([client.call("POST", f"/imports/{request_id}/reject", {"message": message})], as_json=False)


def _lines(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for each in found:
        where = each["project"] or f"{each['dataset']} {each['version']}"
        click.echo(f"{each['id']}  {each['state']:<10} {where:<24} {each['author']:<12} {each['title']}")
