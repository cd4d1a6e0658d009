"""Where the programs of others lie that ``./bureau test`` fetched; a missing one fails the test that needs it."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("BUREAU_HOME", ROOT / ".bureau")) / "cache" / "verifiers"


def fetched(name: str) -> str:
    """Return the path of a program below the folder of fetched ones."""
    path = FOLDER / name
    if not os.access(path, os.X_OK):
        pytest.fail(
            f"{path} is missing: run ./bureau test, or tests/audit/verifiers/install.sh {FOLDER}", pytrace=False
        )
    return str(path)


def installed(name: str, package: str) -> str:
    """Return the path of a program of the system."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not installed: apt-get install {package}", pytrace=False)
    return path
