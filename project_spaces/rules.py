"""The rules of one installation: what it asks of everybody, and more for each class of data sets.

These are settings (DESIGN section 3, rule 8). The store is opened with them, so that every process that decides asks
the same, and nobody who calls ``may`` can forget to pass them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from project_spaces.facts import Classification, WorkspaceKind
from project_spaces.requirements import NOTHING, Requirement
from project_spaces.sessions.idleness import IdleLimit


@dataclass(frozen=True, slots=True)
class EndRules:
    """What happens when a project ends.

    Parameters
    ----------
    export_window
        how long results may still be taken out of a frozen project.
    notice
        how long a decision on what becomes of it is announced before it is carried out.
    two_people
        that decision takes a second person.
    """

    export_window: timedelta = timedelta(days=30)
    notice: timedelta = timedelta(days=7)
    two_people: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that an installation asks.

    Parameters
    ----------
    everybody
        asked of every act but the sign-in itself (trainings and approvals: of work in a project).
    tiers
        asked in addition for data sets of a class.
    duties
        asked of whoever judges, controls or answers by a role on the platform: trainings, identity.
    sealed
        False for the trial without a container engine: it takes open and synthetic data only.
    strong_acr
        values of ``acr`` that this installation's identity provider gives for two factors.
    idle
        how long a browser session lasts without its person; None where only its hours end it.
    """

    everybody: Requirement = NOTHING
    tiers: Mapping[Classification, Requirement] = field(default_factory=dict)
    duties: Requirement = NOTHING
    sealed: bool = True
    strong_acr: frozenset[str] = frozenset()
    ends: EndRules = EndRules()
    idle: IdleLimit | None = None

    @property
    def workspace(self) -> WorkspaceKind:
        """The kind of its workspaces."""
        return WorkspaceKind.SEALED if self.sealed else WorkspaceKind.LOCAL_TRIAL

    def of_tier(self, tier: Classification) -> Requirement:
        """Return what data sets of this class ask in addition."""
        return self.tiers.get(tier, NOTHING)

    def ask(self, name: str) -> bool:
        """Tell whether anybody is asked for *name* (a field of ``Requirement``): what nobody asks need not be read."""
        return any(getattr(each, name) for each in (self.everybody, self.duties, *self.tiers.values()))

    def needed(self, name: str) -> frozenset[str]:
        """Return every kind that work on data is asked for: of ``trainings`` or ``approvals``."""
        return frozenset().union(*(getattr(each, name) for each in (self.everybody, *self.tiers.values())))


#: An installation that asks nothing: sealed workspaces, and the rights that were given.
NO_RULES = Rules()
