"""The page on security names each known trap once, with tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = dict(re.findall(r"^\| ([ABC]\d+) \| .* \| (.*) \|$", PAGE, re.MULTILINE))


def rows(section: str) -> dict[str, str]:
    """The rows of a section's table: what, and where it is tried."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = dict(re.findall(r"^\| ([^|]+) \| .*?(`tests/[^|]*) \|$", text, re.MULTILINE))
    assert len(found) == text.count("\n| ") - 1, "every row but the head"
    return found


FAULTS, INSIDER = rows("Bad input and faults"), rows("Somebody with root on the server")


def test_no_trap_is_left_out() -> None:
    wanted = [f"{family}{number + 1}" for family, count in (("A", 19), ("B", 20), ("C", 12)) for number in range(count)]
    assert list(ROWS) == wanted


@pytest.mark.parametrize("trap", [*ROWS, *FAULTS, *INSIDER])
def test_what_tries_it_is_there(trap: str) -> None:
    named = re.findall(r"`([^`]+)`", (ROWS | FAULTS | INSIDER)[trap])
    assert named
    for each in named:
        file, _, test = each.partition("::")
        assert re.search(rf"^ *(?:async )?def {test or 'test_'}", (ROOT / file).read_text(), re.MULTILINE), each
