"""Who may do what to an export request. *When* is in ``states.py``; facts come in, nothing is looked up.

Nobody judges his own case (DESIGN section 3, rule 5). What a reviewer, a submitter or a recipient must be is decided by
the one decision function; here is only which of these an act asks for. Each rule exists as ``check_x``, which raises
the sentence that a person reads, and as ``x``, which tells whether it would pass: the page's tooltip and the
interface's error are the same text.
"""

from dataclasses import dataclass
from datetime import datetime

from hub_extensions.exports.states import OWNERS, Act, Owner
from project_spaces.access import told
from project_spaces.decisions import Action, decide
from project_spaces.errors import Refused
from project_spaces.facts import DatasetFacts, MembershipFacts, ProjectFacts, Resource, Subject
from project_spaces.text import Text

#: Acts for which authorship is not enough: the right to take results out must still hold.
NEEDS_RIGHT_TO_SUBMIT = frozenset({Act.EDIT, Act.SUBMIT, Act.LINK})

NOT_AUTHOR = Text("Seul l'auteur de la demande peut faire cela.", "Only the author of the request may do this.")
NOT_RECIPIENT = Text("Ce lien n'est pas à votre nom.", "This link is not in your name.")
NOT_CONCERNED = Text("Cette demande ne vous concerne pas.", "This request does not concern you.")
CONFLICTED = Text(
    "Vous avez déclaré un conflit d'intérêts avec ce projet.", "You declared a conflict of interest with this project."
)
RECEIVES = Text("Un destinataire ne juge pas ce qu'il recevra.", "A recipient does not judge what they will receive.")
BY_ITSELF = Text("Cette étape est automatique.", "This step happens by itself.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the domain knows of one person and one project, now; *memberships* are that person's, past ones too."""

    subject: Subject
    project: ProjectFacts | None
    memberships: tuple[MembershipFacts, ...]
    now: datetime
    #: Declared a conflict of interest with the project.
    conflicted: bool = False
    #: Data sets of which a member's project may hold extracts; nobody else is told of them.
    in_files: tuple[DatasetFacts, ...] = ()

    @property
    def username(self) -> str:
        """Who it is."""
        return self.subject.username

    @property
    def member(self) -> bool:
        """Whether the person is in the project now."""
        return self.subject.active and any(membership.window.holds(self.now) for membership in self.memberships)


@dataclass(frozen=True, slots=True)
class Parties:
    """The people named in a request."""

    author: str
    recipients: frozenset[str]


def check_author(who: Standing, parties: Parties) -> None:
    """Raise ``Refused`` unless *who* made the request."""
    if who.username != parties.author:
        raise Refused(NOT_AUTHOR)


def check_submitter(who: Standing) -> None:
    """Raise ``Refused`` unless *who* may take results out of the project today."""
    _require(who, Action.SUBMIT_EXPORT, Resource(who.project, who.memberships, in_files=who.in_files))


def check_reviewer(who: Standing, parties: Parties) -> None:
    """Raise ``Refused`` unless *who* may judge the request.

    Role held now, not the author nor a recipient, never in the project, no declared conflict of interest with it.
    """
    if who.conflicted:
        raise Refused(CONFLICTED)
    if who.username in parties.recipients - {parties.author}:
        raise Refused(RECEIVES)
    _require(who, Action.REVIEW_EXPORT, Resource(who.project, who.memberships, author=parties.author))


def is_reviewer(who: Standing, parties: Parties) -> bool:
    """Tell whether ``check_reviewer`` would pass."""
    try:
        check_reviewer(who, parties)
    except Refused:
        return False
    return True


def check_recipient(who: Standing, recipient: str) -> None:
    """Raise ``Refused`` unless the link is in the name of *who* and downloading is still allowed."""
    _require(who, Action.DOWNLOAD_EXPORT, Resource(who.project, who.memberships, recipient=recipient))


def check_owner(who: Standing, parties: Parties, act: Act) -> None:
    """Raise ``Refused`` unless *who* is among those who may ever perform *act* on the request.

    An act with two owners passes when one of them does; the sentence is then the author's.
    """
    owners = OWNERS[act]
    if Owner.REVIEWER in owners and is_reviewer(who, parties):
        return
    if Owner.AUTHOR in owners:
        check_author(who, parties)
        if act in NEEDS_RIGHT_TO_SUBMIT:
            check_submitter(who)
    elif Owner.REVIEWER in owners:
        check_reviewer(who, parties)
    elif Owner.RECIPIENT in owners:
        if who.username not in parties.recipients:
            raise Refused(NOT_RECIPIENT)
        check_recipient(who, who.username)
    else:
        raise Refused(BY_ITSELF)


def check_viewer(who: Standing, parties: Parties) -> None:
    """Raise ``Refused`` unless *who* may know of the request at all."""
    concerned = who.username == parties.author or who.username in parties.recipients or who.member
    if not concerned and not is_reviewer(who, parties):
        raise Refused(NOT_CONCERNED)


def _require(who: Standing, action: Action, resource: Resource) -> None:
    decision = decide(who.subject, action, resource, who.now)
    if not decision.allowed:
        reasons = [reason.text for reason in told(decision)]
        raise Refused(reasons[0], reasons)
