"""What shares, means and quantiles are computed on: a group of the size that the rules ask, wherever it stands."""

import pytest

from hub_extensions.exports.checks import Policy
from tests.exports.checks.conftest import Checker

THIRTY = Policy(min_persons_denominator=30)


@pytest.mark.parametrize(
    "text",
    [
        "dep,n,moyenne_age\n75,120,61.2\n92,24,60.1\n",
        "dep,effectif,deces,taux_deces\n75,120,24,20.0\n92,25,12,48.0\n",
        "dep,n_H,moyenne_age_H,n_F,moyenne_age_F\n75,120,61.2,130,60.0\n92,84,60.0,24,58.2\n",
        "classe,n,part\nA,12,0.48\nB,13,0.52\n",
        "statistique,age\nn,24\nmoyenne,61.2\nécart-type,8.1\n",
        "# n = 24\nclasse,moyenne_age\nA,61.2\nB,58.1\n",
    ],
    ids=["mean", "share of a column", "of its own group", "share of the total", "downwards", "in a note"],
)
def test_a_small_denominator_is_blocked_where_the_rules_ask_for_more_than_in_a_cell(judge: Checker, text: str) -> None:
    assert "table.small_base" in {said.rule for said in judge("t.csv", text, THIRTY).findings}
    assert "table.small_base" not in {said.rule for said in judge("t.csv", text).findings}


def test_a_numerator_is_no_denominator(judge: Checker) -> None:
    text = "dep,n,deces,moyenne_age,taux_deces\n75,120,24,61,20.0\n92,140,14,60,10.0\n"
    assert "table.small_base" not in {said.rule for said in judge("t.csv", text, THIRTY).findings}
