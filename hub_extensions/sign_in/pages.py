"""The Hub's pages around signing in: the form, the way out, and the enrolment of password and second factor.

They work without script, read French first and English on demand, and are drawn with the portal's stylesheet, which the
Hub serves itself so that signing in does not depend on the portal. Forms carry the Hub's XSRF token; what a page shows
once (the second factor's secret) is never cached.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import segno
from jupyterhub.handlers import BaseHandler
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from tornado import web
from tornado.httputil import url_concat

from hub_extensions.installation.processes import PORTAL_PREFIX
from hub_extensions.portal.language import COOKIE, chosen
from hub_extensions.portal.templating import STATIC
from hub_extensions.sign_in.browser_sessions import device_of, why_ended
from hub_extensions.step_up.way_back import way_back
from hub_extensions.workspaces.trial import NOT_PROTECTED
from project_spaces.accounts import Accounts, Enrolment
from project_spaces.errors import BureauError, Invalid
from project_spaces.passwords import SHORTEST
from project_spaces.recovery_codes import renew
from project_spaces.text import Language, Text

FORM_EXPIRED = Text(
    "Cette page a expiré ou n'est pas la vôtre : recommencez.",
    "This page has expired or is not yours: please start again.",
)
NOT_THE_SAME = Text("Les deux mots de passe diffèrent.", "The two passwords differ.")
YEAR_DAYS = 365
BETWEEN = " — "


class DoorPage:
    """What the pages share: the language, a context whose every sentence is given in both, and where to go next."""

    #: Whether the domain has recorded the refusal that this page answers with.
    recorded = False

    def get_next_url(self, user: Any = None, default: str | None = None) -> str:
        """Lead to the address that was asked for, where it is one of ours and of *user*; home otherwise."""
        asked = self.next_asked()
        back = way_back(asked, user.name, self.authenticator.settings) if user is not None else None  # type: ignore[attr-defined]
        return back or default or str(self.default_url)  # type: ignore[attr-defined]

    def next_asked(self) -> str:
        """Return the address that was asked for; whoever wrote the link chose it."""
        return str(self.get_argument("next", "", strip=False))  # type: ignore[attr-defined]

    @property
    def language(self) -> Language:
        """Language of this request; a choice in the address is remembered."""
        asked = self.get_query_argument("lang", "")  # type: ignore[attr-defined]
        if asked in {"fr", "en"}:
            self.set_cookie(COOKIE, asked, path="/", samesite="Lax", expires_days=YEAR_DAYS)  # type: ignore[attr-defined]
        return chosen(self)  # type: ignore[arg-type]

    def door(self, **context: Any) -> dict[str, Any]:
        """Return the context of a page."""
        language = self.language
        other = "en" if language == "fr" else "fr"
        local = self.authenticator.settings.spawner == "local"  # type: ignore[attr-defined]
        return {
            "lang": language,
            "other_lang": other,
            "switch_url": url_concat(self._address(), {"lang": other}),
            "t": _picker(language),
            "trial": NOT_PROTECTED.in_(language) if local else "",
            "shortest": SHORTEST,
            **context,
        }

    def guard(self, *beyond: str) -> None:
        """Let the page load nothing but the stylesheet and the logo, and let nobody keep or frame it.

        A form may end at a workspace, whose host is the person's own: signing in is a step on the way there, and
        browsers hold the whole chain of redirections against ``form-action``; *beyond* are origins further on it.
        """
        public = urlsplit(self.authenticator.settings.public_url)  # type: ignore[attr-defined]
        workspaces = f"{public.scheme}://*.{public.netloc}"
        ends = " ".join(("'self'", workspaces, *beyond))
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action {ends}"
        )
        self.set_header("Content-Security-Policy", policy)  # type: ignore[attr-defined]
        self.set_header("Cache-Control", "no-store")  # type: ignore[attr-defined]

    def _address(self) -> str:
        """Address of this page, keeping where to go afterwards."""
        path = self.request.path  # type: ignore[attr-defined]
        following = self.get_query_argument("next", "")  # type: ignore[attr-defined]
        return url_concat(path, {"next": following} if following else {})

    def check_xsrf_cookie(self) -> None:
        """Check the Hub's token; the refusal is a sentence a person can act on."""
        try:
            super().check_xsrf_cookie()  # type: ignore[misc]
        except web.HTTPError as error:
            self.log.warning("XSRF check failed on %s: %s", self.request.path, error)  # type: ignore[attr-defined]
            raise web.HTTPError(403, in_both(FORM_EXPIRED)) from None


class SignInHandler(DoorPage, LoginHandler):
    """The sign-in form, and the answer to it."""

    template = "login.html"
    ended: Text | None = None

    async def get(self) -> None:
        """Show the form, and why one is asked again."""
        authenticator = self.authenticator
        device = device_of(self, authenticator.settings)
        self.ended = await asyncio.to_thread(why_ended, authenticator.accounts.store, device, datetime.now(UTC))
        await super().get()

    async def post(self) -> None:
        """Sign in, or show the form again with the sentence."""
        fields = {name: self.get_body_argument(name, "", strip=False) for name in ("username", "password", "code")}
        fields["username"] = self.who_signs_in(fields["username"])
        try:
            user = await self.login_user(fields)
        except web.HTTPError as refused:
            error = getattr(refused, "error", None)
            if error is None:
                raise
            self.set_status(error.status)
            self.recorded = True
            self.finish(await self._render(login_error=sentences(error, self.language), username=fields["username"]))
            return
        if user is None:
            raise web.HTTPError(403)
        self._jupyterhub_user = user
        user._auth_refreshed = None
        self.redirect(self.get_next_url(user))

    def who_signs_in(self, typed: str) -> str:
        """Return the name that somebody signs in with."""
        return typed.strip()

    def _render(self, login_error: str | None = None, username: str | None = None, **context: Any) -> Any:
        """Render the form: a string when ``sync`` is asked for (an error page), something to await otherwise."""
        self.guard()
        following = self.get_argument("next", "")
        action = url_concat(self.request.path, {"next": following} if following else {})
        page = self.door(
            login_error=_own(login_error, self.language),
            username=(username or "")[:30],
            action=action,
            enrolled=self.get_query_argument("enrolled", "") == "1",
            ended=self.ended.in_(self.language) if self.ended else "",
            **{"again": False, **context},
        )
        # The base class would send a failed form back through here again.
        return BaseHandler.render_template(self, self.template, **page)


class AgainHandler(SignInHandler):
    """Signing in again, as who is signed in: the age of both factors is new, and the page asked for comes next."""

    async def get(self) -> None:
        """Show the form to who is here; who is not signs in as always."""
        if self.current_user is None:
            self.redirect(url_concat(self.settings["login_url"], {"next": self.next_asked()}))
            return
        self.finish(await self._render())

    async def post(self) -> None:
        """Sign in again; a session that ended meanwhile begins like any other."""
        if self.current_user is None:
            await self.get()
            return
        await super().post()

    def who_signs_in(self, typed: str) -> str:  # noqa: ARG002 - nobody else takes over a session
        """Return who is signed in."""
        return str(self.current_user.name)

    def _render(self, login_error: str | None = None, username: str | None = None, **context: Any) -> Any:  # noqa: ARG002
        name = "" if self.current_user is None else self.current_user.name
        return super()._render(login_error, name, again=True, **context)


class ProviderDoor(DoorPage):
    """What the pages on the way to an identity provider share: its name, and the page that says why not."""

    @property
    def provider_name(self) -> str:
        """What people call it: by its setting, or by its host."""
        settings = self.authenticator.settings  # type: ignore[attr-defined]
        return str(settings.openid_name or urlsplit(settings.openid_issuer).hostname)

    async def show_refusal(self, error: BureauError) -> None:
        """Show the sign-in page with the sentence, which the domain has recorded, ready to start again."""
        self.recorded = True
        self.set_status(error.status)  # type: ignore[attr-defined]
        self.guard()
        asked = {"next": self.next_asked()} if self.next_asked() else {}
        asked |= {"again": "1"} if "sign_in_too_old" in error.codes else {}
        page = self.door(
            provider=self.provider_name,
            login_error=sentences(error, self.language),
            start=url_concat("oauth_login", asked),
            ended="",
        )
        self.finish(await self.render_template("login_openid.html", **page))  # type: ignore[attr-defined]


class SignOutHandler(LogoutHandler):
    """The way out; recorded."""

    async def get(self) -> None:
        """Let nobody be signed out by a page that is not ours, such as a workspace's."""
        if self.request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            raise web.HTTPError(403, in_both(FORM_EXPIRED))
        await super().get()

    async def handle_logout(self) -> None:
        """Record it before the page is shown."""
        user = self._leaving
        if user is not None:
            await self.authenticator.signed_out(user, self._session or "")

    async def default_handle_logout(self) -> None:
        """Clear the session, remembering whose it was."""
        self._leaving = self.current_user.name if self.current_user else None
        self._session = self.get_session_cookie()
        await super().default_handle_logout()


class EnrolHandler(DoorPage, BaseHandler):
    """Enrolment: activation code and new password, then the second factor, then one code that proves it."""

    async def get(self) -> None:
        """Show the first step."""
        await self._show("password")

    async def post(self) -> None:
        """Do the step that the form names."""
        activation = self.get_body_argument("activation", "")[:200]
        confirming = self.get_body_argument("step", "") == "confirm"
        try:
            if confirming:
                username = await self._ask(
                    Accounts.confirm_enrolment, activation, self.get_body_argument("code", "")[:20]
                )
                await self._show("recovery", codes=await self._recovery_codes(username))
                return
            enrolment = await self._ask(Accounts.enrol, activation, self._password())
        except BureauError as error:
            await self._again(error, activation, confirming=confirming)
            return
        await self._show("confirm", activation=activation, enrolment=enrolment)

    async def _recovery_codes(self, username: str) -> list[str]:
        """Make them; where the ledger does not take that, the account is open without."""
        try:
            return await asyncio.to_thread(renew, self.authenticator.accounts.store, username, now=datetime.now(UTC))
        except BureauError as error:
            self.log.warning("no recovery codes for %s: %s", username, error)
            return []

    def _password(self) -> str:
        first, second = (self.get_body_argument(name, "", strip=False) for name in ("password", "password2"))
        if first != second:
            raise Invalid(NOT_THE_SAME)
        return first

    async def _again(self, error: BureauError, activation: str, *, confirming: bool) -> None:
        """Show the same step with the sentence, or the first one when the activation code itself is no good."""
        self.set_status(error.status)
        sentence = sentences(error, self.language)
        if confirming:
            try:
                enrolment = await self._ask(Accounts.pending, activation)
            except BureauError:
                confirming = False
            else:
                await self._show("confirm", error=sentence, activation=activation, enrolment=enrolment)
        if not confirming:
            await self._show("password", error=sentence, activation=activation)

    async def _show(
        self,
        step: str,
        *,
        error: str = "",
        activation: str = "",
        enrolment: Enrolment | None = None,
        codes: Sequence[str] = (),
    ) -> None:
        self.guard()
        page = self.door(
            step=step,
            error=error,
            activation=activation,
            username=enrolment.username if enrolment else "",
            secret=_spaced(enrolment.secret) if enrolment else "",
            qr=_qr(enrolment.provisioning_uri) if enrolment else "",
            codes=codes,
        )
        self.finish(await self.render_template("enrol.html", **page))

    async def _ask(self, verb: Callable[..., Any], *arguments: str) -> Any:
        return await asyncio.to_thread(verb, self.authenticator.accounts, *arguments, now=datetime.now(UTC))


class HomeHandler(BaseHandler):
    """The Hub's own home page offers what people may not do (TRAPS B4, B11); the portal's is the one."""

    def get(self) -> None:
        """Lead there."""
        self.redirect(PORTAL_PREFIX)


class DrawingHandler(web.StaticFileHandler):
    """The stylesheet and the logo, for everybody."""


def handlers() -> list[tuple[Any, ...]]:
    """Return the pages; the Hub puts its own prefix before each address."""
    return [
        (r"/login", SignInHandler),
        (r"/again", AgainHandler),
        (r"/logout", SignOutHandler),
        (r"/enrol", EnrolHandler),
        (r"/home", HomeHandler),
        *drawings(),
    ]


def drawings() -> list[tuple[Any, ...]]:
    """Return what every page is drawn with."""
    return [(r"/door/(bureau\.css|logo\.svg)", DrawingHandler, {"path": str(STATIC)})]


def _picker(language: Language) -> Callable[[str, str], str]:
    """Return a function that takes a sentence in French and English and gives the one to read."""
    return lambda fr, en: Text(fr, en).in_(language)


def in_both(text: Text) -> str:
    """Return a sentence as the Hub's error page takes it: that page does not know its reader's language."""
    return f"{text.fr}{BETWEEN}{text.en}".replace("%", "%%")


def _own(sentence: str | None, language: Language) -> str | None:
    """Return the reader's half of what :func:`in_both` made; the sign-in form is shown again by the Hub with it."""
    french, between, english = (sentence or "").partition(BETWEEN)
    return sentence if not between else Text(french, english).in_(language)


def sentences(error: BureauError, language: Language) -> str:
    """Return everything an error tells its reader."""
    told = dict.fromkeys([error.text, *error.reasons])
    return " ".join(text.in_(language) for text in told)


def _spaced(secret: str) -> str:
    """Write the secret in groups of four, to be typed by hand."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def _qr(address: str) -> str:
    """Draw *address* as an inline SVG of dark modules on white, whatever the colour scheme."""
    code = segno.make(address, error="m")
    return str(code.svg_inline(omitsize=True, border=2, dark="#000", light="#fff", svgclass=None, lineclass=None))
