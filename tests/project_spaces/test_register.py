"""The public register: what is in it by the policy, what it never says, and who may put a publication off."""

from datetime import datetime, timedelta

import pytest

from audit.events import Kind
from project_spaces.errors import Invalid, NotFound, Refused
from project_spaces.facts import PlatformRole
from project_spaces.register import (
    RegisterEntry,
    Result,
    defer,
    deferred_count,
    is_public,
    public_project,
    public_projects,
    set_entry,
)
from tests.project_spaces.conftest import DAY, NOW, World


@pytest.mark.parametrize(
    ("accepted", "listed", "deferred", "public"),
    [
        (False, None, None, False),
        (True, None, None, True),
        (False, False, None, False),
        (False, True, None, True),
        (True, False, None, True),
        (True, False, NOW + DAY, False),
        (False, True, NOW + DAY, False),
        (True, False, NOW, True),
    ],
)
def test_the_policy(accepted: bool, listed: bool | None, deferred: datetime | None, public: bool):
    entry = None if listed is None else RegisterEntry(listed=listed, deferred_until=deferred)
    assert is_public(accepted=accepted, entry=entry, now=NOW) is public


def test_a_project_shows_what_it_is_and_names_nobody(world: World):
    world.person("adm", PlatformRole.ADMINISTRATOR)
    result = Result(title="Réadmissions", link="https://doi.org/10.5555/1")
    set_entry(world.store, "etude", organisation="CHU", results=[result], listed=True, actor="adm", now=NOW)
    with world.store.read() as session:
        (found,) = public_projects(session, now=NOW)
        assert public_project(session, "etude", now=NOW) == found
    assert (found.organisation, found.people, found.state, found.results) == ("CHU", 1, "running", (result,))
    assert (found.datasets, found.other_datasets) == ((), 1), "a data set outside the catalogue is counted, not named"
    assert not {"ana", "ben", "adm"} & set(str(found).replace("'", " ").split())
    with world.store.read() as session:
        assert public_project(session, "etude", now=NOW + 200 * DAY).state == "ended"


def test_a_deferral_has_a_reason_an_end_and_its_place_in_the_ledger(world: World):
    world.person("adm", PlatformRole.ADMINISTRATOR)
    set_entry(world.store, "etude", organisation="CHU", listed=True, actor="adm", now=NOW)
    for until, reason in ((NOW + DAY, " "), (NOW, "brevet"), (NOW + 731 * DAY, "brevet")):
        with pytest.raises(Invalid):
            defer(world.store, "etude", until=until, reason=reason, actor="adm", now=NOW)
    defer(world.store, "etude", until=NOW + 10 * DAY, reason="brevet", actor="adm", now=NOW)
    with world.store.read() as session:
        assert public_projects(session, now=NOW) == []
        assert deferred_count(session, now=NOW) == 1
        with pytest.raises(NotFound) as hidden:
            public_project(session, "etude", now=NOW)
        with pytest.raises(NotFound) as unknown:
            public_project(session, "inconnu", now=NOW)
        assert hidden.value.text == unknown.value.text
        assert len(public_projects(session, now=NOW + 10 * DAY)) == 1
    event = world.ledger.of(Kind.PROJECT_CHANGED)[-1]
    assert event.private == {"reason": "brevet"}
    assert "brevet" not in str(dict(event.subject))
    defer(world.store, "etude", until=None, reason="paru", actor="adm", now=NOW + timedelta(hours=1))
    with world.store.read() as session:
        assert len(public_projects(session, now=NOW + timedelta(hours=1))) == 1


def test_only_an_administrator_writes_in_it(world: World):
    with pytest.raises(Refused):
        set_entry(world.store, "etude", organisation="X", listed=True, actor="ana", now=NOW)
    with pytest.raises(Refused):
        defer(world.store, "etude", until=NOW + DAY, reason="x", actor="ana", now=NOW)
