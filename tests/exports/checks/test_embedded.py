"""Rows are rows wherever they stand; what merely holds numbers is not taken for them."""

import pytest

from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.rows.embedded import check_hidden, check_packed, check_turned, turned
from hub_extensions.exports.checks.tables.cells import Kind, parse_cell
from hub_extensions.exports.checks.tables.implied import check_cumulated, check_outliers, check_quotients
from tests.exports.checks.conftest import grid, table

ROWS = "age,sexe,crp\n81,H,12.4\n77,F,3.1\n64,H,8.8\n59,F,20.1"


@pytest.mark.parametrize("text", [ROWS, ROWS.replace("\n", ";"), ROWS.replace("\n", "\\n"), ROWS.encode()])
def test_a_table_that_no_reader_sees_is_found(text: str | bytes) -> None:
    assert [finding.rule for finding in check_hidden(text, "note")] == ["content.hidden_rows"]


@pytest.mark.parametrize(
    "text", ["Matplotlib v3.10.0, https://matplotlib.org/", "2024-01-01T10:00:00", "Calibri;11;Arial;12", ""]
)
def test_what_programs_write_is_no_table(text: str) -> None:
    assert not list(check_hidden(text, "note"))


def test_persons_in_columns_are_turned() -> None:
    people = grid(
        "variable,"
        + ",".join(f"p{i}" for i in range(30))
        + "".join(
            f"\n{name}," + ",".join(str((i * step) % 60 + 20) for i in range(30))
            for name, step in {"age": 7, "poids": 11, "crp": 13}.items()
        )
    )
    assert [finding.rule for finding in check_turned(people)] == ["rows.individual"]
    assert turned(grid("dep,H,F\n75,120,131\n92,44,57")) is None


def test_rows_in_one_cell_each_are_found() -> None:
    rows = "texte\n" + "\n".join(f"{i * 7 % 60 + 20}|H|{i * 13 % 40}.{i}|75" for i in range(12))
    assert [finding.rule for finding in check_packed(grid(rows))] == ["rows.packed"]
    assert not list(check_packed(grid("chemin,n\na/b/c/d,120\nb/c/d/e,130\nc/d/e/f,140\nd/e/f/g,150\ne/f/g/h,160")))


@pytest.mark.parametrize(
    ("text", "value"),
    [("n=4", 4), ("≈ 4", 4), ("(4)", 4), ("4*", 4), ("4 patients", 4), ("1 204 séjours", 1204), ("0,012**", 0.012)],
)
def test_what_is_written_around_a_number(text: str, value: float) -> None:
    cell = parse_cell(text)
    assert (cell.kind, cell.value, cell.text) == (Kind.NUMBER, value, text)


@pytest.mark.parametrize("text", ["A4", "4A", "dep 75", "p=x", "(a)", "2 ou 3 patients", "12 rue 4 patients"])
def test_labels_stay_labels(text: str) -> None:
    assert parse_cell(text).kind is Kind.LABEL


def test_cumulated_counts_that_hardly_move() -> None:
    assert list(check_cumulated(table("mois,n_cumule\n1,120\n2,241\n3,244"), DEFAULT))
    assert not list(check_cumulated(table("mois,n_cumule\n1,120\n2,241\n3,300"), DEFAULT))
    assert not list(check_cumulated(table("mois,n\n1,120\n2,241\n3,244"), DEFAULT))


def test_a_sum_divided_by_its_mean() -> None:
    assert list(check_quotients(table("s,cout_total,cout_moyen\nA,11500,2300"), DEFAULT))
    assert not list(check_quotients(table("s,cout_total,cout_moyen\nA,512400,2100"), DEFAULT))
    assert not list(check_quotients(table("s,cout_total,duree_moyenne\nA,11500,2300"), DEFAULT))


def test_outliers_are_persons_and_their_number_is_not() -> None:
    assert list(check_outliers(table("s,n,outliers\nA,412,104; 107")))
    assert not list(check_outliers(table("s,n,n_outliers\nA,412,14")))
