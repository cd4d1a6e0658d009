"""A bar is shown to a person who waits, to nobody else, and says which file is being checked."""

import io
import time
from pathlib import Path

from rich.console import Console

from hub_extensions.exports.checks import run_checks
from hub_extensions.exports.checks.progress import LateBar


def _shown(*, terminal: bool, patience: float, wait: bool) -> str:
    out = io.StringIO()
    with LateBar(Console(file=out, force_terminal=terminal, width=120), patience) as bar:
        bar("tableau\x1b[31m.csv", 1, 3)
        deadline = time.monotonic() + 20
        while wait and "1/3" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
    return out.getvalue()


def test_a_terminal_sees_a_bar_when_it_takes_long() -> None:
    shown = _shown(terminal=True, patience=0.0, wait=True)
    assert "1/3" in shown
    assert "tableau[31m.csv" in shown


def test_what_ends_sooner_shows_nothing() -> None:
    assert "tableau" not in _shown(terminal=True, patience=60.0, wait=False)


def test_what_is_no_terminal_sees_nothing() -> None:
    assert "tableau" not in _shown(terminal=False, patience=0.0, wait=False)


def test_each_file_is_told(tmp_path: Path) -> None:
    names = ["a.csv", "b.csv"]
    for name in names:
        (tmp_path / name).write_text("dep,n\n75,120\n92,131\n")
    told: list[tuple[str, int, int]] = []
    run_checks([tmp_path / name for name in names], progress=lambda *step: told.append(step))
    assert told == [("a.csv", 0, 2), ("b.csv", 1, 2), ("", 2, 2)]
