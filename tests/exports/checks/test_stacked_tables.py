"""Tables of several levels, codes and sets, flows and complements, totals in sentences, and parts that nobody opens."""

import pytest

from hub_extensions.exports.checks.corpus import stacked
from hub_extensions.exports.checks.corpus.case import Case
from hub_extensions.exports.checks.formats.strokes import Strokes
from hub_extensions.exports.checks.identifiers import nir_parts
from hub_extensions.exports.checks.models.arrays.datalike import holds_rows
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.words import Role, role_of_header
from tests.exports.checks.conftest import Checker, table

CASES = {case.name: case for case in stacked.cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_is_judged_by_what_it_counts(case: Case, judge: Checker) -> None:
    found = judge(case.name, case.content)
    assert found.verdict is case.expected, [(each.rule, each.where) for each in found.findings]


def roles(read: Table) -> list[str]:
    return [column.role.value for column in read.columns]


def test_levels_are_one_name_each() -> None:
    read = table(",,cout,cout,duree\n,,count,mean,mean\nregion,sexe,,,\nARA,F,247,3578.5,20.4\nARA,H,254,3449.1,20.5")
    assert [column.header for column in read.columns] == ["region", "sexe", "cout count", "cout mean", "duree mean"]
    assert roles(read) == ["dimension", "dimension", "count", "mean", "mean"]


def test_years_and_codes_may_be_a_level() -> None:
    read = table("annee,2018,2018,2019,2019\nsexe,F,H,F,H\nregion,,,,\nARA,80,79,77,88\nIDF,54,45,51,53")
    assert [column.header for column in read.columns][1:] == ["2018 F", "2018 H", "2019 F", "2019 H"]


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("admission_type_id", Role.DIMENSION),
        ("type_deces", Role.DIMENSION),
        ("n_patients", Role.COUNT),
        ("nb_type", Role.COUNT),
        ("ecart_type", Role.STD),
        ("nnt", Role.VALUE),
        ("nb_hopitaux", Role.VALUE),
        ("nombre_de_lits", Role.VALUE),
        ("nb_patients_hopitaux", Role.COUNT),
    ],
)
def test_a_kind_is_a_label(header: str, role: Role) -> None:
    assert role_of_header(header) is role


def test_zeros_and_ones_that_no_label_needs_are_counts() -> None:
    assert roles(table("region,deces,n\nIDF,0,120\nPACA,1,98\nARA,1,88"))[1] == "count"


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("164  146  135  141  1", False),
        ("1 84 12 2A 004 123 23", True),
        ("1841275004123", True),
        ("1 8 4 1 2 7 5 0 0 4 1 2 3", True),
    ],
)
def test_columns_two_blanks_apart_are_no_number_of_a_person(text: str, *, shaped: bool) -> None:
    assert bool(list(nir_parts(text))) is shaped


def test_strokes_at_equal_steps_are_a_grid() -> None:
    grid, rug = Strokes(), Strokes()
    for at in range(60):
        grid.move(at * 7, 0)
        grid.line(at * 7, 10)
        rug.move(at * at % 97 * 1.3, 0)
        rug.line(at * at % 97 * 1.3, 10)
    assert (grid.most, rug.most) == (0, 60)


def test_what_training_leaves_is_no_table() -> None:
    import numpy as np

    source = np.random.default_rng(3)
    assert not holds_rows("dense.weight", source.normal(size=(64, 8)), 22)
    assert not holds_rows("embedding", source.normal(size=(1000, 16)).astype("f4"), 22)
    assert holds_rows("x_train", source.normal(size=(64, 8)), 22)
    assert not holds_rows("x_train", source.normal(size=(8, 8)), 22)
