"""What a reviewer is told of a table in one line."""

import pytest

from hub_extensions.exports.summaries import summaries


def told(text: str) -> list[str]:
    """What is said of the first table."""
    (said,) = summaries([line.split(",") for line in text.split("\n")])
    return [sentence.fr for sentence in said]


def test_counts_masked_cells_zeros_and_totals_are_told() -> None:
    said = told("departement,hommes,effectif\n75,H,120\n92,H,< 11\n93,H,0\nTotal,H,140")
    assert said[0] == "4 × 3 (lignes × colonnes)"
    assert "effectifs : effectif" in said
    assert {"plus petit effectif : 120", "cases nulles : 1", "cases masquées : 1", "totaux affichés"} <= set(said)


@pytest.mark.parametrize("text", ["", "a,b"])
def test_what_is_no_table_has_no_summary(text: str) -> None:
    assert summaries([line.split(",") for line in text.split("\n")]) == []


def test_what_is_not_taken_for_counts_is_said() -> None:
    assert "aucune colonne d'effectifs reconnue" in told("terme,odds_ratio\nage,1.02\nsexe,0.98")
