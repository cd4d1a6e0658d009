"""What the Hub itself refuses, as entries: its own log names no actor (TRAPS B9), and is no evidence.

Asked after each answer, so that no handler of the Hub can be forgotten. Who was not identified is recorded and, beyond
a number a minute, counted (``hub_extensions.strangers``). Services of this installation ask about what may be gone,
and pages that are none were always dead links: neither is recorded.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from jupyterhub.log import log_request
from jupyterhub.user import User
from tornado import web

from audit.events import Event, Kind
from hub_extensions.strangers.counted import SOMEBODY

REFUSED = frozenset({400, 401, 403, 404, 405, 409, 413})
#: What is behind these addresses is asked for by name: that there is none is an answer worth as much as a refusal.
BY_NAME = ("/hub/api/", "/hub/user/")
#: Where portal and gateway ask whose token a visitor brought; what they refuse then is recorded there.
WHO = "/hub/api/user"
MOST_PATH = 512


def log_and_record(handler: Any) -> None:
    """Log the answer as the Hub does, and record it where it is a refusal that nobody recorded."""
    log_request(handler)
    event = refusal_of(handler)
    if event is not None:
        handler.settings["authenticator"].refused_calls.note(event)


def refusal_of(handler: Any) -> Event | None:
    """Return the entry of an answer, None where it is no refusal or is recorded already."""
    status, request = handler.get_status(), handler.request
    dead_link = status == 404 and not request.path.startswith(BY_NAME)
    asked_for_another = request.path == WHO and "X-Forwarded-For" not in request.headers
    if status not in REFUSED or dead_link or asked_for_another or getattr(handler, "recorded", False):
        return None
    who = _who(handler)
    if who is not None and not isinstance(who, User):
        return None
    what = f"{request.method} {quote(request.path)}"[:MOST_PATH]
    private = {"what": what, "reason": str(handler._reason), "address": str(request.remote_ip)}
    actor = SOMEBODY if who is None else who.name
    return Event(Kind.REFUSAL, actor, None, datetime.now(UTC), {"status": status, "door": "hub"}, private=private)


def _who(handler: Any) -> Any:
    try:
        return handler.current_user
    except (web.HTTPError, RuntimeError, AttributeError):  # as the Hub's own log asks; plain handlers know nobody
        return None
