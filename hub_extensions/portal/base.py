"""What every page and every call of the API goes through: who is it, in which language, may they be here at all.

Who somebody is comes from the Hub (OAuth cookie or token); whether they may be here is asked of the domain on every
request, so that a person who was disabled a second ago sees the reason and nothing else (TRAPS B13). Security headers
are on every answer (B12), a change needs the page's own token and origin, and reading never changes anything.
"""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, TypeVar, overload

import structlog
from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from sqlalchemy.orm import Session
from tornado.web import Finish, HTTPError, RequestHandler

from hub_extensions.portal import language
from hub_extensions.portal.context import Call, Portal
from hub_extensions.portal.inputs import Model, parse
from hub_extensions.portal.refusals import note_refusal, record_refusal
from hub_extensions.presence.browser import by_hand
from hub_extensions.presence.origin import address_of
from hub_extensions.step_up.way_back import sign_in_again
from hub_extensions.strangers.counted import SOMEBODY
from project_spaces.access import require
from project_spaces.acting import act_as
from project_spaces.decisions import Action
from project_spaces.errors import BureauError, Illegible, NotFound, Refused, Unavailable, WrongMethod
from project_spaces.expiry_warnings import announced
from project_spaces.facts import PlatformRole
from project_spaces.notifications import unread
from project_spaces.people import get_person, roles_of
from project_spaces.perimeters import perimeter_of
from project_spaces.sessions.programs import programs_wait
from project_spaces.sign_ins import idle_ends, idle_sentence, live_sign_in, sign_in_behind
from project_spaces.text import Language, Text

log = structlog.get_logger()

Body = TypeVar("Body")
Answer = TypeVar("Answer")

#: Nothing from elsewhere, nothing inline; only this page's own origin may receive a form.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

SIGN_IN = Text("Connectez-vous d'abord.", "Sign in first.")
SESSION_OVER = Text(
    "Votre session a pris fin ou cette page est trop ancienne : rien n'a été fait. Rechargez la page et recommencez.",
    "Your session has ended or this page is too old: nothing was done. Reload the page and start over.",
)
PROGRAMS_ENDED = Text(
    "Les jetons de programmes de cette personne viennent d'être révoqués : un nouveau jeton sert dans un instant.",
    "The tokens of this person's programs have just been revoked: a new token will work in a moment.",
)
FOREIGN = Text(
    "Demande refusée : elle vient d'une autre page que le Bureau virtuel.",
    "Request refused: it comes from a page that is not the Bureau virtuel's.",
)
NOT_A_PERSON = Text("Le portail est réservé aux personnes.", "The portal is for people only.")
HUB_DOWN = Text("Le Hub ne répond pas. Réessayez dans un instant.", "The Hub does not answer. Try again in a moment.")
BROKEN = Text(
    "Quelque chose s'est mal passé de notre côté. Rien n'est perdu ; réessayez, puis prévenez l'administrateur.",
    "Something went wrong on our side. Nothing is lost; try again, then tell the administrator.",
)
NOT_HERE = Text("Il n'y a pas de page à cette adresse.", "There is no page at this address.")
NOT_SO = Text("Cette adresse ne fait pas ce qui lui est demandé.", "This address does not do what is asked of it.")
NOT_READ = Text("Cette demande n'est pas lisible.", "This request can't be read.")

#: Statuses of refusals that no verb spoke. A form that is not filled in as it must be (422) is none.
NOTED = frozenset({400, 401, 403, 404, 405, 413})

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Viewer:
    """The person who looks: roles decide what is offered, never what is allowed."""

    username: str
    display_name: str
    roles: frozenset[PlatformRole]
    #: Notifications that the person has not read.
    unread: int = 0
    #: Whether the person administers a hub.
    hub: bool = False
    #: Coming ends of the person's work, as announced.
    warnings: tuple[Text, ...] = ()
    #: When the session ends unless the person does something.
    idle_ends: datetime | None = None

    def has(self, role: str) -> bool:
        """Tell whether the person holds *role*."""
        return PlatformRole(role) in self.roles


class PortalHandler(HubOAuthenticated, RequestHandler):
    """Base of pages and API."""

    #: Whether answers stand in the frame of a page, which shows more of the person.
    framed: ClassVar[bool] = False
    viewer: Viewer | None = None
    lang: Language = "fr"
    #: The browser session behind the request; None for a token that a person made for a program.
    session: str | None = None
    #: Whether refusals leave an entry: not on public pages, where a link that leads nowhere is no attempt.
    noting: ClassVar[bool] = True
    #: What the answer says, where it says no.
    said_no: BureauError | None = None
    _looking_up = False

    @property
    def portal(self) -> Portal:
        """The parts of this installation."""
        return self.application.settings["portal"]  # type: ignore[no-any-return]

    @property
    def hub_auth(self) -> HubOAuth:
        """The Hub's OAuth client of this service."""
        return self.application.settings["hub_auth"]  # type: ignore[no-any-return]

    @property
    def prefix(self) -> str:
        """Where the portal is, with a slash at the end."""
        return str(self.application.settings["prefix"])

    def parsed(self, model: type[Model], raw: Any) -> Model:
        """Read what was sent, days as people's calendars have them."""
        return parse(model, raw, self.portal.zone)

    def set_default_headers(self) -> None:
        """Set what every answer carries."""
        self.set_header("Content-Security-Policy", CONTENT_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    async def prepare(self) -> None:
        """Let the request through to its method, or answer it here."""
        self.lang = language.chosen(self)
        try:
            await self.admit()
        except SessionEnded as ended:
            self.sign_in()
            await self.refuse(ended)
            raise Finish from None
        except BureauError as error:
            await self.refuse(error)
            raise Finish from None

    async def admit(self) -> None:
        """Learn who asks, from where; raises what the person must be told instead."""
        self._require_own_page()
        name = await self._identify()
        here = by_hand(self.request)
        self.viewer = await asyncio.to_thread(look_up, self.portal, name, self.session, framed=self.framed, here=here)

    async def _identify(self) -> str:
        self._looking_up = True
        try:
            user = await self.hub_auth.get_user(self, sync=False)
        except HTTPError as error:
            raise Unavailable(HUB_DOWN) from error
        if user is None:
            self.sign_in()
            raise Refused(SESSION_OVER if self.hub_auth.get_token(self) else SIGN_IN)
        if user.get("kind") != "user" or not self.hub_auth.check_scopes(self.hub_auth.access_scopes, user):
            raise Refused(NOT_A_PERSON)
        self.session = user.get("session_id") or None
        act_as(str(user["name"]), self.session, address_of(self.request))
        return str(user["name"])

    def again_url(self, path: str | None = None) -> str | None:
        """Where who asks signs in again and comes back, here or to *path*; None for a program, which has no session."""
        if self.viewer is not None and self.session is None:
            return None
        here = self.request.uri if self.request.method in SAFE_METHODS else self.request.path
        return sign_in_again(self.portal.public_url, str(here) if path is None else self.prefix + path)

    def sign_in(self) -> None:
        """Send a person who has not signed in to the Hub; programs get an error."""

    def check_xsrf_cookie(self) -> None:
        """Compare the page's token with the cookie; a Hub token needs none.

        Tornado calls this before anybody knows whether the request carries a Hub token, so that first call is left to
        the second one, which the Hub's client makes before it believes a cookie (and then believes no one).
        """
        if self._looking_up:
            super().check_xsrf_cookie()

    def _require_own_page(self) -> None:
        """A change must come from the portal's own origin, not from a workspace beside it (TRAPS C12)."""
        if self.request.method in SAFE_METHODS:
            return
        origin = self.request.headers.get("Origin")
        site = self.request.headers.get("Sec-Fetch-Site", "none")
        if (origin is not None and origin != self.portal.public_url) or site not in {"same-origin", "none"}:
            raise Refused(FOREIGN)

    @overload
    async def run(self, verb: Callable[[Call, Body], Awaitable[Answer]], body: Body) -> Answer: ...

    @overload
    async def run(self, verb: Callable[[Call, Body], Answer], body: Body) -> Answer: ...

    async def run(self, verb: Callable[[Call, Any], Any], body: Any) -> Any:
        """Call *verb* for the person who asks: in a thread when it blocks."""
        assert self.viewer is not None  # noqa: S101 - prepare() let nobody else through
        call = Call(self.portal, self.viewer.username, self.portal.clock(), self.path_kwargs)
        try:
            if inspect.iscoroutinefunction(verb):
                return await verb(call, body)
            return await asyncio.to_thread(verb, call, body)
        except (Refused, NotFound) as refusal:  # what is not to be seen is refused in other words
            await asyncio.to_thread(record_refusal, call, f"{verb.__module__}.{verb.__name__}", refusal)
            raise

    async def refuse(self, error: BureauError) -> None:
        """Finish with the error's status, sentence and reasons."""
        raise NotImplementedError

    def on_finish(self) -> None:
        """Record what was refused before any verb was asked: no sign-in, another origin, an address that is none."""
        status = self.get_status()
        error = self.said_no or as_error(status)
        if self.noting and status in NOTED and not error.recorded:
            who = self.viewer.username if self.viewer else SOMEBODY
            note_refusal(self, who, self.portal.clock(), error)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what nobody expected; what was refused on purpose is no error of ours."""
        if isinstance(value, BureauError | Finish):
            return
        if isinstance(value, HTTPError) and value.status_code < 500:
            return
        log.error("portal_request_failed", path=self.request.path, method=self.request.method, error=repr(value))
        super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Never answer with a trace: one sentence, whatever happened."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if not isinstance(error, BureauError):
            error = as_error(status_code)
        self.lang = language.chosen(self)  # it may have failed before anybody looked
        self.answer_error(error)

    def answer_error(self, error: BureauError) -> None:
        """Write the error; synchronous, because Tornado's hook is."""
        raise NotImplementedError


def as_error(status: int) -> BureauError:
    """Return our error for a status that the framework chose."""
    if status == 404:
        return NotFound(NOT_HERE)
    if status == 405:
        return WrongMethod(NOT_SO)
    if status == 400:
        return Illegible(NOT_READ)
    if status == 403:
        return Refused(SESSION_OVER)
    return BureauError(BROKEN)


def look_up(
    portal: Portal, username: str, browser_session: str | None = None, *, framed: bool, here: bool = False
) -> Viewer:
    """Return who asks; *framed*, with what the frame around every page shows of the person; *here*, by the own hand.

    Raises
    ------
    Refused
        the person may not be signed in (any more), with the reasons.
    """
    call = Call(portal, username, portal.clock(), {})
    try:
        with portal.store.read() as session:
            require(session, username, Action.SIGN_IN, now=call.now)
            ends = _lasts_until(session, call, browser_session)
            if here and browser_session is not None and portal.activity is not None:
                portal.activity.seen(username, browser_session, call.now)
                ends = portal.activity.limit.ends(call.now)
            who = Viewer(username, get_person(session, username).display_name, roles_of(session, username))
            if not framed:
                return who
            return replace(
                who,
                unread=unread(session, username),
                hub=any(each.window.holds(call.now) for each in perimeter_of(session, username)),
                warnings=tuple(each.text for each in announced(session, username, now=call.now)),
                idle_ends=ends,
            )
    except SessionEnded:
        raise
    except Refused as refusal:
        record_refusal(call, "entry", refusal)
        raise


def _lasts_until(session: Session, call: Call, browser_session: str | None) -> datetime | None:
    """Return when the session ends unless its person does something; None for a program's token.

    Raises
    ------
    SessionEnded
        it has ended, with the reason where nobody asked for that.
    """
    if browser_session is None:
        if programs_wait(session, call.actor, call.now):
            raise SessionEnded(PROGRAMS_ENDED)
        return None
    row = live_sign_in(session, call.actor, browser_session, now=call.now)
    if row is None:
        behind = sign_in_behind(session, call.actor, browser_session)
        raise SessionEnded(idle_sentence(session, behind, now=call.now) or SESSION_OVER, codes=("session_over",))
    return idle_ends(session, row)


class SessionEnded(Refused):
    """The session was ended, here or elsewhere: no act was tried, nothing is recorded."""


def to_json(value: Any) -> str:
    """Serialise an answer of the API."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
