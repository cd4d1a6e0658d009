"""Identifiers in text and columns: found when spaced, cut or Corsican; not seen in decimals, codes and counts."""

import pytest

from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.identifiers import check_columns, check_headers, check_nir, check_text, luhn, nir_key
from hub_extensions.exports.checks.secrets import check_secrets
from tests.exports.checks.conftest import Checker, grid


def _severity(text: str) -> Severity | None:
    return next((finding.severity for finding in check_nir(text, "")), None)


@pytest.mark.parametrize(
    "text",
    [
        "255081416802538",
        "2 55 08 14 168 025 38",
        "2.55.08.14.168.025.38",
        "2 5 5 0 8 1 4 1 6 8 0 2 5 3 8",
        "NIR:255081416802538,",
        "1 84 12 2A 004 123 23",
    ],
)
def test_a_nir_with_its_key_blocks(text: str) -> None:
    assert _severity(text) is Severity.BLOCK


@pytest.mark.parametrize("text", ["2 55 08 14 168 025 39", "2550814168025", "2 1 5 0 6 3 7 9 1 2 3 4 5 9 9"])
def test_a_nir_without_a_right_key_is_flagged(text: str) -> None:
    assert _severity(text) is Severity.FLAG


@pytest.mark.parametrize(
    "text",
    [
        "56.523809523809526",
        "1.234567890123456",
        "0,2550814168025",
        "255991416802538999",
        "1 204 300",
        "2551914168025",
        "A255081416802538",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert _severity(text) is None


def test_the_key_of_a_corsican_counts_2a_as_19() -> None:
    assert nir_key("1841219004123") == nir_key("184122A004123") == 23


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("jean.dupont@laposte.net", "identifier.email"), ("06 12 34 56 78", "identifier.phone"), ("+33612345678", "identifier.phone"), ("IPP : 8001234567", "identifier.record_number"),  # noqa: E501
        ("née le 14/08/1955", "identifier.birth_date"), ("né le 3 mars 1948", "identifier.birth_date"), ("FR76 3000 6000 0112 3456 7890 189", "identifier.iban"),  # noqa: E501
    ],
)  # fmt: skip
def test_text(text: str, rule: str) -> None:
    assert rule in {finding.rule for finding in check_text(text, "") if finding.severity is Severity.BLOCK}


@pytest.mark.parametrize(
    "text",
    [
        "0.612345678",
        "1 204 patients en 2019-2020",
        "contact@example.org est une adresse de service",
        "Maladie de Crohn",
        "p = 0,012",
        "10.1016/j.jclinepi.2019.02.004",
    ],
)
def test_text_without_identifiers_is_not_blocked(text: str) -> None:
    assert not [finding for finding in check_text(text, "") if finding.severity is Severity.BLOCK]


@pytest.mark.parametrize(
    "header",
    [
        "BEN_NIR_ANO",
        "num_enq",
        "patient_id",
        "ID Patient",
        "person_id",
        "IPP",
        "date_naissance",
        "hash_patient",
        "RPPS",
    ],
)
def test_headers_that_name_persons_block(header: str) -> None:
    assert [finding.severity for finding in check_headers([header], "")] == [Severity.BLOCK]


@pytest.mark.parametrize("header", ["n_patients", "nb_patients", "identifiants_testes", "age", "nombre", "patients"])
def test_headers_that_count_do_not(header: str) -> None:
    assert not list(check_headers([header], ""))


def test_a_column_votes() -> None:
    assert luhn("10003858395")
    rpps = grid("code,n\n10003858395,120\n10002526175,130\n10101120391,150")
    assert [finding.rule for finding in check_columns(rpps)] == ["identifier.professional"]
    plain = grid("code,n\n10003858391,120\n10002526172,130\n10101120393,150\n10101120394,150")
    assert not list(check_columns(plain))


@pytest.mark.parametrize(
    "text",
    ["ghp_" + "a1B2" * 9, "https://user:hunter2@host/x", "-----BEGIN PRIVATE " + "KEY-----", "password = 'Tr0ub4dor'"],
)
def test_secrets(text: str) -> None:
    assert list(check_secrets(text, ""))


@pytest.mark.parametrize("text", ["d41d8cd98f00b204e9800998ecf8427e", "password = '<your password>'", "token: str"])
def test_hashes_and_examples_are_no_secrets(text: str) -> None:
    assert not list(check_secrets(text, ""))


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("Bonjour\nMme Lefèvre est venue\n", "text.name", 2),
        ("a\nb\nécrire à lea.blanc@gmail.com\n", "identifier.email", 3),
        ("a\nParmi eux, 4 patients ont été réadmis.\n", "text.small_count", 2),
        ("NIR 2 55 08 14 168 025 38", "identifier.nir", 1),
    ],
)
def test_a_finding_in_a_text_says_its_line(judge: Checker, text: str, rule: str, line: int) -> None:
    (found,) = [finding for finding in judge("note.md", text).findings if finding.rule == rule]
    assert found.where == f"texte · ligne {line}"
