"""A small world for the domain's tests: one project, two people, one data set, and a clock that tests move."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from audit.testing import MemoryLedger
from project_spaces.access import may
from project_spaces.datasets import register_dataset
from project_spaces.decisions import Action, Decision
from project_spaces.facts import Classification, PlatformRole
from project_spaces.habilitations import grant_habilitation
from project_spaces.memberships import grant_membership
from project_spaces.people import create_person, grant_role
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.store import Store
from project_spaces.text import Text

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = "system:test"


@dataclass
class World:
    """Shortcuts over the domain's verbs; every right lasts from yesterday to ``days`` from now."""

    store: Store
    ledger: MemoryLedger
    now: datetime = NOW

    def person(self, username: str, *roles: PlatformRole) -> str:
        create_person(
            self.store,
            username=username,
            display_name=username.title(),
            email=f"{username}@example.org",
            actor=SYSTEM,
            now=self.now,
        )
        for role in roles:
            grant_role(self.store, username, role, actor=SYSTEM, now=self.now)
        return username

    def project(self, slug: str, *, days: int = 100, quota: Quota | None = None) -> str:
        create_project(
            self.store,
            slug=slug,
            title="Réadmissions à 30 jours",
            purpose="Mesurer la qualité des soins.",
            starts_at=self.now - DAY,
            ends_at=self.now + days * DAY,
            quota=quota or Quota(),
            actor=SYSTEM,
            now=self.now,
        )
        return slug

    def dataset(self, slug: str, classification: Classification = Classification.PSEUDONYMISED) -> str:
        register_dataset(
            self.store,
            slug=slug,
            title=Text("Séjours", "Stays"),
            owner="CHU",
            classification=classification,
            min_persons=11,
            person_column="ID",
            actor=SYSTEM,
            now=self.now,
        )
        return slug

    def member(self, person: str, project: str, *, days: int = 60, actor: str = SYSTEM) -> str:
        window = {"starts_at": self.now - DAY, "ends_at": self.now + days * DAY}
        return grant_membership(self.store, person=person, project=project, actor=actor, now=self.now, **window)

    def habilitate(self, person: str, project: str, dataset: str, *, days: float = 30, actor: str = SYSTEM) -> str:
        window = {"starts_at": self.now - DAY, "ends_at": self.now + days * DAY}
        return grant_habilitation(
            self.store, person=person, project=project, dataset=dataset, actor=actor, now=self.now, **window
        )

    def may(self, person: str, action: Action, at: datetime | None = None, **resource) -> Decision:
        with self.store.read() as session:
            return may(session, person, action, now=at or self.now, **resource)


def _populate(world: World) -> World:
    world.person("ana")
    world.person("ben")
    world.project("etude")
    world.dataset("sejours")
    world.member("ana", "etude")
    world.habilitate("ana", "etude", "sejours")
    return world


@pytest.fixture
def world(store: Store, memory_ledger: MemoryLedger) -> World:
    """Ana works in ``etude`` on ``sejours``; Ben is nobody there. On each kind of database."""
    return _populate(World(store, memory_ledger))


@pytest.fixture
def quick_world(quick_store: Store, memory_ledger: MemoryLedger) -> World:
    """The same on SQLite only."""
    return _populate(World(quick_store, memory_ledger))
