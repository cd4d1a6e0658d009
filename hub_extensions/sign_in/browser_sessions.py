"""The browser behind a request to the Hub: where it is, which session it holds, and whether we have seen it before.

A sign-in begins a session of a new name, so that a name somebody else planted is worth nothing afterwards. Beside it
the browser keeps a name of its own for a year, by which its person is told of sign-ins from devices never seen.
"""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jupyterhub.handlers import BaseHandler

from hub_extensions.installation.opening import ledger_keys
from hub_extensions.presence.origin import address_of, sign_in_label
from hub_extensions.settings import Settings
from project_spaces.errors import BureauError
from project_spaces.sign_ins import Terminal, idle_sentence, last_on_device
from project_spaces.store import Store
from project_spaces.text import Text

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


def terminal_of(handler: BaseHandler, settings: Settings) -> Terminal:
    """Return where somebody is signing in, with the name of the session that would begin."""
    lasts = timedelta(hours=settings.session_hours)
    session = uuid.uuid4().hex
    return Terminal(
        address_of(handler.request),
        session=session,
        sign_in=sign_in_label(ledger_keys(settings).pseudonym, session),
        device=device_of(handler, settings) or uuid.uuid4().hex,
        label=label(handler.request.headers.get("User-Agent", "")),
        lasts=lasts,
    )


def device_of(handler: BaseHandler, settings: Settings) -> str | None:
    """Return what this browser has kept since its first visit."""
    device = handler.get_secure_cookie(host_cookie(DEVICE_COOKIE, settings), max_age_days=DEVICE_DAYS)
    return device.decode("ascii", "replace") if device else None


def why_ended(store: Store, device: str | None, now: datetime) -> Text | None:
    """Return why the last session in a browser is over, where nobody asked for that; None where it can't be known."""
    if device is None:
        return None
    try:
        with store.read() as session:
            return idle_sentence(session, last_on_device(session, device), now=now)
    except BureauError:
        return None


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


@dataclass(frozen=True, slots=True)
class ProgramToken:
    """A token that belongs to no browser session: when it was made, and the Hub's hash of it."""

    made_at: datetime
    hashed: str


def program_behind(handler: BaseHandler) -> ProgramToken | None:
    """Return the token behind a request that comes from no browser session; None for any other."""
    token = handler.get_token()
    if token is None or token.user is None or token.session_id:
        return None
    return ProgramToken(token.created.replace(tzinfo=UTC), str(token.hashed))


def host_cookie(name: str, settings: Settings) -> str:
    """Bind a cookie to its host where browsers can, so that a workspace can't plant one for the Hub (TRAPS C12)."""
    return f"__Host-{name}" if settings.host_cookies else name


def label(agent: str) -> str:
    """Say in two words what a browser claims to be, for its person to recognise."""
    browser = next((shown for found, shown in _BROWSERS if re.search(found, agent)), "")
    system = next((shown for found, shown in _SYSTEMS if re.search(found, agent)), "")
    return " · ".join(part for part in (browser, system) if part)
