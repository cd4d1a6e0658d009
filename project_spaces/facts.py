"""What a decision is made from: plain facts about a person, a project and data sets, read before and handed over.

Nothing here does anything. The rows they come from are read in ``access``; the rules that judge them are in
``decisions``. Several memberships or habilitations of one person may follow each other: all are given.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from project_spaces.requirements import NOTHING, Requirement
from project_spaces.text import Text
from project_spaces.windows import Window


class PlatformRole(StrEnum):
    """What a person does for the whole platform. None of them opens any data (DESIGN section 3, rule 6)."""

    ADMINISTRATOR = "administrator"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    STEWARD = "steward"
    COMMITTEE = "committee"
    TRAINING_MANAGER = "training_manager"


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


class WorkspaceKind(StrEnum):
    """What an installation's workspaces are; only sealed ones may see what is neither open nor synthetic."""

    SEALED = "sealed"
    LOCAL_TRIAL = "local_trial"


class StopScope(StrEnum):
    """What a kill switch stops."""

    PERSON = "person"
    PROJECT = "project"
    DATASET = "dataset"
    ALL = "all"


class PlaceKind(StrEnum):
    """What a perimeter of administration is made of."""

    PROJECT = "project"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something lies: a project, or an organisation."""

    kind: PlaceKind
    name: str


@dataclass(frozen=True, slots=True)
class PerimeterFacts:
    """A place that a person administers, and from when to when."""

    place: Place
    window: Window


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """The sign-in that stands behind the act: when, whether with two factors, and from where."""

    at: datetime
    strong: bool
    address: str | None = None


@dataclass(frozen=True, slots=True)
class CharterVersionFacts:
    """One published version of a charter, and when the acting person signed exactly its text."""

    number: int
    published_at: datetime
    sign_by: datetime
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CharterFacts:
    """A charter, every version of it; *known_since* is when the acting person was registered."""

    slug: str
    title: Text
    known_since: datetime
    versions: tuple[CharterVersionFacts, ...]


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """One training of the acting person and how long it is valid."""

    kind: str
    window: Window


@dataclass(frozen=True, slots=True)
class StopFacts:
    """A kill switch: what it stops, and from when until it was lifted. *name* is empty for everything."""

    scope: StopScope
    name: str
    window: Window


@dataclass(frozen=True, slots=True)
class Subject:
    """The person who acts. Unknown people are a subject too: one that nothing is allowed to.

    Parameters
    ----------
    asks
        what the installation asks of everybody.
    duties
        what it asks of whoever judges, controls or answers by a role: trainings, identity.
    sign_in
        the sign-in behind this act; None when there is none, or when it was ended.
    connected_from
        the address that the request comes from; None where no request is behind the question, or where the door that
        it came through compares the address itself (``Decision.places``).
    stops
        the kill switches of the whole installation, except those of other persons: they come with the subject so that
        nobody who decides can forget to read them.
    perimeter
        what the person administers as a hub's administrator; platform administrators need none.
    identity_reviewed
        somebody checked who the person is and for whom the person works.
    """

    username: str
    active: bool
    roles: frozenset[PlatformRole] = frozenset()
    #: The owners of data for whom the person speaks.
    owners: frozenset[str] = frozenset()
    second_factor: bool = False
    asks: Requirement = NOTHING
    duties: Requirement = NOTHING
    sign_in: SignInFacts | None = None
    connected_from: str | None = None
    charters: tuple[CharterFacts, ...] = ()
    trainings: tuple[TrainingFacts, ...] = ()
    stops: tuple[StopFacts, ...] = ()
    perimeter: tuple[PerimeterFacts, ...] = ()
    identity_reviewed: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """An approval that a project was given (an opinion, an authorisation), and how long it is valid."""

    kind: str
    window: Window


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project as a decision sees it; *frozen* is when nobody works there any more and results may still leave."""

    slug: str
    status: ProjectStatus
    window: Window
    approvals: tuple[ApprovalFacts, ...] = ()
    frozen: Window | None = None


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """One membership of the acting person in the project."""

    role: MemberRole
    window: Window


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """A data set, and every habilitation of the acting person for it in the project.

    Parameters
    ----------
    asks
        what its tier, and the data set itself, ask of whoever uses it.
    agreements
        of its owner with the project.
    embargoes
        times in which nobody uses it.
    """

    slug: str
    classification: Classification
    withdrawn: bool
    habilitations: tuple[Window, ...] = ()
    asks: Requirement = NOTHING
    agreements: tuple[Window, ...] = ()
    embargoes: tuple[Window, ...] = ()


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
    in_files
        others that were ever mounted in the project: its files may hold extracts of them.
    author
        who made the export request.
    recipient
        who is named on the download link.
    beneficiary
        who would receive the right that is granted.
    concerned
        everybody who is named in the case: the applicant and whoever would get access.
    owners
        the owners of data of whom one must be spoken for.
    workspace
        the kind of workspace in which data are used.
    within
        the places in which what is administered lies; the platform as a whole lies in none.
    """

    project: ProjectFacts | None = None
    memberships: tuple[MembershipFacts, ...] = ()
    datasets: tuple[DatasetFacts, ...] = ()
    in_files: tuple[DatasetFacts, ...] = ()
    author: str | None = None
    recipient: str | None = None
    beneficiary: str | None = None
    concerned: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    workspace: WorkspaceKind | None = None
    within: tuple[Place, ...] = ()


#: The platform itself: what administration and audit act on.
PLATFORM = Resource()
