"""Base of the HTML pages: the frame around them, forms that come back filled when something was refused, fragments.

A page's form posts to the page's own address with a field ``act``; the table ``acts`` says which verb that is. The
same verb serves the API. After an act the person is sent back to a page that says what was done (so that reloading
does not do it again); after a refusal the page is shown again with the sentence on top and the fields as they were.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from pydantic import BaseModel
from tornado.web import Finish

from hub_extensions.oversight.alarms import Alarm
from hub_extensions.portal import templating
from hub_extensions.portal.base import NOT_HERE, PortalHandler, as_error
from hub_extensions.portal.context import Page
from hub_extensions.portal.inputs import Nothing
from hub_extensions.portal.language import COOKIE, asked
from hub_extensions.portal.navigation import navigation
from hub_extensions.portal.why_link import why_link
from project_spaces.errors import BureauError, NotFound
from project_spaces.facts import PlatformRole
from project_spaces.text import Text

SAID_COOKIE = "bureau-said"
_HERE = "."


@dataclass(frozen=True)
class Form:
    """What a form of a page does: the verb, its body, what is said afterwards and where the person is sent.

    *emptied* are fields that say "none" when they come back empty; every other empty field counts as not given.
    """

    verb: Callable[..., Any]
    done: Text | None
    model: type[BaseModel] = Nothing
    lists: frozenset[str] = frozenset()
    emptied: frozenset[str] = frozenset()
    next: Callable[[Any], str] = field(default=lambda _result: _HERE)


class PageHandler(PortalHandler):
    """Base of every page."""

    framed = True
    template: ClassVar[str]
    acts: ClassVar[Mapping[str, Form]] = {}

    async def page(self) -> Page:
        """Return what the template shows."""
        return {}

    async def get(self, **_path: str) -> None:
        """Show the page."""
        await self.show()

    async def post(self, **_path: str) -> None:
        """Do what the form asks."""
        form = self.acts.get(self.get_body_argument("act", ""))
        if form is None:
            raise NotFound(NOT_HERE)
        try:
            result = await self.run(form.verb, self.parsed(form.model, self._fields(form)))
        except BureauError as error:
            self.set_status(error.status)
            await self.show(error=error)
            return
        await self.after(form, result)

    async def after(self, form: Form, result: Any) -> None:
        """Send the person on; pages that show a secret once override this."""
        if form.done is not None:
            self.say(form.done)
        target = form.next(result)
        self.go(self.request.path if target == _HERE else self.prefix + target)

    def go(self, address: str) -> None:
        """Redirect with 303: what follows is a GET."""
        self.redirect(address, status=303)

    async def show(self, error: BureauError | None = None, **extra: Any) -> None:
        """Write the page; with *error*, the page as it was, and the sentence."""
        self.said_no = error
        context = await self.page()
        html = self.render_page(self.template, error=error, **{**context, **extra})
        await self.finish(html)

    def render_page(self, name: str, /, **context: Any) -> str:
        """Render a template with the frame's own facts."""
        self.remember_language()
        return templating.render(
            name, self.lang, self.portal.zone, **{**self.frame(), "said": self._take_said(), **context}
        )

    def remember_language(self) -> None:
        """Keep the language that the address asks for."""
        wanted = asked(self)
        if wanted is not None and self.get_cookie(COOKIE) != wanted:
            self.set_cookie(COOKIE, wanted, path="/", samesite="Lax", expires_days=365)

    def frame(self) -> Page:
        """Return what the frame around every page needs."""
        other = "en" if self.lang == "fr" else "fr"
        return {
            "viewer": self.viewer,
            "xsrf": self.xsrf_token.decode("ascii") if self.viewer else "",
            "navigation": navigation(self.viewer, self.request.path.removeprefix(self.prefix)),
            "trial": self.portal.trial,
            "other_lang": other,
            "switch_url": self._switched(other),
            "logout_url": f"{self.portal.public_url}/hub/logout",
            "url": lambda path="": self.prefix + path,
            "static": lambda name: f"{self.prefix}static/{name}?v={templating.fingerprint(name)}",
            "filled": self._filled(),
            "error": None,
            "why_url": self.prefix
            + why_link(self.request.path.removeprefix(self.prefix), getattr(self, "path_kwargs", None) or {}),
            "alarms": self._alarms(),
            "public": None,
            "now": self.portal.clock(),
            "quiet": self._quiet(),
            "again_url": self.again_url,
        }

    def _alarms(self) -> tuple[Alarm, ...]:
        """What auditors and administrators must see on every page; one small file is read."""
        watching = {PlatformRole.AUDITOR, PlatformRole.ADMINISTRATOR}
        if self.viewer is None or not watching & self.viewer.roles:
            return ()
        return self.portal.alarms(self.portal.clock())

    def _quiet(self) -> int | None:
        """Seconds after which who reads the page is warned; None where the session does not end for that."""
        if self.viewer is None or self.viewer.idle_ends is None or self.portal.activity is None:
            return None
        return round(self.portal.activity.limit.quiet.total_seconds())

    def say(self, text: Text) -> None:
        """Remember one sentence for the next page."""
        self.set_signed_cookie(SAID_COOKIE, f"{text.fr}\n{text.en}", expires_days=None, path=self.prefix, httponly=True)

    def sign_in(self) -> None:
        """Send a person who navigates here to the Hub's sign-in."""
        if self.request.method == "GET" and self.request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
            self.redirect(self.get_login_url())
            raise Finish
        if self.request.method == "GET":  # a page that renews itself leads to the sign-in
            self.set_header("HX-Refresh", "true")

    async def refuse(self, error: BureauError) -> None:
        """Show the error page."""
        self.answer_error(error)

    def answer_error(self, error: BureauError) -> None:
        """Write the page that says why not."""
        self.said_no = error
        self.set_status(error.status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.render_page("error.html", error=error))

    def _fields(self, form: Form) -> dict[str, Any]:
        """The form's own fields; of a hidden field and the box that overrides it, the box."""
        fields: dict[str, Any] = {}
        for name in self.request.body_arguments:
            if name in {"act", "_xsrf"}:
                continue
            values = [value for value in self.get_body_arguments(name) if value != ""]
            if name in form.lists:
                fields[name] = values
            elif values:
                fields[name] = values[-1]
            elif name in form.emptied:
                fields[name] = ""
        return fields

    def _filled(self) -> Callable[..., str]:
        """What was typed, for a form that is shown again."""

        def filled(name: str, otherwise: Any = "") -> str:
            return str(self.get_body_argument(name, "" if otherwise is None else str(otherwise)))

        return filled

    def _switched(self, other: str) -> str:
        arguments = [(name, value) for name, found in self.request.query_arguments.items() for value in found]
        kept = [(name, value) for name, value in arguments if name != "lang"]
        return f"{self.request.path}?{urlencode([*kept, ('lang', other)])}"

    def _take_said(self) -> Text | None:
        said = self.get_signed_cookie(SAID_COOKIE)
        if said is None:
            return None
        self.clear_cookie(SAID_COOKIE, path=self.prefix)
        french, _, english = said.decode().partition("\n")
        return Text(french, english)


class NotFoundPage(PageHandler):
    """Any other address."""

    async def get(self, **_path: str) -> None:
        """Say so."""
        self.answer_error(as_error(404))

    async def post(self, **_path: str) -> None:
        """Say so."""
        self.answer_error(as_error(404))


class FileHandler(PageHandler):
    """Base of what leaves as a file to keep; refusals are shown as on any page."""

    def attach(self, name: str, media_type: str, data: bytes) -> None:
        """Finish with the file."""
        self.set_header("Content-Type", media_type)
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(data)
