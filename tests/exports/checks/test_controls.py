"""A control file answers for the sums whose largest contributor it shows: its name acquits nothing."""

from pathlib import Path

import pytest

from hub_extensions.exports.checks import Policy, run_checks
from hub_extensions.exports.checks.runner import Workers

SUMS = "secteur,effectif,cout_total\nA,120,61200\nB,44,48500\n"
#: Another table of the same project, and what a control says about the sums.
OTHER = "dep,n\n75,120\n92,131\n"
SHARES = "secteur,part_max\nA,0.12\nB,0.31\n"


def rules(folder: Path, workers: Workers, main: str, policy: Policy | None = None, **beside: str) -> set[str]:
    """What is said of *main* when the files *beside* stand in its request."""
    (folder / "depenses.csv").write_text(main)
    for name, text in beside.items():
        (folder / f"{name}.csv").write_text(text)
    files = [folder / "depenses.csv", *(folder / f"{name}.csv" for name in beside)]
    return {finding.rule for finding in run_checks(files, policy or Policy(), workers=workers)[0].findings}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("depenses_controle", OTHER),
        ("dominance", OTHER),
        ("x_controle", OTHER),
        ("depenses_evidence", "secteur,part_max\nA,0.12\n"),
        ("depenses_max", "secteur,part_max\nA,0.12\nB,\n"),
        ("top_2", "secteur,part_max\nC,0.12\nD,0.31\n"),
        ("dominance", "secteur,part_max\nA,0.12\nB,0.0001\n"),
        ("depenses_controle", "secteur,cout_max\nA,9000\nB,3\n"),
        ("controle", "secteur,part_max\nA,0\nB,0\n"),
    ],
)
def test_a_control_that_does_not_speak_of_every_sum_acquits_none(
    tmp_path: Path, kept_workers: Workers, name: str, text: str
) -> None:
    """Others' labels, half the rows, an empty cell, or a share that no contributor among 44 can have."""
    assert "table.no_dominance_control" in rules(tmp_path, kept_workers, SUMS, **{name: text})


@pytest.mark.parametrize(
    ("main", "name", "text"),
    [
        (SUMS, "depenses_controle", SHARES),
        (SUMS, "dominance", "secteur;part_max\nB;31 %\nA;12 %\n"),
        (SUMS, "controle_depenses", "secteur,n,cout_max\nA,120,7344\nB,44,15035\n"),
        (SUMS + "Total,164,109700\n", "depenses_evidence", SHARES),
        (
            "secteur,sexe,effectif,cout_total\nA,H,120,61200\nA,F,44,48500\n",
            "depenses_controle",
            "sexe,secteur,part_max\nH,A,0.12\nF,A,0.31\n",
        ),
    ],
)
def test_a_control_that_shows_the_largest_contributor_of_each_sum_is_believed(
    tmp_path: Path, kept_workers: Workers, main: str, name: str, text: str
) -> None:
    assert "table.no_dominance_control" not in rules(tmp_path, kept_workers, main, **{name: text})


def test_a_share_in_the_table_itself_answers_for_the_rows_that_have_one(tmp_path: Path, kept_workers: Workers) -> None:
    whole = "secteur,effectif,cout_total,part_max\nA,120,61200,0.12\nB,44,48500,0.31\n"
    assert "table.no_dominance_control" not in rules(tmp_path, kept_workers, whole)
    assert "table.no_dominance_control" in rules(tmp_path, kept_workers, whole.replace(",0.31", ","))


def test_a_dominant_contributor_blocks_the_sum_wherever_its_control_stands(
    tmp_path: Path, kept_workers: Workers
) -> None:
    assert "table.dominance" in rules(tmp_path, kept_workers, SUMS, dominance=SHARES.replace("0.31", "0.92"))
    assert "table.dominance" not in rules(tmp_path, kept_workers, OTHER, dominance=SHARES.replace("0.31", "0.92"))


@pytest.mark.parametrize(
    ("main", "beside"),
    [
        ("secteur,effectif,cout_total,part_max,part_top2\nA,120,61200,0.12,0.2\nB,44,48500,0.6,0.93\n", {}),
        ("secteur,effectif,cout_total,part_max,part_des_2_premiers\nA,120,61200,12 %,20 %\nB,44,48500,60 %,93 %\n", {}),
        (SUMS, {"depenses_controle": "secteur,part_max,top2_share\nA,0.12,0.2\nB,0.6,0.93\n"}),
        (SUMS, {"dominance": "secteur,cout_max,top_2_sum\nA,9000,12000\nB,24000,47000\n"}),
    ],
    ids=["in the table", "in French", "shares in a control", "amounts in a control"],
)
def test_two_contributors_who_make_nearly_all_of_a_sum_block_it(
    tmp_path: Path, kept_workers: Workers, main: str, beside: dict[str, str]
) -> None:
    assert "table.dominance" in rules(tmp_path, kept_workers, main, **beside)
    assert "table.dominance" not in rules(tmp_path, kept_workers, main, Policy(dominance_two=1.0), **beside)


@pytest.mark.parametrize(
    ("control", "asked"),
    [
        ("secteur,part_max\nA,0.12\nB,0.60\n", True),
        ("secteur,part_max,part_top2\nA,0.12,0.2\nB,0.60,0.80\n", False),
        ("secteur,part_max,part_top2\nA,0.12,0.2\nB,0.60,0.30\n", True),
        ("secteur,part_max\nA,0.12\nB,0.45\n", False),
        ("secteur,part_top2\nA,0.2\nB,0.80\n", False),
        ("secteur,part_top2\nA,0.2\nB,0.87\n", True),
        ("secteur,part_top2\nA,0.2\nB,0.03\n", True),
    ],
    ids=[
        "open",
        "shown",
        "two are less than one",
        "cannot be",
        "two tell of one",
        "one may be above",
        "two of 44 give more",
    ],
)
def test_the_second_contributor_is_asked_for_where_the_largest_leaves_it_open(
    tmp_path: Path, kept_workers: Workers, control: str, asked: bool
) -> None:
    said = rules(tmp_path, kept_workers, SUMS, depenses_controle=control)
    assert ("table.no_dominance_control" in said) is asked


def test_nobody_is_asked_for_the_second_where_the_rules_do_not(tmp_path: Path, kept_workers: Workers) -> None:
    one = "secteur,part_max\nA,0.12\nB,0.60\n"
    said = rules(tmp_path, kept_workers, SUMS, Policy(dominance_two=1.0), depenses_controle=one)
    assert "table.no_dominance_control" not in said


def test_the_sum_of_two_contributors_is_no_result(tmp_path: Path, kept_workers: Workers) -> None:
    assert "table.min_max" in rules(tmp_path, kept_workers, "secteur,n,somme_top2\nA,120,12000\nB,44,9000\n")
