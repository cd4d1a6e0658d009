"""``bureau bench``: ours and the stock counterpart in one run; each bench is a file of ``hub_extensions/bench``."""

import importlib
from importlib.util import find_spec

import click

from hub_extensions import bench

NAMES = ("catalogue", "execute", "ledger", "link", "revoke", "search", "start", "users")


class Benches(click.Group):
    """Imports only the bench that is called: each needs other parts."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Name every bench that has a file."""
        return [name for name in NAMES if find_spec(f"{bench.__name__}.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one bench."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{bench.__name__}.{cmd_name}").command
        return command


@click.group(cls=Benches)
def command() -> None:
    """Measure ours against the stock counterpart: medians, p99, ratio."""
