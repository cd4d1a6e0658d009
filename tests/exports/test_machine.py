"""The machine walks the desk at random; and it is worth something: each rule taken out of the desk, it falls."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from audit.testing import capture
from hub_extensions.exports import permissions, releasing, settling, submitting
from hub_extensions.exports.testing import DAY, NOW, SETUP
from project_spaces.facts import PlatformRole
from project_spaces.people import create_person, grant_role
from project_spaces.store import Store
from tests.exports.desk_machine import FRESH, DeskMachine

Patch = pytest.MonkeyPatch


@pytest.fixture(scope="session")
def with_fresh_reviewers(populated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The populated database and three more reviewers."""
    file = tmp_path_factory.mktemp("machine") / "bureau.sqlite"
    shutil.copyfile(populated, file)
    with capture() as ledger:
        store = Store(f"sqlite:///{file}", ledger)
        for name in FRESH:
            say: dict[str, Any] = {"actor": SETUP, "now": NOW - DAY}
            create_person(store, username=name, display_name=name, email=f"{name}@example.org", **say)
            grant_role(store, name, PlatformRole.REVIEWER, **say)
        store.close()
    return file


def walked(template: Path, number: int, examples: int, steps: int = 30) -> None:
    """Walk *examples* paths, the same ones for the same *number*."""
    machine = seed(number)(type("Machine", (DeskMachine,), {"template": template}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # a failing path is short enough to read; shrinking it takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


def walked_from_many(template: Path) -> None:
    """Walk few paths of each of many numbers: those of one number resemble each other."""
    for number in range(20):
        walked(template, number, 4, steps=12)


@pytest.mark.parametrize("number", range(5))
def test_every_path(with_fresh_reviewers: Path, number: int) -> None:
    walked(with_fresh_reviewers, number, 3)


def _anybody_judges(patch: Patch) -> None:
    patch.setattr(permissions, "check_reviewer", lambda _who, _parties: None)


def _votes_stay_on_other_bytes(patch: Patch) -> None:
    patch.setattr(submitting, "fingerprint", lambda file, _request: file.path)


def _one_approval_is_enough(patch: Patch) -> None:
    count = settling.count
    patch.setattr(settling, "count", lambda *given, **named: count(*given, **{**named, "required": 1}))


def _nothing_resumes(patch: Patch) -> None:
    patch.setattr(releasing, "_in", lambda *_: [])


@pytest.mark.parametrize(
    "mutant",
    [_anybody_judges, _votes_stay_on_other_bytes, _one_approval_is_enough, _nothing_resumes],
    ids=lambda mutant: mutant.__name__.strip("_"),
)
def test_it_finds_a_rule_that_is_missing(
    with_fresh_reviewers: Path, monkeypatch: Patch, mutant: Callable[[Patch], None]
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        walked_from_many(with_fresh_reviewers)
