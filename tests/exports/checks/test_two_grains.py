"""Two tables of one thing at two grains, or under other names: what they give away together, whatever their columns are
called."""

import pytest

from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix
from hub_extensions.exports.checks.together.loose import Beside, check_within
from hub_extensions.exports.checks.together.nested import groups, renamed, told


def grids(text: str, where: str = "") -> list[Grid]:
    return grids_from_matrix(where, [line.split(",") for line in text.strip().split("\n")])


def said(first: str, second: str) -> dict[str, Severity]:
    """What is said of *second* in one request with *first*."""
    beside = Beside(DEFAULT)
    list(beside.judge("a.csv", grids(first), declared=False))
    return {found.rule: found.severity for found in beside.judge("b.csv", grids(second), declared=False)}


TABLE = "region,stade,n\nIDF,I,420\nIDF,II,310\nPACA,I,280\nPACA,II,199\nARA,I,180\nARA,II,169"
COARSE = "age,n\n0-39,410\n40-59,300\n60+,290"
SEXES = "region,sexe,n\nIDF,F,120\nIDF,H,<11\nPACA,F,88\nPACA,H,71"


def test_columns_renamed_and_moved_are_the_same_columns() -> None:
    again = "gravite,territoire,effectif\nI,IDF,424\nII,IDF,310\nI,PACA,280\nII,PACA,199\nI,ARA,180\nII,ARA,169"
    assert said(TABLE, again) == {"difference.superset": Severity.BLOCK}
    assert said(again, TABLE) == {"difference.subset": Severity.BLOCK}
    assert said(TABLE, again.replace("424", "420")) == {}


def test_codes_are_in_any_column() -> None:
    assert (
        renamed([frozenset({("a", "1")}), frozenset({("a", "2")})], [frozenset({("b", "1")}), frozenset({("b", "2")})])
        == {}
    )


@pytest.mark.parametrize("names", [("region", "n"), ("territoire", "effectif")])
def test_a_total_elsewhere_solves_the_one_mask_of_a_group(names: tuple[str, str]) -> None:
    totals = f"{names[0]},{names[1]}\nIDF,127\nPACA,159"
    assert said(totals, SEXES)["difference.mask"] is Severity.BLOCK
    assert said(SEXES, totals)["difference.mask"] is Severity.BLOCK


def test_large_tables_hide_no_mask() -> None:
    places = [(f"D{place}", f"{age}-{age}", sex) for place in range(40) for age in range(60) for sex in ("F", "H")]
    fine = {frozenset(zip(("dep", "age", "sexe"), place, strict=True)): 20.0 for place in places}
    coarse = {
        frozenset({("dep", f"D{place}"), ("age", f"{age}-{age + 4}")}): 200.0
        for place in range(40)
        for age in range(0, 60, 5)
    }
    masked = frozenset({("dep", "D7"), ("age", "33-33"), ("sexe", "H")})
    found = list(told(coarse | {frozenset({("dep", "D7"), ("age", "30-34")}): 187.0}, {**fine, masked: None}, 11))
    assert [(each.key, each.solved, each.sure) for each in found] == [
        (frozenset({("dep", "D7"), ("age", "30-34")}), True, True)
    ]


def test_without_a_sum_that_agrees_a_person_decides() -> None:
    assert said("region,n\nIDF,127", SEXES) == {"difference.mask": Severity.FLAG}


def test_totals_of_something_else_solve_nothing() -> None:
    assert said("region,n\nIDF,127\nPACA,310", SEXES) == {}


def test_two_masks_in_a_group_stay_masked() -> None:
    assert said("region,n\nIDF,135\nPACA,159", f"{SEXES}\nIDF,X,<11") == {}


def test_classes_that_were_split_are_laid_beside_the_class() -> None:
    halves = "age,n\n0-19,200\n20-39,{}\n40-59,300\n60+,290"
    assert said(COARSE, halves.format(206))["difference.classes"] is Severity.BLOCK
    assert said(COARSE, halves.format(210)) == {}


def test_a_mask_among_split_classes_is_solved_by_the_class() -> None:
    assert said(COARSE, "age,n\n0-39,410\n40-59,300\n60-79,284\n80+,<11")["difference.mask"] is Severity.BLOCK


def test_ranges_make_a_class_only_from_end_to_end() -> None:
    fine = {frozenset({("age", label)}): 100.0 for label in ("0-19", "25-39", "40+")}
    assert list(groups({frozenset({("age", "0-39")}): 204.0}, fine)) == []


def test_sheets_of_one_file_too() -> None:
    sheets = [*grids("region,n\nIDF,127\nPACA,159", "totaux"), *grids(SEXES, "sexes")]
    assert [found.rule for found in check_within(sheets, DEFAULT)] == ["difference.mask"]
