"""The page for auditors names what is really there."""

from pathlib import Path

import pytest

from audit.events import Kind

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_entry_is_listed(kind):
    assert f"`{kind}`" in PAGE
