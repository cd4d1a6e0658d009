"""The ``bureau`` command: one file per command in ``commands/``, imported only when it is called.

Exit status of every command: 0 good, 1 the thing asked about is not good, 2 it could not be asked.
"""

import importlib
import keyword
import pkgutil
import sys

import click

from hub_extensions import commands
from project_spaces.errors import BureauError

COULD_NOT_BE_ASKED = 2


class LazyGroup(click.Group):
    """Finds a command by the name of its file, so that ``bureau --help`` imports nothing heavy."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Name every command that has a file; one that Python can't name so has an underscore behind it."""
        return sorted(module.name.rstrip("_") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command that is called."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        return importlib.import_module(f"{commands.__name__}.{module}").command


@click.group(cls=LazyGroup)
@click.version_option(package_name="bureau-virtuel")
def bureau() -> None:
    """Secure workbench for health data: sealed workspaces, verifiable ledger, reviewed exports."""


def main() -> None:
    """Run the command line; an error that a person can act on is one sentence and status 2."""
    try:
        bureau.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(COULD_NOT_BE_ASKED)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        click.echo("bureau: interrupted", err=True)
        sys.exit(COULD_NOT_BE_ASKED)
    except BureauError as error:
        click.echo(f"bureau: {error.text.en}", err=True)
        sys.exit(COULD_NOT_BE_ASKED)
