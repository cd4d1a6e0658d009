"""Settings as nobody set them."""

from pathlib import Path

import pytest


@pytest.fixture
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``bureau.toml`` is read: another test's installation may be up, and be set otherwise."""
    monkeypatch.setenv("BUREAU_HOME", str(tmp_path))
