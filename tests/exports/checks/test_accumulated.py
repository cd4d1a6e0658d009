"""A week's tables, added up: what is too much together is for a person to judge."""

from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix
from hub_extensions.exports.checks.together.accumulated import WEEK, check_accumulated
from hub_extensions.exports.checks.together.past import PastFile

NOW = 1_800_000_000.0


def tables(first: int, rows: int = 3) -> list[Grid]:
    """One table of *rows* counts that no other *first* gives."""
    return grids_from_matrix("", [["dep", "n"], *([f"{first}{row}A", str(100 + first)] for row in range(rows))])


def past(count: int, age: float = 0.0) -> list[PastFile]:
    return [PastFile(f"t{number}.csv", tables(number), None, asked=NOW - age) for number in range(count)]


def flagged(before: list[PastFile], leaving: dict[int, list[Grid]], **limits: int) -> list[int]:
    return [index for index, _ in check_accumulated(before, leaving, Policy(**limits), NOW)]


def test_the_file_with_which_it_is_too_much_is_flagged_and_not_those_before() -> None:
    leaving = {0: tables(10), 1: tables(11), 2: tables(12)}
    assert flagged(past(3), leaving, max_week_files=5) == [2]
    assert flagged(past(3), leaving, max_week_cells=12) == [1, 2]
    assert flagged(past(3), leaving) == []


def test_what_is_older_than_a_week_is_not_added() -> None:
    assert flagged(past(5, WEEK + 1), {0: tables(10)}, max_week_files=5) == []
    assert flagged(past(5, WEEK - 1), {0: tables(10)}, max_week_files=5) == [0]


def test_the_same_table_again_and_a_file_without_numbers_add_nothing() -> None:
    assert flagged(past(5), {0: tables(4), 1: []}, max_week_files=5) == []


def test_one_table_alone_is_no_accumulation() -> None:
    assert flagged([], {0: tables(1, 400)}, max_week_cells=100) == []
