"""The page on security names each known trap once, with tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = dict(re.findall(r"^\| ([ABC]\d+) \| .* \| (.*) \|$", (ROOT / "docs" / "security.md").read_text(), re.MULTILINE))


def test_no_trap_is_left_out() -> None:
    wanted = [f"{family}{number + 1}" for family, count in (("A", 19), ("B", 20), ("C", 12)) for number in range(count)]
    assert list(ROWS) == wanted


@pytest.mark.parametrize("trap", ROWS)
def test_what_tries_it_is_there(trap: str) -> None:
    named = re.findall(r"`([^`]+)`", ROWS[trap])
    assert named
    for each in named:
        file, _, test = each.partition("::")
        assert re.search(rf"^ *(?:async )?def {test or 'test_'}", (ROOT / file).read_text(), re.MULTILINE), each
