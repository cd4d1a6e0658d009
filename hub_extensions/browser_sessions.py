"""The browser behind a request to the Hub: where it is, which session it holds, and whether we have seen it before.

A sign-in begins a session of a new name, so that a name somebody else planted is worth nothing afterwards. Beside it
the browser keeps a name of its own for a year, by which its person is told of sign-ins from devices never seen.
"""

import re
import uuid
from datetime import timedelta

from jupyterhub.handlers import BaseHandler
from tornado.httputil import HTTPServerRequest

from hub_extensions.settings import Settings
from project_spaces.sign_ins import Terminal

DEVICE_COOKIE = "bureau-device"
DEVICE_DAYS = 365
_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    (r"iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux|X11", "Linux"),
)


def address_of(request: HTTPServerRequest) -> str:
    """Return where *request* came from as our proxy saw it.

    The proxy adds the peer at the end of ``X-Forwarded-For``; what stands before, and ``X-Real-Ip``, which Tornado
    would believe, are the client's own words.
    """
    return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or str(request.remote_ip or "")


def terminal_of(handler: BaseHandler, settings: Settings) -> Terminal:
    """Return where somebody is signing in, with the name of the session that would begin."""
    lasts = timedelta(hours=settings.session_hours)
    device = handler.get_secure_cookie(host_cookie(DEVICE_COOKIE, settings), max_age_days=DEVICE_DAYS)
    return Terminal(
        address_of(handler.request),
        session=uuid.uuid4().hex,
        device=device.decode("ascii", "replace") if device else uuid.uuid4().hex,
        label=label(handler.request.headers.get("User-Agent", "")),
        lasts=lasts,
    )


def begin_session(handler: BaseHandler, terminal: Terminal, settings: Settings) -> None:
    """Give the browser the session that its person has just opened."""
    handler._session_id = terminal.session
    handler.set_session_cookie()
    name = host_cookie(DEVICE_COOKIE, settings)
    handler._set_cookie(name, terminal.device, expires_days=DEVICE_DAYS, samesite="Lax", path="/")


def session_behind(handler: BaseHandler) -> str | None:
    """Return the name of the browser session behind a request; None for a token that belongs to none.

    A token that the portal or a workspace was given in a browser session carries that session's name; one that a
    person made for a program carries none.
    """
    token = handler.get_token()
    if token is not None:
        return str(token.session_id) if token.user is not None and token.session_id else None
    return handler.get_session_cookie() or ""


def host_cookie(name: str, settings: Settings) -> str:
    """Bind a cookie to its host where browsers can, so that a workspace can't plant one for the Hub (TRAPS C12)."""
    return f"__Host-{name}" if settings.host_cookies else name


def label(agent: str) -> str:
    """Say in two words what a browser claims to be, for its person to recognise."""
    browser = next((shown for found, shown in _BROWSERS if re.search(found, agent)), "")
    system = next((shown for found, shown in _SYSTEMS if re.search(found, agent)), "")
    return " · ".join(part for part in (browser, system) if part)
