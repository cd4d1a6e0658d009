"""How long traces are kept is one of three values, justified where it is long; a hold is an auditor's act."""

import pytest

from audit.events import Kind
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import PlatformRole
from project_spaces.retention import lift_hold, place_hold, retention_of, retentions, set_retention


@pytest.fixture
def staffed(world):
    world.person("ada", PlatformRole.ADMINISTRATOR)
    world.person("odile", PlatformRole.AUDITOR)
    return world


def kept(world, project="etude"):
    with world.store.read() as session:
        return retention_of(session, project, 12)


def test_what_nobody_chose_is_the_settings(staffed) -> None:
    assert (kept(staffed).months, kept(staffed).hold) == (12, None)
    with staffed.store.read() as session:
        assert {slug: each.months for slug, each in retentions(session, 6).items()} == {"etude": 6}


def test_a_choice_is_recorded_with_its_reason_and_the_last_one_holds(staffed) -> None:
    set_retention(staffed.store, "etude", 36, reason="Risque de détournement.", actor="ada", now=staffed.now)
    assert (kept(staffed).months, kept(staffed).reason) == (36, "Risque de détournement.")
    set_retention(staffed.store, "etude", 6, actor="ada", now=staffed.now)
    assert kept(staffed).months == 6
    first, second = staffed.ledger.of(Kind.RETENTION_CHANGED)
    assert (first.subject["months"], dict(first.private)) == (36, {"reason": "Risque de détournement."})
    assert second.subject["months"] == 6


@pytest.mark.parametrize(
    ("months", "reason"), [(24, "because"), (0, ""), (-6, ""), (36, ""), (36, "  "), (12, "x" * 2001)]
)
def test_other_lengths_and_three_years_without_a_reason_are_refused(staffed, months: int, reason: str) -> None:
    with pytest.raises(Invalid):
        set_retention(staffed.store, "etude", months, reason=reason, actor="ada", now=staffed.now)
    assert kept(staffed).months == 12
    assert not staffed.ledger.of(Kind.RETENTION_CHANGED)


@pytest.mark.parametrize("actor", ["ana", "odile", "nobody"])
def test_only_an_administrator_chooses(staffed, actor: str) -> None:
    with pytest.raises(Refused):
        set_retention(staffed.store, "etude", 6, actor=actor, now=staffed.now)


def test_a_hold_stands_until_it_is_lifted(staffed) -> None:
    place_hold(staffed.store, "etude", reason="Réquisition.", actor="odile", now=staffed.now)
    assert (kept(staffed).hold.reason, kept(staffed).hold.by) == ("Réquisition.", "odile")
    with pytest.raises(Conflict):
        place_hold(staffed.store, "etude", reason="Encore.", actor="odile", now=staffed.now)
    lift_hold(staffed.store, "etude", reason="Terminé.", actor="odile", now=staffed.now)
    assert kept(staffed).hold is None
    with pytest.raises(Conflict):
        lift_hold(staffed.store, "etude", reason="Encore.", actor="odile", now=staffed.now)
    assert [event.kind for event in staffed.ledger.events[-2:]] == [Kind.HOLD_PLACED, Kind.HOLD_LIFTED]
    place_hold(staffed.store, "etude", reason="De nouveau.", actor="odile", now=staffed.now)
    assert kept(staffed).hold.reason == "De nouveau."


def test_a_hold_is_for_auditors_from_outside_the_project(staffed) -> None:
    staffed.person("max", PlatformRole.AUDITOR)
    staffed.member("max", "etude")
    for actor in ("ada", "ana", "max"):
        with pytest.raises(Refused):
            place_hold(staffed.store, "etude", reason="Non.", actor=actor, now=staffed.now)
    with pytest.raises(Invalid):
        place_hold(staffed.store, "etude", reason=" ", actor="odile", now=staffed.now)
    with pytest.raises(NotFound):
        place_hold(staffed.store, "nulle-part", reason="Quoi ?", actor="odile", now=staffed.now)
    place_hold(staffed.store, "etude", reason="Oui.", actor="odile", now=staffed.now)
    with pytest.raises(Refused):
        lift_hold(staffed.store, "etude", reason="Non.", actor="max", now=staffed.now)
