"""What programs print and people write: each way of showing few persons is seen, and what looks like it is not."""

import pytest

from hub_extensions.exports.checks.corpus import said
from hub_extensions.exports.checks.corpus.case import Case
from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.prose.crossed import crossed_tables
from hub_extensions.exports.checks.prose.latexcells import printed_latex
from hub_extensions.exports.checks.prose.leaves import check_leaves
from hub_extensions.exports.checks.prose.sentences import check_sentences
from tests.exports.checks.conftest import Checker

CASES = {case.name: case for case in said.cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_way_of_printing_is_read(case: Case, judge: Checker) -> None:
    found = judge(case.name, case.content)
    assert found.verdict is case.expected, [(each.rule, each.where) for each in found.findings]


def test_a_crossed_listing_is_its_counts() -> None:
    [(first, last, rows)] = crossed_tables(CASES["crossed_sas_9.txt"].content.decode())
    assert rows == [
        ["", "non", "oui", "Total"],
        ["F", "812", "9", "821"],
        ["M", "402", "61", "463"],
        ["Total", "1214", "70", "1284"],
    ]
    assert (first, last) == (4, 17)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (r"II & \textbf{\emph{7}} \\", ["II", "7"]),
        (r"\multicolumn{2}{c}{Femmes} & n", ["Femmes", "", "n"]),
        (r"A & 7$^{*}$ & 95\,\%", ["A", "7", "95\u202f%"]),
        (r"A & \SI{7}{} & $<$11", ["A", "7", "<11"]),
    ],
)
def test_cells_of_latex_are_what_it_prints(line: str, cells: list[str]) -> None:
    assert [cell.strip() for cell in printed_latex(line).replace("\\\\", "").split("&")] == cells


def test_a_label_over_several_rows_stands_in_each() -> None:
    text = "\\multirow{2}{*}{IDF} & F & 120 \\\\\n & H & 81 \\\\\n & x & 9 \\\\"
    assert [line.split("&")[0].strip() for line in printed_latex(text).split("\n")] == ["IDF", "IDF", ""]


def test_shares_of_classes_and_means_are_no_persons() -> None:
    assert not list(check_leaves("value: [0.12, 0.88]\nvalue = [4.21]\n", DEFAULT))


def test_the_comments_of_a_program_are_for_a_person_to_judge() -> None:
    text = "Parmi eux, 4 patients ont été réadmis."
    assert [each.severity for each in check_sentences(text, DEFAULT)] == [Severity.BLOCK]
    assert [each.severity for each in check_sentences(text, DEFAULT, of_results=False)] == [Severity.FLAG]
