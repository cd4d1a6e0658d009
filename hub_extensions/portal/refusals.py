"""What the portal refuses is recorded with its reasons: who was turned away, from what, and why (MR-007, SEC-JOU-1)."""

from datetime import datetime
from urllib.parse import quote

from tornado.web import RequestHandler

from audit.events import Event, Kind
from hub_extensions.portal.context import Call
from project_spaces.errors import BureauError, Refused
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


def note_refusal(handler: RequestHandler, who: str, now: datetime, error: BureauError) -> None:
    """Record, after the answer, a refusal that needed no verb; address and sentence stay out of the leaf.

    An address that is half of a secret (the door of people without an account) is kept nowhere.
    """
    path, secret = handler.request.path, (getattr(handler, "path_kwargs", None) or {}).get("token")
    if secret:
        path = path.replace(secret, "…")
    what = f"{handler.request.method} {quote(path)}"
    handler.application.settings["strangers"].note(refused_outright(what, who, now, error))


def refused_outright(what: str, who: str, now: datetime, error: BureauError) -> Event:
    """Return the entry of a refusal that needed no verb."""
    private = {"what": what[:1024], "reason": error.text.en}
    return Event(Kind.REFUSAL, who, None, now, {"what": "entry", "status": error.status}, private=private)
