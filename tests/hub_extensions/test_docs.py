"""The documents say what the product does: settings, commands, and pages that exist."""

import re
from pathlib import Path

import click

from hub_extensions.cli import bureau
from hub_extensions.settings.page import page

ROOT = Path(__file__).parents[2]


def test_every_setting_is_in_its_page() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == page(), (
        "python -m hub_extensions.settings.page > docs/settings.md"
    )


def test_every_command_has_help_and_a_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    context = click.Context(bureau)
    for name in bureau.list_commands(context):
        command = bureau.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(), name
        assert f"`{name}" in readme or f"`bureau {name}" in readme, f"{name} is not in the README"


def test_every_link_between_the_documents_leads_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
