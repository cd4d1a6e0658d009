"""The pages on the way to the identity provider and back, and the door it knocks at when somebody signs out there.

What a browser needs to find its way back (state, nonce, PKCE verifier, where to go) travels in a cookie that we sign,
that is bound to our host and that lasts ten minutes; each request to the provider is answered once.
"""

import asyncio
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NoReturn, Self
from urllib.parse import urlsplit

from jupyterhub.handlers import BaseHandler
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler, _deserialize_state, _serialize_state
from tornado import web
from tornado.httputil import url_concat

from hub_extensions.openid.refusals import Cause, ProviderDown, Unproved
from hub_extensions.sign_in.browser_sessions import device_of, host_cookie, why_ended
from hub_extensions.sign_in.pages import (
    HomeHandler,
    ProviderDoor,
    SignInHandler,
    SignOutHandler,
    drawings,
    sentences,
)
from project_spaces.account_records import invited
from project_spaces.errors import BureauError
from project_spaces.sign_ins import NOWHERE

STATE_COOKIE = "bureau-openid"


@dataclass(frozen=True, slots=True)
class Begun:
    """A request to the provider that waits for its answer."""

    LASTS: ClassVar[timedelta] = timedelta(minutes=10)

    state_id: str
    nonce: str
    code_verifier: str
    begun_at: float
    next_url: str = ""
    invitation: str = ""
    #: Who signs in again, and nobody else.
    person: str = ""
    #: What the provider knows already does not count: the person proves both factors now.
    anew: bool = False

    def max_age(self, usual: timedelta, now: datetime) -> timedelta:
        """Return how long ago the person may have proved who it is."""
        return now - datetime.fromtimestamp(self.begun_at, UTC) if self.anew else usual

    @classmethod
    def read(cls, cookie: str) -> Self:
        """Read the cookie that we signed.

        Raises
        ------
        Unproved
            there is none, or it is too old.
        """
        try:
            begun = cls(**_deserialize_state(cookie))
            age = datetime.now(UTC) - datetime.fromtimestamp(begun.begun_at, UTC)
        except (TypeError, ValueError):
            raise Unproved(Cause.STATE) from None
        if not timedelta(0) <= age <= cls.LASTS:
            raise Unproved(Cause.STATE)
        return begun


class StartHandler(ProviderDoor, OAuthLoginHandler):
    """The way to the provider."""

    async def get(self) -> None:
        """Send the person there."""
        await self.leave(anew=self.get_query_argument("again", "") == "1")

    async def leave(self, invitation: str = "", person: str = "", *, anew: bool = False) -> None:
        """Redirect to the provider with a request that only this browser can finish.

        Where the session before ended because nobody was there, whoever is there now proves both factors, too.
        """
        now = datetime.now(UTC)
        authenticator = self.authenticator
        device = device_of(self, authenticator.settings)
        unseen = await asyncio.to_thread(why_ended, authenticator.accounts.store, device, now)
        try:
            metadata = await self.authenticator.provider.metadata(now)
        except ProviderDown as error:
            await self.show_refusal(await self.authenticator.failed(error, NOWHERE))
            return
        verifier, challenge = self._generate_pkce_params()
        begun = Begun(
            state_id=self._generate_state_id(),
            nonce=secrets.token_urlsafe(32),
            code_verifier=verifier,
            begun_at=now.timestamp(),
            next_url=self.next_asked(),
            invitation=invitation,
            person=person,
            anew=anew or unseen is not None,
        )
        self.set_state_cookie(_serialize_state(asdict(begun)))
        self.authenticator.authorize_url = metadata.authorization
        self.authorize_redirect(
            redirect_uri=self.authenticator.get_callback_url(self),
            client_id=self.authenticator.client_id,
            scope=self.authenticator.scope,
            extra_params=self._asked(begun, challenge),
            response_type="code",
        )

    def _asked(self, begun: Begun, challenge: str) -> dict[str, str]:
        asked = {
            "state": _serialize_state({"state_id": begun.state_id}),
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "max_age": "0" if begun.anew else str(int(self.authenticator.max_age.total_seconds())),
            "ui_locales": self.language,
        }
        if begun.anew:
            asked["prompt"] = "login"
        if levels := self.authenticator.settings.access_strong_acr.split():
            asked["acr_values"] = " ".join(levels)
        return asked

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """Keep it for ten minutes, on this host alone."""
        days = Begun.LASTS / timedelta(days=1)
        name = host_cookie(STATE_COOKIE, self.authenticator.settings)
        self._set_cookie(name, state_cookie_value, expires_days=days, samesite="Lax", path="/")


class OpenIDAgainHandler(StartHandler):
    """Signing in again, as who is signed in: the provider asks for both factors whatever it remembers."""

    async def get(self) -> None:
        """Send the person there; who is not signed in signs in as always."""
        if self.current_user is None:
            self.redirect(url_concat(self.settings["login_url"], {"next": self.next_asked()}))
            return
        await self.leave(person=self.current_user.name, anew=True)


class InvitationHandler(StartHandler):
    """The first sign-in: the invitation code that links an identity to a person."""

    async def get(self) -> None:
        """Ask for the code."""
        await self.show_invitation()

    async def post(self) -> None:
        """Check the code, then let the person prove who it is."""
        code = self.get_body_argument("activation", "")[:200]
        try:
            with self.authenticator.accounts.store.read() as session:
                invited(session, code, datetime.now(UTC))
        except BureauError as error:
            self.set_status(error.status)
            await self.show_invitation(error=sentences(error, self.language), activation=code)
            return
        await self.leave(invitation=code)

    async def show_invitation(self, **context: Any) -> None:
        """Show the page."""
        parts = urlsplit(self.authenticator.provider.issuer)
        self.guard(f"{parts.scheme}://{parts.netloc}")
        page = self.door(**{"error": "", "activation": "", "provider": self.provider_name, **context})
        self.finish(await self.render_template("invitation.html", **page))


class CallbackHandler(ProviderDoor, OAuthCallbackHandler):
    """The way back from the provider."""

    _begun: Begun | None = None

    async def get(self) -> None:
        """Sign in, or confirm who is here; or say why not."""
        try:
            self._check()
            user = await self.login_user()
        except BureauError as error:
            await self.show_refusal(await self.authenticator.failed(error, NOWHERE))
            return
        except web.HTTPError as refused:
            error = getattr(refused, "error", None)
            if error is None:
                raise
            await self.show_refusal(error)
            return
        if user is None:
            raise web.HTTPError(403)
        self._jupyterhub_user = user
        user._auth_refreshed = None
        self.redirect(self.get_next_url(user))

    def _check(self) -> None:
        """Hold the answer against the request of this browser; whatever comes, the request is spent."""
        begun = self.begun()
        stated = _deserialize_state(self.get_query_argument("state", ""))
        same = isinstance(stated, dict) and secrets.compare_digest(str(stated.get("state_id")), begun.state_id)
        if not same or begun.state_id in self.authenticator.spent:
            raise Unproved(Cause.STATE)
        self.authenticator.spend(begun.state_id, datetime.now(UTC))
        if self.get_query_argument("error", "") or not self.get_query_argument("code", ""):
            raise Unproved(Cause.INTERRUPTED)

    def begun(self) -> Begun:
        """Return the request that this answers.

        Raises
        ------
        Unproved
            this browser has begun none.
        """
        if self._begun is None:
            self._begun = Begun.read(self.get_state_cookie())
        return self._begun

    def next_asked(self) -> str:
        """Return the address that was asked for before the way to the provider."""
        try:
            return self.begun().next_url
        except Unproved:
            return ""

    def get_state_cookie(self) -> str:
        """Read the cookie once; it is gone afterwards."""
        if self._state_cookie is None:
            name = host_cookie(STATE_COOKIE, self.authenticator.settings)
            self._state_cookie = (self.get_secure_cookie(name, max_age_days=1) or b"").decode("utf8", "replace")
            self.clear_cookie(name, path="/")
        return str(self._state_cookie)


class OpenIDSignInHandler(ProviderDoor, SignInHandler):
    """The sign-in page: one button that leads to the provider."""

    template = "login_openid.html"

    def door(self, **context: Any) -> dict[str, Any]:
        """Add the provider's name, and the way to it."""
        following = self.get_argument("next", "")
        start = url_concat("oauth_login", {"next": following} if following else {})
        return super().door(**{"provider": self.provider_name, "start": start, **context})

    async def post(self) -> NoReturn:
        """Nobody signs in with a form here."""
        raise web.HTTPError(405)


class OpenIDSignOutHandler(SignOutHandler):
    """The way out, here and at the provider."""

    async def render_logout_page(self) -> None:
        """Lead on to the provider's way out; where it does not answer, being signed out here is enough."""
        hint = self.authenticator.forget_hint(self._session or "")
        try:
            metadata = await self.authenticator.provider.metadata(datetime.now(UTC))
        except BureauError:
            metadata = None
        if not self.authenticator.settings.openid_logout or metadata is None or metadata.end_session is None:
            await super().render_logout_page()
            return
        after = f"{self.authenticator.settings.public_url}/hub/login"
        asked = {"client_id": self.authenticator.client_id, "post_logout_redirect_uri": after}
        if hint is not None:
            asked["id_token_hint"] = hint
        self.redirect(url_concat(metadata.end_session, asked))


class BackchannelHandler(BaseHandler):
    """Where the provider tells that somebody signed out there (OpenID Connect Back-Channel Logout 1.0)."""

    def check_xsrf_cookie(self) -> None:
        """The provider has no cookie; its signature is the proof."""

    async def post(self) -> None:
        """End the sessions that it names."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        try:
            await self.authenticator.provider_signed_out(self, self.get_body_argument("logout_token", ""))
        except BureauError as error:
            self.set_status(400 if isinstance(error, Unproved) else error.status)
            self.finish(json.dumps({"error": "invalid_request", "error_description": error.text.en}))
            return
        self.set_status(200)
        self.finish("{}")


def openid_handlers() -> list[tuple[Any, ...]]:
    """Return the pages; the Hub puts its own prefix before each address."""
    return [
        (r"/login", OpenIDSignInHandler),
        (r"/oauth_login", StartHandler),
        (r"/again", OpenIDAgainHandler),
        (r"/oauth_callback", CallbackHandler),
        (r"/backchannel_logout", BackchannelHandler),
        (r"/logout", OpenIDSignOutHandler),
        (r"/enrol", InvitationHandler),
        (r"/home", HomeHandler),
        *drawings(),
    ]
