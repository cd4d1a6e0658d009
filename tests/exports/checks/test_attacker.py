"""Masked cells against an attacker with a pencil: what margins give back is found, what they don't is left alone."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.tables.counts import Rounding
from hub_extensions.exports.checks.together.attacker import check_margins, equations_of, solve
from hub_extensions.exports.checks.together.tidy import tidy
from tests.exports.checks.conftest import table


def _rules(text: str) -> set[str]:
    return {finding.rule for finding in check_margins(table(text), DEFAULT) if finding.severity is Severity.BLOCK}


@pytest.mark.parametrize(
    "text",
    [
        "dep,H,F,Total\n75,120,133,253\n92,84,< 11,91\n",
        "dep,sexe,n\n75,H,120\n75,F,*\n75,Total,126\n",
        "dep,A,B\n75,120,133\n92,84,NS\nTotal,204,140\n",
        "dep,X,Y,S\n75,120,133,253\n92,84,56,140\n93,77,,82\n",
        "dep,A,B,Total\n75,120,133,253\n92,84,1-10,91\n",
    ],
)
def test_a_lone_mask_beside_its_total_is_recovered(text: str) -> None:
    assert _rules(text) == {"table.recoverable"}


@pytest.mark.parametrize(
    "text",
    [
        "dep,A,B,C,Total\n75,*,*,121,147\n92,*,*,132,158\n93,101,113,94,308\nTotal,124,142,347,613\n",
        "dep,H,F\n75,120,< 11\n92,84,97\n",
        "dep,H,F,Total\n75,120,133,253\n92,84,97,181\nTotal,204,230,434\n",
    ],
)
def test_protected_and_clean_tables_are_left_alone(text: str) -> None:
    assert not list(check_margins(table(text), DEFAULT))


def test_a_recovered_large_cell_gives_nobody_away() -> None:
    assert not _rules("dep,H,F,Total\n75,120,*,253\n92,84,97,181\n")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 40), min_size=3, max_size=3), min_size=3, max_size=3),
    st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=5),
)
def test_intervals_hold_the_truth_and_exact_ones_are_exact(cells: list[list[int]], masks: set[tuple[int, int]]) -> None:
    rows = [[*row, sum(row)] for row in cells]
    rows.append([sum(column) for column in zip(*rows, strict=True)])
    shown = [["*" if (r, c) in masks else str(value) for c, value in enumerate(row)] for r, row in enumerate(rows)]
    lines = [
        "dep,A,B,C,Total",
        *(f"{name}," + ",".join(row) for name, row in zip(["75", "92", "93", "Total"], shown, strict=True)),
    ]
    made = table("\n".join(lines))
    equations = equations_of(made, Rounding())
    hidden = list({id(cell): cell for equation in equations for cell in equation.parts if not cell.shown}.values())
    intervals = solve(hidden, equations, Rounding(), zeros_shown=False)
    assert intervals is not None
    assert len(intervals) == len(masks)
    for cell, (low, high) in intervals:
        truth = rows[cell.row][cell.column - 1]
        assert low <= truth <= high
    alone = {
        (r, c)
        for r, c in masks
        if sum(1 for other in masks if other[0] == r) == 1 or sum(1 for other in masks if other[1] == c) == 1
    }
    exact = {(cell.row, cell.column - 1) for cell, (low, high) in intervals if high == low}
    assert alone <= exact


def test_every_order_of_dimensions_reads_the_same() -> None:
    body = [("75", "H", "120"), ("75", "F", "133"), ("92", "H", "84"), ("92", "F", "97")]
    seen = set()
    for first, second in itertools.permutations((0, 1)):
        text = "a,b,n\n" + "\n".join(f"{row[first]},{row[second]},{row[2]}" for row in body)
        seen.add(frozenset(frozenset(label for _, label in cell.labels) for cell in tidy(table(text))))
    assert len(seen) == 1
