"""A database or a ledger that somebody puts back to an earlier day is told apart from one that was not."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.events import Event, Kind
from audit.places import Places
from audit.testing import MemoryLedger
from hub_extensions.oversight.alarms import AlarmKind
from hub_extensions.portal.testing_ledger import MemoryView
from hub_extensions.worker.histories import Histories
from project_spaces.facts import PlatformRole
from project_spaces.migrations import migrate
from project_spaces.people import create_person, grant_role, revoke_role
from project_spaces.store import Store

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


class Site:
    """A database with a few acts, and the ledger that holds them."""

    def __init__(self, home: Path) -> None:
        self.file, self.home = home / "bureau.sqlite", home
        self.ledger = MemoryLedger()
        migrate(f"sqlite:///{self.file}")
        with self.store() as store:
            create_person(
                store, username="eve", display_name="Eve", email="e@example.org", actor="system:test", now=NOW
            )
            grant_role(store, "eve", PlatformRole.AUDITOR, actor="system:test", now=NOW)

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = Store(f"sqlite:///{self.file}", self.ledger)
        yield store
        store.close()

    def looked(self, ledger: MemoryLedger | None = None, *, name: str = "ledger") -> list[str]:
        """What the alarms are about, with the ledger as it is or another one in its place."""
        view = MemoryView(ledger or self.ledger, self.home / name)
        view.publish()
        with self.store() as store:
            store.ledger = ledger or self.ledger
            found = Histories(store, view.places)(NOW)
        assert {each.kind for each in found} <= {AlarmKind.HISTORIES}
        return [each.key for each in found]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_fits_is_no_alarm(site: Site) -> None:
    assert site.looked() == []


def test_a_database_from_yesterday_gives_back_what_was_withdrawn_and_is_told(site: Site) -> None:
    shutil.copyfile(site.file, site.home / "yesterday")
    with site.store() as store:
        revoke_role(store, "eve", PlatformRole.AUDITOR, actor="system:test", now=NOW)
    assert site.looked(name="before") == []
    shutil.copyfile(site.home / "yesterday", site.file)
    assert site.looked(name="after") == ["database"]


@pytest.mark.parametrize("beats", [0, 3])
def test_a_ledger_from_yesterday_has_lost_what_the_database_was_told(site: Site, beats: int) -> None:
    """Also one that has grown again meanwhile, as a recorder does by itself."""
    restored = MemoryLedger()
    restored.append(*site.ledger.events[:-1])
    for number in range(beats):
        restored.append(Event(Kind.LEDGER_HEARTBEAT, "system:ledger", None, NOW + timedelta(minutes=number)))
    assert site.looked(restored, name="restored") == ["ledger"]


def test_a_look_that_could_not_be_taken_changes_nothing(site: Site) -> None:
    site.looked()
    with site.store() as store:
        histories = Histories(store, Places(site.home / "ledger"))
        assert histories(NOW) == []
        shutil.rmtree(site.home / "ledger")
        assert histories(NOW + timedelta(hours=1)) == []
