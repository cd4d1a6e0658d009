"""A closure is looked at again every six months: kept with a reason or lifted; nothing opens by itself (S-66, S-67)."""

from datetime import datetime

import pytest

from audit.events import Kind
from project_spaces.decisions import Action
from project_spaces.embargoes.reviewing import EVERY, keep_embargo, remind_keepers
from project_spaces.embargoes.setting import lift_embargo, set_embargo
from project_spaces.errors import BureauError, Conflict, Invalid, Refused
from project_spaces.facts import PlatformRole
from project_spaces.notifications import notifications
from project_spaces.owner_perimeters import dismiss, entrust
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

DUE = NOW + EVERY


@pytest.fixture
def closed(world: World) -> World:
    """Stays are closed since now; Stella answers for them, Sven for nothing."""
    world.person("stella", PlatformRole.STEWARD)
    world.person("sven", PlatformRole.STEWARD)
    world.person("rita", PlatformRole.ADMINISTRATOR)
    entrust(world.store, "CHU", "stella", actor=SYSTEM, now=NOW)
    return world


def embargo(world: World, ends_at: datetime | None = None) -> str:
    return set_embargo(
        world.store, "sejours", starts_at=NOW, ends_at=ends_at, reason="Correction.", actor="stella", now=NOW
    )


def told(world: World, person: str) -> int:
    with world.store.read() as session:
        return sum("à réexaminer" in each.text.fr for each in notifications(session, person))


def test_who_answers_is_reminded_a_week_and_a_day_before_and_every_week_after(closed: World) -> None:
    embargo(closed)
    reminded = [remind_keepers(closed.store, now=DUE + days * DAY) for days in (-8, -7, -6, -1, 0, 1, 7)]
    assert reminded == [0, 1, 0, 1, 1, 0, 1]
    assert (told(closed, "stella"), told(closed, "rita"), told(closed, "sven")) == (4, 0, 0)
    assert not closed.may("ana", Action.MOUNT_DATASET, DUE, project_slug="etude", dataset_slug="sejours").allowed


def test_one_that_is_kept_is_looked_at_again_and_one_that_ended_is_not(closed: World) -> None:
    kept, ended = embargo(closed), embargo(closed, ends_at=DUE - 30 * DAY)
    assert keep_embargo(closed.store, kept, actor="stella", now=DUE - DAY, reason="Encore.") == DUE - DAY + EVERY
    assert closed.ledger.of(Kind.EMBARGO)[-1].subject["change"] == "kept"
    assert remind_keepers(closed.store, now=DUE + 30 * DAY) == 0
    lift_embargo(closed.store, kept, actor="stella", now=DUE, reason="Fait.")
    assert remind_keepers(closed.store, now=DUE + 2 * EVERY) == 0
    for number in (kept, ended):
        with pytest.raises(Conflict, match="over"):
            keep_embargo(closed.store, number, actor="stella", now=DUE, reason="x")


def test_administrators_are_reminded_where_nobody_answers_for_the_data(closed: World) -> None:
    set_embargo(closed.store, "sejours", starts_at=NOW, ends_at=None, reason="x", actor=SYSTEM, now=NOW)
    dismiss(closed.store, "CHU", "stella", actor="rita", now=NOW)
    assert remind_keepers(closed.store, now=DUE) == 1
    assert told(closed, "rita") == 1


@pytest.mark.parametrize(
    ("actor", "reason", "error"), [("sven", "x", Refused), ("ana", "x", Refused), ("stella", " ", Invalid)]
)
def test_nobody_else_keeps_one_and_never_without_a_reason(
    closed: World, actor: str, reason: str, error: type[BureauError]
) -> None:
    with pytest.raises(error):
        keep_embargo(closed.store, embargo(closed), actor=actor, now=NOW, reason=reason)
