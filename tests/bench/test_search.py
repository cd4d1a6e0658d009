"""The bench of searches runs, and compares two sides that find the same; its figures are no test."""

from pathlib import Path

import pytest

from hub_extensions.bench import search
from hub_extensions.bench.comparison import as_json


def unheard(_done: int, _total: int) -> None:
    """Nobody watches the progress."""


def test_both_sides_are_asked_the_same_and_find_the_same(tmp_path: Path) -> None:
    places, plain = search.fill(tmp_path, 3000, unheard)
    document = as_json(search.measure(places, plain, 3000, unheard), {})
    assert len(document) == len(search.questions(3000)) == 5
    assert all(each["ours"]["n"] == each["stock"]["n"] >= 60 for each in document)


def test_sides_that_differ_end_the_bench(tmp_path: Path) -> None:
    places, plain = search.fill(tmp_path, 1000, unheard)
    plain._database.execute("DELETE FROM entry WHERE idx >= 900")
    with pytest.raises(AssertionError):
        search.measure(places, plain, 1000, unheard)
