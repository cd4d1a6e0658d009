"""What every handler of the gateway does first: find the seat, sign the person in, check origin and decision."""

from typing import Any

from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.httputil import HTTPServerRequest
from tornado.web import Finish, HTTPError

from audit.events import SYSTEM_PREFIX
from hub_extensions.gateway.refusals import SaysWhy, method_refused, write_refusal
from hub_extensions.gateway.seat import SESSION_ENDS, Seat
from hub_extensions.gateway.seats import Seats
from hub_extensions.gateway.upstream import WorkspaceGone
from hub_extensions.presence.origin import address_of
from project_spaces.errors import BureauError, Refused
from project_spaces.text import Text

NOT_YOURS = Text(
    "Ce bureau est celui d'une autre personne : seul son titulaire y entre.",
    "This workspace belongs to someone else: only its owner may enter.",
)
SETTLING = Text(
    "Un bureau n'installe aucun script permanent dans le navigateur.",
    "A workspace installs no script that stays in the browser.",
)
FOREIGN_ORIGIN = Text(
    "Requête refusée : elle vient d'une autre page que ce bureau.",
    "Request refused: it comes from a page other than this workspace.",
)


class WorkspaceHandler(HubOAuthenticated, SaysWhy):
    """Base of every handler below ``/user/<person>/<project>/``."""

    seat: Seat
    #: The browser session behind the request; None for a token that a person made for a program.
    session: str | None = None
    #: Where the request comes from.
    address: str = ""
    person: str
    project: str
    prefix: str

    @property
    def seats(self) -> Seats:
        """The open workspaces."""
        return self.application.settings["seats"]

    @property
    def hub_auth(self) -> HubOAuth:
        """The OAuth client of this very workspace: what the single-user server would be."""
        return self.seat.hub_auth

    def set_default_headers(self) -> None:
        """Bind what the workspace serves to its own prefix (TRAPS C12): it can't fetch, frame or embed another."""
        origin = self.application.settings["origin_of"]
        self.set_header("Content-Security-Policy", content_policy(self.request, origin))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Opener-Policy", "noopener-allow-popups")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.clear_header("Server")

    async def prepare(self) -> None:
        """Let the request through to its method, or answer it here."""
        self.person, self.project = self.path_args[0], self.path_args[1]
        self.prefix = f"/user/{self.person}/{self.project}/"
        self.address = address_of(self.request)
        try:
            self.seat = await self.seats.find(self.person, self.project)
            await self._sign_in()
            await self.seats.admit(self.seat, self.session, self.address)
        except BureauError as error:
            if error.codes & SESSION_ENDS and self._shows_pages():
                self.redirect(self.get_login_url())
                raise Finish from None
            await self.refuse(error)
            raise Finish from None

    def _shows_pages(self) -> bool:
        """Whether a person goes to a page: signing in leads back to it."""
        page = "text/html" in self.request.headers.get("Accept", "")
        return self.request.method == "GET" and self._navigates() and page

    async def _sign_in(self) -> None:
        self._check_origin_headers()
        user = await self.hub_auth.get_user(self, sync=False)
        if user is None:
            if self.request.method == "GET" and self._navigates():
                self.redirect(self.get_login_url())
                raise Finish
            raise Refused(Text("Connectez-vous d'abord.", "Sign in first."))
        self.sign_in = self.recording.sign_in(user.get("session_id") or None)
        if user.get("kind") != "user" or user["name"] != self.person or not self._token_is_for_this(user):
            self.visitor = user["name"] if user.get("kind") == "user" else f"{SYSTEM_PREFIX}{user['name']}"
            raise Refused(NOT_YOURS)
        self.visitor, self.session = self.person, user.get("session_id") or None
        self._token, self._session_id = self.hub_auth.get_token(self), self.hub_auth.get_session_id(self)
        self._check_origin_is_ours(token=bool(getattr(self, "_token_authenticated", False)))
        self._check_nothing_settles()

    async def still_signed_in(self) -> bool:
        """Ask the Hub again about the token behind an open connection; a Hub that is down ends no session."""
        try:
            user = await self.hub_auth.user_for_token(self._token, session_id=self._session_id, sync=False)
        except HTTPError:
            return True
        return user is not None and user["name"] == self.person

    def _token_is_for_this(self, user: dict[str, Any]) -> bool:
        """Say whether the token behind the request may enter this workspace: a person also has narrower ones."""
        return bool(self.hub_auth.check_scopes(self.hub_auth.access_scopes, user))

    def _navigates(self) -> bool:
        return self.request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"

    def _check_origin_headers(self) -> None:
        site = self.request.headers.get("Sec-Fetch-Site", "none")
        if site in {"same-origin", "none"} or (self._navigates() and self.request.method == "GET"):
            return
        raise Refused(FOREIGN_ORIGIN)

    def _check_origin_is_ours(self, *, token: bool) -> None:
        """A cookie alone never changes anything: the page that sends it must be this person's workspace."""
        origin = self.request.headers.get("Origin")
        changes = self.request.method not in {"GET", "HEAD"} or self.request.headers.get("Upgrade") is not None
        if origin is None:
            if changes and not token:
                raise Refused(FOREIGN_ORIGIN)
        elif origin != self.application.settings["origin_of"](self.person):
            raise Refused(FOREIGN_ORIGIN)

    def _check_nothing_settles(self) -> None:
        """A service worker would stay in the browser and stand between the person and every later workspace here."""
        said = self.request.headers.get
        if said("Service-Worker") is not None or said("Sec-Fetch-Dest") == "serviceworker":
            raise Refused(SETTLING)

    def check_xsrf_cookie(self) -> None:
        """Origins are compared instead of tokens: what runs in a workspace can read its page's token anyway."""

    async def _closed(self, *_path: str) -> None:
        """Refuse a method that this address does not have, as any other way that is not open."""
        await self.refuse(method_refused(str(self.request.method)))

    head = post = put = patch = delete = options = _closed

    def place(self) -> str | None:
        """The project of the workspace that was asked for, once it is known that there is one."""
        return self.seat.workspace.project if hasattr(self, "seat") else None

    async def refuse(self, error: BureauError) -> None:
        """Answer with the sentence, and record the refusal; what has gone was not refused."""
        if isinstance(error, WorkspaceGone) and hasattr(self, "seat"):
            await self.seats.forget(self.seat)
        if not isinstance(error, WorkspaceGone) and error.status != 503:
            try:
                await self.recording.refusal(self.visitor, self.place(), self.request_line(), error, self.origin())
            except BureauError as worse:
                error = worse
        write_refusal(self, error)


def content_policy(request: HTTPServerRequest, origin_of) -> str:
    """Return the Content-Security-Policy of one workspace: its own prefix, nothing else on this or any host."""
    person, project = [*request.path.split("/"), "", "", ""][2:4]
    home = f"{origin_of(person)}/user/{person}/{project}/" if person.isascii() and person else "'none'"
    socket = home.replace("http", "ws", 1)
    return "; ".join(
        (
            f"default-src {home}",
            f"connect-src {home} {socket}",
            f"img-src {home} data: blob:",
            f"font-src {home} data:",
            f"style-src {home} 'unsafe-inline'",
            f"script-src {home} 'unsafe-inline' 'unsafe-eval' blob:",
            f"worker-src {home} blob:",
            f"frame-src {home} blob: data:",
            f"frame-ancestors {home}",
            f"form-action {home}",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )
