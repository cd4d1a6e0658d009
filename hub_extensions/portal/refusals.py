"""What the portal refuses is recorded with its reasons: who was turned away, from what, and why (MR-007, SEC-JOU-1)."""

from audit.events import Event, Kind
from hub_extensions.portal.context import Call
from project_spaces.errors import Refused
from project_spaces.slugs import is_slug

_ROOM = "hub_extensions.portal."


def record_refusal(call: Call, what: str, refusal: Refused) -> None:
    """Record *refusal* once; the sentence may name people, so it stays out of the leaf.

    Parameters
    ----------
    what
        the verb that said no, by its place in the code.

    Raises
    ------
    Unavailable
        the ledger does not take it: the person is told that instead.
    """
    if refusal.recorded:
        return
    project = call.path.get("project")
    reason = " ".join(text.en for text in refusal.reasons or (refusal.text,))
    event = Event(
        Kind.REFUSAL,
        call.actor,
        project if project is not None and is_slug(project) else None,
        call.now,
        {"what": what.removeprefix(_ROOM), "status": refusal.status},
        private={"reason": reason[:1024]},
    )
    call.portal.store.record(event)
    refusal.recorded = True
