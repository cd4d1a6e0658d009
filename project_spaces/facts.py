"""What a decision is made from: plain facts about a person, a project and data sets, read before and handed over.

Nothing here does anything. The rows they come from are read in ``access``; the rules that judge them are in
``decisions``. Several memberships or habilitations of one person may follow each other: all are given.
"""

from dataclasses import dataclass
from enum import StrEnum

from project_spaces.windows import Window


class PlatformRole(StrEnum):
    """What a person does for the whole platform. None of them opens any data (DESIGN section 3, rule 6)."""

    ADMINISTRATOR = "administrator"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    STEWARD = "steward"


class MemberRole(StrEnum):
    """What a person does in one project."""

    ANALYST = "analyst"
    LEAD = "lead"


class ProjectStatus(StrEnum):
    """Set by an administrator; the dates close a project by themselves."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Classification(StrEnum):
    """How sensitive a data set is, as its owner stated."""

    OPEN = "open"
    SYNTHETIC = "synthetic"
    PSEUDONYMISED = "pseudonymised"
    IDENTIFYING = "identifying"


@dataclass(frozen=True, slots=True)
class Subject:
    """The person who acts. Unknown people are a subject too: one that nothing is allowed to."""

    username: str
    active: bool
    roles: frozenset[PlatformRole] = frozenset()
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project as a decision sees it."""

    slug: str
    status: ProjectStatus
    window: Window


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """One membership of the acting person in the project."""

    role: MemberRole
    window: Window


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """A data set, and every habilitation of the acting person for it in the project."""

    slug: str
    classification: Classification
    withdrawn: bool
    habilitations: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on. What an action does not need stays empty, and an empty field never allows anything.

    Parameters
    ----------
    project
        None when there is no such project.
    memberships
        of the acting person in the project, past ones too.
    datasets
        those asked for: one to mount, or all that are mounted where a message goes.
    author
        who made the export request.
    recipient
        who is named on the download link.
    beneficiary
        who would receive the right that is granted.
    """

    project: ProjectFacts | None = None
    memberships: tuple[MembershipFacts, ...] = ()
    datasets: tuple[DatasetFacts, ...] = ()
    author: str | None = None
    recipient: str | None = None
    beneficiary: str | None = None


#: The platform itself: what administration and audit act on.
PLATFORM = Resource()
