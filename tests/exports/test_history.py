"""What a reviewer sees of what left before: everything, and what the new table adds to it."""

import pytest

from hub_extensions.exports import downloads
from hub_extensions.exports.history import history
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, COLLEAGUE, STRANGER, Bench
from project_spaces.errors import NotFound, Refused

BEFORE = b"region,sexe,n\nIDF,F,120\nIDF,H,340\nPACA,F,95\n"
AFTER = b"region,sexe,n\nIDF,F,123\nIDF,H,400\nBRE,F,50\n"


def test_a_difference_of_three_persons_is_marked_and_others_are_shown(bench: Bench) -> None:
    bench.write("first.csv", BEFORE)
    bench.released("first.csv")
    bench.write("second.csv", AFTER)
    request_id = bench.submitted("second.csv")
    seen = history(bench.desk, request_id, viewer=ADA, now=bench.now)
    (file,) = seen["files"].values()
    (pair,) = file["compared"]
    assert (pair["new"], pair["gone"], pair["changed"], pair["small"]) == (1, 1, 2, 1)
    first, second = pair["changes"]
    assert (first["label"], first["before"], first["after"], first["difference"], first["small"]) == (
        "IDF · F",
        "120",
        "123",
        "+3",
        True,
    )
    assert (second["difference"], second["small"]) == ("+60", False)


def test_years_and_classes_of_age_are_labels_where_no_word_is(bench: Bench) -> None:
    bench.write("first.csv", b"annee,n\n2019,120\n2020,200\n")
    bench.released("first.csv")
    bench.write("second.csv", b"annee,n\n2019,121\n2020,200\n")
    (file,) = history(bench.desk, bench.submitted("second.csv"), viewer=BEA, now=bench.now)["files"].values()
    assert [(each["label"], each["difference"]) for each in file["compared"][0]["changes"]] == [("2019", "+1")]


def test_the_same_bytes_add_nothing_and_other_tables_are_not_compared(bench: Bench) -> None:
    bench.write("first.csv", BEFORE)
    bench.released("first.csv")
    bench.write("again.csv", BEFORE)
    bench.write("other.csv", b"age,n\n40,120\n")
    seen = history(bench.desk, bench.submitted("again.csv", "other.csv"), viewer=ADA, now=bench.now)
    again, other = seen["files"].values()
    assert again["same_as"] == "Réadmissions"
    assert (other["same_as"], other["compared"]) == (None, [])


def test_what_was_revoked_counts_somebody_may_have_it(bench: Bench) -> None:
    gone = bench.released("first.csv")
    downloads.revoke(bench.desk, gone, actor=AUTHOR, now=bench.now, message="Erreur.")
    waiting = bench.submitted("waiting.csv")
    seen = history(bench.desk, bench.submitted("second.csv"), viewer=ADA, now=bench.now)["released"]
    assert [(each["id"], each["revoked"]) for each in seen] == [(gone, True)]
    assert waiting not in {each["id"] for each in seen}


def test_what_other_requests_ask_for_is_laid_beside_too(bench: Bench) -> None:
    bench.write("first.csv", BEFORE)
    waiting = bench.submitted("first.csv")
    bench.write("second.csv", AFTER)
    seen = history(bench.desk, bench.submitted("second.csv"), viewer=ADA, now=bench.now)
    assert [each["id"] for each in seen["waiting"]] == [waiting]
    (file,) = seen["files"].values()
    assert [(pair["waiting"], pair["small"]) for pair in file["compared"]] == [(True, 1)]
    assert "released_at" not in seen["waiting"][0]


def test_french_tables_are_read_by_their_own_separator_below_their_titles(bench: Bench) -> None:
    """« 1 204 » is a number, and the line that says where it comes from is no header."""
    first = "Source : SNDS, 2022\ndep;taux;patients\n75;0,25;1 204\n92;0,5;340\n"
    bench.write("first.csv", first.encode())
    bench.released("first.csv")
    bench.write("second.csv", first.replace("1 204", "1\u202f201").encode())
    (file,) = history(bench.desk, bench.submitted("second.csv"), viewer=ADA, now=bench.now)["files"].values()
    (pair,) = file["compared"]
    assert [(each["label"], each["column"], each["difference"], each["small"]) for each in pair["changes"]] == [
        ("75", "patients", "-3", True)
    ]
    assert file["summary"][0][0]["fr"] == "2 × 3 (lignes × colonnes)"


@pytest.mark.parametrize(("who", "error"), [(AUTHOR, Refused), (COLLEAGUE, Refused), (STRANGER, NotFound)])
def test_the_history_is_for_reviewers(bench: Bench, who: str, error: type[Exception]) -> None:
    bench.released("first.csv")
    request_id = bench.submitted("second.csv")
    with pytest.raises(error):
        history(bench.desk, request_id, viewer=who, now=bench.now)
