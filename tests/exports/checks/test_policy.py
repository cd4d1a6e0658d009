"""Rules of a data source: presets carry their source, a wrong file is refused with one clear sentence."""

from pathlib import Path

import pytest

from hub_extensions.exports.checks import DEFAULT, PRESETS, Policy, Severity, load_policy, policy_from_mapping
from project_spaces.errors import Invalid


def test_the_default_is_eleven_persons_and_says_why() -> None:
    assert DEFAULT.min_persons == 11
    assert "CASD" in DEFAULT.source
    assert all(policy.source for policy in PRESETS.values())
    assert set(PRESETS) == {"casd-atih-11", "insee-3-85", "opensafely-7-5", "uk-10"}


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(
        "preset: insee-3-85\nmin_persons: 5\nzero: block\nrounding: null\nsecondary: false\nperson_column: id\n"
    )
    policy = load_policy(file)
    assert (policy.min_persons, policy.zero, policy.secondary, policy.person_column, policy.dominance) == (
        5,
        Severity.BLOCK,
        False,
        "id",
        0.85,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("min_person: 5", "'min_person'"), ("min_persons: 1", "min_persons is 1"), ("min_persons: oui", "min_persons is 'oui'"), ("min_persons: true", "min_persons is True"), ("zero: perhaps", "zero is 'perhaps'"),  # noqa: E501
        ("dominance: 85", "dominance is 85"), ("- a", "key: value"), ("a: [", "not YAML"), ("preset: none", "'none'"), ("secondary: 1", "secondary is 1"),  # noqa: E501
        ("min_persons_denominator: 1", "min_persons_denominator is 1"), ("max_week_files: 0", "max_week_files is 0"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(Invalid) as refusal:
        load_policy(file)
    assert said in refusal.value.text.en
    assert refusal.value.text.fr != refusal.value.text.en


def test_no_such_file() -> None:
    with pytest.raises(Invalid):
        load_policy("nowhere.yaml")
    assert load_policy(None) is DEFAULT
    assert policy_from_mapping({}) == Policy()


@pytest.mark.parametrize(
    ("stated", "least"),
    [
        ({}, 11),
        ({"min_persons": 20}, 20),
        ({"min_persons_denominator": 30}, 30),
        ({"min_persons_denominator": None, "preset": "insee-3-85"}, 3),
        ({"min_persons": 20, "min_persons_denominator": 5}, 20),
    ],
)
def test_a_denominator_has_at_least_the_persons_of_a_cell(stated: dict[str, object], least: int) -> None:
    assert policy_from_mapping(stated).least_base == least
