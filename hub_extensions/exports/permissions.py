"""Who may do what to an export request. *When* is in ``states.py``; facts come in, nothing is looked up.

Nobody judges his own case (DESIGN section 3, rule 5): the requester never reviews, and a reviewer neither is nor has
been a member of the project. Each rule exists as ``check_x``, which raises the sentence that a person reads, and as
``x``, which tells whether it would pass: the page's tooltip and the interface's error are the same text.
"""

from dataclasses import dataclass

from hub_extensions.exports.states import OWNERS, Act, Owner
from project_spaces.errors import Refused
from project_spaces.text import Text

#: Acts for which authorship is not enough: the right to take results out must still hold.
NEEDS_RIGHT_TO_SUBMIT = frozenset({Act.EDIT, Act.SUBMIT, Act.LINK})

OWN_REQUEST = Text(
    "Vous êtes l'auteur de cette demande : d'autres que vous doivent la vérifier.",
    "You are the author of this request: others must review it.",
)
IN_PROJECT = Text(
    "Vous êtes ou avez été membre de ce projet : la vérification revient à des personnes extérieures.",
    "You are or have been a member of this project: outsiders must review it.",
)
NOT_AUTHOR = Text("Seul l'auteur de la demande peut faire cela.", "Only the author of the request may do this.")
NOT_RECIPIENT = Text("Ce lien n'est pas à votre nom.", "This link is not in your name.")
NOT_REVIEWER = Text("Vous n'avez pas le rôle de vérificateur.", "You do not hold the reviewer role.")
NOT_CONCERNED = Text("Cette demande ne vous concerne pas.", "This request does not concern you.")
BY_ITSELF = Text("Cette étape est automatique.", "This step happens by itself.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the domain says of one person towards one project, now.

    ``…_refusals`` are the reasons of the decision function, empty when it allows.
    """

    username: str
    ever_member: bool
    member: bool
    reviewer: bool
    submit_refusals: tuple[Text, ...] = ()
    review_refusals: tuple[Text, ...] = ()
    download_refusals: tuple[Text, ...] = ()


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
    if who.submit_refusals:
        raise Refused(who.submit_refusals[0], who.submit_refusals)


def check_reviewer(who: Standing, parties: Parties) -> None:
    """Raise ``Refused`` unless *who* may judge the request: role held now, not the author, never in the project."""
    reasons = [OWN_REQUEST] if who.username == parties.author else []
    reasons += [IN_PROJECT] if who.ever_member else []
    reasons += [] if who.reviewer else [NOT_REVIEWER]
    reasons += [reason for reason in who.review_refusals if reason not in reasons]
    if reasons:
        raise Refused(reasons[0], reasons)


def is_reviewer(who: Standing, parties: Parties) -> bool:
    """Tell whether ``check_reviewer`` would pass."""
    try:
        check_reviewer(who, parties)
    except Refused:
        return False
    return True


def check_recipient(who: Standing, recipient: str) -> None:
    """Raise ``Refused`` unless the link is in the name of *who* and downloading is still allowed."""
    if who.username != recipient:
        raise Refused(NOT_RECIPIENT)
    if who.download_refusals:
        raise Refused(who.download_refusals[0], who.download_refusals)


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
        return
    if Owner.REVIEWER in owners:
        check_reviewer(who, parties)
    if Owner.RECIPIENT in owners:
        if who.username not in parties.recipients:
            raise Refused(NOT_RECIPIENT)
        check_recipient(who, who.username)
        return
    raise Refused(BY_ITSELF)


def check_viewer(who: Standing, parties: Parties) -> None:
    """Raise ``Refused`` unless *who* may know of the request at all."""
    concerned = who.username == parties.author or who.username in parties.recipients or who.member
    if not concerned and not is_reviewer(who, parties):
        raise Refused(NOT_CONCERNED)
