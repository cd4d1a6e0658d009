"""Shared by the tests of the checks: tables from text, files in a folder, one measured corpus for all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub_extensions.exports.checks import FileVerdict, Policy, run_checks
from hub_extensions.exports.checks.corpus.confusion import Confusion, measure
from hub_extensions.exports.checks.corpus.write import write_corpus
from hub_extensions.exports.checks.runner import Workers
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.settling import table_of

Checker = Callable[..., FileVerdict]


def grid(text: str, separator: str = ",") -> Grid:
    """Return the first table of a text."""
    return grids_from_matrix("", [line.split(separator) for line in text.strip("\n").split("\n")])[0]


def table(text: str, separator: str = ",") -> Table:
    """Return the first table of a text with its roles."""
    return table_of(grid(text, separator))


@pytest.fixture
def judge(tmp_path: Path, kept_workers: Workers) -> Checker:
    """Write one file and return its verdict."""

    def checked(name: str, content: bytes | str, policy: Policy | None = None, **options: object) -> FileVerdict:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return run_checks([path], policy or Policy(), workers=kept_workers, **options)[0]  # type: ignore[arg-type]

    return checked


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole corpus, written once."""
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder)
    return folder


@pytest.fixture(scope="session")
def corpus(corpus_folder: Path) -> Confusion:
    """The whole corpus, judged once."""
    return measure(corpus_folder)
