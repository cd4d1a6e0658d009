"""A training counts when somebody else confirmed its certificate, from the day it was taken, for as long as it says."""

from datetime import UTC, datetime

import pytest

from audit.events import Kind
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused, TooLarge
from project_spaces.facts import PlatformRole
from project_spaces.text import Text
from project_spaces.trainings.claims import (
    LARGEST_FILE,
    ClaimState,
    certificate_of,
    claim_training,
    claims,
    confirm_claim,
    months_later,
    refuse_claim,
)
from project_spaces.trainings.kinds import define_training, training_kinds
from project_spaces.trainings.records import trainings
from tests.project_spaces.conftest import DAY, NOW, SYSTEM, World

PDF = b"%PDF-1.7 attestation"


@pytest.fixture
def school(world: World) -> World:
    """One training of twelve months; Theo manages trainings."""
    world.person("theo", PlatformRole.TRAINING_MANAGER)
    define_training(world.store, "snds", title=Text("SNDS", "SNDS"), months=12, actor=SYSTEM, now=NOW)
    return world


@pytest.fixture
def quick_school(quick_world: World) -> World:
    """The same on SQLite only."""
    quick_world.person("theo", PlatformRole.TRAINING_MANAGER)
    define_training(quick_world.store, "snds", title=Text("SNDS", "SNDS"), months=12, actor=SYSTEM, now=NOW)
    return quick_world


def claim(world: World, **change) -> str:
    asked = {"taken_at": NOW - 9 * DAY, "certificate": "CNAM 2026-118", "file": PDF, "now": NOW}
    return claim_training(world.store, "ana", "snds", **{**asked, **change})


def test_confirmed_it_counts_from_its_day_and_the_file_is_gone(school: World) -> None:
    number = claim(school)
    with school.store.read() as session:
        assert trainings(session, "ana") == []
        assert certificate_of(session, number, actor="theo", now=NOW).media_type == "application/pdf"
        assert certificate_of(session, number, actor="ana", now=NOW).data == PDF
        with pytest.raises(Refused):
            certificate_of(session, number, actor="ben", now=NOW)
    confirm_claim(school.store, number, actor="theo", now=NOW)
    with school.store.read() as session:
        (kept,), (row,) = trainings(session, "ana"), claims(session, person="ana")
        assert (kept.starts_at, kept.ends_at) == (NOW - 9 * DAY, datetime(2027, 11, 16, 9, tzinfo=UTC))
        assert (row.state, row.decided_by, row.file, len(kept.certificate_sha256)) == (
            ClaimState.CONFIRMED,
            "theo",
            None,
            64,
        )
        with pytest.raises(NotFound):
            certificate_of(session, number, actor="theo", now=NOW)
    assert [event.subject["change"] for event in school.ledger.of(Kind.TRAINING)] == ["defined", "claimed", "confirmed"]


def test_nobody_confirms_own_training_whatever_the_role(quick_school: World) -> None:
    number = claim(quick_school)
    for who in ("ana", "ben"):
        with pytest.raises(Refused):
            confirm_claim(quick_school.store, number, actor=who, now=NOW)
    own = claim_training(quick_school.store, "theo", "snds", taken_at=NOW - DAY, certificate="x", file=None, now=NOW)
    with pytest.raises(Refused, match="Nobody grants rights to themselves"):
        confirm_claim(quick_school.store, own, actor="theo", now=NOW)
    with quick_school.store.read() as session:
        assert trainings(session, "theo") == []


def test_two_who_decide_at_once_decide_once(quick_school: World) -> None:
    quick_school.person("tina", PlatformRole.TRAINING_MANAGER)
    number = claim(quick_school)
    refuse_claim(quick_school.store, number, reason="Illisible", actor="theo", now=NOW)
    with pytest.raises(Conflict, match="dealt with"):
        confirm_claim(quick_school.store, number, actor="tina", now=NOW)
    with quick_school.store.read() as session:
        assert trainings(session, "ana") == []
        assert [each.reason for each in claims(session, person="ana")] == ["Illisible"]
    assert claim(quick_school), "it may be shown again"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"taken_at": NOW + DAY}, Invalid),
        ({"taken_at": NOW - 3000 * DAY}, Invalid),
        ({"certificate": " "}, Invalid),
        ({"file": b"<html>"}, Invalid),
        ({"file": b"%PDF-" + bytes(LARGEST_FILE)}, TooLarge),
    ],
)
def test_what_is_refused(quick_school: World, change: dict, error: type[BureauError]) -> None:
    with pytest.raises(error):
        claim(quick_school, **change)
    with quick_school.store.read() as session:
        assert claims(session) == []


def test_one_claim_of_the_same_waits_at_a_time(quick_school: World) -> None:
    claim(quick_school)
    with pytest.raises(Conflict):
        claim(quick_school)
    with pytest.raises(NotFound):
        claim_training(quick_school.store, "ana", "rien", taken_at=NOW, certificate="x", file=None, now=NOW)


def test_kinds_are_defined_by_the_platform_and_changed_in_place(quick_school: World) -> None:
    quick_school.person("root", PlatformRole.ADMINISTRATOR)
    title = Text("SNDS et éthique", "SNDS and ethics")
    where = {"organiser": "CNAM", "address": "https://formation.example.org/snds"}
    define_training(quick_school.store, "snds", title=title, months=6, actor="root", now=NOW, **where)
    with quick_school.store.read() as session:
        assert [(each.slug, each.title.fr, each.months, each.address) for each in training_kinds(session)] == [
            ("snds", "SNDS et éthique", 6, where["address"])
        ]
    for change in (
        {"months": 0},
        {"title": Text("", "x")},
        {"months": 61},
        {"address": "javascript:alert(1)"},
        {"address": 'https://x" onclick="y'},
        {"address": "https://x\n"},
        {"address": "https://" + "x" * 500},
        {"organiser": "x\ny"},
    ):
        asked = {"title": title, "months": 12, **change}
        with pytest.raises(Invalid):
            define_training(quick_school.store, "snds", actor="root", now=NOW, **asked)
    with pytest.raises(Refused):
        define_training(quick_school.store, "snds", title=title, months=6, actor="theo", now=NOW)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [((2026, 1, 31), 1, (2026, 2, 28)), ((2024, 2, 29), 12, (2025, 2, 28)), ((2026, 11, 5), 14, (2028, 1, 5))],
)
def test_months_are_the_calendars(day: tuple, months: int, later: tuple) -> None:
    assert months_later(datetime(*day, tzinfo=UTC), months) == datetime(*later, tzinfo=UTC)
