"""The smaller table first, then the larger one: blocked where the data are the same and the tables surely one thing."""

import pytest

from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix
from hub_extensions.exports.checks.together.loose import Beside, check_within

AGES = ("0-20", "21-40", "41-60", "61+")
PART = (142, 230, 590, 320)


def counts(numbers: tuple[int, ...], where: str = "") -> list[Grid]:
    lines = zip(AGES, map(str, numbers), strict=False)
    return grids_from_matrix(where, [["classe_age", "n"], *map(list, lines)])


def said(
    numbers: tuple[int, ...],
    *,
    before: tuple[int, ...] = PART,
    names: tuple[str, str] = ("a.csv", "b.csv"),
    same_data: bool | None = None,
) -> dict[str, Severity]:
    """What is said of the second table: beside one of the same request, or one that left (*same_data* or not)."""
    beside = Beside(DEFAULT)
    if same_data is None:
        list(beside.judge(names[0], counts(before), declared=False))
    else:
        beside.lay(names[0], counts(before), declared=False, same_data=same_data)
    return {found.rule: found.severity for found in beside.judge(names[1], counts(numbers), declared=False)}


BLOCKED, ASKED = {"difference.superset": Severity.BLOCK}, {"difference.repeated": Severity.FLAG}


@pytest.mark.parametrize(
    "numbers", [(145, 230, 590, 320), (145, 236, 591, 327), (145, 280, 590, 411)], ids=["one", "all a few", "one equal"]
)
def test_a_table_and_a_few_more_persons_are_told_apart_whatever_comes_first(numbers: tuple[int, ...]) -> None:
    assert said(numbers) == BLOCKED
    assert said(numbers, same_data=True) == BLOCKED
    assert said(PART, before=numbers) == {"difference.subset": Severity.BLOCK}


def test_on_other_data_it_may_be_the_same_query_again() -> None:
    assert said((145, 230, 590, 320), same_data=False) == ASKED


def test_names_say_that_one_table_is_a_part_of_the_other() -> None:
    larger = (145, 401, 1200, 811)
    assert said(larger) == ASKED, "nothing says that they are of one thing"
    for names in (("femmes.csv", "ensemble.csv"), ("hors_rares.csv", "tous.csv")):
        assert said(larger, names=names) == BLOCKED


@pytest.mark.parametrize("names", [("2021.csv", "2022.csv"), ("table_hommes.csv", "table_femmes.csv")])
def test_other_years_and_other_sexes_are_other_people(names: tuple[str, str]) -> None:
    assert said((145, 230, 590, 320), names=names) == ASKED


def test_two_shared_cells_are_too_few_to_be_sure() -> None:
    assert said((145, 230), before=(142, 230)) == ASKED


def test_sheets_of_one_file_too() -> None:
    sheets = [*counts(PART, "sans rares"), *counts((145, 230, 590, 320), "tous")]
    assert [found.rule for found in check_within(sheets, DEFAULT)] == ["difference.superset"]
