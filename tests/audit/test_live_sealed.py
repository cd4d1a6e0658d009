"""`bureau ledger verify` on a ledger's own folder holds its sealed messages against the log too."""

import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing

import pytest
from click.testing import CliRunner, Result

from audit.deletions import Deletions
from audit.places import Places
from audit.private import PrivateStore
from audit.wire import INLINE_BLOB
from hub_extensions.commands.ledger import command

from .test_retention import NOW, RULES, Ledger, Stopped, event, old

LONG = b"x" * (INLINE_BLOB + 1)


@pytest.fixture
def ledger(recorder) -> Ledger:
    made = Ledger(recorder)
    made.fill(event("long", NOW, content=b"kept"), event("long", NOW, content=LONG), event("short", old(6)))
    return made


def verify(ledger: Ledger) -> Result:
    ledger.client.settle()
    return CliRunner().invoke(command, ["verify", str(ledger.places.root), "--sealed", "--lang", "en"])


def test_what_is_kept_and_what_was_deleted_holds(ledger):
    before = verify(ledger)
    assert before.exit_code == 0, before.output
    assert "3 sealed messages are those committed to; 0 were deleted" in before.output
    ledger.sweep(RULES)
    after = verify(ledger)
    assert after.exit_code == 0, after.output
    assert "2 sealed messages are those committed to; 1 were deleted" in after.output


def test_a_deletion_that_is_under_way_is_no_loss(ledger):
    def killed() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ledger.sweep(RULES, rest=killed)
    done = verify(ledger)
    assert done.exit_code == 0, done.output


def forget(places: Places) -> None:
    with closing(PrivateStore(places)) as store:
        store.forget([1])


def exchange(places: Places) -> None:
    with closing(sqlite3.connect(places.private)) as database, database:
        database.execute("UPDATE sealed SET blob = x'00' WHERE idx = 1")


def lose_file(places: Places) -> None:
    next(place for place in places.blobs.rglob("*") if place.is_file()).unlink()


def plan_silently(places: Places) -> None:
    """An administrator writes a plan by hand, so that what he deletes looks deleted in time."""
    with closing(Deletions(places)) as plans, closing(PrivateStore(places)) as store:
        plans.plan_names("cd" * 16, 12, NOW, ["p1"])
        plans._database.execute("UPDATE deletion SET list = ? WHERE id = ?", (zlib.compress(b"1 b\n"), "cd" * 16))
        plans._database.commit()
        store.forget([1])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (forget, "entry 1 is missing, and no recorded deletion"),
        (exchange, "entry 1 is not the one that it commits to"),
        (lose_file, "is missing, and no recorded deletion"),
        (plan_silently, "entry 1 is missing, and no recorded deletion"),
    ],
)
def test_whoever_rules_the_store_hides_nothing(harm: Callable[[Places], object], said: str, ledger):
    ledger.client.settle()
    harm(ledger.places)
    done = verify(ledger)
    assert done.exit_code == 1
    assert said in done.output.replace("\n", " ")
