"""A linkage is run as it was judged: what the accepted request of its project says of it, and nothing beyond (S-86).

Committee, authority and owners judge a linkage in the request; who runs linkages adds none. Projects without a request,
or with one from before requests asked for linkages, are an administrator's to answer for, as they were.
"""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.errors import Refused
from project_spaces.linkage.specification import LinkageSpec
from project_spaces.requests.forms import read_form
from project_spaces.requests.linkage_asked import WAY_LABELS, LinkageAsked, LinkageWay
from project_spaces.requests.records import AccessRequest, RequestState
from project_spaces.text import Text

_WAYS = {"exact": LinkageWay.DIRECT, "indirect": LinkageWay.INDIRECT}
ASK_ANEW = Text(
    "Le porteur du projet le demande dans une nouvelle demande d'accès.",
    "The project's lead asks for it in a new request for access.",
)
NOT_ASKED = Text(
    "La demande acceptée de ce projet ne comporte pas d'appariement.",
    "The accepted request of this project asks for no linkage.",
)


def require_accepted(session: Session, spec: LinkageSpec) -> None:
    """Let a linkage pass that the accepted request of its project asks for, or whose project has no such request.

    Raises
    ------
    Refused
        no linkage was asked for, or another way or other sources; with every reason, and who may change it.
    """
    query = select(AccessRequest).where(
        AccessRequest.project == spec.project, AccessRequest.state == RequestState.ACCEPTED
    )
    request = session.scalars(query).first()
    if request is None or "linkage" not in request.form:
        return
    asked = read_form(request.form).linkage
    reasons = [NOT_ASKED] if asked is None else list(_beyond(asked, spec))
    if reasons:
        said = [*reasons, ASK_ANEW]
        raise Refused(Text(" ".join(each.fr for each in said), " ".join(each.en for each in said)), said)


def _beyond(asked: LinkageAsked, spec: LinkageSpec) -> Iterator[Text]:
    way = WAY_LABELS[asked.way]
    if _WAYS[spec.rule.kind] is not asked.way:
        yield Text(f"L'appariement accepté est {way.fr}.", f"The linkage that was accepted is {way.en}.")
    others = [each.dataset for each in (spec.left, spec.right) if each.dataset not in asked.datasets]
    if len(others) > bool(asked.cohort.strip()):  # an own cohort is described, not named
        names = ", ".join(dict.fromkeys(others))
        yield Text(
            f"L'appariement accepté ne porte pas sur {names}.", f"The linkage that was accepted is not of {names}."
        )
