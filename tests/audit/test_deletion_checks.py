"""Somebody with root has a deletion recorded that retention would not have planned: every verification says so."""

import hashlib
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit.deletions import ACTOR, Deletion, Deletions, Loss
from audit.events import Event
from audit.private import PrivateStore
from audit.retention import Keep, Retention, Rules
from audit.sealed_files import SealedFiles
from hub_extensions.commands.ledger import command

from .test_retention import NOW, Ledger, old
from .test_retention import event as message_of
from .test_sealed_copy import RULES, check, copy

NUMBER = "ef" * 16


@pytest.fixture
def ledger(recorder) -> Ledger:
    """Entries 1 and 2 are over by the six months of their project, 3 is not, 4 is another project's."""
    made = Ledger(recorder)
    made.fill(*(message_of("short", at) for at in (old(6), old(6), old(6, over=False))), message_of("long", old(12)))
    return made


def delete(ledger: Ledger, places: list[int], *, at: datetime = NOW, months: int = 6, **told: int) -> None:
    """Record and carry out a deletion by hand; the log is told *told* instead of what the list says."""
    losses = [Loss(place, facts=False, blob=True) for place in places]
    with closing(Deletions(ledger.places)) as plans:
        plans.plan_entries(NUMBER, "short", months, at, losses)
        (planned,) = plans.all()
        event = planned.event()
        ledger.fill(Event(event.kind, ACTOR, event.project, at, {**event.subject, **told}, id=NUMBER))
        plans.carry_out(planned, lambda: None)


def verify(folder: Path) -> Result:
    return CliRunner().invoke(command, ["verify", str(folder), "--lang", "en"])


def test_a_deletion_of_what_was_over_is_good(ledger, tmp_path):
    delete(ledger, [1, 2])
    assert verify(ledger.places.root).exit_code == 0
    assert copy(ledger, tmp_path / "copy").good


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda ledger: delete(ledger, [1, 3]), "covers entry 3, whose time was not over"),
        (lambda ledger: delete(ledger, [1, 4]), "covers entry 4 of another project"),
        (lambda ledger: delete(ledger, [3], months=1), "names 1 months"),
        (lambda ledger: delete(ledger, [3], at=datetime.now(UTC) + timedelta(days=90)), "lies in the future"),
        (lambda ledger: delete(ledger, [1, 2], entries=1, blobs=1), "is not what its entry says of it"),
        (lambda ledger: delete(ledger, [1, 2], last=1), "is not what its entry says of it"),
        (lambda ledger: delete(ledger, [2, 1]), "is not what its entry says of it"),
        (lambda ledger: delete(ledger, [1, 900]), "covers entry 900, whose time was not over"),
    ],
)
def test_a_deletion_that_was_not_due_or_says_less_than_it_did_is_refused(
    harm: Callable[[Ledger], object], said: str, ledger, tmp_path
):
    harm(ledger)
    done = verify(ledger.places.root)
    assert done.exit_code == 1
    assert said in done.output
    report = copy(ledger, tmp_path / "copy")
    assert any(said in problem.en for problem in report.problems), report.problems
    assert not (tmp_path / "copy" / "checkpoint").exists()


def test_a_deletion_recorded_before_what_it_deletes_is_refused(ledger):
    losses = [Loss(6, facts=False, blob=True)]
    with closing(Deletions(ledger.places)) as plans:
        plans.plan_entries(NUMBER, "short", 6, NOW, losses)
        (planned,) = plans.all()
        ledger.fill(planned.event(), message_of("short", old(6)))
        plans.carry_out(planned, lambda: None)
    assert "covers entry 6, whose time was not over" in verify(ledger.places.root).output


def test_a_copy_that_lost_a_list_and_kept_what_it_deletes_is_refused(ledger, tmp_path):
    place = tmp_path / "copy"
    with closing(PrivateStore(ledger.places)) as store:
        messages = {index: store.sealed(index) for index in (1, 2)}
    ledger.sweep(RULES)
    assert copy(ledger, place).deleted_messages == 3
    files = SealedFiles(place)
    files.put_bundle(0, files.bundle(0) | messages)
    shutil.rmtree(place / "deleted")
    said = [problem.en for problem in check(place).problems]
    assert [each for each in said if "which the log recorded, is missing" in each]


def test_what_a_plan_says_is_the_term_that_it_was_made_by(ledger):
    """A term that is chosen while the sweep walks holds from the next one on."""
    asked: list[Rules] = []

    def rules() -> Rules:
        asked.append(RULES if not asked else Rules(Keep(12), {"short": Keep(36)}))
        return asked[-1]

    Retention(ledger.places, rules, ledger.client.append, lambda: None).sweep(NOW)
    (deletion,) = [each for each in _deletions(ledger) if each.project == "short"]
    assert deletion.months == 6
    ledger.client.settle()
    assert verify(ledger.places.root).exit_code == 0


def _deletions(ledger: Ledger) -> list[Deletion]:
    with closing(Deletions(ledger.places)) as plans:
        return plans.all()


def test_the_digest_of_a_list_alone_proves_no_deletion(ledger):
    delete(ledger, [1, 2, 3])
    (made,) = _deletions(ledger)
    assert made.digest == hashlib.sha256(b"1 b\n2 b\n3 b\n").hexdigest()
    assert verify(ledger.places.root).exit_code == 1
